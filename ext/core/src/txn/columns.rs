//! Columns that rows bring along, added to the table in the commit of the rows.

use super::body::as_read;
use super::tolerated::same_but_for_columns;
use crate::action::{Action, Metadata};
use crate::error::{Error, Result};
use crate::features::writes_feature;
use crate::schema::{
    ColumnMapping, DataType, Field, MAX_COLUMN_ID, NewNames, SchemaRef, StructType, assign_mapping, check_feed,
    check_table, with_marks_of, without_marks,
};
use crate::snapshot::Snapshot;

/// Columns and nested fields that a table is to get, if it has not got them by then.
#[derive(Debug, Clone)]
pub struct NewColumns {
    found: StructType,
    /// What the rows were made for.
    view: Snapshot,
    /// The metadata that the columns were added to, and the metadata with them.
    before: Metadata,
    after: Metadata,
}

impl NewColumns {
    /// The columns of `found` that `base` lacks, after those of `earlier`; `None` where it lacks none.
    pub fn new(base: &Snapshot, earlier: Option<&Self>, found: &StructType) -> Result<Option<Self>> {
        let (table, known) = match earlier {
            Some(earlier) => (&earlier.view, earlier.found.merged_with(found)),
            None => (base, found.clone()),
        };
        let Some(after) = grown(table, found)? else { return Ok(None) };
        let view = base.advance(&[as_read(&Action::Metadata(Box::new(after.clone())))?])?;
        view.check_appendable()?;
        Ok(Some(Self { found: known, view, before: base.metadata().clone(), after }))
    }

    /// The table as it is to be.
    pub fn view(&self) -> &Snapshot {
        &self.view
    }

    /// The schema as it is to be.
    pub fn schema(&self) -> &SchemaRef {
        self.view.schema()
    }

    /// The metadata for a commit on top of `base`; `None` where others have added the columns by then.
    pub(super) fn metadata(&self, base: &Snapshot) -> Result<Option<Metadata>> {
        if same_but_for_marks(base.metadata(), &self.before)? {
            let after = StructType::from_json(&self.after.schema_string)?;
            let schema_string = with_marks_of(&after, base.schema()).to_json();
            return Ok(Some(Metadata { schema_string, ..self.after.clone() }));
        }
        grown(base, &self.found)
    }

    /// Whether what others made of `before` takes the rows and their columns all the same. `blind` is what only
    /// adds rows.
    pub(super) fn fit(&self, before: &Snapshot, after: &Snapshot, blind: bool) -> bool {
        if same_but_for_marks(before.metadata(), after.metadata()).unwrap_or(false) {
            return true;
        }
        // Of mapped columns others have chosen other names and ids than ours, which are in the files already.
        after.column_mapping() == ColumnMapping::None
            && same_but_for_columns(before, after, blind)
            && without_marks(before.schema()).grows_to(&without_marks(after.schema()))
            && self.schema().fits(after.schema())
    }
}

/// Whether nothing has changed but how far identities have come.
fn same_but_for_marks(one: &Metadata, other: &Metadata) -> Result<bool> {
    if one.schema_string == other.schema_string {
        return Ok(one == other);
    }
    let columns = |metadata: &Metadata| Ok(without_marks(&StructType::from_json(&metadata.schema_string)?));
    let schema_string = one.schema_string.clone();
    Ok(*one == Metadata { schema_string, ..other.clone() } && columns(one)? == columns(other)?)
}

/// The metadata of `table` with the columns of `found` that it lacks.
fn grown(table: &Snapshot, found: &StructType) -> Result<Option<Metadata>> {
    let mut merged = table.schema().merged_with(found);
    if merged == **table.schema() {
        return Ok(None);
    }
    check(table, &merged)?;
    let mut metadata = table.metadata().clone();
    if table.column_mapping() != ColumnMapping::None {
        let known = metadata.configuration.get(MAX_COLUMN_ID).and_then(|id| id.as_deref()?.parse().ok());
        let last = assign_mapping(&mut merged, known.unwrap_or_default(), NewNames::Fresh)?;
        metadata.configuration.insert(MAX_COLUMN_ID.to_owned(), Some(last.to_string()));
    }
    metadata.schema_string = merged.to_json();
    Ok(Some(metadata))
}

fn check(table: &Snapshot, merged: &StructType) -> Result<()> {
    check_table(merged, table.partition_columns(), table.column_mapping())?;
    if table.metadata().is_on("delta.enableChangeDataFeed") {
        check_feed(merged)?;
    }
    let needs = [(DataType::TimestampNtz, "timestampNtz"), (DataType::Variant, "variantType")];
    for (data_type, feature) in needs {
        let has = |field: &&Field| field.data_type.contains(&|t| *t == data_type);
        let column = merged.fields.iter().find(has).filter(|_| !table.schema().contains(&|t| *t == data_type));
        if let Some(column) = column
            && !writes_feature(table.protocol(), feature)
        {
            return Err(Error::unsupported(format!(
                "column {} cannot be added: its type {} needs the table feature {feature}, which the table has not",
                column.name, column.data_type
            )));
        }
    }
    Ok(())
}
