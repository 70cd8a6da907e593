//! Clients of S3, Azure and Google Cloud Storage from an address and options.

mod azure;
mod client;
mod connected;
mod google;
mod s3;

use std::sync::{Arc, Once};

pub(super) use self::connected::{Amazon, CloudStore, Connected};
use super::credentials;
use super::location::{Cloud, Location};
use super::options::{Settings, StoreKind};
use crate::error::{Error, ErrorKind, Result};

/// A client for the store of a place; options win over the environment. It tries once: trying again is `storage::remote`'s,
/// which signs anew and knows the deadline.
pub(super) fn connect(cloud: &Cloud, location: &Location) -> Result<Connected> {
    install_tls();
    connected(cloud, location).map_err(|e| e.context(location.uri()))
}

fn connected(cloud: &Cloud, location: &Location) -> Result<Connected> {
    let settings = match cloud.settings.store() {
        StoreKind::S3 => credentials::with_surroundings(&cloud.settings)?,
        _ => cloud.settings.with_environment(|name| std::env::var(name).ok())?,
    };
    let object = object(&settings, location)?;
    match settings.store() {
        StoreKind::S3 => s3::connect(cloud, &settings, object),
        StoreKind::Azure => azure::connect(&cloud.address, &settings, object),
        StoreKind::Google => google::connect(&cloud.address, &settings, object),
    }
}

/// The object that is to give credentials, if one is.
fn object(settings: &Settings, location: &Location) -> Result<connected::Object> {
    let Some(mark) = settings.get("credentials") else { return Ok(None) };
    if let Some(rival) = settings.rival("credentials") {
        let message = format!("the storage options credentials and {rival} exclude each other: both say who asks");
        return Err(Error::new(ErrorKind::Configuration, message));
    }
    match location.options.sources.get(mark) {
        Some(object) => Ok(Some(Arc::clone(object))),
        None => Err(Error::new(ErrorKind::Configuration, "nobody knows the object that is to give credentials")),
    }
}

/// Picks `ring` once for all TLS of the process, unless the process has picked already.
fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
