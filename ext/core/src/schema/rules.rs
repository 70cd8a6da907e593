//! What a schema must keep to before a table can be made with it.

use std::collections::HashSet;

use super::{ColumnMapping, DataType, Field, StructType};
use crate::error::{Error, Result};

/// Characters that Parquet writers of Delta refuse in names where there is no column mapping.
const FORBIDDEN_IN_NAMES: &[char] = &[' ', ',', ';', '{', '}', '(', ')', '\n', '\t', '='];

/// Checks names (not empty, unique whatever their case, free of characters that Spark refuses where `mapping` keeps them
/// out of no file) and partition columns.
pub fn check_table(schema: &StructType, partition_columns: &[String], mapping: ColumnMapping) -> Result<()> {
    if schema.fields.is_empty() {
        return Err(Error::schema("the schema has no columns: a table needs one at least"));
    }
    check_names(schema, mapping, "the schema")?;
    schema.fields.iter().try_for_each(check_known)?;
    let mut seen = HashSet::new();
    for column in partition_columns {
        let field = schema.field(column).ok_or_else(|| {
            let names = schema.names().collect::<Vec<_>>().join(", ");
            Error::schema(format!("partition column {column:?} is not in the schema, which has {names}"))
        })?;
        if !field.data_type.is_primitive() || field.data_type == DataType::Void {
            return Err(Error::schema(format!(
                "column {column} is of type {} and cannot be a partition column: only primitive types can",
                field.data_type
            )));
        }
        if !seen.insert(column) {
            return Err(Error::schema(format!("partition column {column} is given twice")));
        }
    }
    if partition_columns.len() == schema.fields.len() {
        return Err(Error::schema("every column is a partition column: one at least must be in the data files"));
    }
    Ok(())
}

/// Refuses a column that holds a type which this library does not know, at any depth.
pub fn check_known(field: &Field) -> Result<()> {
    let unknown = |t: &DataType| matches!(t, DataType::Unknown(_));
    if !field.data_type.contains(&unknown) {
        return Ok(());
    }
    Err(Error::unsupported(format!(
        "column {} is of type {}, which this library does not know: use a newer release, or leave the column out",
        field.name, field.data_type
    )))
}

fn check_names(fields: &StructType, mapping: ColumnMapping, place: &str) -> Result<()> {
    let mut seen = HashSet::new();
    for field in &fields.fields {
        if field.name.is_empty() {
            return Err(Error::schema(format!("{place} has a column with an empty name")));
        }
        let bad = field.name.chars().find(|c| FORBIDDEN_IN_NAMES.contains(c));
        if let Some(bad) = bad.filter(|_| mapping == ColumnMapping::None) {
            return Err(Error::schema(format!(
                "column name {:?} in {place} holds {bad:?}, which Delta allows only with column mapping: set the table \
                 property delta.columnMapping.mode to name",
                field.name
            )));
        }
        if !seen.insert(field.name.to_lowercase()) {
            return Err(Error::schema(format!("{place} has the column {:?} twice (case is ignored)", field.name)));
        }
        check_nested(&field.data_type, mapping, &format!("column {}", field.name))?;
    }
    Ok(())
}

fn check_nested(data_type: &DataType, mapping: ColumnMapping, place: &str) -> Result<()> {
    match data_type {
        DataType::Struct(s) if s.fields.is_empty() => Err(Error::schema(format!("{place} is a struct without fields"))),
        DataType::Struct(s) => check_names(s, mapping, place),
        DataType::Array(a) => check_nested(&a.element, mapping, place),
        DataType::Map(m) => check_nested(&m.key, mapping, place).and_then(|()| check_nested(&m.value, mapping, place)),
        _ => Ok(()),
    }
}
