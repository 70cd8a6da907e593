//! Addresses in clouds: which store, which bucket, which path, and what else the address says.

use std::fmt::Display;

use object_store::path::Path;
use percent_encoding::percent_decode_str;
use url::Url;

use super::super::options::{Settings, StoreKind};
use crate::error::{Error, ErrorKind, Result as CoreResult};

/// A table's root in a cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CloudAddress {
    pub(crate) store: StoreKind,
    /// Bucket or container.
    pub(crate) bucket: String,
    pub(crate) path: Path,
    /// Azure's storage account.
    pub(crate) account: Option<String>,
    /// The store's endpoint, without the bucket, where the address says it.
    pub(crate) endpoint: Option<String>,
    pub(crate) region: Option<String>,
    /// Whether the address is one of HTTP, with the store as its host.
    pub(crate) by_host: bool,
}

const FORMS: &str = "tables are at a path, or at s3://bucket/path, abfss://container@account.dfs.core.windows.net/path, \
                     az://container/path or gs://bucket/path";

impl CloudAddress {
    /// The place that `url` names, or why it names none.
    pub(crate) fn parse(url: &Url) -> Result<Self, String> {
        let host = url.host_str().unwrap_or_default();
        let user = decoded(url.username())?;
        match url.scheme() {
            "dbfs" => {
                Err("dbfs: is known to Databricks only: give the address in the cloud that it stands for".to_owned())
            }
            "hdfs" | "viewfs" => Err("HDFS is no store that this library reads".to_owned()),
            "r2" | "minio" | "oss" | "cos" => {
                Err("give it as s3://bucket/path, with the store's address as the option endpoint".to_owned())
            }
            "s3" | "s3a" | "s3n" => Self::bucket(StoreKind::S3, url, host),
            "gs" | "gcs" => Self::bucket(StoreKind::Google, url, host),
            "adl" if host.to_ascii_lowercase().ends_with(".azuredatalakestore.net") => {
                Err("Data Lake Storage Gen1 was switched off in 2024: its data moved to Gen2, whose addresses are \
                     abfss://container@account.dfs.core.windows.net/path"
                    .to_owned())
            }
            "abfs" | "abfss" | "wasb" | "wasbs" | "az" | "azure" | "adl" => Self::azure(url, host, &user),
            "https" => Self::https(url, host),
            "http" => {
                Err(format!("http:// names no kind of store: give the store's address as the option endpoint; {FORMS}"))
            }
            scheme => Err(format!("{scheme}: is no store that this library knows; {FORMS}")),
        }
    }

    fn new(store: StoreKind, bucket: String, path: &str) -> Result<Self, String> {
        if bucket.is_empty() || bucket.contains('/') {
            return Err("it names no bucket or container".to_owned());
        }
        let path = key(path)?;
        Ok(Self { store, bucket, path, account: None, endpoint: None, region: None, by_host: false })
    }

    fn bucket(store: StoreKind, url: &Url, host: &str) -> Result<Self, String> {
        if url.port().is_some() {
            return Err("it holds a port: give the store's address as the option endpoint".to_owned());
        }
        Self::new(store, decoded(host)?, url.path())
    }

    fn azure(url: &Url, host: &str, container: &str) -> Result<Self, String> {
        if container.is_empty() {
            if host.contains('.') {
                return Err("it names no container: az://container/path, or \
                            abfss://container@account.dfs.core.windows.net/path"
                    .to_owned());
            }
            return Self::bucket(StoreKind::Azure, url, host);
        }
        if url.port().is_some() {
            return Err("it holds a port: give the store's address as the option endpoint".to_owned());
        }
        let (account, endpoint) = azure_account(host)?;
        Ok(Self { account: Some(account), endpoint, ..Self::new(StoreKind::Azure, container.to_owned(), url.path())? })
    }

