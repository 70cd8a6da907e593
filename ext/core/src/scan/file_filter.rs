//! What a predicate says of single files, for who changes them.

use std::sync::Arc;

use super::plan::{Rules, Verdict};
use crate::action::Add;
use crate::error::Result;
use crate::expr::Predicate;
use crate::snapshot::Snapshot;

/// Which rows of a file a predicate is true of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// Of none.
    None,
    /// Of all.
    All,
    /// Only the rows can tell.
    Some,
}

/// A predicate over files: by partition values, and by statistics.
pub struct FileFilter(Rules);

impl FileFilter {
    /// For files of a table with the layout of `snapshot`.
    pub fn new(snapshot: &Snapshot, predicate: &Predicate) -> Result<Self> {
        let bound = predicate.bind(snapshot.schema()).map_err(|e| e.with_table(snapshot.uri()))?;
        Ok(Self(Rules::new(Some(Arc::new(bound)), snapshot, None)))
    }

    /// Which of the file's rows are meant.
    pub fn judge(&self, add: &Add) -> Result<Match> {
        Ok(match self.0.judge(add)? {
            Verdict::PrunedByPartition | Verdict::PrunedByStats => Match::None,
            Verdict::Read { filter: false } => Match::All,
            Verdict::Read { filter: true } => Match::Some,
        })
    }

    /// Whether a row of the file may be meant.
    pub fn may_match(&self, add: &Add) -> Result<bool> {
        Ok(self.judge(add)? != Match::None)
    }
}
