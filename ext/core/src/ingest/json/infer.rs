//! The columns that lines bring along.

use std::str::from_utf8;

use serde_json::{Map, Value};

use super::lines::Chunk;
use crate::schema::{ArrayType, DataType, DecimalType, Field, StructType};

/// The columns and nested fields that `schema` lacks and that lines of `chunk` have, by the types of their values. What is
/// no JSON is passed over: it is for the parser to complain of.
pub fn found_in(chunk: &Chunk, schema: &StructType) -> StructType {
    let lines = chunk.bytes.split(|byte| *byte == b'\n');
    let rows = lines.filter_map(|line| from_utf8(line).ok().and_then(|text| serde_json::from_str(text).ok()));
    let mut found = StructType::default();
    for row in rows.into_iter() {
        if let Value::Object(row) = row {
            look_in(&row, Some(schema), &mut found);
        }
    }
    found.fields.retain_mut(|field| settled(&mut field.data_type));
    found
}

/// Adds to `found` what `fields` has beyond `known`.
fn look_in(fields: &Map<String, Value>, known: Option<&StructType>, found: &mut StructType) {
    for (name, value) in fields {
        let known = known.and_then(|k| k.field(name)).map(|field| &field.data_type);
        let Some(data_type) = beyond(value, known) else { continue };
        match found.fields.iter_mut().find(|f| f.name == *name) {
            Some(field) => merge(&mut field.data_type, data_type),
            None => found.fields.push(Field::new(name, data_type, true)),
        }
    }
}

/// The type of what `value` has beyond `known`.
fn beyond(value: &Value, known: Option<&DataType>) -> Option<DataType> {
    match (value, known) {
        (Value::Object(fields), None | Some(DataType::Struct(_))) => {
            let known = known.and_then(|k| match k {
                DataType::Struct(s) => Some(s),
                _ => None,
            });
            let mut inner = StructType::default();
            look_in(fields, known, &mut inner);
            (known.is_none() || !inner.fields.is_empty()).then_some(DataType::Struct(inner))
        }
        (Value::Object(fields), Some(DataType::Map(map))) => {
            let mut all = StructType::default();
            for (name, value) in fields {
                all.fields.extend(beyond(value, Some(&map.value)).map(|t| Field::new(name, t, true)));
            }
            (!all.fields.is_empty()).then_some(DataType::Struct(all))
        }
        (Value::Array(elements), None | Some(DataType::Array(_))) => {
            let known = known.and_then(|k| match k {
                DataType::Array(a) => Some(&a.element),
                _ => None,
            });
            let mut inner = DataType::Void;
            elements.iter().filter_map(|e| beyond(e, known)).for_each(|t| merge(&mut inner, t));
            (known.is_none() || inner != DataType::Void)
                .then(|| DataType::Array(Box::new(ArrayType { element: inner, contains_null: true })))
        }
        (_, Some(_)) | (Value::Null, _) => None,
        (Value::Bool(_), None) => Some(DataType::Boolean),
        (Value::String(_), None) => Some(DataType::String),
        (Value::Number(number), None) if number.is_i64() => Some(DataType::Long),
        (Value::Number(number), None) if number.is_u64() => DecimalType::new(20, 0).ok().map(DataType::Decimal),
        (Value::Number(_), None) => Some(DataType::Double),
    }
}

/// The first type that was found wins; whole numbers go with floats, and nested ones bring their parts together.
fn merge(first: &mut DataType, other: DataType) {
    match (first, other) {
        (DataType::Struct(a), DataType::Struct(b)) => {
            for field in b.fields {
                match a.fields.iter_mut().find(|f| f.name == field.name) {
                    Some(known) => merge(&mut known.data_type, field.data_type),
                    None => a.fields.push(field),
                }
            }
        }
        (DataType::Array(a), DataType::Array(b)) => merge(&mut a.element, b.element),
        (first, other) if *first == DataType::Void || (*first == DataType::Long && other == DataType::Double) => {
            *first = other;
        }
        _ => {}
    }
}

/// Whether a type is known; what is not known of a struct is left out of it.
fn settled(data_type: &mut DataType) -> bool {
    match data_type {
        DataType::Void => false,
        DataType::Array(a) => settled(&mut a.element),
        DataType::Struct(s) => {
            s.fields.retain_mut(|field| settled(&mut field.data_type));
            !s.fields.is_empty()
        }
        _ => true,
    }
}
