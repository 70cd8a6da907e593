//! How much of what others committed meanwhile counts as read (Spark's `isolationLevels.scala`).

use super::transaction::Transaction;
use crate::properties::TableProperties;

/// From the strictest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Isolation {
    /// As if commits had been made one after the other, in the order of their versions.
    Serializable,
    /// The same in some order: what others add blindly may as well have been added afterwards.
    WriteSerializable,
    /// For commits that change no rows.
    Snapshot,
}

impl Isolation {
    pub(super) fn of(transaction: &Transaction, properties: &TableProperties) -> Self {
        match properties.write_serializable {
            _ if transaction.only_rearranges() => Self::Snapshot,
            true => Self::WriteSerializable,
            false => Self::Serializable,
        }
    }

    /// The name in the log.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Serializable => "Serializable",
            Self::WriteSerializable => "WriteSerializable",
            Self::Snapshot => "SnapshotIsolation",
        }
    }
}
