//! Where tables live: one small interface over `object_store`, addressed by keys relative to the table's root.

mod cloud;
mod credentials;
mod dynamodb;
mod elsewhere;
mod error;
#[cfg(any(test, feature = "testing"))]
pub mod faults;
pub mod faulty;
mod footer;
mod handle;
mod http;
mod location;
mod log_store;
mod memo;
pub mod memory;
mod object;
mod options;
mod parquet_file;
mod parquet_schema;
mod patience;
mod probe;
mod ranges;
mod remote;
mod segments;
mod stack;
mod thrift;
mod upload;

#[cfg(test)]
mod contract;

use std::ops::Range;
use std::sync::OnceLock;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;

use crate::error::Result;

pub use error::is_not_found;
pub use handle::Storage;
pub use location::Location;
pub use options::{CredentialSource, GivenCredentials, KEYS, Key, Kind, StorageOptions, StoreKind, mark};
pub use parquet_file::{ParquetFile, WHOLE_FILE_BYTES, parquet_error};
pub use parquet_schema::{reader_metadata, reader_options};
pub use segments::Segments;
pub use upload::Upload;

/// The folder of the log below a table's root.
pub const LOG_FOLDER: &str = "_delta_log";

/// One stored object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectMeta {
    /// Relative to the table's root, not percent-encoded, with `/` between parts.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// Milliseconds since the Unix epoch.
    pub modified_ms: i64,
    /// What the store tells contents apart by, if it does.
    pub etag: Option<String>,
}

/// What lies below a table's root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walked {
    /// At any depth, in the order of the store.
    pub objects: Vec<ObjectMeta>,
    /// Whether that is all of it.
    pub complete: bool,
}

/// What became of a conditional put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutOutcome {
    /// The object is new, and durable; with its ETag, where the store tells it.
    Created(Option<String>),
    /// There was one of that name already; nothing was written.
    AlreadyExists,
    /// There is one of that name, and it may be ours: an earlier try of the same put had no answer.
    Unsure,
}

impl PutOutcome {
    /// Whether the object is ours for sure.
    pub fn is_created(&self) -> bool {
        matches!(self, Self::Created(_))
    }
}

/// A store of objects. Every method may fail with a storage error; `NotFound` is told apart by [`is_not_found`].
pub trait Store: Send + Sync {
    /// The whole object.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Bytes>>;
    /// Those bytes of the object; fewer than asked for is an error. The first ETag that comes is put into `version`, and
    /// bytes of an object with another one are an error.
    fn get_ranges<'a>(
        &'a self,
        key: &'a str,
        ranges: &'a [Range<u64>],
        version: &'a OnceLock<String>,
    ) -> BoxFuture<'a, Result<Vec<Bytes>>>;
    /// What is known of the object.
    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<ObjectMeta>>;
    /// Objects right below the folder `prefix` with keys greater than `start_after`, sorted by key.
    fn list<'a>(&'a self, prefix: &'a str, start_after: Option<&'a str>) -> BoxFuture<'a, Result<Vec<ObjectMeta>>>;
    /// As `list`, or `None` where all of the folder would take more than one request, or may do so.
    fn list_short<'a>(&'a self, _prefix: &'a str) -> BoxFuture<'a, Result<Option<Vec<ObjectMeta>>>> {
        futures::future::ready(Ok(None)).boxed()
    }
    /// Objects at any depth below the root, the log's among them: `most` at most.
    fn walk(&self, most: usize) -> BoxFuture<'_, Result<Walked>>;
    /// Whether anything lies below the folder `prefix`, at any depth.
    fn holds_any<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<bool>>;
    /// Writes or overwrites; durable and whole when it returns.
    fn put<'a>(&'a self, key: &'a str, bytes: Bytes) -> BoxFuture<'a, Result<()>>;
    /// Writes unless there is one: of many writers exactly one creates. Durable and whole when it returns.
    fn put_if_absent<'a>(&'a self, key: &'a str, bytes: Bytes) -> BoxFuture<'a, Result<PutOutcome>>;
    /// Finds out what must hold before the first commit; an error where no commit may be put. Free once it is found out.
    fn ready_to_commit(&self) -> BoxFuture<'_, Result<()>> {
        futures::future::ready(Ok(())).boxed()
    }
    /// Deletes; one that is not there is fine.
    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<()>>;
    /// Begins an upload in parts, which nobody sees until it is finished.
    fn start_upload<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Box<dyn Parts>>>;
    /// Whether an error of a put means for sure that nothing was or will be written (a local disk), or not (a network).
    fn errors_are_final(&self) -> bool;
}

/// An upload in parts.
pub trait Parts: Send {
    /// Sends the next part, which may be on its way together with others.
    fn put(&mut self, bytes: Bytes) -> BoxFuture<'static, Result<()>>;
    /// Publishes the object, once all parts are sent: durable and whole when it returns.
    fn complete(&mut self) -> BoxFuture<'_, Result<()>>;
    /// Gives it up.
    fn abort(&mut self) -> BoxFuture<'_, Result<()>>;
}
