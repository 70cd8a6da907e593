//! What is wanted of the live files.

use std::fmt;

use super::filter::PartitionFilter;

/// What a replay gives out.
#[derive(Clone, Default)]
pub struct ReplayOptions {
    /// Whether statistics are wanted.
    pub stats: bool,
    /// Whether row tracking's ids, tags, `dataChange` and the clustering provider are wanted of checkpointed files; those
    /// of commits come with them in any case.
    pub details: bool,
    /// Files that it refuses are left out before anything more is read of them.
    pub partitions: Option<PartitionFilter>,
}

impl fmt::Debug for ReplayOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stats, details, partitions } = self;
        write!(f, "ReplayOptions {{ stats: {stats}, details: {details}, partitions: {} }}", partitions.is_some())
    }
}
