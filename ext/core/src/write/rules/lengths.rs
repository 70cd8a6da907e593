//! Lengths of `char(n)` and `varchar(n)`, as Spark has them: spaces too many at the end are cut off, a `char` that is too short
//! gets spaces, and what is still too long is refused.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StringArray, StringBuilder, StructArray};
use arrow::buffer::NullBuffer;

use super::nulls::{elements, row_of};
use super::type_text::{self, Limit};
use crate::error::{Error, ErrorKind, Result};
use crate::schema::{ColumnPath, DataType, Field, Schema};

/// Bytes that spaces make of a column's batch at most: whoever declares a table may declare any length.
const PADDED_BYTES: usize = 256 << 20;

const DECLARED: &str = "__CHAR_VARCHAR_TYPE_STRING";

#[derive(Clone)]
pub(super) struct Lengths(Arc<[(usize, ColumnPath, Limit)]>);

/// Which value is too long.
struct TooLong {
    row: usize,
    path: ColumnPath,
    limit: String,
    length: usize,
}

impl Lengths {
    pub(super) fn none() -> Self {
        Self(Arc::new([]))
    }

    pub(super) fn new(schema: &Schema) -> Result<Self> {
        let mut columns = Vec::new();
        for (position, field) in schema.fields.iter().enumerate() {
            let path = ColumnPath::from(field.name.as_str());
            columns.extend(of_field(field, &path)?.map(|limit| (position, path, limit)));
        }
        Ok(Self(columns.into()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn apply(&self, arrays: &mut [ArrayRef], first_row: u64) -> Result<()> {
        for (position, path, limit) in self.0.iter() {
            let array = apply(&arrays[*position], limit, path, None)?;
            match array {
                Ok(Some(array)) => arrays[*position] = array,
                Ok(None) => {}
                Err(TooLong { row, path, limit, length }) => {
                    return Err(Error::new(
                        ErrorKind::ConstraintViolation,
                        format!(
                            "row {}: column {path} is a {limit}, and the value has {length} characters",
                            first_row + row as u64
                        ),
                    ));
                }
            }
        }
        Ok(())
    }
}

/// The declaration of the field itself, or those of fields inside it.
fn of_field(field: &Field, path: &ColumnPath) -> Result<Option<Limit>> {
    match field.metadata.get(DECLARED) {
        None => of_type(&field.data_type, path),
        Some(declared) => {
            let parsed = declared.as_str().and_then(|text| type_text::parse(text, &field.data_type));
            parsed.ok_or_else(|| {
                Error::unsupported(format!(
                    "column {path} is declared as {declared} ({DECLARED}), which is not its type {}: the lengths of its \
                     texts are not known, so nothing can be written",
                    field.data_type
                ))
            })
        }
    }
}

fn of_type(data_type: &DataType, path: &ColumnPath) -> Result<Option<Limit>> {
    Ok(match data_type {
        DataType::Struct(inner) => {
            let mut limits = Vec::new();
            for (position, field) in inner.fields.iter().enumerate() {
                limits.extend(of_field(field, &path.child(&field.name))?.map(|limit| (position, limit)));
            }
            (!limits.is_empty()).then_some(Limit::Struct(limits))
        }
        DataType::Array(inner) => {
            of_type(&inner.element, &path.child("element"))?.map(|limit| Limit::Array(Box::new(limit)))
        }
        DataType::Map(inner) => {
            let key = of_type(&inner.key, &path.child("key"))?.map(Box::new);
            let value = of_type(&inner.value, &path.child("value"))?.map(Box::new);
            (key.is_some() || value.is_some()).then_some(Limit::Map { key, value })
        }
        _ => None,
    })
}

/// The array with lengths that are right; `None` where they are already. What lies under a null of `parent` does not count.
fn apply(
    array: &ArrayRef,
    limit: &Limit,
    path: &ColumnPath,
    parent: Option<&NullBuffer>,
) -> Result<std::result::Result<Option<ArrayRef>, TooLong>> {
    let broken = |e| Error::internal(format!("column {path} cannot be put together again")).with_source(e);
    let misfit = || Error::schema(format!("column {path} comes as the Arrow type {}", array.data_type()));
    let present = || NullBuffer::union(parent, array.nulls());
    Ok(Ok(match limit {
        Limit::Text { length, padded } => {
            let texts = array.as_string_opt::<i32>().ok_or_else(misfit)?;
            if *padded && texts.len().saturating_mul(*length) > PADDED_BYTES {
                return Err(Error::unsupported(format!(
                    "column {path} is a char({length}), and its spaces would take more than {PADDED_BYTES} bytes for {} rows",
                    texts.len()
                )));
            }
            match text(texts, *length, *padded, path, present().as_ref()) {
                Ok(fitted) => fitted.map(|texts| Arc::new(texts) as ArrayRef),
                Err(too_long) => return Ok(Err(too_long)),
            }
        }
        Limit::Struct(limits) => {
            let given = array.as_struct_opt().ok_or_else(misfit)?;
            let mut columns = given.columns().to_vec();
            let mut changed = false;
            for (position, limit) in limits {
                let column = given.columns().get(*position).ok_or_else(misfit)?;
                let path = path.child(given.column_names()[*position]);
                match apply(column, limit, &path, present().as_ref())? {
                    Ok(Some(fitted)) => (columns[*position], changed) = (fitted, true),
                    Ok(None) => {}
                    Err(too_long) => return Ok(Err(too_long)),
                }
            }
            let nulls = given.nulls().cloned();
            let whole = || StructArray::try_new(given.fields().clone(), columns, nulls).map_err(broken);
            if changed { Some(Arc::new(whole()?)) } else { None }
        }
        Limit::Array(limit) => {
            let list = array.as_list_opt::<i32>().ok_or_else(misfit)?;
            let inside = elements(list.offsets(), present().as_ref(), list.values().len());
            match apply(list.values(), limit, &path.child("element"), inside.as_ref())? {
                Ok(None) => None,
                Ok(Some(values)) => {
                    let arrow::datatypes::DataType::List(field) = list.data_type() else { return Err(misfit()) };
                    let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
                    Some(Arc::new(ListArray::try_new(field.clone(), offsets, values, nulls).map_err(broken)?))
                }
                Err(too_long) => return Ok(Err(TooLong { row: row_of(list.offsets(), too_long.row), ..too_long })),
            }
        }
        Limit::Map { key, value } => {
            let map = array.as_map_opt().ok_or_else(misfit)?;
            let inside = elements(map.offsets(), present().as_ref(), map.entries().len());
            let mut columns = map.entries().columns().to_vec();
            let mut changed = false;
            for (position, limit, name) in [(0, key, "key"), (1, value, "value")] {
                let Some(limit) = limit else { continue };
                let column = columns.get(position).ok_or_else(misfit)?;
                match apply(column, limit, &path.child(name), inside.as_ref())? {
                    Ok(Some(fitted)) => (columns[position], changed) = (fitted, true),
                    Ok(None) => {}
                    Err(too_long) => return Ok(Err(TooLong { row: row_of(map.offsets(), too_long.row), ..too_long })),
                }
            }
            if !changed {
                return Ok(Ok(None));
            }
            let arrow::datatypes::DataType::Map(field, sorted) = map.data_type() else { return Err(misfit()) };
            let entries = StructArray::try_new(map.entries().fields().clone(), columns, None).map_err(broken)?;
            let (offsets, nulls) = (map.offsets().clone(), map.nulls().cloned());
            Some(Arc::new(MapArray::try_new(field.clone(), offsets, entries, nulls, *sorted).map_err(broken)?))
        }
    }))
}

fn text(
    texts: &StringArray,
    length: usize,
    padded: bool,
    path: &ColumnPath,
    present: Option<&NullBuffer>,
) -> std::result::Result<Option<StringArray>, TooLong> {
    let counts = |row: usize| texts.is_valid(row) && present.is_none_or(|nulls| nulls.is_valid(row));
    // A text has no more characters than bytes.
    let fits = |text: &str| if padded { text.chars().count() == length } else { text.len() <= length };
    if (0..texts.len()).all(|row| !counts(row) || fits(texts.value(row))) {
        return Ok(None);
    }
    let mut fitted = StringBuilder::with_capacity(texts.len(), texts.values().len());
    for row in 0..texts.len() {
        if texts.is_null(row) {
            fitted.append_null();
            continue;
        }
        let text = texts.value(row);
        let characters = text.chars().count();
        let kept = match text.char_indices().nth(length) {
            Some((end, _)) if counts(row) && text[end..].bytes().any(|b| b != b' ') => {
                let name = if padded { "char" } else { "varchar" };
                let limit = format!("{name}({length})");
                return Err(TooLong { row, path: path.clone(), limit, length: characters });
            }
            Some((end, _)) => &text[..end],
            None => text,
        };
        if padded && characters < length && counts(row) {
            fitted.append_value(format!("{kept}{}", " ".repeat(length - characters)));
        } else {
            fitted.append_value(kept);
        }
    }
    Ok(Some(fitted.finish()))
}
