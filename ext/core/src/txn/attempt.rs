//! One try to put one version's commit file, and what became of it.

use std::sync::Arc;

use bytes::Bytes;

use super::backoff::Backoff;
use super::winners::is_commit;
use crate::context::{self, CommitInFlight, Context};
use crate::error::{Error, ErrorKind, Result};
use crate::log::{commit_key, read_table_actions};
use crate::storage::{PutOutcome, Storage, is_not_found};
use crate::write::WrittenFiles;

/// Tries to find out about a put whose answer was lost, where the call has no deadline.
const LOOKS: u32 = 12;

pub(super) struct Attempt<'a> {
    pub(super) storage: &'a Storage,
    /// Of all calls whose rows the commit has.
    pub(super) contexts: Vec<Context>,
    pub(super) version: u64,
    pub(super) body: &'a Bytes,
    pub(super) txn_id: &'a str,
}

/// What became of the commit.
pub(super) enum Tried {
    /// It has the version; with its ETag, where the store told it.
    Ours(Option<String>),
    /// Another commit has it.
    Theirs,
    /// For sure nothing was written.
    Failed(Error),
    /// It may be there or not.
    Unknown(Error),
}

/// What one put said.
enum Put {
    Created(Option<String>),
    Exists,
    Failed(Error),
    /// The answer was lost.
    Unknown(Error),
}

/// Files while it is open whether a commit names them: whatever happens meanwhile, they are not deleted.
struct Held(Vec<WrittenFiles>);

impl Held {
    fn release(mut self) -> Vec<WrittenFiles> {
        std::mem::take(&mut self.0)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(WrittenFiles::keep);
    }
}

impl Attempt<'_> {
    /// Puts the commit. `files` are its data files; they come back, to be left alone where they now belong to the table
    /// or may do so.
    pub(super) async fn run(&self, files: Vec<WrittenFiles>) -> (Tried, Vec<WrittenFiles>) {
        // Held until the outcome is known: whoever stops waiting before that must be told so.
        let gates = self.contexts.iter().map(|context| context.gate().enter(self.version));
        let in_flight: Arc<[CommitInFlight]> = gates.collect();
        let mut backoff = Backoff::default();
        let mut files = files;
        let mut lost = Error::internal("the commit loop ended without an outcome");
        for look in 1..=LOOKS {
            let (put, held) = self.put(files, &in_flight).await;
            files = held;
            match put {
                Put::Created(etag) => return (Tried::Ours(etag), files),
                Put::Exists if look == 1 => return (Tried::Theirs, files),
                // What one put did not write, one before it may have written.
                Put::Exists => {}
                Put::Failed(error) if look == 1 || !error.wrote_nothing() => return (Tried::Failed(error), files),
                Put::Failed(error) | Put::Unknown(error) => lost = error,
            }
            match self.look().await {
                Ok(Some(landed)) => return (landed, files),
                _ if look < LOOKS && self.has_time() => backoff.wait().await,
                _ => break,
            }
        }
        (Tried::Unknown(unknown(self.version, self.txn_id, lost)), files)
    }

    fn has_time(&self) -> bool {
        self.contexts.iter().any(|context| context.check().is_ok())
    }

    /// The put runs as its own task, so that whoever stops waiting does not stop it half-way.
    async fn put(&self, files: Vec<WrittenFiles>, in_flight: &Arc<[CommitInFlight]>) -> (Put, Vec<WrittenFiles>) {
        let (storage, body) = (self.storage.clone(), self.body.clone());
        let (key, in_flight) = (commit_key(self.version), Arc::clone(in_flight));
        let held = Held(files);
        let task = context::spawn(async move {
            let _in_flight = in_flight;
            let put = match storage.put_if_absent(&key, body).await {
                Ok(PutOutcome::Created(etag)) => Put::Created(etag),
                Ok(PutOutcome::AlreadyExists) => Put::Exists,
                // The client's own first try: to be looked at before anybody may stop waiting.
                Ok(PutOutcome::Unsure) => Put::Unknown(unsure(&key)),
                Err(e) => failed(&storage, &key, e).await,
            };
            let mut files = held.release();
            if matches!(put, Put::Created(_) | Put::Unknown(_)) {
                // A commit names the files, or may name them: they are no longer ours to delete.
                files.iter_mut().for_each(WrittenFiles::keep);
            }
            (put, files)
        });
        task.await.unwrap_or_else(|e| {
            let error = Error::internal("the task that puts the commit failed").with_source(e);
            (Put::Unknown(error), Vec::new())
        })
    }

    /// Reads the contested version: ours by its `txnId`, theirs, or not there (yet).
    async fn look(&self) -> Result<Option<Tried>> {
        match read_table_actions(self.storage, self.version).await {
            Ok(lines) if is_commit(&lines, self.txn_id) => Ok(Some(Tried::Ours(None))),
            Ok(_) => Ok(Some(Tried::Theirs)),
            Err(e) if is_not_found(&e) => Ok(None),
            Err(e) => Err(e),
        }
    }
}

/// For a commit of which nobody can tell just now whether it is there.
pub(super) fn unknown(version: u64, txn_id: &str, lost: Error) -> Error {
    Error::new(
        ErrorKind::CommitOutcomeUnknown,
        format!(
            "version {version} was sent and no answer came, so it may or may not be there; \
             look for the commit with txnId {txn_id} before writing again, or append with once:"
        ),
    )
    .with_version(version)
    .with_source(lost)
}

fn unsure(key: &str) -> Error {
    Error::new(
        ErrorKind::StorageUnavailable,
        format!("a put of {key} had no answer, and when it was made again there was an object of that name"),
    )
}

/// Even on a local disk a put may fail after the file has got its name: only a look tells.
async fn failed(storage: &Storage, key: &str, error: Error) -> Put {
    if error.wrote_nothing() {
        return Put::Failed(error);
    }
    match storage.errors_are_final() {
        Ok(true) => match storage.head(key).await {
            Err(e) if is_not_found(&e) => Put::Failed(error),
            _ => Put::Unknown(error),
        },
        _ => Put::Unknown(error),
    }
}
