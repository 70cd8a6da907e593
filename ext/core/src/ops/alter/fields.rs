//! What a column is: its type, whether it may be null, its comment and its default.

use serde_json::{Map, Value};

use super::change::{Column, type_of};
use super::references::check_unused;
use crate::error::{Error, Result};
use crate::features::writes_feature;
use crate::ops::definition::Definition;
use crate::schema::{DataType, IDENTITY_START, Place};

const TYPE_CHANGES: &str = "delta.typeChanges";
const DEFAULT: &str = "CURRENT_DEFAULT";
const COMMENT: &str = "comment";
const GENERATION: &str = "delta.generationExpression";

/// Digits that the protocol keeps for every integer narrower than a long.
const INTEGER_DIGITS: u8 = 10;

/// Makes a type wider, and records it (Delta protocol, "Type Widening").
pub(super) fn change_type(definition: &mut Definition, column: &Column, to: &Value) -> Result<()> {
    let place = Place::find(&definition.schema, &column.path()?)?;
    let (path, to) = (place.path.clone(), type_of(to)?);
    let from = place.data_type(&mut definition.schema)?.clone();
    if from == to {
        return Ok(());
    }
    let refused = |why: &str| Err(Error::schema(format!("column {path} cannot become {to}: {why}")));
    if !widens(&from, &to) {
        return refused(&format!(
            "it is {from}, and only a wider type of its kind can take its place (byte, short, integer, long; float, double; \
             integers to double and decimal; more digits of a decimal; date to timestamp_ntz)"
        ));
    }
    if !definition.is_on("delta.enableTypeWidening") {
        return refused(
            "the table's files keep their types, which only feature typeWidening lets differ; set_properties \
             \"delta.enableTypeWidening\" => true first",
        );
    }
    let protocol = definition.before().map(|table| table.protocol());
    if protocol.is_some_and(|p| writes_feature(p, "typeWidening-preview") && !writes_feature(p, "typeWidening")) {
        return refused("the table has feature typeWidening-preview, under which this library changes no type");
    }
    check_unused(definition, &path, "given another type")?;
    let (field, inside) = place.field(&mut definition.schema)?;
    if field.metadata.contains_key(IDENTITY_START) {
        return refused("it is an identity, which is a long");
    }
    let mut change = Map::from_iter([
        ("toType".to_owned(), Value::from(to.to_string())),
        ("fromType".to_owned(), Value::from(from.to_string())),
    ]);
    if !inside.is_empty() {
        change.insert("fieldPath".to_owned(), inside.join(".").into());
    }
    match field.metadata.entry(TYPE_CHANGES).or_insert_with(|| Value::Array(Vec::new())) {
        Value::Array(changes) => changes.push(Value::Object(change)),
        _ => return Err(Error::corrupt(format!("column {path} has a {TYPE_CHANGES} that cannot be read"))),
    }
    *place.data_type(&mut definition.schema)? = to;
    Ok(())
}

/// What readers take as wider, but for what only some writers hold for so: a byte in a decimal of fewer than ten digits.
fn widens(from: &DataType, to: &DataType) -> bool {
    let too_narrow = match (from, to) {
        (DataType::Byte | DataType::Short, DataType::Decimal(d)) => d.whole_digits() < INTEGER_DIGITS,
        _ => false,
    };
    from.widens_to(to) && !too_narrow
}

/// Lets a column be null. The other way is refused: nobody has looked at the rows that are there.
pub(super) fn change_null(definition: &mut Definition, column: &Column, null: bool) -> Result<()> {
    let place = Place::find(&definition.schema, &column.path()?)?;
    let path = place.path.clone();
    let allows = if place.is_field() {
        &mut place.field(&mut definition.schema)?.0.nullable
    } else {
        let Some((parent, _)) = path.split() else { return Err(Error::schema("a column needs a name")) };
        match (Place::find(&definition.schema, &parent)?.data_type(&mut definition.schema)?, path.names().last()) {
            (DataType::Array(a), _) => &mut a.contains_null,
            (DataType::Map(m), Some(name)) if name == "value" => &mut m.value_contains_null,
            _ => return Err(Error::schema(format!("{path} is the keys of a map, which are never null"))),
        }
    };
    if *allows && !null {
        return Err(Error::schema(format!(
            "column {path} cannot be made to refuse null: rows that are there may have no value; add_constraint with \
             \"{path} IS NOT NULL\" looks at them, and refuses it in rows to come"
        )));
    }
    *allows = null;
    Ok(())
}

/// Says what a column is for.
pub(super) fn change_comment(definition: &mut Definition, column: &Column, comment: Option<&str>) -> Result<()> {
    let place = own_field(definition, column)?;
    let (field, _) = place.field(&mut definition.schema)?;
    match comment {
        Some(words) => field.metadata.insert(COMMENT.to_owned(), words.into()),
        None => field.metadata.shift_remove(COMMENT),
    };
    Ok(())
}

/// Sets what rows to come get that do not give the column (Delta protocol, "Default Columns").
pub(super) fn change_default(definition: &mut Definition, column: &Column, default: Option<&str>) -> Result<()> {
    let place = own_field(definition, column)?;
    let path = place.path.clone();
    if !place.is_column() {
        return Err(Error::schema(format!("column {path} cannot have a default: only columns of the table can")));
    }
    let (field, _) = place.field(&mut definition.schema)?;
    if let Some((_, what)) = [(GENERATION, "generated"), (IDENTITY_START, "an identity")]
        .iter()
        .find(|(key, _)| field.metadata.contains_key(*key))
    {
        return Err(Error::schema(format!("column {path} cannot have a default: it is {what}")));
    }
    match default {
        Some(text) => field.metadata.insert(DEFAULT.to_owned(), text.into()),
        None => field.metadata.shift_remove(DEFAULT),
    };
    Ok(())
}

fn own_field(definition: &Definition, column: &Column) -> Result<Place> {
    let place = Place::find(&definition.schema, &column.path()?)?;
    if !place.is_field() {
        return Err(Error::schema(format!("{} is a type inside of a column, not a column", place.path)));
    }
    Ok(place)
}
