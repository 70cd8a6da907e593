//! One try to put one version's commit file, and what became of it.

use std::sync::Arc;

use bytes::Bytes;

use super::backoff::Backoff;
use super::winners::is_commit;
use crate::context::{CommitInFlight, Context};
use crate::error::{Error, ErrorKind, Result};
use crate::log::{commit_key, read_table_actions};
use crate::storage::{PutOutcome, Storage, is_not_found};
use crate::write::WrittenFiles;

/// Tries to find out about a put whose answer was lost, where the call has no deadline.
const LOOKS: u32 = 12;

pub(super) struct Attempt<'a> {
    pub(super) storage: &'a Storage,
    pub(super) context: &'a Context,
    pub(super) version: u64,
    pub(super) body: &'a Bytes,
    pub(super) txn_id: &'a str,
}

/// Whose commit has the version.
pub(super) enum Landed {
    Ours,
    Theirs,
}

/// What one put said.
enum Put {
    Created,
    Exists,
    /// For sure nothing was written.
    Failed(Error),
    /// The answer was lost.
    Unknown(Error),
}

impl Attempt<'_> {
    /// Puts the commit. `files` are the commit's data files: taken where they now belong to the table or may do so.
    pub(super) async fn run(&self, files: &mut Option<WrittenFiles>) -> Result<Landed> {
        // Held until the outcome is known: whoever stops waiting before that must be told so.
        let in_flight = Arc::new(self.context.gate().enter(self.version));
        let mut backoff = Backoff::default();
        for look in 1.. {
            let lost = match self.put(files, &in_flight).await? {
                Put::Created => return Ok(Landed::Ours),
                Put::Exists => return Ok(Landed::Theirs),
                Put::Failed(error) => {
                    discard(files.take()).await;
                    return Err(error);
                }
                Put::Unknown(error) => error,
            };
            match self.look().await {
                Ok(Some(landed)) => return Ok(landed),
                _ if look < LOOKS && self.context.check().is_ok() => backoff.wait().await,
                _ => return Err(self.unknown(lost)),
            }
        }
        Err(Error::internal("the commit loop ended without an outcome"))
    }

    /// The put runs as its own task, so that whoever stops waiting does not stop it half-way.
    async fn put(&self, files: &mut Option<WrittenFiles>, in_flight: &Arc<CommitInFlight>) -> Result<Put> {
        let (storage, body) = (self.storage.clone(), self.body.clone());
        let (key, in_flight) = (commit_key(self.version), Arc::clone(in_flight));
        let held = files.take();
        let task = tokio::spawn(async move {
            let _in_flight = in_flight;
            let put = match storage.put_if_absent(&key, body).await {
                Ok(PutOutcome::Created) => Put::Created,
                Ok(PutOutcome::AlreadyExists) => Put::Exists,
                Err(e) => failed(&storage, &key, e).await,
            };
            match put {
                // A commit names the files, or may name them: they are no longer ours to delete.
                Put::Created | Put::Unknown(_) => {
                    if let Some(mut files) = held {
                        files.keep();
                    }
                    (put, None)
                }
                Put::Exists | Put::Failed(_) => (put, held),
            }
        });
        match task.await {
            Ok((put, held)) => {
                *files = held;
                Ok(put)
            }
            Err(e) => Err(Error::internal("the task that puts the commit failed").with_source(e)),
        }
    }

    /// Reads the contested version: ours by its `txnId`, theirs, or not there (yet).
    async fn look(&self) -> Result<Option<Landed>> {
        match read_table_actions(self.storage, self.version).await {
            Ok(lines) if is_commit(&lines, self.txn_id) => Ok(Some(Landed::Ours)),
            Ok(_) => Ok(Some(Landed::Theirs)),
            Err(e) if is_not_found(&e) => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn unknown(&self, lost: Error) -> Error {
        Error::new(
            ErrorKind::CommitOutcomeUnknown,
            format!(
                "version {} was sent and no answer came, so it may or may not be there; \
                 look for the commit with txnId {} before appending again, or append with once:",
                self.version, self.txn_id
            ),
        )
        .with_version(self.version)
        .with_source(lost)
    }
}

/// Even on a local disk a put may fail after the file has got its name: only a look tells.
async fn failed(storage: &Storage, key: &str, error: Error) -> Put {
    match storage.errors_are_final() {
        Ok(true) => match storage.head(key).await {
            Err(e) if is_not_found(&e) => Put::Failed(error),
            _ => Put::Unknown(error),
        },
        _ => Put::Unknown(error),
    }
}

/// Deletes files that no commit names. What cannot be deleted is left to vacuum.
pub(super) async fn discard(files: Option<WrittenFiles>) {
    if let Some(files) = files {
        let _ = files.delete().await;
    }
}
