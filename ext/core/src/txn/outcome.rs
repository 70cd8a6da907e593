//! What becomes of a transaction.

use crate::snapshot::Snapshot;

/// What became of a transaction.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The table after it.
    pub snapshot: Snapshot,
    /// How often the commit was tried.
    pub attempts: u32,
    /// True where the application's transaction was there already: nothing was committed.
    pub skipped: bool,
}
