//! Which commits an append rides over, in Spark's order: protocol, metadata, transactions.

use super::idempotence::AppTransaction;
use crate::action::{Metadata, TableActionLine};
use crate::error::{ConflictKind, Error, ErrorKind, Result};
use crate::snapshot::Snapshot;

/// Checks the commit that led from `before` to `after` against a blind append. Files it added or removed never matter:
/// a blind append has read none.
pub(super) fn check(
    before: &Snapshot,
    after: &Snapshot,
    lines: &[TableActionLine],
    txn: Option<&AppTransaction>,
) -> Result<()> {
    let conflict = |kind: ConflictKind, what: String| {
        Error::new(ErrorKind::CommitConflict(kind), what).with_version(after.version())
    };
    if before.protocol() != after.protocol() && after.check_appendable().is_err() {
        return Err(conflict(
            ConflictKind::ProtocolChanged,
            format!(
                "version {} changed the table's protocol to one that this library cannot append to",
                after.version()
            ),
        ));
    }
    if !same_layout(before.metadata(), after.metadata()) {
        return Err(conflict(
            ConflictKind::MetadataChanged,
            format!(
                "version {} changed the table's schema, partitioning or properties while rows were being appended; \
                 refresh and append again",
                after.version()
            ),
        ));
    }
    if let Some(txn) = txn {
        let other = lines.iter().filter_map(|l| l.txn.as_ref()).find(|t| t.app_id == txn.app_id());
        if let Some(other) = other.filter(|t| t.version < txn.version()) {
            return Err(conflict(
                ConflictKind::ConcurrentTransaction,
                format!(
                    "version {} moved application {:?} to transaction {} while {} was being appended",
                    after.version(),
                    txn.app_id(),
                    other.version,
                    txn.version()
                ),
            ));
        }
    }
    Ok(())
}

/// Whether rows made for one fit the other. Name and description may differ.
fn same_layout(before: &Metadata, after: &Metadata) -> bool {
    before.id == after.id
        && before.schema_string == after.schema_string
        && before.partition_columns == after.partition_columns
        && before.configuration == after.configuration
}
