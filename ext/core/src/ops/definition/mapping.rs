//! Modes of column mapping, and what the columns of a mapped table carry (Delta protocol, "Column Mapping").

use std::collections::BTreeMap;

use crate::error::{Error, ErrorKind, Result};
use crate::schema::{ColumnMapping, MAX_COLUMN_ID, NewNames, StructType, assign_mapping};

const PROPERTY: &str = "table property delta.columnMapping.mode";

/// Refuses modes that there are none of, and changes that would leave data files without names or ids for their columns.
pub(super) fn check_mode(before: Option<ColumnMapping>, mode: &str) -> Result<()> {
    let refused = |what: String| Err(Error::new(ErrorKind::Configuration, what));
    let Ok(wanted) = ColumnMapping::from_property(mode) else {
        return refused(format!("{PROPERTY} is {mode:?}: the modes are none, name and id"));
    };
    let Some(before) = before else { return Ok(()) };
    match (before, wanted) {
        _ if before == wanted => Ok(()),
        (ColumnMapping::None, ColumnMapping::Name) => Ok(()),
        (ColumnMapping::None, _) => refused(format!(
            "{PROPERTY} cannot become id in a table that is there: its data files may have no ids; set it to name"
        )),
        (_, ColumnMapping::None) => refused(format!(
            "{PROPERTY} cannot become none again: data files have other names for the columns; write the rows to a new table"
        )),
        _ => refused(format!(
            "{PROPERTY} cannot become {mode}: a table goes by names or by ids for its whole life; write the rows to a new \
             table"
        )),
    }
}

/// Gives ids and physical names to columns that have none, and counts the ids.
pub(super) fn map_columns(
    schema: &mut StructType,
    configuration: &mut BTreeMap<String, Option<String>>,
    names: NewNames,
) -> Result<()> {
    let last = configuration.get(MAX_COLUMN_ID).and_then(|v| v.as_deref()).and_then(|v| v.trim().parse().ok());
    let last = assign_mapping(schema, last.unwrap_or_default(), names)?;
    configuration.insert(MAX_COLUMN_ID.to_owned(), Some(last.to_string()));
    Ok(())
}
