//! What is left of a row group.

use std::ops::Range;

/// What is read of a row group.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::scan) enum Kept {
    All,
    Nothing,
    /// Rows by their numbers in the group: some, in order, with rows between them.
    Rows(Vec<Range<u64>>),
}
