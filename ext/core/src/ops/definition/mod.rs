//! A table as it is to be: columns, properties and protocol, brought to fit each other.

mod checks;
mod mapping;

use uuid::Uuid;

use self::mapping::{check_mode, settle_mapping};
use crate::action::{Metadata, Protocol};
use crate::error::{Error, ErrorKind, Result};
use crate::features::{Wanted, asked_for, protocol_for, upgrade};
use crate::properties::TableProperties;
use crate::schema::{ColumnMapping, MAX_COLUMN_ID, StructType, check_table};
use crate::snapshot::Snapshot;

pub(super) use self::checks::{check_constraint, check_rules};

/// What constraints are called among the properties.
pub(super) const CONSTRAINT: &str = "delta.constraints.";

const MODE: &str = "delta.columnMapping.mode";

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
}

/// The same, in actions.
pub(super) struct Settled {
    pub(super) protocol: Protocol,
    pub(super) metadata: Metadata,
    pub(super) schema: StructType,
}

impl Definition {
    pub(super) fn new(schema: StructType, metadata: Metadata) -> Self {
        Self { schema, metadata, wanted: Wanted::default(), before: None }
    }

    pub(super) fn of(table: &Snapshot) -> Self {
        let (schema, metadata) = (StructType::clone(table.schema()), table.metadata().clone());
        Self { schema, metadata, wanted: Wanted::default(), before: Some(table.clone()) }
    }

    /// Sets a property, or takes what it asks of the protocol.
    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<()> {
        if self.wanted.take(key, value)? {
            return Ok(());
        }
        check_settable(key)?;
        if key == MODE {
            check_mode(self.mapping_before(), value)?;
        }
        self.metadata.configuration.insert(key.to_owned(), Some(value.to_owned()));
        Ok(())
    }

    pub(super) fn property(&self, key: &str) -> Option<&str> {
        self.metadata.configuration.get(key).and_then(|v| v.as_deref())
    }

    /// Whether a property is true.
    pub(super) fn is_on(&self, key: &str) -> bool {
        self.property(key).is_some_and(|v| v.trim().eq_ignore_ascii_case("true"))
    }

    /// By what data files will know the columns.
    pub(super) fn mapping(&self) -> Result<ColumnMapping> {
        self.property(MODE).map_or(Ok(ColumnMapping::None), ColumnMapping::from_property)
    }

    fn mapping_before(&self) -> Option<ColumnMapping> {
        self.before.as_ref().map(Snapshot::column_mapping)
    }

    /// Fills in what columns and properties need of each other, and finds the protocol for it.
    pub(super) fn settle(mut self) -> Result<Settled> {
        TableProperties::new(&self.metadata.configuration)?;
        let (mapping, before) = (self.mapping()?, self.mapping_before());
        settle_mapping(&mut self.schema, &mut self.metadata.configuration, mapping, before)?;
        if self.is_on("delta.enableRowTracking") {
            for (key, name) in
                [(ROW_ID_COLUMN, "_row-id-col-"), (ROW_COMMIT_VERSION_COLUMN, "_row-commit-version-col-")]
            {
                let column = || Some(format!("{name}{}", Uuid::new_v4()));
                self.metadata.configuration.entry(key.to_owned()).or_insert_with(column);
            }
        }
        let changed = self.before.as_ref().is_none_or(|before| **before.schema() != self.schema);
        if changed {
            check_table(&self.schema, &self.metadata.partition_columns, mapping)?;
            self.metadata.schema_string = self.schema.to_json();
        }
        if self.is_on("delta.enableChangeDataFeed") {
            checks::check_feed(&self.schema)?;
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
