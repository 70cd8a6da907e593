//! The connection of any store: timeouts, retries, proxy, certificates.

use std::path::Path;
use std::time::Duration;

use object_store::{Certificate, ClientConfigKey, ClientOptions, RetryConfig};

use super::super::http::Connector;
use super::super::options::{Settings, StoreKind};
use super::super::patience::Patience;
use crate::error::{Error, ErrorKind, Result};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Options that the client takes as they are, by the same name.
const AS_THEY_ARE: &[(&str, ClientConfigKey)] = &[
    ("allow_invalid_certificates", ClientConfigKey::AllowInvalidCertificates),
    ("disable_system_certificates", ClientConfigKey::NoSystemCertificates),
    ("http1_only", ClientConfigKey::Http1Only),
    ("http2_only", ClientConfigKey::Http2Only),
    ("http2_keep_alive_while_idle", ClientConfigKey::Http2KeepAliveWhileIdle),
    ("http2_max_frame_size", ClientConfigKey::Http2MaxFrameSize),
    ("pool_max_idle_per_host", ClientConfigKey::PoolMaxIdlePerHost),
    ("proxy", ClientConfigKey::ProxyUrl),
    ("proxy_excludes", ClientConfigKey::ProxyExcludes),
    ("randomize_addresses", ClientConfigKey::RandomizeAddresses),
    ("user_agent", ClientConfigKey::UserAgent),
];

/// Those that are time spans, which the client spells in another way.
const SPANS: &[(&str, ClientConfigKey)] = &[
    ("pool_idle_timeout", ClientConfigKey::PoolIdleTimeout),
    ("http2_keep_alive_interval", ClientConfigKey::Http2KeepAliveInterval),
    ("http2_keep_alive_timeout", ClientConfigKey::Http2KeepAliveTimeout),
];

/// How requests are sent.
pub(super) fn options(settings: &Settings) -> Result<ClientOptions> {
    let mut options = ClientOptions::new()
        .with_connect_timeout(settings.duration("connect_timeout").unwrap_or(CONNECT_TIMEOUT))
        .with_allow_http(allows_http(settings))
        .with_config(ClientConfigKey::UserAgent, concat!("deltalake-ruby/", env!("CARGO_PKG_VERSION")));
    if let Some(span) = settings.duration("timeout") {
        options = options.with_timeout(span);
    }
    for (name, key) in AS_THEY_ARE {
        if let Some(value) = settings.get(name) {
            options = options.with_config(*key, value);
        }
    }
    for (name, key) in SPANS {
        if let Some(span) = settings.duration(name) {
            options = options.with_config(*key, format!("{}ms", span.as_millis()));
        }
    }
    if settings.flag("http2_only") == Some(true) {
        options = options.with_http2_only();
    }
    if let Some(pem) = settings.get("proxy_ca") {
        options = options.with_proxy_ca_certificate(certificate("proxy_ca", pem)?);
    }
    if let Some(pem) = settings.get("ca_certificate") {
        let text = certificate("ca_certificate", pem)?;
        let found = Certificate::from_pem_bundle(text.as_bytes()).unwrap_or_default();
        if found.is_empty() {
            return Err(wrong("ca_certificate", "there is no certificate in it"));
        }
        options = found.into_iter().fold(options, ClientOptions::with_root_certificate);
    }
    Ok(options)
}

/// Who writes `http://` wants HTTP. Without an endpoint nothing goes there.
fn allows_http(settings: &Settings) -> bool {
    let plain = |name| settings.get(name).is_some_and(|url| url.to_ascii_lowercase().starts_with("http://"));
    // The key of a service account may name an endpoint too.
    settings.flag("allow_http").unwrap_or_else(|| plain("endpoint") || settings.store() == StoreKind::Google)
}

/// Requests are sent once.
pub(super) fn once() -> RetryConfig {
    RetryConfig { max_retries: 0, ..RetryConfig::default() }
}

/// What watches over answers.
pub(super) fn connector(settings: &Settings) -> Connector {
    Connector { stall: Patience::of(settings).read_timeout, whole: settings.duration("timeout").is_some() }
}

/// The text of certificates that are given as such or by the path of a file.
fn certificate(name: &str, given: &str) -> Result<String> {
    if given.contains("-----BEGIN") {
        return Ok(given.to_owned());
    }
    std::fs::read_to_string(Path::new(given)).map_err(|e| wrong(name, &format!("{given:?} cannot be read: {e}")))
}

fn wrong(name: &str, why: &str) -> Error {
    Error::new(ErrorKind::Configuration, format!("storage option {name}: {why}"))
}
