//! Files that are written and not yet committed.

use super::cleanup::Cleanup;
use crate::action::Add;
use crate::error::Result;
use crate::snapshot::Snapshot;

/// Data files that no commit names yet. Dropped, they are deleted as far as that can be done: call
/// [`WrittenFiles::into_adds`] or [`WrittenFiles::keep`] once a commit may name them.
#[must_use]
pub struct WrittenFiles {
    /// One action a file, in the order in which the files ended.
    pub adds: Vec<Add>,
    /// Rows of all files.
    pub rows: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Where rows have identities that were reserved for them: the newest version up to which every commit is known to have
    /// left these alone. The commit that names the files must look at each one after it.
    pub identities: Option<Snapshot>,
    pub(super) cleanup: Cleanup,
}

impl WrittenFiles {
    /// No files.
    pub fn none() -> Self {
        Self { adds: Vec::new(), rows: 0, bytes: 0, identities: None, cleanup: Cleanup::none() }
    }

    /// Takes charge of files of another kind (change files), which are kept or deleted together with these. Gives their
    /// actions.
    pub fn take_charge(&mut self, mut other: Self) -> Vec<Add> {
        self.cleanup.join(&mut other.cleanup);
        self.take_identities(other.identities.take());
        std::mem::take(&mut other.adds)
    }

    /// These files and then those of `later`.
    pub fn and(mut self, mut later: Self) -> Self {
        self.cleanup.join(&mut later.cleanup);
        self.adds.append(&mut later.adds);
        self.take_identities(later.identities.take());
        self.rows += later.rows;
        self.bytes += later.bytes;
        self
    }

    /// What holds for the newest of the identities holds for all: the versions of one process follow one another.
    fn take_identities(&mut self, other: Option<Snapshot>) {
        self.identities = self.identities.take().into_iter().chain(other).max_by_key(Snapshot::version);
    }

    /// The actions. The files are the commit's from now on, and will not be deleted.
    pub fn into_adds(mut self) -> Vec<Add> {
        self.keep();
        self.adds
    }

    /// Leaves the files where they are, whatever becomes of this value.
    pub fn keep(&mut self) {
        self.cleanup.disarm();
    }

    /// Deletes the files: for a commit that has failed for certain. All are tried; the first failure is told.
    pub async fn delete(self) -> Result<()> {
        self.cleanup.run().await
    }
}

impl std::fmt::Debug for WrittenFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WrittenFiles")
            .field("adds", &self.adds)
            .field("rows", &self.rows)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}
