//! Columns come, go, and are called otherwise.

use serde_json::Value;

use super::change::{Column, field_of};
use super::references::{change_stats_columns, check_unused};
use crate::error::{Error, Result};
use crate::ops::clustering::is_clustered_by;
use crate::ops::definition::Definition;
use crate::schema::{ColumnMapping, ColumnPath, IDENTITY_START, Place, StructType, forget_table, position, struct_at};

/// What only rows that are written later would get.
const OF_NEW_ROWS: &[(&str, &str)] = &[
    ("CURRENT_DEFAULT", "default"),
    ("delta.generationExpression", "generated"),
    (IDENTITY_START, "identity"),
    ("delta.invariants", "invariant"),
];

/// Adds a field after that of the name `after`, before all others, or at the end.
pub(super) fn add(
    definition: &mut Definition,
    column: &Column,
    field: &Value,
    after: Option<&str>,
    first: bool,
) -> Result<()> {
    let path = column.path()?;
    let (parents, name) = path.split().ok_or_else(|| Error::schema("a column needs a name"))?;
    let mut added = StructType { fields: vec![field_of(name, field)?] };
    forget_table(&mut added);
    let Some(field) = added.fields.pop() else { return Err(Error::internal("a schema lost its field")) };
    if !field.nullable {
        return Err(Error::schema(format!(
            "column {path} cannot be added with null: false: the rows that are there have no value for it; add it, and a \
             constraint for the rows to come: add_constraint {:?}, \"{name} IS NOT NULL\" once they have one",
            format!("{name}_not_null")
        )));
    }
    if let Some((_, rule)) = OF_NEW_ROWS.iter().find(|(key, _)| field.metadata.contains_key(*key)) {
        let advice = match *rule {
            "default" => "; add it without, and change_default afterwards",
            _ => ": only a new table can have such a column",
        };
        return Err(Error::schema(format!(
            "column {path} cannot be added with {rule}: the rows that are there would lack it{advice}"
        )));
    }
    if !parents.names().is_empty() && Place::find(&definition.schema, &parents)?.is_in_key() {
        return Err(Error::schema(format!("column {path} cannot be added: it would change the keys of a map")));
    }
    let siblings = struct_at(&mut definition.schema, &parents)?;
    if position(siblings, name).is_some() {
        return Err(Error::schema(format!("column {path} cannot be added: there is one (case is ignored)")));
    }
    let at = match (first, after) {
        (true, Some(_)) => {
            return Err(Error::argument(format!("column {path} cannot be both first and after another")));
        }
        (true, None) => 0,
        (false, None) => siblings.fields.len(),
        (false, Some(other)) => {
            let found = position(siblings, other);
            1 + found.ok_or_else(|| Error::schema(format!("there is no column {other} for {path} to come after")))?
        }
    };
    siblings.fields.insert(at, field);
    Ok(())
}

/// Takes a column away. Its values stay in the data files that are there.
pub(super) fn drop(definition: &mut Definition, column: &Column) -> Result<()> {
    let place = Place::find(&definition.schema, &column.path()?)?;
    check_mapped(definition, &place.path, "dropped")?;
    let path = place.path.clone();
    let refused = |why: &str| Err(Error::schema(format!("column {path} cannot be dropped: {why}")));
    if place.is_column() && definition.metadata.partition_columns.contains(&path.names()[0]) {
        return refused("it is a partition column, and files lie by its values");
    }
    if place.is_in_key() {
        return refused("it is a part of the keys of a map");
    }
    if is_clustered(definition, &path)? {
        return refused("the table is clustered by it");
    }
    check_unused(definition, &path, "dropped")?;
    let (siblings, at) = place.siblings(&mut definition.schema)?;
    if siblings.fields.len() == 1 {
        return refused("there is no other beside it");
    }
    siblings.fields.remove(at);
    change_stats_columns(definition, &path, None);
    Ok(())
}

/// Calls a column otherwise. Data files keep what they call it.
pub(super) fn rename(definition: &mut Definition, column: &Column, to: &str) -> Result<()> {
    let place = Place::find(&definition.schema, &column.path()?)?;
    check_mapped(definition, &place.path, "renamed")?;
    let path = place.path.clone();
    check_unused(definition, &path, "renamed")?;
    let (siblings, at) = place.siblings(&mut definition.schema)?;
    if position(siblings, to).is_some_and(|other| other != at) {
        return Err(Error::schema(format!(
            "column {path} cannot be renamed to {to}: there is a column of this name (case is ignored)"
        )));
    }
    let old = std::mem::replace(&mut siblings.fields[at].name, to.to_owned());
    if place.is_column() {
        for name in definition.metadata.partition_columns.iter_mut().filter(|name| **name == old) {
            to.clone_into(name);
        }
    }
    change_stats_columns(definition, &path, Some(to));
    Ok(())
}

fn check_mapped(definition: &Definition, path: &ColumnPath, what: &str) -> Result<()> {
    if definition.mapping()? != ColumnMapping::None {
        return Ok(());
    }
    Err(Error::schema(format!(
        "column {path} cannot be {what}: the data files go by its name, and only column mapping (feature columnMapping) lets \
         the two differ; set_properties \"delta.columnMapping.mode\" => \"name\" first"
    )))
}

fn is_clustered(definition: &Definition, path: &ColumnPath) -> Result<bool> {
    let Some(before) = definition.before() else { return Ok(false) };
    is_clustered_by(before, &definition.mapping()?.physical_path(&definition.schema, path))
}
