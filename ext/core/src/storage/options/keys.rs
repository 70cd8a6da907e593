//! The table of storage options: every key, which stores take it, what its value is, and what it means.
//!
//! A key has one name and any number of other spellings. A store's prefix (`aws_`, `azure_`, `azure_storage_`, `google_`)
//! may stand before each of them, in upper or lower case; that is also what environment variables are called.

use super::kind::Kind;
use super::kind::Kind::{Bytes, Choice, Count, File, Flag, Millis, Secret, Source, Text, Url};

/// A kind of store in a cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoreKind {
    /// S3 and what speaks its language.
    S3,
    /// Azure Blob Storage, Data Lake Storage Gen2 and OneLake.
    Azure,
    /// Google Cloud Storage.
    Google,
}

impl StoreKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::S3, Self::Azure, Self::Google];

    /// What it is called in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::S3 => "S3",
            Self::Azure => "Azure",
            Self::Google => "Google Cloud Storage",
        }
    }

    /// What it is called in options.
    pub fn word(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Azure => "azure",
            Self::Google => "google",
        }
    }

    /// What may stand before its keys, the longest first; the last is that of environment variables of any key.
    pub(crate) fn prefixes(self) -> &'static [&'static str] {
        match self {
            Self::S3 => &["aws_s3_", "aws_"],
            Self::Azure => &["azure_storage_", "azure_"],
            Self::Google => &["google_cloud_", "google_"],
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// One option.
#[derive(Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// Other spellings.
    pub aliases: &'static [&'static str],
    stores: u8,
    /// What its value is.
    pub kind: Kind,
    /// What it means, for people.
    pub meaning: &'static str,
    /// Whether it alone decides who asks, so that no other credentials of a lower layer are mixed in.
    pub(crate) decides: bool,
}

impl Key {
    /// Whether that kind of store has the option.
    pub fn is_of(&self, store: StoreKind) -> bool {
        self.stores & store.bit() != 0
    }

    /// Whether it is spelt like that, in lower case and without a prefix.
    pub(crate) fn is_called(&self, word: &str) -> bool {
        self.name == word || self.aliases.contains(&word)
    }
}

/// The option of that kind of store that `word` spells, in lower case and with or without a prefix.
pub(crate) fn find(store: StoreKind, word: &str) -> Option<&'static Key> {
    // Spark's own configuration has more before them.
    let word = SPARKS.iter().fold(word, |word, prefix| word.strip_prefix(prefix).unwrap_or(word));
    let of_store = |word: &str| KEYS.iter().find(|key| key.is_of(store) && key.is_called(word));
    of_store(word).or_else(|| store.prefixes().iter().find_map(|prefix| word.strip_prefix(prefix).and_then(of_store)))
}

const SPARKS: [&str; 3] = ["spark.", "hadoop.", "io.delta.storage.s3dynamodblogstore."];

const S3: u8 = 1;
const AZURE: u8 = 2;
const GOOGLE: u8 = 4;
const ALL: u8 = S3 | AZURE | GOOGLE;

const fn key(
    stores: u8,
    name: &'static str,
    aliases: &'static [&'static str],
    kind: Kind,
    meaning: &'static str,
) -> Key {
    Key { name, aliases, stores, kind, meaning, decides: false }
}

/// One that decides who asks.
const fn who(
    stores: u8,
    name: &'static str,
    aliases: &'static [&'static str],
    kind: Kind,
    meaning: &'static str,
) -> Key {
    Key { name, aliases, stores, kind, meaning, decides: true }
}

