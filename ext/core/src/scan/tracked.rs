//! The values of row ids and row commit versions in one file (Delta protocol, "Row Tracking").

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array};
use arrow::datatypes::Int64Type;

use super::adapt::Adapter;
use super::row_tracking::RowTracking;
use crate::action::Add;
use crate::error::{Error, Result};

/// Where the values of one file come from.
#[derive(Debug)]
pub(super) struct TrackedColumn {
    kind: RowTracking,
    /// Values that were written when rows were moved here from other files; null for rows that were not.
    stored: Option<(usize, Adapter)>,
    default: Option<i64>,
}

impl TrackedColumn {
    pub(super) fn new(kind: RowTracking, add: &Add, stored: Option<(usize, Adapter)>) -> Self {
        let default = match kind {
            RowTracking::Id => add.base_row_id,
            RowTracking::CommitVersion => add.default_row_commit_version,
        };
        Self { kind, stored, default }
    }

    /// The values of the rows of `ranges`, which are numbered as in the file.
    pub(super) fn values(&self, read: &[ArrayRef], ranges: &[Range<u64>]) -> Result<ArrayRef> {
        let stored = match &self.stored {
            Some((index, adapter)) => Some(adapter.apply(&read[*index])?),
            None => None,
        };
        let stored = stored.as_ref().map(|array| array.as_primitive::<Int64Type>());
        if let Some(whole) = stored.filter(|array| array.null_count() == 0) {
            return Ok(Arc::new(whole.clone()));
        }
        let base = self.default.ok_or_else(|| self.wrong("the log has none for it"))?;
        let last = ranges.last().map_or(0, |range| range.end);
        if base.checked_add_unsigned(last).is_none() {
            return Err(self.wrong("the log has one for it that is too great"));
        }
        let default = |row: u64| match self.kind {
            RowTracking::Id => base + row as i64,
            RowTracking::CommitVersion => base,
        };
        let defaults = ranges.iter().cloned().flatten().map(default);
        let values: Int64Array = match stored {
            Some(stored) => stored.iter().zip(defaults).map(|(stored, default)| stored.or(Some(default))).collect(),
            None => Int64Array::from_iter_values(defaults),
        };
        Ok(Arc::new(values))
    }

    fn wrong(&self, why: &str) -> Error {
        let of = match self.kind {
            RowTracking::Id => "baseRowId",
            RowTracking::CommitVersion => "defaultRowCommitVersion",
        };
        Error::corrupt(format!("{} cannot be told: it takes a {of}, and {why}", self.kind.name()))
    }
}
