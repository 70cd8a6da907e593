//! Azure Blob Storage, Data Lake Storage Gen2 and OneLake.

use std::sync::Arc;

use object_store::azure::{AzureConfigKey as K, MicrosoftAzureBuilder};

use super::super::credentials::{self, Renewable};
use super::super::location::CloudAddress;
use super::super::options::Settings;
use super::client;
use super::connected::{Connected, Object, refused};
use crate::error::{Error, ErrorKind, Result};

/// Options that the builder takes as they are.
const AS_THEY_ARE: &[(&str, K)] = &[
    ("account_key", K::AccessKey),
    ("sas_token", K::SasKey),
    ("bearer_token", K::Token),
    ("client_id", K::ClientId),
    ("client_secret", K::ClientSecret),
    ("tenant_id", K::AuthorityId),
    ("authority_host", K::AuthorityHost),
    ("federated_token_file", K::FederatedTokenFile),
    ("msi_endpoint", K::MsiEndpoint),
    ("object_id", K::ObjectId),
    ("msi_resource_id", K::MsiResourceId),
    ("use_azure_cli", K::UseAzureCli),
    ("credential_type", K::CredentialType),
    ("use_fabric_endpoint", K::UseFabricEndpoint),
    ("use_emulator", K::UseEmulator),
    ("fabric_token_service_url", K::FabricTokenServiceUrl),
    ("fabric_workload_host", K::FabricWorkloadHost),
    ("fabric_session_token", K::FabricSessionToken),
    ("fabric_cluster_identifier", K::FabricClusterIdentifier),
    ("anonymous", K::SkipSignature),
    ("encryption_key", K::EncryptionKey),
];

pub(super) fn connect(address: &CloudAddress, settings: &Settings, object: Object) -> Result<Connected> {
    let settings = &connected(settings)?;
    let mut builder = MicrosoftAzureBuilder::new()
        .with_container_name(&address.bucket)
        .with_http_connector(client::connector(settings))
        .with_client_options(client::options(settings)?)
        .with_retry(client::once())
        .with_disable_tagging(true);
    for (name, key) in AS_THEY_ARE {
        if let Some(value) = settings.get(name) {
            builder = builder.with_config(*key, value);
        }
    }
    let mut renewable: Option<Arc<dyn Renewable>> = None;
    if let Some(object) = object {
        let kept = credentials::of_azure(object, settings);
        builder = builder.with_credentials(Arc::clone(&kept) as _);
        renewable = Some(kept);
    }
    let emulator = settings.flag("use_emulator") == Some(true);
    match address.account.as_deref().or_else(|| settings.get("account_name")) {
        Some(account) => builder = builder.with_account(account),
        None if emulator => {}
        None => {
            return Err(Error::new(
                ErrorKind::Configuration,
                "nothing names the storage account: give the option account_name, or the address as \
                 abfss://container@account.dfs.core.windows.net/path",
            ));
        }
    }
    let endpoint = address.endpoint.as_deref().or_else(|| settings.get("endpoint")).map(|e| e.trim_end_matches('/'));
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint.to_owned());
    }
    let endpoint = endpoint.or(emulator.then_some("emulator")).map(str::to_owned);
    Ok(Connected {
        store: Arc::new(builder.build().map_err(refused)?),
        endpoint,
        amazon: None,
        settings: settings.clone(),
        credentials: renewable,
    })
}

/// The settings with what a connection string says, below what is said apart from it.
fn connected(settings: &Settings) -> Result<Settings> {
    let Some(text) = settings.get("connection_string") else { return Ok(settings.clone()) };
    let wrong = || Error::new(ErrorKind::Configuration, "the storage option connection_string is no connection string");
    let mut parts = std::collections::BTreeMap::new();
    for part in text.split(';').filter(|part| !part.trim().is_empty()) {
        let (name, value) = part.split_once('=').ok_or_else(wrong)?;
        parts.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
    }
    let mut layer = std::collections::BTreeMap::new();
    for (part, name) in
        [("accountname", "account_name"), ("accountkey", "account_key"), ("sharedaccesssignature", "sas_token")]
    {
        if let Some(value) = parts.get(part) {
            layer.insert(name, value.clone());
        }
    }
    let scheme = parts.get("defaultendpointsprotocol").map_or("https", String::as_str);
    let suffixed = match (parts.get("accountname"), parts.get("endpointsuffix")) {
        (Some(account), Some(suffix)) => Some(format!("{scheme}://{account}.blob.{suffix}")),
        _ => None,
    };
    if let Some(endpoint) = parts.get("blobendpoint").cloned().or(suffixed) {
        layer.insert("endpoint", endpoint);
    }
    if layer.is_empty() {
        return Err(wrong());
    }
    let mut settings = settings.clone();
    settings.unfold("connection_string", layer);
    Ok(settings)
}
