//! The connection of any store: timeouts, retries, proxy, certificates.

use std::path::Path;
use std::time::Duration;

use object_store::{BackoffConfig, Certificate, ClientConfigKey, ClientOptions, RetryConfig};

use super::super::options::{Settings, StoreKind};
use crate::error::{Error, ErrorKind, Result};

const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const RETRIES: usize = 10;
const RETRY_TIMEOUT: Duration = Duration::from_secs(180);

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
    ("read_timeout", ClientConfigKey::ReadTimeout),
    ("pool_idle_timeout", ClientConfigKey::PoolIdleTimeout),
    ("http2_keep_alive_interval", ClientConfigKey::Http2KeepAliveInterval),
    ("http2_keep_alive_timeout", ClientConfigKey::Http2KeepAliveTimeout),
];

/// How requests are sent.
pub(super) fn options(settings: &Settings) -> Result<ClientOptions> {
    let mut options = ClientOptions::new()
        .with_timeout(settings.duration("timeout").unwrap_or(TIMEOUT))
        .with_connect_timeout(settings.duration("connect_timeout").unwrap_or(CONNECT_TIMEOUT))
        .with_allow_http(allows_http(settings))
        .with_config(ClientConfigKey::UserAgent, concat!("deltalake-ruby/", env!("CARGO_PKG_VERSION")));
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

/// How often and for how long failed requests are sent again.
pub(super) fn retry(settings: &Settings) -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: settings.count("retries").unwrap_or(RETRIES),
        retry_timeout: settings.duration("retry_timeout").unwrap_or(RETRY_TIMEOUT),
    }
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
