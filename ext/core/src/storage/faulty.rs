//! A store that fails on purpose: for the tests of this crate, and of users (see `storage::memory`).

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, TryFutureExt};

use super::{ObjectMeta, Parts, PutOutcome, Store, Walked, error};
use crate::error::{ConflictKind, Error, ErrorKind, Result};

/// What to do to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Let it through.
    None,
    /// Fail without doing it.
    Before,
    /// Do it, and lose the answer.
    After,
    /// Do it, lose the answer and do it again, as clients do by themselves.
    Twice,
    /// Wait first.
    Slow(Duration),
    /// Forget the condition of a conditional put.
    Unconditional,
    /// List without the last name but one, as a folder that changes meanwhile.
    Torn,
    /// Say that there is no such request.
    NotImplemented,
    /// Refuse the credentials.
    Denied,
    /// Say that there are too many requests, without doing it.
    Throttled,
    /// Say of a commit that another one is in its way, without doing it.
    Conflict,
}

/// Decides over each request by its name (`get`, `put_if_absent`, …) and key.
type Judge = Box<dyn Fn(&str, &str) -> Fault + Send + Sync>;

/// Wraps a store, keeps a log of its requests, and fails those that the judge picks.
pub struct Faulty {
    inner: Arc<dyn Store>,
    judge: Judge,
    /// Where somebody looks at them.
    requests: Option<Mutex<VecDeque<String>>>,
}

impl Faulty {
    /// A wrapper of `inner` that asks `judge`.
    pub fn new(inner: Arc<dyn Store>, judge: impl Fn(&str, &str) -> Fault + Send + Sync + 'static) -> Self {
        Self { requests: Some(Mutex::default()), ..Self::unlogged(inner, judge) }
    }

    /// The same without a log of requests.
    pub(super) fn unlogged(inner: Arc<dyn Store>, judge: impl Fn(&str, &str) -> Fault + Send + Sync + 'static) -> Self {
        Self { inner, judge: Box::new(judge), requests: None }
    }

    /// The requests so far, as `name key`, oldest first; the log is emptied.
    pub fn take_requests(&self) -> Vec<String> {
        let requests = self.requests.iter().map(|log| log.lock().unwrap_or_else(PoisonError::into_inner));
        requests.flat_map(|mut log| std::mem::take(&mut *log)).collect()
    }

    async fn pass<T>(&self, name: &str, key: &str, work: BoxFuture<'_, Result<T>>) -> Result<T> {
        self.pass_or(name, key, work, None).await
    }

    /// The same with what it does instead of `work` where just that is the fault.
    async fn pass_or<'a, T>(
        &'a self,
        name: &str,
        key: &str,
        work: BoxFuture<'a, Result<T>>,
        instead: impl IntoIterator<Item = (Fault, BoxFuture<'a, Result<T>>)>,
    ) -> Result<T> {
        if let Some(requests) = &self.requests {
            requests.lock().unwrap_or_else(PoisonError::into_inner).push_back(format!("{name} {key}"));
        }
        let failure = || Error::new(ErrorKind::StorageUnavailable, format!("injected fault in {name} {key}"));
        let fault = (self.judge)(name, key);
        if let Some((_, done)) = instead.into_iter().find(|(of, _)| *of == fault) {
            return done.await;
        }
        match fault {
            Fault::None | Fault::Unconditional | Fault::Torn | Fault::Twice => work.await,
            Fault::NotImplemented => Err(error::fold("write", key, not_implemented())),
            Fault::Denied => {
                Err(Error::new(ErrorKind::PermissionDenied, format!("denied: {name} {key}")).before_writing())
            }
            Fault::Throttled => Err(Error::new(
                ErrorKind::StorageUnavailable,
                format!("injected fault in {name} {key}: the store asks for fewer requests (503 Slow Down)"),
            )
            .before_writing()),
            Fault::Conflict => Err(Error::new(
                ErrorKind::CommitConflict(ConflictKind::MetadataChanged),
                format!("injected fault in {name} {key}: another writer has changed the table's metadata"),
            )
            .before_writing()),
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
        let torn = self.inner.list(prefix, start_after).map_ok(|mut files| {
            files.sort_by(|a, b| a.key.cmp(&b.key));
            if let Some(last_but_one) = files.len().checked_sub(2) {
                files.remove(last_but_one);
            }
            files
        });
        let whole = self.inner.list(prefix, start_after);
        self.pass_or("list", prefix, whole, Some((Fault::Torn, torn.boxed()))).boxed()
    }

    fn walk(&self, most: usize) -> BoxFuture<'_, Result<Walked>> {
        self.pass("walk", "", self.inner.walk(most)).boxed()
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
        let overwrite = self.inner.put(key, bytes.clone()).map(|done| done.map(|()| PutOutcome::Created(None))).boxed();
        let create = self.inner.put_if_absent(key, bytes.clone());
        let twice = self.inner.put_if_absent(key, bytes).map_ok(|_| PutOutcome::Unsure).boxed();
        let instead = [(Fault::Unconditional, overwrite), (Fault::Twice, twice)];
        self.pass_or("put_if_absent", key, create, instead).boxed()
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
