//! Clients of S3, Azure and Google Cloud Storage from options and the environment.

use std::str::FromStr;
use std::sync::{Arc, Once};

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, AwsCredentialProvider};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::list::PaginatedListStore;
use object_store::multipart::MultipartStore;
use object_store::{ClientConfigKey, ClientOptions, ObjectStore, ObjectStoreScheme, RetryConfig};
use url::Url;

use super::http::Connector;
use super::location::StorageOptions;
use super::log_store;
use super::settings::Settings;
use crate::error::{Error, ErrorKind, Result};

/// All that the client of a cloud's store can do.
pub(super) trait CloudStore: ObjectStore + MultipartStore + PaginatedListStore {}

impl<T: ObjectStore + MultipartStore + PaginatedListStore> CloudStore for T {}

/// A client, and what there is to know about it.
pub(super) struct Connected {
    pub(super) store: Arc<dyn CloudStore>,
    /// Where the store is, if it is not the cloud's own.
    pub(super) endpoint: Option<String>,
    /// What other services of Amazon are reached with.
    pub(super) amazon: Option<Amazon>,
}

/// Who asks, from where, and how.
pub(super) struct Amazon {
    pub(super) credentials: AwsCredentialProvider,
    pub(super) region: Option<String>,
    pub(super) options: ClientOptions,
    pub(super) connector: Connector,
}

/// A client for the store that `url` names; options win over the environment. It tries once: trying again is
/// `storage::remote`'s, which signs anew and knows the deadline.
pub(super) fn connect(url: &Url, options: &StorageOptions) -> Result<Connected> {
    install_tls();
    let Settings { read_timeout: stall, has_timeout: whole, .. } = Settings::read(options)?;
    let connector = Connector { stall, whole };
    let wrong = |e: &dyn std::fmt::Display| Error::new(ErrorKind::Configuration, format!("{url}: {e}"));
    let (scheme, _) = ObjectStoreScheme::parse(url).map_err(|e| wrong(&e))?;
    Ok(match scheme {
        ObjectStoreScheme::AmazonS3 => {
            let mut builder =
                AmazonS3Builder::from_env().with_url(url.to_string()).with_retry(once()).with_http_connector(connector);
            for (key, value) in keyed::<AmazonS3ConfigKey>(options, "S3")? {
                builder = builder.with_config(key, value);
            }
            let endpoint = builder.get_config_value(&AmazonS3ConfigKey::Endpoint);
            let region = builder.get_config_value(&AmazonS3ConfigKey::Region);
            let options = CLIENT_OPTIONS.iter().fold(ClientOptions::new(), |options, key| {
                match builder.get_config_value(&AmazonS3ConfigKey::Client(*key)) {
                    Some(value) => options.with_config(*key, value),
                    None => options,
                }
            });
            let store = builder.build().map_err(|e| wrong(&e))?;
            let amazon = Amazon { credentials: Arc::clone(store.credentials()), region, options, connector };
            Connected { store: Arc::new(store), endpoint, amazon: Some(amazon) }
        }
        ObjectStoreScheme::MicrosoftAzure => {
            let mut builder = MicrosoftAzureBuilder::from_env()
                .with_url(url.to_string())
                .with_retry(once())
                .with_http_connector(connector);
            for (key, value) in keyed::<AzureConfigKey>(options, "Azure")? {
                builder = builder.with_config(key, value);
            }
            let emulator = builder.get_config_value(&AzureConfigKey::UseEmulator).filter(|used| used == "true");
            let endpoint = builder.get_config_value(&AzureConfigKey::Endpoint).or(emulator);
            Connected { store: Arc::new(builder.build().map_err(|e| wrong(&e))?), endpoint, amazon: None }
        }
        ObjectStoreScheme::GoogleCloudStorage => {
            let mut builder = GoogleCloudStorageBuilder::from_env()
                .with_url(url.to_string())
                .with_retry(once())
                .with_http_connector(connector);
            for (key, value) in keyed::<GoogleConfigKey>(options, "Google Cloud Storage")? {
                builder = builder.with_config(key, value);
            }
            let in_key = options.0.values().any(|value| value.contains("gcs_base_url"));
            let endpoint = builder.get_config_value(&GoogleConfigKey::BaseUrl).or(in_key.then(String::new));
            Connected { store: Arc::new(builder.build().map_err(|e| wrong(&e))?), endpoint, amazon: None }
        }
        _ => return Err(wrong(&"its scheme is none of file, s3, s3a, az, abfs, abfss, gs")),
    })
}

fn once() -> RetryConfig {
    RetryConfig { max_retries: 0, ..RetryConfig::default() }
}

/// What other clients have in common with that of S3.
const CLIENT_OPTIONS: [ClientConfigKey; 13] = [
    ClientConfigKey::AllowHttp,
    ClientConfigKey::AllowInvalidCertificates,
    ClientConfigKey::NoSystemCertificates,
    ClientConfigKey::ConnectTimeout,
    ClientConfigKey::Http1Only,
    ClientConfigKey::Http2Only,
    ClientConfigKey::PoolIdleTimeout,
    ClientConfigKey::PoolMaxIdlePerHost,
    ClientConfigKey::ProxyUrl,
    ClientConfigKey::ProxyCaCertificate,
    ClientConfigKey::ProxyExcludes,
    ClientConfigKey::Timeout,
    ClientConfigKey::UserAgent,
];

fn keyed<K: FromStr>(options: &StorageOptions, store: &str) -> Result<Vec<(K, String)>> {
    options
        .0
        .iter()
        .filter(|(name, value)| !log_store::is_own(name, value) && !Settings::KEYS.contains(&name.as_str()))
        .map(|(name, value)| match name.to_ascii_lowercase().parse() {
            Ok(key) => Ok((key, value.clone())),
            Err(_) => Err(Error::new(ErrorKind::Configuration, format!("{store} has no storage option {name:?}"))),
        })
        .collect()
}

/// Picks `ring` once for all TLS of the process, unless the process has picked already.
fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
