//! What writes of rows do.

use crate::snapshot::Snapshot;
use crate::txn::Outcome;
use crate::write::WrittenFiles;

/// What a write of rows did.
#[derive(Debug, Clone)]
pub struct Appended {
    /// The table after it.
    pub snapshot: Snapshot,
    /// Rows added.
    pub rows: u64,
    /// Data files added.
    pub files: u64,
    /// Bytes of the data files.
    pub bytes: u64,
    /// How often the commit was tried.
    pub attempts: u32,
    /// Nothing was added: the transaction was there already, or there were no rows.
    pub skipped: bool,
    /// Data files that are no longer part of the table.
    pub removed_files: u64,
    /// Rows of these that were written again, since they stay.
    pub copied_rows: u64,
}

/// What has left the table.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Replaced {
    pub(super) files: u64,
    pub(super) copied_rows: u64,
}

/// Of the rows that were given.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Count {
    pub(super) rows: u64,
    pub(super) files: u64,
    pub(super) bytes: u64,
}

impl Count {
    pub(super) fn of(files: &WrittenFiles) -> Self {
        Self { rows: files.rows, files: files.adds.len() as u64, bytes: files.bytes }
    }

    /// What came of them.
    pub(super) fn appended(self, outcome: Outcome, replaced: Replaced) -> Appended {
        let Outcome { snapshot, attempts, skipped } = outcome;
        let (count, replaced) = if skipped { Default::default() } else { (self, replaced) };
        Appended {
            snapshot,
            rows: count.rows,
            files: count.files,
            bytes: count.bytes,
            attempts,
            skipped,
            removed_files: replaced.files,
            copied_rows: replaced.copied_rows,
        }
    }
}
