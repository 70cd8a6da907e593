//! Clients of S3, Azure and Google Cloud Storage from an address and options.

mod azure;
mod client;
mod google;
mod s3;

use std::sync::{Arc, Once};

use object_store::aws::AwsCredentialProvider;
use object_store::{ClientOptions, ObjectStore};

use super::location::{Cloud, Location};
use super::options::StoreKind;
use crate::error::{Error, ErrorKind, Result};

/// A client, and what there is to know about it.
pub(super) struct Connected {
    pub(super) store: Arc<dyn ObjectStore>,
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
}

/// A client for the store of a place; options win over the environment.
pub(super) fn connect(cloud: &Cloud, location: &Location) -> Result<Connected> {
    install_tls();
    let settings = cloud.settings.with_environment(|name| std::env::var(name).ok())?;
    let made = match settings.store() {
        StoreKind::S3 => s3::connect(&cloud.address, &settings),
        StoreKind::Azure => azure::connect(&cloud.address, &settings),
        StoreKind::Google => google::connect(&cloud.address, &settings),
    };
    made.map_err(|e| e.context(location.uri()))
}

/// An error of a builder: an option that it does not take.
fn refused(error: object_store::Error) -> Error {
    Error::new(ErrorKind::Configuration, "the options of the store do not fit").with_source(error)
}

/// Picks `ring` once for all TLS of the process, unless the process has picked already.
fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
