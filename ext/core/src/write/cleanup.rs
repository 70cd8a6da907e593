//! Files written for a commit that did not come about.

use futures::StreamExt;
use tokio::runtime::Handle;

use crate::error::Result;
use crate::storage::Storage;

/// Requests to delete on their way at a time.
const DELETES_IN_FLIGHT: usize = 8;

/// Deletes the files it was told of when it is dropped, as far as it can, unless it has been disarmed.
pub(super) struct Cleanup {
    storage: Storage,
    keys: Vec<String>,
    runtime: Option<Handle>,
    pid: u32,
}

impl Cleanup {
    pub(super) fn new(storage: Storage) -> Self {
        Self { storage, keys: Vec::new(), runtime: Handle::try_current().ok(), pid: std::process::id() }
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
        delete_all(&self.storage, std::mem::take(&mut self.keys)).await
    }
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        // In a forked child these are the files of its parent.
        if self.keys.is_empty() || self.pid != std::process::id() {
            return;
        }
        let (storage, keys) = (self.storage.clone(), std::mem::take(&mut self.keys));
        if let Some(runtime) = &self.runtime {
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
