//! Columns of another writer's checkpoint in the form that ours have.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, StructArray, new_null_array};
use arrow::datatypes::DataType;

use super::json::{failed, map_array};
use crate::error::Result;
use crate::value::cast;

/// `array` as `target`: fields by name, those that are missing null, those that are too many left out.
pub(super) fn conform(array: &ArrayRef, target: &DataType) -> Result<ArrayRef> {
    match (array.data_type(), target) {
        (from, to) if from == to => Ok(Arc::clone(array)),
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let rows = array.as_struct();
            let columns = fields.iter().map(|field| child(rows, field.name(), field.data_type()));
            let columns = columns.collect::<Result<Vec<_>>>()?;
            let nulls = rows.nulls().cloned();
            Ok(Arc::new(StructArray::try_new(fields.clone(), columns, nulls).map_err(failed)?))
        }
        (DataType::Map(..), DataType::Map(entries, _)) => {
            let DataType::Struct(parts) = entries.data_type() else { return cast(array, target).map_err(failed) };
            let maps = array.as_map();
            let part = |column: &ArrayRef, at: usize| match parts.get(at) {
                Some(field) => conform(column, field.data_type()),
                None => Ok(Arc::clone(column)),
            };
            let (keys, values) = (part(maps.keys(), 0)?, part(maps.values(), 1)?);
            map_array(target, keys, values, maps.offsets().clone(), maps.nulls().cloned())
        }
        (DataType::List(_), DataType::List(field)) => {
            let lists = array.as_list::<i32>();
            let items = conform(lists.values(), field.data_type())?;
            let (offsets, nulls) = (lists.offsets().clone(), lists.nulls().cloned());
            Ok(Arc::new(ListArray::try_new(Arc::clone(field), offsets, items, nulls).map_err(failed)?))
        }
        _ => cast(array, target).map_err(failed),
    }
}

/// The field of that name, or nulls.
pub(super) fn child(rows: &StructArray, name: &str, target: &DataType) -> Result<ArrayRef> {
    match rows.column_by_name(name) {
        Some(column) => conform(column, target),
        None => Ok(new_null_array(target, rows.len())),
    }
}