/// All options, in the order of the documentation.
pub static KEYS: &[Key] = &[
    // Who asks: S3.
    who(S3, "access_key_id", &["fs.s3a.access.key"], Secret, "the access key"),
    who(S3, "secret_access_key", &["fs.s3a.secret.key"], Secret, "its secret"),
    who(S3, "session_token", &["token", "fs.s3a.session.token"], Secret, "its token, where it is temporary"),
    who(
        S3,
        "profile",
        &["profile_name", "default_profile"],
        Text,
        "a profile of the shared config and credentials files",
    ),
    key(S3, "config_file", &[], File, "the shared config file; ~/.aws/config by default"),
    key(
        S3,
        "shared_credentials_file",
        &["credentials_file"],
        File,
        "the shared credentials file; ~/.aws/credentials by default",
    ),
    key(S3, "role_arn", &["iam_role_arn"], Text, "a role to assume with the credentials that there are"),
    key(S3, "role_session_name", &["iam_role_session_name"], Text, "what the role's session is called"),
    key(S3, "external_id", &["role_external_id"], Text, "what the role's owner asks for beside credentials"),
    key(
        S3,
        "role_duration",
        &["duration_seconds"],
        Millis,
        "seconds that the role's credentials last; 3600 by default",
    ),
    who(S3, "web_identity_token_file", &[], File, "a file with a token of a web identity, for role_arn"),
    key(S3, "sts_endpoint", &["endpoint_url_sts"], Url, "where roles are assumed; the region's own STS by default"),
    who(S3, "container_credentials_relative_uri", &[], Text, "the path that a container's agent gives credentials at"),
    who(S3, "container_credentials_full_uri", &[], Url, "the address that a container's agent gives credentials at"),
    key(S3, "container_authorization_token", &[], Secret, "what that address asks for"),
    key(S3, "container_authorization_token_file", &[], File, "a file with what that address asks for"),
    key(
        S3,
        "metadata_endpoint",
        &["ec2_metadata_service_endpoint"],
        Url,
        "where an instance learns its role, in place of http://169.254.169.254",
    ),
    key(S3, "metadata_disabled", &["ec2_metadata_disabled"], Flag, "ask no instance's metadata service"),
    key(
        S3,
        "metadata_timeout",
        &["metadata_service_timeout"],
        Millis,
        "most seconds that a container's agent or an instance's metadata service takes to answer; 2 by default",
    ),
    key(S3, "metadata_attempts", &["metadata_service_num_attempts"], Count, "how often it is asked; twice by default"),
    key(S3, "imdsv1_fallback", &[], Flag, "ask an instance's metadata service without a session where it refuses one"),
    // Who asks: Azure.
    key(AZURE, "account_name", &["account"], Text, "the storage account, where the address does not name it"),
    who(AZURE, "account_key", &["access_key", "master_key", "key"], Secret, "the account's shared key"),
    who(AZURE, "sas_token", &["sas_key", "sas"], Secret, "a shared access signature"),
    who(AZURE, "connection_string", &[], Secret, "account, key and endpoint as the portal shows them in one text"),
    key(AZURE, "client_id", &[], Text, "the application, or the user-assigned managed identity"),
    who(AZURE, "client_secret", &[], Secret, "the application's secret, for client_id and tenant_id"),
    key(AZURE, "tenant_id", &["authority_id"], Text, "the directory of the application"),
    key(AZURE, "authority_host", &[], Url, "where tokens are asked for; https://login.microsoftonline.com by default"),
    who(AZURE, "federated_token_file", &[], File, "a file with the token of a workload identity"),
    key(AZURE, "msi_endpoint", &["identity_endpoint"], Url, "where a managed identity's tokens are asked for"),
    key(AZURE, "object_id", &[], Text, "the managed identity's object id"),
    key(AZURE, "msi_resource_id", &[], Text, "the managed identity's resource id"),
    who(AZURE, "use_azure_cli", &["azure_cli"], Flag, "use who is signed in with the command line, az"),
    who(
        AZURE,
        "credential_type",
        &[],
        Choice(&[
            "auto",
            "bearer_token",
            "access_key",
            "client_secret",
            "workload_identity",
            "sas_token",
            "azure_cli",
            "managed_identity",
        ]),
        "which of the credentials that are there to use",
    ),
    key(AZURE, "fabric_token_service_url", &[], Url, "Fabric's token service"),
    key(AZURE, "fabric_workload_host", &[], Text, "Fabric's workload host"),
    who(AZURE, "fabric_session_token", &[], Secret, "Fabric's session token"),
    key(AZURE, "fabric_cluster_identifier", &[], Text, "Fabric's cluster"),
    // Who asks: Google.
    who(
        GOOGLE,
        "service_account",
        &["service_account_path", "service_account_key", "service_account_json"],
        Secret,
        "a service account's key: the path of its file, or its JSON",
    ),
    who(
        GOOGLE,
        "application_credentials",
        &[],
        File,
        "a credentials file, in place of the one that gcloud writes for the user",
    ),
    // Who asks: all.
    who(
        ALL,
        "credentials",
        &["credentials_provider"],
        Source,
        "an object that gives credentials, such as an Aws::CredentialProvider, or a proc that returns them in a Hash",
    ),
    key(
        ALL,
        "credentials_timeout",
        &[],
        Millis,
        "most seconds that such an object, or the credential_process of a profile, takes; 60 by default",
    ),
    who(AZURE | GOOGLE, "bearer_token", &["token", "access_token"], Secret, "an OAuth token"),
    who(
        ALL,
        "anonymous",
        &["skip_signature", "no_sign_request"],
        Flag,
        "ask without credentials, as public tables allow",
    ),
    // Where.
    key(S3, "region", &["default_region", "fs.s3a.endpoint.region"], Text, "the bucket's region; us-east-1 by default"),
    key(
        ALL,
        "endpoint",
        &["endpoint_url_s3", "endpoint_url", "base_url", "blob_endpoint", "fs.s3a.endpoint"],
        Url,
        "the store's address, for MinIO, R2, Ceph, emulators and private links",
    ),
    key(
        S3,
        "ignore_configured_endpoints",
        &["ignore_configured_endpoint_urls"],
        Flag,
        "do not go to the endpoint_url of a profile",
    ),
    key(
        S3,
        "path_style",
        &["force_path_style", "s3_force_path_style", "fs.s3a.path.style.access"],
        Flag,
        "name the bucket in the path and not in the host; by default with an endpoint, and not without",
    ),
    key(S3, "virtual_hosted_style_request", &["virtual_hosted_style"], Flag, "the opposite of path_style"),
    key(S3, "s3_express", &[], Flag, "the bucket is a directory bucket of S3 Express One Zone"),
    key(AZURE, "use_fabric_endpoint", &[], Flag, "the account is one of OneLake"),
    key(AZURE, "use_emulator", &[], Flag, "the store is Azurite on this machine, with its well-known account"),
    key(
        ALL,
        "bucket",
        &["bucket_name", "container", "container_name"],
        Text,
        "must be the one of the address, if given",
    ),
    // The connection.
    key(ALL, "allow_http", &[], Flag, "allow an endpoint without TLS; needless where endpoint is given as http://"),
    key(
        ALL,
        "timeout",
        &["request_timeout"],
        Millis,
        "most seconds that one request takes, body and all; none by default, as long as bytes come",
    ),
    key(ALL, "connect_timeout", &[], Millis, "most seconds that connecting takes; 5 by default"),
    key(ALL, "read_timeout", &[], Millis, "most seconds until an answer, and between two pieces of it; 20 by default"),
    key(
        ALL,
        "retries",
        &["max_retries", "client_max_retries"],
        Count,
        "how often a request is sent again after a failure, at most; only time bounds it by default",
    ),
    key(
        ALL,
        "retry_timeout",
        &[],
        Millis,
        "most seconds that a request is sent again for, where the call has no deadline; 60 by default",
    ),
    key(ALL, "retry_backoff", &[], Millis, "seconds until a request is sent again for the first time; 0.1 by default"),
    key(ALL, "proxy", &["proxy_url"], Url, "a proxy for all requests; HTTPS_PROXY and NO_PROXY hold without it"),
    key(ALL, "proxy_ca", &["proxy_ca_certificate"], File, "the certificate of the proxy's authority, PEM or its file"),
    key(ALL, "proxy_excludes", &["no_proxy"], Text, "hosts that are reached without the proxy, with commas between"),
    key(
        ALL,
        "ca_certificate",
        &["ca_bundle", "certificate_path", "ca_file"],
        File,
        "certificates of authorities to trust beside the system's, PEM or their file",
    ),
    key(ALL, "allow_invalid_certificates", &[], Flag, "believe any certificate: for tests only"),
    key(ALL, "disable_system_certificates", &[], Flag, "trust ca_certificate alone"),
    key(ALL, "pool_idle_timeout", &[], Millis, "seconds after which an idle connection is closed; 90 by default"),
    key(ALL, "pool_max_idle_per_host", &[], Count, "idle connections that are kept"),
    key(ALL, "http1_only", &[], Flag, "speak HTTP/1.1 only, the default"),
    key(ALL, "http2_only", &[], Flag, "speak HTTP/2 only"),
    key(ALL, "http2_keep_alive_interval", &[], Millis, "seconds between two pings of HTTP/2"),
    key(ALL, "http2_keep_alive_timeout", &[], Millis, "seconds that an answer to such a ping may take"),
    key(ALL, "http2_keep_alive_while_idle", &[], Flag, "ping idle connections too"),
    key(ALL, "http2_max_frame_size", &[], Bytes, "largest frame of HTTP/2"),
    key(ALL, "randomize_addresses", &[], Flag, "connect to any of a host's addresses, the default"),
    key(ALL, "user_agent", &[], Text, "how requests introduce themselves"),
    // What is stored.
    key(S3, "request_payer", &[], Text, "pay for the requests: requester or true"),
    key(S3, "unsigned_payload", &[], Flag, "sign requests without their bodies"),
    key(S3, "checksum_algorithm", &[], Choice(&["sha256", "crc64nvme"]), "a checksum to send with each object"),
    key(S3, "disable_bulk_delete", &[], Flag, "delete objects one by one"),
    key(
        S3,
        "server_side_encryption",
        &[],
        Choice(&["AES256", "aws:kms", "aws:kms:dsse", "sse-c"]),
        "how the store encrypts",
    ),
    key(S3, "sse_kms_key_id", &[], Text, "the key of KMS to encrypt with"),
    key(S3, "sse_bucket_key_enabled", &[], Flag, "let the bucket have a key of its own"),
    key(S3, "sse_customer_key_base64", &[], Secret, "a key of one's own to encrypt with"),
    key(AZURE, "encryption_key", &[], Secret, "a key of one's own to encrypt with, in Base64"),
    // How commits get their versions.
    key(
        ALL,
        "log_store",
        &["s3_locking_provider", "locking_provider"],
        Text,
        "how commits get their versions: conditional_put, or dynamodb for tables that Spark's log store writes too",
    ),
    key(
        ALL,
        "conditional_put",
        &[],
        Choice(&["etag", "trust"]),
        "trust: the store has conditional puts, and is not asked for them before the first commit",
    ),
    key(
        S3,
        "dynamodb_table",
        &["ddb.tablename", "delta_dynamo_table_name", "dynamo_table_name"],
        Text,
        "the DynamoDB table with the entries; delta_log by default",
    ),
    key(S3, "dynamodb_region", &["ddb.region", "region_dynamodb"], Text, "its region"),
    key(S3, "dynamodb_endpoint", &["endpoint_url_dynamodb"], Url, "where DynamoDB is, if not at its region's address"),
    key(S3, "dynamodb_table_path", &[], Text, "the table's address as its other writers have it"),
    key(S3, "dynamodb_ttl", &["ddb.ttl"], Text, "seconds that a completed entry is kept; 86400 by default"),
    key(
        S3,
        "dynamodb_read_capacity",
        &["provisionedthroughput.rcu"],
        Text,
        "of a DynamoDB table that is made; 5 by default",
    ),
    key(
        S3,
        "dynamodb_write_capacity",
        &["provisionedthroughput.wcu"],
        Text,
        "of a DynamoDB table that is made; 5 by default",
    ),
    // Of other clients: taken, so that their options can be given as they are.
    key(S3, "allow_unsafe_rename", &["s3_allow_unsafe_rename"], Flag, "of other clients: commits rename nothing here"),
    key(S3, "copy_if_not_exists", &[], Text, "of other clients: commits copy nothing here"),
    key(S3 | AZURE, "disable_tagging", &[], Flag, "of other clients: objects get no tags here"),
];
