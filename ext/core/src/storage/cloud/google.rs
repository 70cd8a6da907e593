//! Google Cloud Storage.

use std::sync::Arc;

use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey as K};

use super::super::credentials::{self, Renewable};
use super::super::location::CloudAddress;
use super::super::options::Settings;
use super::client;
use super::connected::{Connected, Object, refused};
use crate::error::Result;

/// Options that the builder takes as they are.
const AS_THEY_ARE: &[(&str, K)] = &[
    ("application_credentials", K::ApplicationCredentials),
    ("bearer_token", K::BearerToken),
    ("anonymous", K::SkipSignature),
    ("endpoint", K::BaseUrl),
];

pub(super) fn connect(address: &CloudAddress, settings: &Settings, object: Object) -> Result<Connected> {
    let mut builder = GoogleCloudStorageBuilder::new()
        .with_bucket_name(&address.bucket)
        .with_http_connector(client::connector(settings))
        .with_client_options(client::options(settings)?)
        .with_retry(client::once());
    for (name, key) in AS_THEY_ARE {
        if let Some(value) = settings.get(name) {
            builder = builder.with_config(*key, value);
        }
    }
    let mut renewable: Option<Arc<dyn Renewable>> = None;
    if let Some(object) = object {
        let kept = credentials::of_google(object, settings);
        builder = builder.with_credentials(Arc::clone(&kept) as _);
        renewable = Some(kept);
    }
    if let Some(account) = settings.get("service_account") {
        builder = match account.trim_start().starts_with('{') {
            true => builder.with_service_account_key(account),
            false => builder.with_service_account_path(account),
        };
    }
    // A service account's key may say it too.
    let in_key = settings.get("service_account").is_some_and(|key| key.contains("gcs_base_url"));
    let endpoint = settings.get("endpoint").or(in_key.then_some("in the key")).map(str::to_owned);
    Ok(Connected {
        store: Arc::new(builder.build().map_err(refused)?),
        endpoint,
        amazon: None,
        settings: settings.clone(),
        credentials: renewable,
    })
}