    fn https(url: &Url, host: &str) -> Result<Self, String> {
        let (first, rest) = first_segment(url.path());
        let of_path = |store| Self::new(store, decoded(first)?, rest);
        let mut found = if is_azure(host) {
            let (account, endpoint) = azure_account(host)?;
            Self { account: Some(account), endpoint, ..of_path(StoreKind::Azure)? }
        } else if let Some(host) =
            host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))
        {
            Self::amazon(url, host)?
        } else if host.ends_with(".r2.cloudflarestorage.com") {
            let endpoint = Some(format!("https://{host}"));
            Self { endpoint, region: Some("auto".to_owned()), ..of_path(StoreKind::S3)? }
        } else if host == "storage.googleapis.com" || host == "storage.cloud.google.com" {
            of_path(StoreKind::Google)?
        } else if let Some(bucket) = host.strip_suffix(".storage.googleapis.com") {
            Self::new(StoreKind::Google, bucket.to_owned(), url.path())?
        } else {
            return Err(format!(
                "{host} is no store that this library knows: for MinIO, Ceph and others write s3://bucket/path, and give \
                 https://{host} as the option endpoint"
            ));
        };
        if url.port().is_some() {
            return Err("it holds a port: give the store's address as the option endpoint".to_owned());
        }
        found.by_host = true;
        Ok(found)
    }

    /// `host` is what stands before `.amazonaws.com`.
    fn amazon(url: &Url, host: &str) -> Result<Self, String> {
        let china = url.host_str().is_some_and(|host| host.ends_with(".cn"));
        let (bucket, service) = match host.rfind(".s3.").or_else(|| host.rfind(".s3-")) {
            Some(at) => (Some(&host[..at]), &host[at + 1..]),
            None if host.ends_with(".s3") => (host.strip_suffix(".s3"), "s3"),
            None => (None, host),
        };
        let Some(parts) = service.strip_prefix("s3") else {
            return Err("it is no address of S3".to_owned());
        };
        let parts = parts.trim_start_matches(['.', '-']);
        let (dual, region) = match parts.strip_prefix("dualstack.") {
            Some(region) => (true, region),
            None => (false, parts),
        };
        let (bucket, path) = match bucket {
            Some(bucket) => (bucket.to_owned(), url.path()),
            None => {
                let (first, rest) = first_segment(url.path());
                (decoded(first)?, rest)
            }
        };
        let region = Some(region).filter(|region| !region.is_empty() && *region != "accelerate").map(str::to_owned);
        let endpoint = match &region {
            Some(region) if dual => Some(format!("https://s3.dualstack.{region}.amazonaws.com")),
            Some(region) if china => Some(format!("https://s3.{region}.amazonaws.com.cn")),
            _ => None,
        };
        Ok(Self { region, endpoint, ..Self::new(StoreKind::S3, bucket, path)? })
    }

    /// Refuses options that say another thing than the address.
    pub(super) fn check_against(&self, settings: &Settings) -> CoreResult<()> {
        let differs = |what: &str, mine: &str, name: &str, theirs: &str| {
            let message = format!("the address names {what} {mine}, and the storage option {name} {theirs}");
            Err(Error::new(ErrorKind::Configuration, message))
        };
        match (&self.account, settings.given("account_name")) {
            (Some(mine), Some(theirs)) if !mine.eq_ignore_ascii_case(theirs) => {
                return differs("the account", mine, "account_name", theirs);
            }
            _ => {}
        }
        match settings.given("bucket") {
            Some(theirs) if theirs != self.bucket => differs("the bucket or container", &self.bucket, "bucket", theirs),
            _ => Ok(()),
        }
    }

    /// One text for one bucket or container.
    pub(in crate::storage) fn bucket_identity(&self) -> String {
        let account = self.account.as_deref().unwrap_or_default();
        let endpoint = self.endpoint.as_deref().unwrap_or_default();
        format!("{}\0{account}\0{}\0{endpoint}", self.store.word(), self.bucket)
    }

    /// One text for one place.
    pub(super) fn identity(&self, settings: &Settings) -> String {
        let account = self.account.as_deref().or_else(|| settings.given("account_name")).unwrap_or_default();
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        format!(
            "{}\0{}\0{}\0{}\0{}\0{}",
            self.store.word(),
            account.to_ascii_lowercase(),
            self.bucket,
            self.path,
            part(&self.endpoint),
            part(&self.region)
        )
    }
}

fn is_azure(host: &str) -> bool {
    let mut labels = host.splitn(2, '.');
    let rest = labels.nth(1).unwrap_or_default();
    rest.starts_with("blob.core.")
        || rest.starts_with("dfs.core.")
        || host.ends_with(".fabric.microsoft.com")
        || host.ends_with(".blob.storage.azure.net")
}

/// Account and, where it is not the one that follows from the account, endpoint.
fn azure_account(host: &str) -> Result<(String, Option<String>), String> {
    let host = host.to_ascii_lowercase();
    let Some((account, rest)) = host.split_once('.') else { return Ok((host, None)) };
    if let Some(zone) = rest.strip_suffix(".fabric.microsoft.com").filter(|_| rest.starts_with('z')) {
        // A private link to a workspace: its account has two labels.
        let zone = zone.split('.').next().unwrap_or_default();
        return Ok((format!("{account}.{zone}"), Some(format!("https://{host}"))));
    }
    match rest {
        "blob.core.windows.net" | "dfs.core.windows.net" => Ok((account.to_owned(), None)),
        _ if rest.starts_with("blob.core.") || rest == "blob.fabric.microsoft.com" => {
            Ok((account.to_owned(), Some(format!("https://{account}.{rest}"))))
        }
        _ if rest.starts_with("dfs.core.") || rest == "dfs.fabric.microsoft.com" => {
            Ok((account.to_owned(), Some(format!("https://{account}.blob{}", &rest[3..]))))
        }
        _ if host.ends_with(".blob.storage.azure.net") => Ok((account.to_owned(), Some(format!("https://{host}")))),
        _ => Err(format!(
            "{host} is no host of Azure that this library knows: write az://container/path, and give the account as the \
             option account_name and the address as endpoint"
        )),
    }
}

/// Bucket and path of an address whose path begins with the bucket.
fn first_segment(path: &str) -> (&str, &str) {
    let path = path.trim_start_matches('/');
    path.split_once('/').unwrap_or((path, ""))
}

fn decoded(text: &str) -> Result<String, String> {
    let text = percent_decode_str(text).decode_utf8();
    text.map(|text| text.into_owned()).map_err(|_| "its escapes are no UTF-8".to_owned())
}

/// The path, decoded; slashes that follow each other count as one, as in Hadoop.
fn key(path: &str) -> Result<Path, String> {
    let path = decoded(path)?;
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    Path::parse(parts.join("/")).map_err(|e: object_store::path::Error| unusable(&e))
}

fn unusable(why: &dyn Display) -> String {
    format!("its path cannot be one of objects: {why}")
}
