//! Files that are written and not yet committed.

use super::cleanup::Cleanup;
use super::rules::IdentityMark;
use crate::action::Add;
use crate::error::Result;

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
    /// How far identity columns have come by these rows. The commit that names the files must record it in the same table
    /// version, and no other commit may have done so since: the values would be there twice.
    pub identity_marks: Vec<IdentityMark>,
    pub(super) cleanup: Cleanup,
}

impl WrittenFiles {
    /// No files.
    pub fn none() -> Self {
        Self { adds: Vec::new(), rows: 0, bytes: 0, identity_marks: Vec::new(), cleanup: Cleanup::none() }
    }

    /// Takes charge of files of another kind (change files), which are kept or deleted together with these. Gives their
    /// actions.
    pub fn take_charge(&mut self, mut other: Self) -> Vec<Add> {
        self.cleanup.join(&mut other.cleanup);
        self.identity_marks.append(&mut other.identity_marks);
        std::mem::take(&mut other.adds)
    }

    /// These files and then those of `later`.
    pub fn and(mut self, mut later: Self) -> Self {
        self.cleanup.join(&mut later.cleanup);
        self.adds.append(&mut later.adds);
        self.identity_marks.append(&mut later.identity_marks);
        self.rows += later.rows;
        self.bytes += later.bytes;
        self
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
