//! A store for tests that fails on purpose, and one in memory.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;

use super::location::Location;
use super::object::ObjectBacked;
use super::options::StorageOptions;
use super::probe::{Probed, Questions};
use super::{ObjectMeta, Parts, PutOutcome, Storage, Store, error};
use crate::error::{Error, ErrorKind, Result};

/// What to do to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Let it through.
    None,
    /// Fail without doing it.
    Before,
    /// Do it, and lose the answer.
    After,
    /// Wait first.
    Slow(Duration),
    /// Forget the condition of a conditional put.
    Unconditional,
    /// Say that there is no such request.
    NotImplemented,
    /// Refuse the credentials.
    Denied,
}

/// Decides over each request by its name (`get`, `put_if_absent`, …) and key.
type Judge = Box<dyn Fn(&str, &str) -> Fault + Send + Sync>;

/// Wraps a store, keeps a log of its requests, and fails those that the judge picks.
pub struct Faulty {
    inner: Arc<dyn Store>,
    judge: Judge,
    requests: Mutex<VecDeque<String>>,
}

impl Faulty {
    /// A wrapper of `inner` that asks `judge`.
    pub fn new(inner: Arc<dyn Store>, judge: impl Fn(&str, &str) -> Fault + Send + Sync + 'static) -> Self {
        Self { inner, judge: Box::new(judge), requests: Mutex::default() }
    }

    /// The requests so far, as `name key`, oldest first; the log is emptied.
    pub fn take_requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }

    async fn pass<T>(&self, name: &str, key: &str, work: BoxFuture<'_, Result<T>>) -> Result<T> {
        self.pass_or(name, key, work, None).await
    }

    /// The same with what it is to do without its condition.
    async fn pass_or<'a, T>(
        &'a self,
        name: &str,
        key: &str,
        work: BoxFuture<'a, Result<T>>,
        unconditional: Option<BoxFuture<'a, Result<T>>>,
    ) -> Result<T> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push_back(format!("{name} {key}"));
        let failure = || Error::new(ErrorKind::StorageUnavailable, format!("injected fault in {name} {key}"));
        match (self.judge)(name, key) {
            Fault::None => work.await,
            Fault::Unconditional => unconditional.unwrap_or(work).await,
            Fault::NotImplemented => Err(error::fold("write", key, not_implemented())),
            Fault::Denied => Err(Error::new(ErrorKind::PermissionDenied, format!("denied: {name} {key}"))),
            Fault::Before => Err(failure()),
            Fault::Slow(pause) => {
                tokio::time::sleep(pause).await;
                work.await
            }
            Fault::After => work.await.and_then(|_| Err(failure())),
        }
    }
}

impl Store for Faulty {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Bytes>> {
        self.pass("get", key, self.inner.get(key)).boxed()
    }

    fn get_ranges<'a>(
        &'a self,
        key: &'a str,
        ranges: &'a [Range<u64>],
        version: &'a OnceLock<String>,
    ) -> BoxFuture<'a, Result<Vec<Bytes>>> {
        self.pass("get_ranges", key, self.inner.get_ranges(key, ranges, version)).boxed()
    }

    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<ObjectMeta>> {
        self.pass("head", key, self.inner.head(key)).boxed()
    }

    fn list<'a>(&'a self, prefix: &'a str, start_after: Option<&'a str>) -> BoxFuture<'a, Result<Vec<ObjectMeta>>> {
        self.pass("list", prefix, self.inner.list(prefix, start_after)).boxed()
    }

    fn holds_any<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<bool>> {
        self.pass("holds_any", prefix, self.inner.holds_any(prefix)).boxed()
    }

    fn list_short<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Option<Vec<ObjectMeta>>>> {
        self.pass("list", prefix, self.inner.list_short(prefix)).boxed()
    }

    fn put<'a>(&'a self, key: &'a str, bytes: Bytes) -> BoxFuture<'a, Result<()>> {
        self.pass("put", key, self.inner.put(key, bytes)).boxed()
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, bytes: Bytes) -> BoxFuture<'a, Result<PutOutcome>> {
        let overwrite = self.inner.put(key, bytes.clone()).map(|done| done.map(|()| PutOutcome::Created)).boxed();
        let create = self.inner.put_if_absent(key, bytes);
        self.pass_or("put_if_absent", key, create, Some(overwrite)).boxed()
    }

    fn ready_to_commit(&self) -> BoxFuture<'_, Result<()>> {
        self.inner.ready_to_commit()
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<()>> {
        self.pass("delete", key, self.inner.delete(key)).boxed()
    }

    fn start_upload<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Box<dyn Parts>>> {
        self.pass("start_upload", key, self.inner.start_upload(key)).boxed()
    }

    fn errors_are_final(&self) -> bool {
        false
    }
}

fn not_implemented() -> object_store::Error {
    object_store::Error::NotImplemented { operation: "conditional put".to_owned(), implementer: "a test".to_owned() }
}

/// `store` as the root of a table in that bucket, of which nothing is known yet.
pub fn probed(store: Arc<dyn Store>, bucket: &str) -> Arc<dyn Store> {
    let questions = Questions { conditional_put: Some(bucket.to_owned()), log_store: Some(bucket.to_owned()) };
    Arc::new(Probed::new(store, &format!("s3://{bucket}/t"), questions))
}

/// A store in memory, for tests.
pub fn memory_store() -> Arc<dyn Store> {
    Arc::new(ObjectBacked::in_memory())
}

impl Storage {
    /// A root served by `store`, with an address made up for messages.
    pub fn for_test(store: Arc<dyn Store>) -> Result<Self> {
        Ok(Self::with_store(Location::parse("/test", StorageOptions::default())?, store))
    }

    /// An empty root in memory.
    pub fn in_memory() -> Result<Self> {
        Self::for_test(memory_store())
    }
}
