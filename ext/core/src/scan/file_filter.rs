//! What a predicate says of single files, for who changes them.

use std::sync::Arc;

use super::plan::{PlannedFile, Planner, Rules, Verdict};
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

/// The live files of `snapshot` with rows that are meant, with all that the log says of them.
pub async fn matching_files(snapshot: &Snapshot, predicate: &Predicate) -> Result<Vec<(Add, Match)>> {
    let FileFilter(rules) = FileFilter::new(snapshot, predicate)?;
    let mut planner = Planner::whole(snapshot, &Arc::new(rules));
    let mut found = Vec::new();
    while let Some(files) = planner.next().await? {
        let judged = |file: PlannedFile| (file.add, if file.filter { Match::Some } else { Match::All });
        found.extend(files.into_iter().map(judged));
    }
    Ok(found)
}
