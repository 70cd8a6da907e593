//! The client of one table's store, with what names and credentials it goes by.

use std::sync::{Arc, Mutex, PoisonError};

use object_store::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::storage::ObjectMeta;
use crate::storage::cloud::{self, CloudStore, Connected};
use crate::storage::credentials::Renewable;
use crate::storage::location::{Cloud, Location};
use crate::storage::options::StoreKind;
use crate::storage::patience::Patience;

/// A shorter text is no secret that could be told from others.
const SECRET_CHARS: usize = 8;

pub(super) struct Client {
    cloud: Cloud,
    location: Location,
    /// What nobody may see in an error.
    secrets: Vec<String>,
    pub(super) patience: Patience,
    credentials: Option<Arc<dyn Renewable>>,
    /// Counted up each time that it is made anew, with credentials that are asked for again.
    store: Mutex<(u64, Arc<dyn CloudStore>)>,
}

impl Client {
    pub(super) fn new(cloud: &Cloud, location: &Location, connected: &Connected) -> Self {
        let settings = &connected.settings;
        Self {
            cloud: cloud.clone(),
            location: location.clone(),
            secrets: settings.secrets().filter(|text| text.len() >= SECRET_CHARS).map(str::to_owned).collect(),
            patience: Patience::of(settings),
            credentials: connected.credentials.clone(),
            store: Mutex::new((0, Arc::clone(&connected.store))),
        }
    }

    pub(super) fn current(&self) -> (u64, Arc<dyn CloudStore>) {
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        (store.0, Arc::clone(&store.1))
    }

    /// Asks for credentials again, unless somebody has done so since that `generation`.
    pub(super) fn renew(&self, generation: u64) -> Result<()> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        if store.0 != generation {
            return Ok(());
        }
        match &self.credentials {
            Some(credentials) => {
                credentials.renew();
                store.0 += 1;
            }
            None => *store = (generation + 1, cloud::connect(&self.cloud, &self.location)?.store),
        }
        Ok(())
    }

    pub(super) fn path(&self, key: &str) -> Result<Path> {
        let relative = Path::parse(key).map_err(|e| {
            Error::new(ErrorKind::Storage, format!("{key:?} cannot be the name of an object")).with_source(e)
        })?;
        Ok(self.location.root.parts().chain(relative.parts()).collect())
    }

    /// The key of an object below the table's root.
    pub(super) fn key(&self, path: &Path) -> String {
        let below = path.as_ref().strip_prefix(self.location.root.as_ref()).unwrap_or(path.as_ref());
        below.trim_start_matches('/').to_owned()
    }

    /// What a listing tells of an object.
    pub(super) fn meta(&self, object: object_store::ObjectMeta) -> ObjectMeta {
        ObjectMeta {
            key: self.key(&object.location),
            size: object.size,
            modified_ms: object.last_modified.timestamp_millis(),
            etag: object.e_tag,
        }
    }

    /// Where an object is, for messages.
    pub(super) fn place(&self, key: &str) -> String {
        format!("{}/{key}", self.location.uri)
    }

    pub(super) fn kind(&self) -> StoreKind {
        self.cloud.address.store
    }

    pub(super) fn bucket(&self) -> &str {
        &self.cloud.address.bucket
    }

    /// Directory buckets of S3 list in no order, and from the beginning only.
    pub(super) fn lists_from_the_beginning(&self) -> bool {
        self.bucket().ends_with("--x-s3")
    }

    /// The text without what the options and the credentials keep secret.
    pub(super) fn without_secrets(&self, mut text: String) -> String {
        let temporary = self.credentials.as_ref().map(|credentials| credentials.secrets()).unwrap_or_default();
        for secret in self.secrets.iter().chain(&temporary) {
            text = text.replace(secret.as_str(), "…");
        }
        text
    }
}
