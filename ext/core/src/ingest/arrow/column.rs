//! One column, whatever its type.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, ListArray, MapArray, NullArray, StructArray, make_array, new_null_array,
};
use arrow::buffer::NullBuffer;
use arrow::compute::take;
use arrow::datatypes::DataType as Arrow;

use super::lists::{Lists, lists};
use super::primitive;
use super::refusal::{damaged, expected, required, unknown};
use super::search::first_failure;
use crate::ingest::{Misfit, OnUnknown};
use crate::schema::{ArrayType, DataType, Field, MapType, StructType};
use crate::variant;

/// The values of `array` in the Arrow form of `data_type`. What lies under a null of `parent` is no value.
pub(super) fn convert(
    array: &ArrayRef,
    data_type: &DataType,
    nullable: bool,
    parent: Option<&NullBuffer>,
    on_unknown: OnUnknown,
) -> Result<ArrayRef, Misfit> {
    let array = &unfolded(array)?;
    let made = if *array.data_type() == Arrow::Null {
        new_null_array(&data_type.to_arrow(), array.len())
    } else {
        match data_type {
            DataType::Struct(fields) => structs(array, fields, on_unknown)?,
            DataType::Array(element) => arrays(array, element, on_unknown)?,
            DataType::Map(entry) => maps(array, entry, on_unknown)?,
            DataType::Variant => variants(array, parent)?,
            DataType::Void | DataType::Unknown(_) => voids(array)?,
            _ => primitive::convert(array, data_type)?,
        }
    };
    if !nullable && made.null_count() > 0 {
        let null = |i: usize| made.is_null(i) && parent.is_none_or(|p| p.is_valid(i));
        if (0..made.len()).any(null) {
            return Err(Misfit::because("null, but the schema has it as not null"));
        }
    }
    Ok(made)
}

/// Without dictionaries and runs.
fn unfolded(array: &ArrayRef) -> Result<ArrayRef, Misfit> {
    match array.data_type() {
        Arrow::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let values = take(dictionary.values(), dictionary.keys(), None).map_err(damaged)?;
            unfolded(&values)
        }
        Arrow::RunEndEncoded(..) => {
            Err(Misfit::because("the Arrow type is run-end encoded, which is not taken: let the producer write it out"))
        }
        _ => Ok(array.clone()),
    }
}

fn structs(array: &ArrayRef, fields: &StructType, on_unknown: OnUnknown) -> Result<ArrayRef, Misfit> {
    let given = array.as_struct_opt().ok_or_else(|| expected(&DataType::Struct(fields.clone()), array))?;
    let given_fields = given.fields().iter().filter(|f| on_unknown.refuses(f.data_type()));
    if let Some(field) = given_fields.into_iter().find(|f| fields.field(f.name()).is_none()) {
        return Err(unknown(field.name(), fields));
    }
    let nulls = given.nulls();
    let present = |i: usize| nulls.is_none_or(|n| n.is_valid(i));
    let child = |field: &Field| {
        let made = match given.column_by_name(&field.name) {
            Some(child) => convert(&masked(child, nulls)?, &field.data_type, field.nullable, nulls, on_unknown),
            None if field.nullable || (given.len() > 0 && !(0..given.len()).any(present)) => {
                Ok(new_null_array(&field.data_type.to_arrow(), given.len()))
            }
            None => Err(required()),
        };
        made.map_err(|misfit| misfit.under(format!(".{}", field.name)))
    };
    let children = fields.fields.iter().map(child).collect::<Result<Vec<_>, _>>()?;
    let made = StructArray::try_new_with_length(fields.to_arrow_fields(), children, nulls.cloned(), given.len());
    Ok(Arc::new(made.map_err(damaged)?))
}

/// `child` with the nulls of the struct around it, so that what lies under them is looked at by nobody.
fn masked(child: &ArrayRef, nulls: Option<&NullBuffer>) -> Result<ArrayRef, Misfit> {
    if nulls.is_none_or(|n| n.null_count() == 0) || *child.data_type() == Arrow::Null {
        return Ok(child.clone());
    }
    let all = NullBuffer::union(nulls, child.logical_nulls().as_ref());
    child.to_data().into_builder().nulls(all).build().map(make_array).map_err(damaged)
}

