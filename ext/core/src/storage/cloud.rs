//! Clients of S3, Azure and Google Cloud Storage from options and the environment.

use std::str::FromStr;
use std::sync::{Arc, Once};

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::{ObjectStore, ObjectStoreScheme};
use url::Url;

use super::http::Connector;
use super::location::StorageOptions;
use super::log_store;
use crate::error::{Error, ErrorKind, Result};

/// A client for the store that `url` names; options win over the environment.
pub(super) fn connect(url: &Url, options: &StorageOptions) -> Result<Arc<dyn ObjectStore>> {
    install_tls();
    let wrong = |e: &dyn std::fmt::Display| Error::new(ErrorKind::Configuration, format!("{url}: {e}"));
    let (scheme, _) = ObjectStoreScheme::parse(url).map_err(|e| wrong(&e))?;
    Ok(match scheme {
        ObjectStoreScheme::AmazonS3 => {
            let mut builder = AmazonS3Builder::from_env().with_url(url.to_string()).with_http_connector(Connector);
            for (key, value) in keyed::<AmazonS3ConfigKey>(options, "S3")? {
                builder = builder.with_config(key, value);
            }
            Arc::new(builder.build().map_err(|e| wrong(&e))?)
        }
        ObjectStoreScheme::MicrosoftAzure => {
            let mut builder =
                MicrosoftAzureBuilder::from_env().with_url(url.to_string()).with_http_connector(Connector);
            for (key, value) in keyed::<AzureConfigKey>(options, "Azure")? {
                builder = builder.with_config(key, value);
            }
            Arc::new(builder.build().map_err(|e| wrong(&e))?)
        }
        ObjectStoreScheme::GoogleCloudStorage => {
            let mut builder =
                GoogleCloudStorageBuilder::from_env().with_url(url.to_string()).with_http_connector(Connector);
            for (key, value) in keyed::<GoogleConfigKey>(options, "Google Cloud Storage")? {
                builder = builder.with_config(key, value);
            }
            Arc::new(builder.build().map_err(|e| wrong(&e))?)
        }
        _ => return Err(wrong(&"its scheme is none of file, s3, s3a, az, abfs, abfss, gs")),
    })
}

fn keyed<K: FromStr>(options: &StorageOptions, store: &str) -> Result<Vec<(K, String)>> {
    options
        .0
        .iter()
        .filter(|(name, value)| !log_store::is_own(name, value))
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
