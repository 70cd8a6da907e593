//! What makes two paths name the same file, however they are spelt (Delta protocol, "Action Reconciliation").

use std::borrow::Cow;

use url::Url;

use super::{DataPath, decode_uri_path, parse_data_path};
use crate::action::{DeletionVectorDescriptor, FileKey};
use crate::error::Result;

/// A table's root, as the key of an absolute path is made relative to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root(Option<Place>);

/// An address with one spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    store: &'static str,
    /// The scheme itself, where it has no other spellings.
    scheme: String,
    /// Bucket, container or host.
    bucket: String,
    /// Azure's storage account, which some spellings leave to the options.
    account: Option<String>,
    /// Decoded, beginning with a slash.
    path: String,
}

impl Root {
    /// The root of the table at `uri`, an absolute path or an address.
    pub fn new(uri: &str) -> Self {
        if uri.starts_with('/') {
            return Self(Some(Place::local(uri.to_owned())));
        }
        Self(Url::parse(uri).ok().and_then(|url| Place::of(&url).ok()))
    }

    /// The key of an action's file.
    pub fn key(&self, path: &str, deletion_vector: Option<&DeletionVectorDescriptor>) -> Result<FileKey> {
        let path = match parse_data_path(path)? {
            DataPath::Relative(key) => key,
            DataPath::Absolute(url) => match self.inside(&url)? {
                Some(key) => key,
                None => Place::of(&url)?.to_string(),
            },
        };
        Ok(FileKey { path, deletion_vector: deletion_vector.map(DeletionVectorDescriptor::unique_id) })
    }

    /// The key below the root of an address that lies there.
    pub fn inside(&self, url: &Url) -> Result<Option<String>> {
        let Some(root) = &self.0 else { return Ok(None) };
        let place = Place::of(url)?;
        if !root.same_store(&place) {
            return Ok(None);
        }
        let below = place.path.strip_prefix(root.path.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
        Ok(below.filter(|key| !key.is_empty()).map(str::to_owned))
    }
}

impl Place {
    fn local(path: String) -> Self {
        Self { store: "file", scheme: String::new(), bucket: String::new(), account: None, path }
    }

    fn of(url: &Url) -> Result<Self> {
        let decoded = decode_uri_path(url.path())?;
        let path = format!("/{}", decoded.trim_start_matches('/'));
        let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let host = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host,
        };
        let place = |store, bucket, account| Self { store, scheme: String::new(), bucket, account, path: path.clone() };
        Ok(match url.scheme() {
            "file" => Self::local(path),
            "s3" | "s3a" | "s3n" => place("s3", host, None),
            "gs" | "gcs" => place("gs", host, None),
            "abfs" | "abfss" | "wasb" | "wasbs" | "az" | "azure" if !url.username().is_empty() => {
                let account = host.split('.').next().unwrap_or_default().to_owned();
                place("azure", url.username().to_ascii_lowercase(), Some(account))
            }
            "abfs" | "abfss" | "wasb" | "wasbs" | "az" | "azure" => place("azure", host, None),
            "https" if host.ends_with(".blob.core.windows.net") || host.ends_with(".dfs.core.windows.net") => {
                let account = host.split('.').next().unwrap_or_default().to_owned();
                let (container, rest) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
                let (bucket, path) = (container.to_ascii_lowercase(), format!("/{rest}"));
                Self { path, ..place("azure", bucket, Some(account)) }
            }
            other => Self { scheme: other.to_owned(), ..place("", host, None) },
        })
    }

    fn same_store(&self, other: &Self) -> bool {
        let same_account = match (&self.account, &other.account) {
            (Some(mine), Some(theirs)) => mine == theirs,
            _ => true,
        };
        same_account && (self.store, &self.scheme, &self.bucket) == (other.store, &other.scheme, &other.bucket)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.store.is_empty() { &self.scheme } else { self.store };
        let account = self.account.as_ref().map_or(Cow::Borrowed(""), |a| Cow::Owned(format!("@{a}")));
        write!(f, "{scheme}://{}{account}{}", self.bucket, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(root: &str, path: &str) -> String {
        Root::new(root).key(path, None).unwrap().path
    }

    #[test]
    fn every_spelling_of_a_file_in_the_table_is_its_key() {
        for (root, path) in [
            ("/t/a b", "x%20y/%C3%BC.parquet"),
            ("/t/a b", "x%20y/%c3%bc.parquet"),
            ("/t/a b", "/t/a%20b/x%20y/ü.parquet"),
            ("/t/a b", "file:/t/a%20b/x%20y/ü.parquet"),
            ("/t/a b", "file:///t/a%20b/x%20y/%C3%BC.parquet"),
            ("/t/a b", "FILE:///t/a%20b/x%20y/%C3%BC.parquet"),
            ("s3://bucket/t", "s3a://bucket/t/x%20y/ü.parquet"),
            ("s3a://bucket/t/", "s3n://bucket/t/x%20y/%C3%BC.parquet"),
            ("abfss://c@acct.dfs.core.windows.net/t", "wasbs://c@acct.blob.core.windows.net/t/x%20y/ü.parquet"),
            ("az://c/t", "abfs://c@acct.dfs.core.windows.net/t/x%20y/ü.parquet"),
            ("abfss://c@acct.dfs.core.windows.net/t", "https://acct.blob.core.windows.net/c/t/x%20y/ü.parquet"),
            ("gs://bucket/t%20u", "gcs://bucket/t%20u/x%20y/ü.parquet"),
        ] {
            assert_eq!(key(root, path), "x y/ü.parquet", "{path} in {root}");
        }
    }

    #[test]
    fn files_elsewhere_keep_their_address_in_one_spelling() {
        assert_eq!(key("/t", "/tt/x"), "file:///tt/x");
        assert_eq!(key("/t", "file:/tt/x%2525"), "file:///tt/x%25");
        assert_eq!(key("s3://b/t", "s3a://c/t/x"), key("s3://b/t", "s3://c/t/x"));
        assert_eq!(key("s3://b/t", "s3a://b/t2/x"), "s3://b/t2/x");
        assert_eq!(key("/t", "s3a://t/t/x"), "s3://t/t/x");
        let account = |a: &str| format!("abfss://c@{a}.dfs.core.windows.net/t/x");
        assert_eq!(key("abfss://c@one.dfs.core.windows.net/t", &account("two")), "azure://c@two/t/x");
    }

    #[test]
    fn a_plus_is_a_plus_and_a_percent_is_decoded_once() {
        assert_ne!(key("/t", "a+b"), key("/t", "a%20b"));
        assert_ne!(key("/t", "a%2520b"), key("/t", "a%20b"));
        assert_eq!(key("/t", "file:/t/a%252Fb"), key("/t", "a%252Fb"));
    }
}
