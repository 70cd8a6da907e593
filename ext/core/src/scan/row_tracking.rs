//! Row ids and row commit versions: columns that a table with row tracking has beside its own (Delta protocol, "Row
//! Tracking").

use super::read_field::{ReadField, ReadType};
use crate::error::{Error, Result};
use crate::schema::{DataType, Field};
use crate::snapshot::Snapshot;

/// One of the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowTracking {
    /// `_row_id`
    Id,
    /// `_row_commit_version`
    CommitVersion,
}

impl RowTracking {
    /// The column of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Id, Self::CommitVersion].into_iter().find(|kind| kind.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Id => "_row_id",
            Self::CommitVersion => "_row_commit_version",
        }
    }

    /// The column as users see it.
    pub(super) fn field(self) -> Field {
        Field::new(self.name(), DataType::Long, false)
    }

    /// Refuses a table that has no such column.
    pub(super) fn check(self, snapshot: &Snapshot) -> Result<()> {
        if snapshot.properties().row_tracking {
            return Ok(());
        }
        Err(Error::argument(format!(
            "there is no column {}: the table has no row tracking (its property delta.enableRowTracking is not true)",
            self.name()
        )))
    }

    /// What a predicate's unknown column is, where it is one of these.
    pub(super) fn unknown_in_predicate(error: Error) -> Error {
        let named = |kind: &Self| error.message().starts_with(&format!("there is no column {}:", kind.name()));
        match [Self::Id, Self::CommitVersion].into_iter().find(named) {
            Some(kind) => Error::argument(format!("{} can be selected, and rows cannot be chosen by it", kind.name())),
            None => error,
        }
    }

    /// The column as it is read: the physical name is empty where no file has it.
    pub(super) fn read_field(self, snapshot: &Snapshot) -> ReadField {
        let physical = self.stored_name(snapshot).unwrap_or_default();
        ReadField {
            name: self.name().to_owned(),
            physical: physical.to_owned(),
            id: None,
            data_type: ReadType::Primitive(DataType::Long),
        }
    }

    /// The column of data files that holds values of their own, where writers have named one.
    fn stored_name(self, snapshot: &Snapshot) -> Option<&str> {
        let key = match self {
            Self::Id => "delta.rowTracking.materializedRowIdColumnName",
            Self::CommitVersion => "delta.rowTracking.materializedRowCommitVersionColumnName",
        };
        snapshot.metadata().configuration.get(key)?.as_deref()
    }
}
