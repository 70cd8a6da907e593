//! Files that a table's log names by addresses of their own, as shallow clones have them.
//!
//! A table may come from a stranger, and its log decides what is read with the reader's rights. So such a file must be in
//! a store of the table's own kind, is reached with the table's own options, and never makes a host be called that the
//! user has not named.

use url::Url;

use super::Storage;
use super::location::{CloudAddress, Location, Place, shown};
use super::options::StorageOptions;
use crate::error::{Error, Result};
use crate::path::{DataPath, Root};

/// Stores beside the table's own that are kept for the next file.
const KEPT: usize = 32;

impl Storage {
    /// The store and the key of a file that the log names.
    pub fn locate(&self, path: DataPath) -> Result<(Self, String)> {
        let url = match path {
            DataPath::Relative(key) => return Ok((self.clone(), key)),
            DataPath::Absolute(url) => url,
        };
        if let Some(key) = Root::new(self.uri()).inside(&url)? {
            return Ok((self.clone(), key));
        }
        match &self.location().place {
            Place::Local => {
                let file = local_file(&url).ok_or_else(|| refused(&url, "a table on the local file system"))?;
                let storage = self.beside("file:", || Location::parse("/", StorageOptions::default()))?;
                Ok((storage, file.trim_start_matches('/').to_owned()))
            }
            Place::Memory(_) => Err(refused(&url, "a table in memory")),
            Place::Cloud(own) => {
                let path = other_path(&own.address, &url)
                    .ok_or_else(|| refused(&url, &format!("a table at {}", self.uri())))?;
                let mut root = url;
                root.set_path("/");
                let options = self.location().options.clone();
                let storage = self.beside(root.as_str(), || Location::parse(root.as_str(), options))?;
                Ok((storage, path))
            }
        }
    }

    /// The store of that name, made once.
    fn beside(&self, name: &str, location: impl FnOnce() -> Result<Location>) -> Result<Self> {
        let connect = || Ok(Self::at(location()?));
        // Never waits: a fork may have copied the lock while another thread held it.
        let Ok(mut stores) = self.stores_beside().try_lock() else { return connect() };
        if let Some(store) = stores.get(name) {
            return Ok(store.clone());
        }
        let store = connect()?;
        if stores.len() < KEPT {
            stores.insert(name.to_owned(), store.clone());
        }
        Ok(store)
    }
}

fn local_file(url: &Url) -> Option<String> {
    let file = (url.scheme() == "file").then(|| url.to_file_path().ok())??;
    file.to_str().map(str::to_owned)
}

/// The path in its store of a file in another bucket or container, or in another folder of the table's own. An address of
/// `http` would be a call to any host; another account of Azure would be shown what opens the table's own.
fn other_path(own: &CloudAddress, url: &Url) -> Option<String> {
    let other = CloudAddress::parse(url).ok()?;
    let plain = url.password().is_none() && url.port().is_none() && url.query().is_none();
    let of_azure = own.account.is_some();
    let same_account = if url.username().is_empty() { true } else { of_azure && own.account == other.account };
    let host = own.by_host || other.by_host;
    (own.store == other.store && !host && plain && same_account).then(|| other.path.to_string())
}

