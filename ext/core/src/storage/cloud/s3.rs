//! S3 and what speaks its language.

use std::sync::Arc;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey as K};

use super::super::credentials::{self, Renewable};
use super::super::location::{Cloud, CloudAddress};
use super::super::options::Settings;
use super::client;
use super::connected::{Amazon, Connected, Object, refused};
use crate::error::{Error, ErrorKind, Result};

/// Options that the builder takes as they are.
const AS_THEY_ARE: &[(&str, K)] = &[
    ("s3_express", K::S3Express),
    ("anonymous", K::SkipSignature),
    ("unsigned_payload", K::UnsignedPayload),
    ("checksum_algorithm", K::Checksum),
    ("disable_bulk_delete", K::DisableBulkDelete),
    ("request_payer", K::RequestPayer),
];

pub(super) fn connect(cloud: &Cloud, settings: &Settings, object: Object) -> Result<Connected> {
    let address = &cloud.address;
    let region = address.region.as_deref().or_else(|| settings.get("region"));
    let options = client::options(settings)?;
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&address.bucket)
        .with_region(region.unwrap_or("us-east-1"))
        .with_http_connector(client::connector(settings))
        .with_client_options(options.clone())
        .with_retry(client::once())
        .with_disable_tagging(true);
    for (name, key) in AS_THEY_ARE {
        if let Some(value) = settings.get(name) {
            builder = builder.with_config(*key, value);
        }
    }
    for name in ["server_side_encryption", "sse_kms_key_id", "sse_bucket_key_enabled", "sse_customer_key_base64"] {
        if let Some(value) = settings.get(name) {
            builder = builder.with_config(name.parse().map_err(refused)?, value);
        }
    }
    let mut renewable: Option<Arc<dyn Renewable>> = None;
    if settings.flag("anonymous") != Some(true) {
        let with = (client::connector(settings), &options);
        let kept = credentials::amazon(&cloud.settings, settings, object, with)?;
        builder = builder.with_credentials(Arc::clone(&kept) as _);
        renewable = Some(kept);
    }
    let endpoint = address.endpoint.as_deref().or_else(|| settings.get("endpoint"));
    let hosted = hosted(address, settings, endpoint.is_some())?;
    builder = builder.with_virtual_hosted_style_request(hosted);
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(if hosted { in_host(endpoint, &address.bucket)? } else { endpoint.to_owned() });
    }
    let store = builder.build().map_err(refused)?;
    let credentials = Arc::clone(store.credentials());
    let amazon = Amazon {
        credentials,
        renewable: renewable.clone(),
        region: region.map(str::to_owned),
        options,
        connector: client::connector(settings),
    };
    let endpoint = endpoint.map(str::to_owned);
    let (amazon, settings) = (Some(amazon), settings.clone());
    Ok(Connected { store: Arc::new(store), endpoint, amazon, settings, credentials: renewable })
}

/// Whether the bucket is part of the host's name. Without an endpoint it is, as AWS wants it; certificates of AWS do not
/// cover bucket names with dots.
fn hosted(address: &CloudAddress, settings: &Settings, endpoint: bool) -> Result<bool> {
    let asked = settings.flag("path_style").map(|path| !path);
    match (asked, settings.flag("virtual_hosted_style_request")) {
        (Some(a), Some(b)) if a != b => {
            Err(wrong("path_style and virtual_hosted_style_request say opposite things".to_owned()))
        }
        (Some(hosted), _) | (None, Some(hosted)) => Ok(hosted),
        (None, None) => Ok(!endpoint && !address.bucket.contains('.')),
    }
}

/// An endpoint with the bucket in its host, once.
fn in_host(endpoint: &str, bucket: &str) -> Result<String> {
    let (scheme, host) = endpoint.split_once("://").ok_or_else(|| wrong("endpoint is no address".to_owned()))?;
    if host.starts_with(&format!("{bucket}.")) {
        return Ok(endpoint.trim_end_matches('/').to_owned());
    }
    Ok(format!("{scheme}://{bucket}.{}", host.trim_end_matches('/')))
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::Configuration, message)
}
