//! What is found out about a store before the first commit to it: whether it keeps to conditional puts, and whether the
//! table's other writers do without them.
//!
//! The first write of data begins to ask, so that the answers are there when the data is. They hold for the process.

mod answers;
mod memory;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{BoxFuture, try_join};
use tokio::sync::OnceCell;

use super::{ObjectMeta, Parts, PutOutcome, Store, Walked};
use crate::context;
use crate::error::{Error, Result};

pub(super) use answers::TEMPORARY;

/// What is not known of a store, each question with the name under which the process keeps the answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Questions {
    /// Whether this bucket keeps to conditional puts.
    pub(super) conditional_put: Option<String>,
    /// Whether no writer of this table commits by DynamoDB.
    pub(super) log_store: Option<String>,
}

/// A store that takes a commit only once the questions are answered.
pub(super) struct Probed(Arc<Inner>);

struct Inner {
    store: Arc<dyn Store>,
    uri: String,
    questions: Questions,
    answered: OnceCell<()>,
    asking: AtomicBool,
}

impl Probed {
    /// The table's root `store` at `uri`.
    pub(super) fn new(store: Arc<dyn Store>, uri: &str, questions: Questions) -> Self {
        let (answered, asking) = (OnceCell::new(), AtomicBool::new(false));
        Self(Arc::new(Inner { store, uri: uri.to_owned(), questions, answered, asking }))
    }

    /// Begins to ask, beside what is being written.
    fn begin(&self) {
        if self.0.answered.initialized() || self.0.asking.swap(true, Ordering::Relaxed) {
            return;
        }
        let inner = Arc::clone(&self.0);
        context::spawn(async move {
            // Whoever commits asks again.
            let _ = inner.answer().await;
        });
    }
}

impl Inner {
    async fn answer(&self) -> Result<()> {
        let answered = self.answered.get_or_try_init(|| async {
            let (store, uri) = (self.store.as_ref(), self.uri.as_str());
            let puts = async {
                match &self.questions.conditional_put {
                    Some(bucket) => answers::keeps_to_conditions(store, uri, bucket).await,
                    None => Ok(()),
                }
            };
            let writers = async {
                match &self.questions.log_store {
                    Some(table) => answers::has_no_other_log_store(store, uri, table).await,
                    None => Ok(()),
                }
            };
            try_join(puts, writers).await.map(|_| ())
        });
        answered.await.map(|_| ()).map_err(Error::before_writing)
    }
}

impl Store for Probed {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Bytes>> {
        self.0.store.get(key)
    }

    fn get_ranges<'a>(
        &'a self,
        key: &'a str,
        ranges: &'a [Range<u64>],
        version: &'a OnceLock<String>,
    ) -> BoxFuture<'a, Result<Vec<Bytes>>> {
        self.0.store.get_ranges(key, ranges, version)
    }

    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<ObjectMeta>> {
        self.0.store.head(key)
    }

    fn list<'a>(&'a self, prefix: &'a str, start_after: Option<&'a str>) -> BoxFuture<'a, Result<Vec<ObjectMeta>>> {
        self.0.store.list(prefix, start_after)
    }

    fn list_short<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Option<Vec<ObjectMeta>>>> {
        self.0.store.list_short(prefix)
    }

    fn walk(&self, most: usize) -> BoxFuture<'_, Result<Walked>> {
        self.0.store.walk(most)
    }

    fn holds_any<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<bool>> {
        self.0.store.holds_any(prefix)
    }

    fn put<'a>(&'a self, key: &'a str, bytes: Bytes) -> BoxFuture<'a, Result<()>> {
        self.begin();
        self.0.store.put(key, bytes)
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, bytes: Bytes) -> BoxFuture<'a, Result<PutOutcome>> {
        async move {
            self.0.answer().await?;
            self.0.store.put_if_absent(key, bytes).await
        }
        .boxed()
    }

    fn ready_to_commit(&self) -> BoxFuture<'_, Result<()>> {
        self.0.answer().boxed()
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<()>> {
        self.0.store.delete(key)
    }

    fn start_upload<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Box<dyn Parts>>> {
        self.begin();
        self.0.store.start_upload(key)
    }

    fn errors_are_final(&self) -> bool {
        self.0.store.errors_are_final()
    }
}