fn refused(url: &Url, table: &str) -> Error {
    Error::unsupported(format!(
        "the log names the file {}, and {table} may only name files of its own kind of store, in a bucket or container of \
         the same account",
        shown(url.as_str())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::path::parse_data_path;

    fn located(table: &str, path: &str) -> Result<(String, String)> {
        let location = Location::parse(table, StorageOptions::default())?;
        let (storage, key) = Storage::at(location).locate(parse_data_path(path)?)?;
        Ok((storage.uri().to_owned(), key))
    }

    #[test]
    fn files_of_the_table_are_found_in_it() {
        for (table, path, key) in [
            ("/no/t", "a%20b/c.parquet", "a b/c.parquet"),
            ("/no/t", "file:///no/t/a%20b/c.parquet", "a b/c.parquet"),
            ("/no/t", "file:/no/t/c.parquet", "c.parquet"),
            ("/no/t", "/no/t/c%2520.parquet", "c%20.parquet"),
            ("s3://bucket/t", "s3a://bucket/t/a%20b.parquet", "a b.parquet"),
            ("s3://bucket", "s3://bucket/c.parquet", "c.parquet"),
            ("abfss://c@a.dfs.core.windows.net/t", "abfss://c@a.dfs.core.windows.net/t/x", "x"),
            ("https://a.blob.core.windows.net/c/t", "https://a.blob.core.windows.net/c/t/x", "x"),
        ] {
            assert_eq!(located(table, path).unwrap(), (table.to_owned(), key.to_owned()), "{table} {path}");
        }
    }

    #[test]
    fn files_of_other_folders_and_buckets() {
        for (table, path, root, key) in [
            ("/no/t", "file:///no/t2/c%20d", "/", "no/t2/c d"),
            ("/no/t", "/no/tt/c", "/", "no/tt/c"),
            ("s3://bucket/t", "s3://bucket/t2/c", "s3://bucket", "t2/c"),
            ("s3://bucket/t", "s3a://other/t/c%20d", "s3a://other", "t/c d"),
            ("gs://bucket/t", "gs://other/c", "gs://other", "c"),
            ("az://c/t", "az://d/x", "az://d", "x"),
            (
                "abfss://c@a.dfs.core.windows.net/t",
                "abfss://d@a.dfs.core.windows.net/x",
                "abfss://d@a.dfs.core.windows.net",
                "x",
            ),
        ] {
            assert_eq!(located(table, path).unwrap(), (root.to_owned(), key.to_owned()), "{table} {path}");
        }
    }

    #[test]
    fn what_a_strangers_table_may_not_name() {
        for (table, path) in [
            ("s3://bucket/t", "file:///etc/passwd"),
            ("s3://bucket/t", "/etc/passwd"),
            ("s3://bucket/t", "gs://bucket/x"),
            ("s3://bucket/t", "https://example.com/x"),
            ("s3://bucket/t", "http://169.254.169.254/latest"),
            ("s3://bucket/t", "https://other.s3.amazonaws.com/x"),
            ("s3://bucket/t", "s3://key:secret@bucket/x"),
            ("s3://bucket/t", "s3://host@bucket/x"),
            ("s3://bucket/t", "s3://other:9000/x"),
            ("s3://bucket/t", "hdfs://name/x"),
            ("abfss://c@a.dfs.core.windows.net/t", "abfss://c@b.dfs.core.windows.net/x"),
            ("az://c/t", "abfss://c@b.dfs.core.windows.net/x"),
            ("https://a.blob.core.windows.net/c/t", "https://b.blob.core.windows.net/c/x"),
            ("https://a.blob.core.windows.net/c/t", "https://a.blob.core.windows.net/c/x"),
            ("https://a.blob.core.windows.net/c/t", "https://a.blob.core.windows.net/d/t/x"),
            ("https://a.blob.core.windows.net/c/t", "http://a.blob.core.windows.net/c/t/x"),
            ("/no/t", "s3://bucket/x"),
            ("/no/t", "https://example.com/x"),
            ("/no/t", "file://host/x"),
        ] {
            let error = located(table, path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnsupportedFeature, "{table} {path}");
        }
        assert_eq!(located("/no/t", "file:///no/t/../x").unwrap_err().kind(), ErrorKind::CorruptTable);
    }

    #[test]
    fn a_store_beside_is_made_once() {
        let storage = Storage::at(Location::parse("s3://bucket/t", StorageOptions::default()).unwrap());
        for bucket in 0..2 * KEPT {
            storage.locate(parse_data_path(&format!("s3://other-{bucket}/x")).unwrap()).unwrap();
            storage.locate(parse_data_path(&format!("s3://other-{bucket}/y")).unwrap()).unwrap();
        }
        assert_eq!(storage.stores_beside().lock().unwrap().len(), KEPT);
    }
}