fn arrays(array: &ArrayRef, data_type: &ArrayType, on_unknown: OnUnknown) -> Result<ArrayRef, Misfit> {
    let whole = || DataType::Array(Box::new(data_type.clone()));
    let Lists { offsets, values, nulls } = lists(array)?.ok_or_else(|| expected(&whole(), array))?;
    let element = |values: &ArrayRef| convert(values, &data_type.element, data_type.contains_null, None, on_unknown);
    let elements = element(&values).map_err(|misfit| {
        // Only a row on its own is named, and its element with it.
        let index = if array.len() == 1 {
            first_failure(values.len(), |from, count| element(&values.slice(from, count)).is_err())
        } else {
            None
        };
        misfit.under(index.map_or_else(|| "[]".to_owned(), |i| format!("[{i}]")))
    })?;
    let Arrow::List(field) = whole().to_arrow() else { return Err(expected(&whole(), array)) };
    Ok(Arc::new(ListArray::try_new(field, offsets, elements, nulls).map_err(damaged)?))
}

/// Maps, and the lists of structs of a key and a value that stand for them where there are no maps.
fn maps(array: &ArrayRef, data_type: &MapType, on_unknown: OnUnknown) -> Result<ArrayRef, Misfit> {
    let whole = || DataType::Map(Box::new(data_type.clone()));
    let Lists { offsets, values, nulls } = lists(array)?.ok_or_else(|| expected(&whole(), array))?;
    let pairs = values
        .as_struct_opt()
        .filter(|pairs| matches!(array.data_type(), Arrow::Map(..)) || pairs.column_names() == ["key", "value"]);
    let pairs = pairs.filter(|p| p.num_columns() == 2).ok_or_else(|| expected(&whole(), array))?;
    if pairs.null_count() > 0 {
        return Err(Misfit::because("an entry of the map is null"));
    }
    let keys = convert(pairs.column(0), &data_type.key, false, None, on_unknown).map_err(|m| m.under(".key"))?;
    let items = convert(pairs.column(1), &data_type.value, data_type.value_contains_null, None, on_unknown)
        .map_err(|m| m.under(".value"))?;
    let Arrow::Map(field, sorted) = whole().to_arrow() else { return Err(expected(&whole(), array)) };
    let Arrow::Struct(fields) = field.data_type().clone() else { return Err(expected(&whole(), array)) };
    let entries = StructArray::try_new(fields, vec![keys, items], None).map_err(damaged)?;
    Ok(Arc::new(MapArray::try_new(field, offsets, entries, nulls, sorted).map_err(damaged)?))
}

/// Structs of `metadata` and `value`, as scans give variants out; their bytes are checked.
fn variants(array: &ArrayRef, parent: Option<&NullBuffer>) -> Result<ArrayRef, Misfit> {
    let parts =
        array.as_struct_opt().and_then(|s| Some((s, s.column_by_name("metadata")?, s.column_by_name("value")?)));
    let (given, metadata, value) =
        parts.filter(|(s, ..)| s.num_columns() == 2).ok_or_else(|| expected(&DataType::Variant, array))?;
    let binary = |child: &ArrayRef, name: &str| {
        let made = convert(child, &DataType::Binary, true, None, OnUnknown::Raise);
        made.map_err(|misfit| misfit.under(format!(".{name}")))
    };
    let (metadata, value) = (binary(metadata, "metadata")?, binary(value, "value")?);
    let (m, v) = (metadata.as_binary::<i32>(), value.as_binary::<i32>());
    let nulls = NullBuffer::union(given.nulls(), parent);
    for i in (0..given.len()).filter(|&i| nulls.as_ref().is_none_or(|n| n.is_valid(i))) {
        if m.is_null(i) || v.is_null(i) {
            return Err(Misfit::because("a variant without metadata or value"));
        }
        variant::check(m.value(i), v.value(i)).map_err(|e| Misfit::because(e.message()))?;
    }
    // The fields are never null: under a null variant they are empty.
    let filled = |a: &BinaryArray| -> ArrayRef {
        Arc::new(a.iter().map(|b| Some(b.unwrap_or_default())).collect::<BinaryArray>())
    };
    let Arrow::Struct(fields) = DataType::Variant.to_arrow() else { return Err(expected(&DataType::Variant, array)) };
    let made = StructArray::try_new(fields, vec![filled(m), filled(v)], given.nulls().cloned());
    Ok(Arc::new(made.map_err(damaged)?))
}

fn voids(array: &ArrayRef) -> Result<ArrayRef, Misfit> {
    if array.null_count() == array.len() {
        return Ok(Arc::new(NullArray::new(array.len())));
    }
    Err(expected(&DataType::Void, array))
}
