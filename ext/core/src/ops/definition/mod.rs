//! A table as it is to be: columns, properties and protocol, brought to fit each other.

mod checks;
mod mapping;

use uuid::Uuid;

use self::mapping::{check_mode, map_columns};
use crate::action::{Metadata, Protocol};
use crate::error::{Error, ErrorKind, Result};
use crate::features::{Wanted, asked_for, protocol_for, upgrade};
use crate::properties::{TableProperties, check_value};
use crate::schema::{ColumnMapping, MAX_COLUMN_ID, NewNames, StructType, check_feed, check_table, forget_mapping};
use crate::snapshot::Snapshot;

pub(super) use self::checks::{check_constraint, check_rules};

/// What constraints are called among the properties.
pub(super) const CONSTRAINT: &str = "delta.constraints.";

/// How columns are found in data files.
pub(super) const MODE: &str = "delta.columnMapping.mode";

/// Properties that writers keep and users do not set.
const KEPT: &[&str] = &[
    MAX_COLUMN_ID,
    ROW_ID_COLUMN,
    ROW_COMMIT_VERSION_COLUMN,
    "delta.inCommitTimestampEnablementTimestamp",
    "delta.inCommitTimestampEnablementVersion",
];

const ROW_ID_COLUMN: &str = "delta.rowTracking.materializedRowIdColumnName";
const ROW_COMMIT_VERSION_COLUMN: &str = "delta.rowTracking.materializedRowCommitVersionColumnName";

/// A table as it is to be. Where it is one already, `before` is what it was.
pub(super) struct Definition {
    pub(super) schema: StructType,
    /// The schema's text in it is that of `before`.
    pub(super) metadata: Metadata,
    pub(super) wanted: Wanted,
    before: Option<Snapshot>,
    /// By what the columns go that have ids and names already.
    mapped: ColumnMapping,
}

/// The same, in actions.
pub(super) struct Settled {
    pub(super) protocol: Protocol,
    pub(super) metadata: Metadata,
    pub(super) schema: StructType,
}

impl Definition {
    pub(super) fn new(schema: StructType, metadata: Metadata) -> Self {
        Self { schema, metadata, wanted: Wanted::default(), before: None, mapped: ColumnMapping::None }
    }

    pub(super) fn of(table: &Snapshot) -> Self {
        let (schema, metadata) = (StructType::clone(table.schema()), table.metadata().clone());
        Self {
            schema,
            metadata,
            wanted: Wanted::default(),
            before: Some(table.clone()),
            mapped: table.column_mapping(),
        }
    }

    /// Sets a property, or takes what it asks of the protocol.
    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<()> {
        if self.wanted.take(key, value)? {
            return Ok(());
        }
        check_settable(key)?;
        check_value(key, value)?;
        self.metadata.configuration.insert(key.to_owned(), Some(value.to_owned()));
        if key == MODE {
            check_mode(self.before.as_ref().map(|_| self.mapped), value)?;
            // Now, so that columns which are added after this get names that no file has.
            if self.before.is_some() {
                self.map_columns()?;
            }
        }
        Ok(())
    }

    pub(super) fn property(&self, key: &str) -> Option<&str> {
        self.metadata.configuration.get(key).and_then(|v| v.as_deref())
    }

    /// The table that is there.
    pub(super) fn before(&self) -> Option<&Snapshot> {
        self.before.as_ref()
    }

    /// Whether a property is true.
    pub(super) fn is_on(&self, key: &str) -> bool {
        self.metadata.is_on(key)
    }

    /// By what data files will know the columns.
    pub(super) fn mapping(&self) -> Result<ColumnMapping> {
        self.property(MODE).map_or(Ok(ColumnMapping::None), ColumnMapping::from_property)
    }

    fn map_columns(&mut self) -> Result<()> {
        let mapping = self.mapping()?;
        if mapping == ColumnMapping::None {
            return Ok(());
        }
        let mut names = NewNames::Fresh;
        if self.mapped == ColumnMapping::None {
            // What an earlier mapping left behind means nothing.
            forget_mapping(&mut self.schema);
            if self.before.is_some() {
                check_mode(Some(self.mapped), self.property(MODE).unwrap_or_default())?;
                names = NewNames::Own;
            }
        }
        self.mapped = mapping;
        map_columns(&mut self.schema, &mut self.metadata.configuration, names)
    }

    /// Fills in what columns and properties need of each other, and finds the protocol for it.
    pub(super) fn settle(mut self) -> Result<Settled> {
        TableProperties::new(&self.metadata.configuration)?;
        self.map_columns()?;
        if self.is_on("delta.enableRowTracking") {
            if self.is_on("delta.rowTrackingSuspended") {
                return Err(Error::new(
                    ErrorKind::Configuration,
                    "table properties delta.enableRowTracking and delta.rowTrackingSuspended cannot both be true",
                ));
            }
            for (key, name) in
                [(ROW_ID_COLUMN, "_row-id-col-"), (ROW_COMMIT_VERSION_COLUMN, "_row-commit-version-col-")]
            {
                let column = || Some(format!("{name}{}", Uuid::new_v4()));
                self.metadata.configuration.entry(key.to_owned()).or_insert_with(column);
            }
        }
        let changed = self.before.as_ref().is_none_or(|before| **before.schema() != self.schema);
        if changed {
            check_table(&self.schema, &self.metadata.partition_columns, self.mapped)?;
            self.metadata.schema_string = self.schema.to_json();
        }
        if self.is_on("delta.enableChangeDataFeed") {
            check_feed(&self.schema)?;
        }
        let features = asked_for(&self.schema, &self.metadata.configuration);
        let protocol = match &self.before {
            None => protocol_for(&features, &self.wanted)?,
            Some(before) => {
                upgrade(before.protocol(), &features, &self.wanted)?.unwrap_or_else(|| before.protocol().clone())
            }
        };
        Ok(Settled { protocol, metadata: self.metadata, schema: self.schema })
    }
}

/// Refuses properties that only writers set.
pub(super) fn check_settable(key: &str) -> Result<()> {
    if KEPT.contains(&key) {
        return Err(Error::new(
            ErrorKind::Configuration,
            format!("table property {key} is kept by writers, and cannot be set"),
        ));
    }
    Ok(())
}
