//! A table whose commits have entries, and what it is called in them.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::super::Store;
use super::super::log_store::DynamoOptions;
use super::entries::Entries;
use super::entry::Entry;
use super::service::Service;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};

/// A table whose commits have entries in DynamoDB. All else is the store's below it.
pub(in crate::storage) struct DynamoLogStore {
    pub(super) store: Arc<dyn Store>,
    pub(super) uri: String,
    pub(super) entries: Entries,
    /// What the table may be called in its entries, the likeliest first.
    names: Vec<String>,
    /// What it is called, once that is seen.
    pub(super) name: OnceCell<String>,
    pub(super) clock: Clock,
}

impl DynamoLogStore {
    /// The table at `uri`, called one of `names` in its entries.
    pub(in crate::storage) fn new(
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
    pub(super) async fn newest(&self) -> Result<(String, Option<Entry>)> {
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
    pub(super) async fn name(&self) -> Result<String> {
        match self.name.get() {
            Some(name) => Ok(name.clone()),
            None => self.newest().await.map(|(name, _)| name),
        }
    }
}
