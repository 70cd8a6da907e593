//! Commits by way of DynamoDB, as Spark's `S3DynamoDBLogStore` makes them (`protocol.md` 3.7): a version belongs to whoever puts
//! its entry into a table of DynamoDB. Its file follows; until it has its name, whoever comes by gives it.

mod client;
mod commit;
mod entries;
mod entry;
mod listing;
mod place;
mod service;
mod table;
mod table_path;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::OnceLock;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::{LOG_FOLDER, ObjectMeta, Parts, PutOutcome, Store, Walked};
use crate::error::{Error, Result};

pub(super) use place::connect;
pub(super) use table::DynamoLogStore;
pub(super) use table_path::table_paths;

impl Store for DynamoLogStore {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Bytes>> {
        self.store.get(key)
    }

    fn get_ranges<'a>(
        &'a self,
        key: &'a str,
        ranges: &'a [Range<u64>],
        version: &'a OnceLock<String>,
    ) -> BoxFuture<'a, Result<Vec<Bytes>>> {
        self.store.get_ranges(key, ranges, version)
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

    fn list_short<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Option<Vec<ObjectMeta>>>> {
        match prefix.trim_end_matches('/') == LOG_FOLDER {
            true => self.list_short_log(prefix).boxed(),
            false => self.store.list_short(prefix),
        }
    }

    fn walk(&self, most: usize) -> BoxFuture<'_, Result<Walked>> {
        self.store.walk(most)
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

    fn start_upload<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Box<dyn Parts>>> {
        self.store.start_upload(key)
    }

    fn errors_are_final(&self) -> bool {
        false
    }
}
