//! Clients of S3, Azure and Google Cloud Storage from an address and options.

mod azure;
mod client;
mod connected;
mod google;
mod s3;

use std::sync::Once;

pub(super) use self::connected::{Amazon, CloudStore, Connected};
use super::location::{Cloud, Location};
use super::options::StoreKind;
use crate::error::Result;

/// A client for the store of a place; options win over the environment. It tries once: trying again is `storage::remote`'s,
/// which signs anew and knows the deadline.
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

/// Picks `ring` once for all TLS of the process, unless the process has picked already.
fn install_tls() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
