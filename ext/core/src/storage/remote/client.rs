//! The client of one table's store, with what names and credentials it goes by.

use std::sync::{Arc, Mutex, PoisonError};

use object_store::path::Path;
use url::Url;

use crate::error::{Error, ErrorKind, Result};
use crate::storage::cloud::{self, CloudStore};
use crate::storage::location::StorageOptions;
use crate::storage::settings::Settings;

/// Options by whose values nobody may see in an error what they are.
const SECRETS: [&str; 7] = ["secret", "token", "key", "sas", "password", "connection", "account_json"];

pub(super) struct Client {
    url: Url,
    uri: String,
    root: Path,
    options: StorageOptions,
    pub(super) settings: Settings,
    /// Counted up each time that it is made anew, with credentials that are asked for again.
    store: Mutex<(u64, Arc<dyn CloudStore>)>,
}

impl Client {
    pub(super) fn new(
        url: &Url,
        uri: &str,
        root: &Path,
        options: &StorageOptions,
        store: Arc<dyn CloudStore>,
    ) -> Result<Self> {
        let settings = Settings::read(options)?;
        let store = Mutex::new((0, store));
        Ok(Self {
            url: url.clone(),
            uri: uri.to_owned(),
            root: root.clone(),
            options: options.clone(),
            settings,
            store,
        })
    }

    pub(super) fn current(&self) -> (u64, Arc<dyn CloudStore>) {
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        (store.0, Arc::clone(&store.1))
    }

    /// Asks for credentials again, unless somebody has done so since that `generation`.
    pub(super) fn renew(&self, generation: u64) -> Result<()> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        if store.0 == generation {
            *store = (generation + 1, cloud::connect(&self.url, &self.options)?.store);
        }
        Ok(())
    }

    pub(super) fn path(&self, key: &str) -> Result<Path> {
        let relative = Path::parse(key).map_err(|e| {
            Error::new(ErrorKind::Storage, format!("{key:?} cannot be the name of an object")).with_source(e)
        })?;
        Ok(self.root.parts().chain(relative.parts()).collect())
    }

    /// The key of an object below the table's root.
    pub(super) fn key(&self, path: &Path) -> String {
        let below = path.as_ref().strip_prefix(self.root.as_ref()).unwrap_or(path.as_ref());
        below.trim_start_matches('/').to_owned()
    }

    /// Where an object is, for messages.
    pub(super) fn place(&self, key: &str) -> String {
        format!("{}/{key}", self.uri)
    }

    pub(super) fn bucket(&self) -> &str {
        match self.url.username() {
            "" => self.url.host_str().unwrap_or_default(),
            container => container,
        }
    }

    /// Directory buckets of S3 list in no order, and from the beginning only.
    pub(super) fn lists_from_the_beginning(&self) -> bool {
        self.bucket().ends_with("--x-s3")
    }

    /// The text without what the options keep secret.
    pub(super) fn without_secrets(&self, mut text: String) -> String {
        for (name, value) in &self.options.0 {
            if value.len() >= 8 && SECRETS.iter().any(|word| name.contains(word)) {
                text = text.replace(value.as_str(), "…");
            }
        }
        text
    }
}
