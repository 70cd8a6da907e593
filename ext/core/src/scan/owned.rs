//! Tasks that do not outlive who started them.

use tokio::task::JoinHandle;

use crate::context;
use crate::error::{Error, Result};

/// A task that ends when this is dropped.
#[derive(Debug)]
pub(super) struct Owned<T>(JoinHandle<T>);

impl<T: Send + 'static> Owned<T> {
    pub(super) fn spawn(work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(context::spawn(work))
    }

    /// Waits for its end; a panic in it is an error here.
    pub(super) async fn join(&mut self) -> Result<T> {
        (&mut self.0).await.map_err(|e| Error::internal("a task of the scan failed").with_source(e))
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
