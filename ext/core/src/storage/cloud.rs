//! Clients of S3, Azure and Google Cloud Storage from options and the environment.

use std::str::FromStr;
use std::sync::{Arc, Once};

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::list::PaginatedListStore;
use object_store::multipart::MultipartStore;
use object_store::{ObjectStore, ObjectStoreScheme, RetryConfig};
use url::Url;

use super::http::Connector;
use super::location::StorageOptions;
use super::settings::Settings;
use crate::error::{Error, ErrorKind, Result};

/// All that the client of a cloud's store can do.
pub(super) trait CloudStore: ObjectStore + MultipartStore + PaginatedListStore {}

impl<T: ObjectStore + MultipartStore + PaginatedListStore> CloudStore for T {}

/// A client for the store that `url` names; options win over the environment. It tries once: trying again is
/// `storage::remote`'s, which signs anew and knows the deadline.
pub(super) fn connect(url: &Url, options: &StorageOptions) -> Result<Arc<dyn CloudStore>> {
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
            Arc::new(builder.build().map_err(|e| wrong(&e))?)
        }
        ObjectStoreScheme::MicrosoftAzure => {
            let mut builder = MicrosoftAzureBuilder::from_env()
                .with_url(url.to_string())
                .with_retry(once())
                .with_http_connector(connector);
            for (key, value) in keyed::<AzureConfigKey>(options, "Azure")? {
                builder = builder.with_config(key, value);
            }
            Arc::new(builder.build().map_err(|e| wrong(&e))?)
        }
        ObjectStoreScheme::GoogleCloudStorage => {
            let mut builder = GoogleCloudStorageBuilder::from_env()
                .with_url(url.to_string())
                .with_retry(once())
                .with_http_connector(connector);
            for (key, value) in keyed::<GoogleConfigKey>(options, "Google Cloud Storage")? {
                builder = builder.with_config(key, value);
            }
            Arc::new(builder.build().map_err(|e| wrong(&e))?)
        }
        _ => return Err(wrong(&"its scheme is none of file, s3, s3a, az, abfs, abfss, gs")),
    })
}

fn once() -> RetryConfig {
    RetryConfig { max_retries: 0, ..RetryConfig::default() }
}

fn keyed<K: FromStr>(options: &StorageOptions, store: &str) -> Result<Vec<(K, String)>> {
    options
        .0
        .iter()
        .filter(|(name, _)| !Settings::KEYS.contains(&name.as_str()))
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
