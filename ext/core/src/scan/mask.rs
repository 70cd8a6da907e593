//! Which rows of a file are read, where that is not all of them.

use std::ops::Range;

use arrow::buffer::BooleanBuffer;

use crate::deletion_vector::DeletionVector;

/// Rows by their numbers in the file.
#[derive(Debug)]
pub(super) enum RowMask {
    /// All but these.
    Without(DeletionVector),
    /// No others.
    Only(DeletionVector),
}

impl RowMask {
    /// Of `only`, or of all rows, those that are not deleted.
    pub(super) fn new(deleted: Option<DeletionVector>, only: Option<DeletionVector>) -> Option<Self> {
        match (deleted, only) {
            (deleted, None) => deleted.map(Self::Without),
            (None, Some(only)) => Some(Self::Only(only)),
            (Some(deleted), Some(only)) => Some(Self::Only(only.minus(&deleted))),
        }
    }

    /// How many rows have to be looked at for so many that are read, wherever these are; `None` where nothing is sure.
    pub(super) fn enough(&self, rows: u64) -> Option<u64> {
        match self {
            Self::Without(deleted) => Some(rows.saturating_add(deleted.cardinality())),
            Self::Only(_) => None,
        }
    }

    /// Whether none of `rows` is read.
    pub(super) fn leaves_out(&self, rows: &Range<u64>) -> bool {
        match self {
            Self::Without(deleted) => deleted.count(rows) == rows.end.saturating_sub(rows.start),
            Self::Only(wanted) => wanted.count(rows) == 0,
        }
    }

    /// A bit for each row of `ranges`, set where the row is read; `None` where all of them are.
    pub(super) fn live(&self, ranges: &[Range<u64>]) -> Option<BooleanBuffer> {
        match self {
            Self::Without(deleted) => deleted.live(ranges),
            Self::Only(wanted) => Some(match wanted.live(ranges) {
                Some(others) => !&others,
                None => {
                    let rows = ranges.iter().map(|range| range.end.saturating_sub(range.start)).sum::<u64>();
                    BooleanBuffer::new_unset(usize::try_from(rows).unwrap_or(0))
                }
            }),
        }
    }
}
