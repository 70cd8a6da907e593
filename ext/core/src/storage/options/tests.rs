use std::time::Duration;

use super::*;
use crate::error::ErrorKind;

fn options(pairs: &[(&str, &str)]) -> StorageOptions {
    StorageOptions::of(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
}

fn settings(store: StoreKind, pairs: &[(&str, &str)]) -> Settings {
    Settings::check(store, &options(pairs)).unwrap_or_else(|e| panic!("{pairs:?}: {e}"))
}

fn refusal(store: StoreKind, pairs: &[(&str, &str)]) -> String {
    let error = Settings::check(store, &options(pairs)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    error.to_string()
}

#[test]
fn every_spelling_of_a_key() {
    for (store, name, spellings) in [
        (StoreKind::S3, "access_key_id", &["access_key_id", "AWS_ACCESS_KEY_ID", "fs.s3a.access.key"][..]),
        (StoreKind::S3, "session_token", &["token", "aws_session_token", "aws_token", "fs.s3a.session.token"]),
        (StoreKind::S3, "region", &["region", "aws-region", "aws_default_region"]),
        (StoreKind::S3, "role_arn", &["aws_iam_role_arn", "role_arn"]),
        (StoreKind::S3, "anonymous", &["aws_skip_signature"]),
        (StoreKind::S3, "timeout", &["aws_timeout", "timeout"]),
        (StoreKind::S3, "proxy", &["proxy_url", "PROXY"]),
        (StoreKind::S3, "allow_unsafe_rename", &["AWS_S3_ALLOW_UNSAFE_RENAME"]),
        (
            StoreKind::Azure,
            "account_key",
            &[
                "azure_storage_account_key",
                "AZURE_STORAGE_ACCESS_KEY",
                "azure_storage_master_key",
                "access_key",
                "fs.azure.account.key.acc.dfs.core.windows.net",
            ],
        ),
        (StoreKind::Azure, "sas_token", &["azure_storage_sas_key", "sas_token", "azure_storage_sas_token"]),
        (StoreKind::Azure, "tenant_id", &["azure_tenant_id", "azure_storage_authority_id"]),
        (StoreKind::Azure, "bearer_token", &["azure_storage_token", "token"]),
        (StoreKind::Google, "service_account", &["google_service_account", "google_service_account_key"]),
        (StoreKind::Google, "application_credentials", &["google_application_credentials"]),
        (StoreKind::Google, "endpoint", &["google_base_url", "endpoint"]),
    ] {
        for spelling in spellings {
            let value = if matches!(name, "anonymous" | "allow_unsafe_rename") { "true" } else { "https://10" };
            let value = if name == "timeout" { "10" } else { value };
            assert_eq!(settings(store, &[(spelling, value)]).get(name), Some(value), "{spelling}");
        }
    }
}

#[test]
fn every_option_that_other_clients_take_is_taken() {
    for (store, words) in [
        (
            StoreKind::S3,
            &["aws_access_key_id aws_secret_access_key aws_default_region aws_region aws_bucket aws_endpoint \
                 aws_endpoint_url aws_endpoint_url_s3 aws_session_token aws_virtual_hosted_style_request aws_s3_express \
                 aws_imdsv1_fallback aws_metadata_endpoint aws_unsigned_payload aws_checksum_algorithm \
                 aws_container_credentials_relative_uri aws_container_credentials_full_uri \
                 aws_container_authorization_token_file aws_web_identity_token_file aws_role_arn aws_role_session_name \
                 aws_endpoint_url_sts aws_skip_signature aws_copy_if_not_exists aws_conditional_put aws_disable_tagging \
                 aws_disable_bulk_delete aws_request_payer aws_allow_http aws_server_side_encryption aws_sse_kms_key_id \
                 aws_sse_bucket_key_enabled aws_sse_customer_key_base64"][..],
        ),
        (
            StoreKind::Azure,
            &["azure_storage_account_name azure_storage_client_id azure_client_secret azure_storage_authority_host \
               azure_storage_use_emulator azure_storage_endpoint azure_msi_endpoint azure_identity_endpoint \
               azure_object_id azure_msi_resource_id azure_federated_token_file azure_use_fabric_endpoint \
               azure_use_azure_cli azure_skip_signature azure_container_name azure_disable_tagging \
               azure_fabric_token_service_url azure_fabric_workload_host azure_fabric_session_token \
               azure_fabric_cluster_identifier azure_credential_type azure_storage_encryption_key azure_allow_http"],
        ),
        (
            StoreKind::Google,
            &["google_bucket google_bucket_name google_bearer_token google_skip_signature google_service_account_path"],
        ),
    ] {
        let client = "allow_http allow_invalid_certificates connect_timeout disable_system_certificates http1_only \
                      http2_keep_alive_interval http2_keep_alive_timeout http2_keep_alive_while_idle \
                      http2_max_frame_size http2_only pool_idle_timeout pool_max_idle_per_host proxy_url \
                      proxy_ca_certificate proxy_excludes randomize_addresses read_timeout timeout user_agent \
                      max_retries retry_timeout";
        for word in words.iter().flat_map(|words| words.split_whitespace()).chain(client.split_whitespace()) {
            assert!(keys::find(store, word).is_some(), "{word} of {}", store.name());
        }
    }
}

#[test]
fn no_two_keys_share_a_spelling() {
    for store in StoreKind::ALL {
        let mut seen = std::collections::BTreeSet::new();
        for key in KEYS.iter().filter(|key| key.is_of(store)) {
            for spelling in std::iter::once(&key.name).chain(key.aliases) {
                assert!(seen.insert(*spelling), "{spelling} of {}", store.name());
            }
        }
    }
}

#[test]
fn unknown_keys_are_told_the_near_one() {
    for (store, word, near) in [
        (StoreKind::S3, "acces_key_id", "access_key_id"),
        (StoreKind::S3, "AWS_SECRET_KEY", "secret_access_key"),
        (StoreKind::S3, "secret_key", "secret_access_key"),
        (StoreKind::S3, "regoin", "region"),
        (StoreKind::S3, "end_point", "endpoint"),
        (StoreKind::S3, "timout", "timeout"),
        (StoreKind::Azure, "azure_storage_acount_key", "account_key"),
        (StoreKind::Google, "service_acount", "service_account"),
    ] {
        let text = refusal(store, &[(word, "s3cr3t")]);
        assert!(text.contains(&format!("did you mean {near}?")) && text.contains(store.name()), "{text}");
        assert!(!text.contains("s3cr3t"), "{text}");
    }
    let text = refusal(StoreKind::S3, &[("account_name", "x")]);
    assert!(text.contains("it is one of Azure"), "{text}");
    let text = refusal(StoreKind::S3, &[("colour", "x")]);
    assert!(!text.contains("did you mean") && text.contains("DeltaLake.storage_keys(:s3)"), "{text}");
}

#[test]
fn values_that_cannot_be_read_are_named() {
    for (key, value, words) in [
        ("allow_http", "perhaps", "true or false, not \"perhaps\""),
        ("timeout", "soon", "not \"soon\""),
        ("timeout", "0", "not \"0\""),
        ("timeout", "-1", "not \"-1\""),
        ("timeout", "1e300", "not \"1e300\""),
        ("retries", "many", "a whole number"),
        ("retries", "-1", "a whole number"),
        ("endpoint", "minio:9000", "begins with https://"),
        ("endpoint", "s3://x", "begins with https://"),
        ("server_side_encryption", "rot13", "AES256"),
        ("access_key_id", " ", "empty"),
    ] {
        let text = refusal(StoreKind::S3, &[(key, value)]);
        assert!(text.contains(words) && text.contains(key), "{text}");
    }
    let text = refusal(StoreKind::S3, &[("proxy", "ftp://u:s3cr3t@h")]);
    assert!(!text.contains("s3cr3t"), "{text}");
}

#[test]
fn two_spellings_of_one_key_must_agree() {
    settings(StoreKind::S3, &[("region", "a"), ("aws_region", "a")]);
    let text = refusal(StoreKind::S3, &[("secret_access_key", "one"), ("aws_secret_access_key", "two")]);
    assert!(text.contains("differ") && !text.contains("one\"") && !text.contains("two\""), "{text}");
    let two = [("aws_default_region", "a"), ("aws_region", "b")];
    assert_eq!(settings(StoreKind::S3, &two).get("region"), Some("b"));
}

#[test]
fn time_spans() {
    for (text, millis) in [
        ("30", 30_000),
        ("0.5", 500),
        ("30s", 30_000),
        ("500ms", 500),
        ("2 minutes", 120_000),
        ("1m 30s", 90_000),
        ("1h", 3_600_000),
    ] {
        assert_eq!(kind::duration(text), Some(Duration::from_millis(millis)), "{text}");
    }
    for text in ["", "s", "1x", "NaN", "inf", "30 s s", "1.2.3s"] {
        assert_eq!(kind::duration(text), None, "{text}");
    }
}

#[test]
fn who_asks_comes_from_one_layer() {
    let env = |name: &str| match name {
        "AWS_ACCESS_KEY_ID" => Some("env".to_owned()),
        "AWS_SECRET_ACCESS_KEY" => Some("env secret".to_owned()),
        "AWS_SESSION_TOKEN" => Some("env token".to_owned()),
        "AWS_REGION" => Some("env-1".to_owned()),
        _ => None,
    };
    let given = [("access_key_id", "given"), ("secret_access_key", "given secret")];
    let both = settings(StoreKind::S3, &given).with_environment(env).unwrap();
    assert_eq!((both.get("access_key_id"), both.get("session_token")), (Some("given"), None));
    assert_eq!(both.get("region"), Some("env-1"));

    let alone = settings(StoreKind::S3, &[]).with_environment(env).unwrap();
    assert_eq!((alone.get("session_token"), alone.given("session_token")), (Some("env token"), None));

    let mut options = options(&given);
    let defaults = [("session_token", "default"), ("timeout", "7")];
    let defaults = defaults.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    options.defaults.insert("s3".to_owned(), defaults);
    let layered = Settings::check(StoreKind::S3, &options).unwrap();
    assert_eq!((layered.get("session_token"), layered.get("timeout")), (None, Some("7")));
}

#[test]
fn environment_variables_that_cannot_be_read_are_named() {
    let env = |name: &str| (name == "AWS_TIMEOUT").then(|| "soon".to_owned());
    let error = settings(StoreKind::S3, &[]).with_environment(env).unwrap_err();
    assert!(error.to_string().contains("AWS_TIMEOUT"), "{error}");
}

#[test]
fn debug_shows_no_values() {
    let options = options(&[("secret_access_key", "s3cr3t")]);
    let settings = Settings::check(StoreKind::S3, &options).unwrap();
    let text = format!("{options:?} {settings:?}");
    assert!(!text.contains("s3cr3t") && text.contains("secret_access_key"), "{text}");
}
