//! Values of identity columns that are reserved by a commit of their own.

use super::identities::count_alike;
use crate::action::{CommitInfo, MARKS_ONLY_TAG, Metadata, Operation};
use crate::error::Result;
use crate::schema::{IdentityBlock, IdentityColumn, StructType};
use crate::snapshot::Snapshot;
use crate::write::identity_columns;

/// So many values of each identity column of a table, the next ones whatever version that is.
#[derive(Debug, Clone)]
pub struct Reservation {
    count: u64,
}

impl Reservation {
    pub(super) fn new(count: u64) -> Self {
        Self { count }
    }

    /// Provenance of the commit. The tag lets Spark's writers ride over it.
    pub(super) fn info(&self, columns: &[IdentityColumn]) -> CommitInfo {
        let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
        let info = CommitInfo::new(Operation::ReserveIdentities);
        let mut info = info.json_parameter("columns", &names).json_parameter("count", &self.count);
        info.tags.insert(MARKS_ONLY_TAG, "true");
        info
    }

    /// The metadata for a commit on top of `base`.
    pub(super) fn metadata(&self, base: &Snapshot) -> Result<Metadata> {
        let columns = identity_columns(base.protocol(), base.schema())?;
        let block = IdentityBlock::next(&columns, self.count)?;
        let schema: StructType = block.recorded_in(base.schema(), &columns);
        Ok(Metadata { schema_string: schema.to_json(), ..base.metadata().clone() })
    }

    /// The values, where `after` is the version that recorded them.
    pub(super) fn reserved(&self, after: &Snapshot) -> Result<IdentityBlock> {
        IdentityBlock::last(&identity_columns(after.protocol(), after.schema())?, self.count)
    }

    /// Whether it can be made of `after` where it could be made of `before`.
    pub(super) fn fits(before: &Snapshot, after: &Snapshot) -> bool {
        count_alike(before, after)
    }
}
