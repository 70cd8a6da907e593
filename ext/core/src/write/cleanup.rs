//! Files written for a commit that did not come about.

use futures::StreamExt;
use tokio::runtime::Handle;

use crate::error::Result;
use crate::storage::Storage;

/// Requests to delete on their way at a time.
const DELETES_IN_FLIGHT: usize = 8;

/// Deletes the files it was told of when it is dropped, as far as it can, unless it has been disarmed.
pub(super) struct Cleanup {
    storage: Option<Storage>,
    keys: Vec<String>,
    runtime: Option<Handle>,
    pid: u32,
}

impl Cleanup {
    pub(super) fn new(storage: Storage) -> Self {
        let mut cleanup = Self::none();
        cleanup.storage = Some(storage);
        cleanup
    }

    /// In charge of nothing.
    pub(super) fn none() -> Self {
        Self { storage: None, keys: Vec::new(), runtime: Handle::try_current().ok(), pid: std::process::id() }
    }

    /// Takes over the files of `other`, which lie in the same store.
    pub(super) fn join(&mut self, other: &mut Self) {
        self.keys.append(&mut other.keys);
        if self.storage.is_none() {
            self.storage = other.storage.take();
        }
    }

    /// Takes charge of a file that is about to be written.
    pub(super) fn watch(&mut self, key: &str) {
        if self.runtime.is_none() {
            self.runtime = Handle::try_current().ok();
        }
        self.keys.push(key.to_owned());
    }

    /// Leaves the files where they are.
    pub(super) fn disarm(&mut self) {
        self.keys.clear();
    }

    /// Deletes the files now. All are tried; the first failure is told.
    pub(super) async fn run(mut self) -> Result<()> {
        match self.storage.take() {
            Some(storage) => delete_all(&storage, std::mem::take(&mut self.keys)).await,
            None => Ok(()),
        }
    }
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        // In a forked child these are the files of its parent.
        if self.keys.is_empty() || self.pid != std::process::id() {
            return;
        }
        let keys = std::mem::take(&mut self.keys);
        if let (Some(runtime), Some(storage)) = (&self.runtime, self.storage.take()) {
            runtime.spawn(async move {
                let _ = delete_all(&storage, keys).await;
            });
        }
    }
}

async fn delete_all(storage: &Storage, keys: Vec<String>) -> Result<()> {
    let deletes = futures::stream::iter(keys).map(|key| async move { storage.delete(&key).await });
    let outcomes: Vec<Result<()>> = deletes.buffer_unordered(DELETES_IN_FLIGHT).collect().await;
    outcomes.into_iter().collect()
}
