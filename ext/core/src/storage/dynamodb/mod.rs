//! Commits by way of DynamoDB, as Spark's `S3DynamoDBLogStore` makes them (`protocol.md` 3.7): a version belongs to whoever puts
//! its entry into a table of DynamoDB. Its file follows; until it has its name, whoever comes by gives it.

mod client;
mod commit;
mod entries;
mod entry;
mod service;
mod table_path;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{BoxFuture, join};
use object_store::WriteMultipart;
use tokio::sync::OnceCell;

use self::entries::Entries;
use self::entry::Entry;
use self::service::Service;
use super::log_store::DynamoOptions;
use super::{LOG_FOLDER, ObjectMeta, PutOutcome, Store};
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};

pub(super) use client::{Client, Place};
pub(super) use table_path::table_paths;

/// A table whose commits have entries in DynamoDB. All else is the store's below it.
pub(super) struct DynamoLogStore {
    store: Arc<dyn Store>,
    uri: String,
    entries: Entries,
    /// What the table may be called in its entries, the likeliest first.
    names: Vec<String>,
    /// What it is called, once that is seen.
    name: OnceCell<String>,
    clock: Clock,
}

impl DynamoLogStore {
    /// The table at `uri`, called one of `names` in its entries.
    pub(super) fn new(
        store: Arc<dyn Store>,
        uri: &str,
        names: Vec<String>,
        service: Arc<dyn Service>,
        options: DynamoOptions,
    ) -> Self {
        let entries = Entries::new(service, options);
        let clock = Clock::system();
        Self { store, uri: uri.to_owned(), entries, names, name: OnceCell::new(), clock }
    }

    /// What the table is called, and its newest entry.
    async fn newest(&self) -> Result<(String, Option<Entry>)> {
        if let Some(name) = self.name.get() {
            return Ok((name.clone(), self.entries.newest(name).await?));
        }
        let asked = self.names.iter().map(|name| async move { (name, self.entries.newest(name).await) });
        let mut found: Vec<(&String, Entry)> = Vec::new();
        for (name, newest) in futures::future::join_all(asked).await {
            found.extend(newest?.map(|entry| (name, entry)));
        }
        match found.pop() {
            None => {
                let likeliest = self.names.first().cloned();
                Ok((likeliest.ok_or_else(|| Error::internal("a table without a name in DynamoDB"))?, None))
            }
            Some((name, entry)) if found.is_empty() => {
                let _ = self.name.set(name.clone());
                Ok((name.clone(), Some(entry)))
            }
            Some(_) => Err(Error::new(
                ErrorKind::Configuration,
                format!(
                    "{} has entries in DynamoDB under more than one name, {}: writers of different names do not see each \
                     other. Let all of them write one address, and give it as dynamodb_table_path",
                    self.uri,
                    self.names.join(" and ")
                ),
            )),
        }
    }

    /// What the table is called.
    async fn name(&self) -> Result<String> {
        match self.name.get() {
            Some(name) => Ok(name.clone()),
            None => self.newest().await.map(|(name, _)| name),
        }
    }

    /// Lists the log with the newest version in it, whoever has to give that its name.
    async fn list_log<'a>(&'a self, prefix: &'a str, start_after: Option<&'a str>) -> Result<Vec<ObjectMeta>> {
        let (newest, listed) = join(self.newest(), self.store.list(prefix, start_after)).await;
        let (newest, listed) = (newest?.1, listed?);
        let Some(entry) = newest else { return Ok(listed) };
        if !entry.complete {
            match self.finish(&entry).await {
                // Who may only read sees what is there.
                Err(e) if e.kind() == ErrorKind::PermissionDenied => return Ok(listed),
                finished => finished?,
            }
            return self.store.list(prefix, start_after).await;
        }
        let key = entry.key();
        let is_asked_for = start_after.is_none_or(|after| after < key.as_str());
        match is_asked_for && !listed.iter().any(|file| file.key >= key && file.key.ends_with(".json")) {
            // It got its name while the listing was made.
            true => self.store.list(prefix, start_after).await,
            false => Ok(listed),
        }
    }
}

impl Store for DynamoLogStore {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Bytes>> {
        self.store.get(key)
    }

    fn get_ranges<'a>(&'a self, key: &'a str, ranges: &'a [Range<u64>]) -> BoxFuture<'a, Result<Vec<Bytes>>> {
        self.store.get_ranges(key, ranges)
    }

    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<ObjectMeta>> {
        self.store.head(key)
    }

    fn list<'a>(&'a self, prefix: &'a str, start_after: Option<&'a str>) -> BoxFuture<'a, Result<Vec<ObjectMeta>>> {
        match prefix.trim_end_matches('/') == LOG_FOLDER {
            true => self.list_log(prefix, start_after).boxed(),
            false => self.store.list(prefix, start_after),
        }
    }

    fn holds_any<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<bool>> {
        self.store.holds_any(prefix)
    }

    fn put<'a>(&'a self, key: &'a str, bytes: Bytes) -> BoxFuture<'a, Result<()>> {
        self.store.put(key, bytes)
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, bytes: Bytes) -> BoxFuture<'a, Result<PutOutcome>> {
        match commit::version_of(key) {
            Some(version) => self.commit(version, bytes).boxed(),
            None => self.create(key, bytes).boxed(),
        }
    }

    fn ready_to_commit(&self) -> BoxFuture<'_, Result<()>> {
        self.ready().map(|ready| ready.map_err(Error::before_writing)).boxed()
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<()>> {
        self.store.delete(key)
    }

    fn start_upload<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<WriteMultipart>> {
        self.store.start_upload(key)
    }

    fn errors_are_final(&self) -> bool {
        false
    }
}
