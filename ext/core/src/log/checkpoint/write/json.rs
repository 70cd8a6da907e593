//! JSON text as columns: actions as commits have them, statistics, and partition values.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, ListArray, MapArray, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType as Arrow, Field as ArrowField};
use arrow::error::ArrowError;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::schema::{ArrayType, DataType, MapType, StructType, UTC};
use crate::value::Scalar;

/// A column of `data_type` from one JSON text a row. What is of no use there is null; text is never looked into.
pub(super) fn column(data_type: &DataType, values: &[Option<&str>]) -> Result<ArrayRef> {
    match data_type {
        DataType::Struct(fields) => structs(fields, values),
        DataType::Array(of) => lists(data_type, of, values),
        DataType::Map(of) => maps(data_type, of, values),
        _ => texts(data_type, values.iter().map(|v| v.and_then(unquoted)).collect()),
    }
}

/// A column of a primitive type from one plain text a row; one that is no such value is null, as Spark's casts have it.
pub(super) fn texts(data_type: &DataType, values: Vec<Option<Cow<'_, str>>>) -> Result<ArrayRef> {
    if *data_type == DataType::String {
        return Ok(Arc::new(values.iter().map(|v| v.as_deref()).collect::<StringArray>()));
    }
    let scalars =
        values.iter().map(|v| v.as_deref().and_then(|t| Scalar::parse_partition(t, data_type).ok().flatten()));
    let long = |s: Option<Scalar>| if let Some(Scalar::Long(v)) = s { Some(v) } else { None };
    let double = |s: Option<Scalar>| if let Some(Scalar::Double(v)) = s { Some(v) } else { None };
    let micros = |s: Option<Scalar>| match s {
        Some(Scalar::Timestamp(v) | Scalar::TimestampNtz(v)) => Some(v),
        _ => None,
    };
    Ok(match data_type {
        DataType::Binary => {
            let bytes = |s| if let Some(Scalar::Binary(v)) = s { Some(v) } else { None };
            Arc::new(scalars.map(bytes).collect::<BinaryArray>())
        }
        DataType::Boolean => {
            let flag = |s| if let Some(Scalar::Boolean(v)) = s { Some(v) } else { None };
            Arc::new(scalars.map(flag).collect::<BooleanArray>())
        }
        DataType::Byte => Arc::new(scalars.map(|s| i8::try_from(long(s)?).ok()).collect::<Int8Array>()),
        DataType::Short => Arc::new(scalars.map(|s| i16::try_from(long(s)?).ok()).collect::<Int16Array>()),
        DataType::Integer => Arc::new(scalars.map(|s| i32::try_from(long(s)?).ok()).collect::<Int32Array>()),
        DataType::Long => Arc::new(scalars.map(long).collect::<Int64Array>()),
        DataType::Float => Arc::new(scalars.map(|s| double(s).map(|v| v as f32)).collect::<Float32Array>()),
        DataType::Double => Arc::new(scalars.map(double).collect::<Float64Array>()),
        DataType::Decimal(d) => {
            let unscaled = scalars.map(|s| if let Some(Scalar::Decimal(v, _)) = s { Some(v) } else { None });
            let array = unscaled.collect::<Decimal128Array>();
            Arc::new(array.with_precision_and_scale(d.precision(), d.scale() as i8).map_err(failed)?)
        }
        DataType::Date => Arc::new(
            scalars.map(|s| if let Some(Scalar::Date(v)) = s { Some(v) } else { None }).collect::<Date32Array>(),
        ),
        DataType::Timestamp => Arc::new(scalars.map(micros).collect::<TimestampMicrosecondArray>().with_timezone(UTC)),
        DataType::TimestampNtz => Arc::new(scalars.map(micros).collect::<TimestampMicrosecondArray>()),
        other => return Err(Error::internal(format!("checkpoints have no column of type {other}"))),
    })
}

fn structs(of: &StructType, values: &[Option<&str>]) -> Result<ArrayRef> {
    let places: HashMap<&str, usize> = of.fields.iter().enumerate().map(|(at, f)| (f.name.as_str(), at)).collect();
    let mut children = vec![vec![None; values.len()]; of.fields.len()];
    let mut present = Vec::with_capacity(values.len());
    for (row, value) in values.iter().enumerate() {
        let entries = value.and_then(entries);
        present.push(entries.is_some());
        for (name, text) in entries.unwrap_or_default() {
            if let Some(place) = places.get(&*name) {
                children[*place][row] = Some(text);
            }
        }
    }
    let columns = of.fields.iter().zip(&children).map(|(field, texts)| column(&field.data_type, texts));
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let array = StructArray::try_new(of.to_arrow_fields(), columns, Some(NullBuffer::from(present)));
    Ok(Arc::new(array.map_err(failed)?))
}

fn lists(data_type: &DataType, of: &ArrayType, values: &[Option<&str>]) -> Result<ArrayRef> {
    let rows: Vec<Option<Vec<&RawValue>>> =
        values.iter().map(|v| v.and_then(|text| serde_json::from_str(text).ok())).collect();
    let offsets = OffsetBuffer::from_lengths(rows.iter().map(|r| r.as_ref().map_or(0, Vec::len)));
    let present = NullBuffer::from_iter(rows.iter().map(Option::is_some));
    let items: Vec<Option<&str>> = rows.into_iter().flatten().flatten().map(|raw| Some(raw.get())).collect();
    let Arrow::List(field) = data_type.to_arrow() else { return Err(Error::internal("a list is no list")) };
    let array = ListArray::try_new(field, offsets, column(&of.element, &items)?, Some(present));
    Ok(Arc::new(array.map_err(failed)?))
}

fn maps(data_type: &DataType, of: &MapType, values: &[Option<&str>]) -> Result<ArrayRef> {
    let rows: Vec<Option<Vec<Entry<'_>>>> = values.iter().map(|v| v.and_then(entries)).collect();
    let offsets = OffsetBuffer::from_lengths(rows.iter().map(|r| r.as_ref().map_or(0, Vec::len)));
    let present = NullBuffer::from_iter(rows.iter().map(Option::is_some));
    let (keys, items): (Vec<_>, Vec<_>) = rows.into_iter().flatten().flatten().map(|(k, v)| (k, Some(v))).unzip();
    let keys: ArrayRef = Arc::new(StringArray::from_iter_values(keys));
    map_array(&data_type.to_arrow(), keys, column(&of.value, &items)?, offsets, Some(present))
}

/// A map column with the names that Spark gives to the parts of maps.
pub(super) fn map_array(
    target: &Arrow,
    keys: ArrayRef,
    values: ArrayRef,
    offsets: OffsetBuffer<i32>,
    nulls: Option<NullBuffer>,
) -> Result<ArrayRef> {
    let Arrow::Map(field, sorted) = target else { return Err(Error::internal("a map is no map")) };
    let entries = entry_fields(field)?;
    let entries = StructArray::try_new(entries, vec![keys, values], None).map_err(failed)?;
    let array = MapArray::try_new(Arc::clone(field), offsets, entries, nulls, *sorted);
    Ok(Arc::new(array.map_err(failed)?))
}

fn entry_fields(field: &ArrowField) -> Result<arrow::datatypes::Fields> {
    match field.data_type() {
        Arrow::Struct(fields) => Ok(fields.clone()),
        _ => Err(Error::internal("a map has no entries")),
    }
}

pub(super) fn failed(error: ArrowError) -> Error {
    Error::corrupt("a row of the log does not fit a checkpoint's columns").with_source(error)
}

/// The text inside quotes, or the token itself; nothing for null.
fn unquoted(raw: &str) -> Option<Cow<'_, str>> {
    match raw.as_bytes().first()? {
        b'"' => serde_json::from_str::<Text<'_>>(raw).ok().map(|text| text.0),
        b'n' | b'{' | b'[' => None,
        _ => Some(Cow::Borrowed(raw)),
    }
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Name and JSON text.
type Entry<'a> = (Cow<'a, str>, &'a str);

/// The entries of an object; nothing where the text is no object.
fn entries(text: &str) -> Option<Vec<Entry<'_>>> {
    struct Entries;
    impl<'de> Visitor<'de> for Entries {
        type Value = Vec<Entry<'de>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while let Some(Text(name)) = map.next_key()? {
                let raw: &'de RawValue = map.next_value()?;
                entries.push((name, raw.get()));
            }
            Ok(entries)
        }
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let entries = json.deserialize_map(Entries).ok()?;
    json.end().ok().map(|()| entries)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{Decimal128Type, Int64Type};

    use super::*;
    use crate::schema::{DecimalType, Field};

    #[test]
    fn objects_become_structs_and_what_does_not_fit_is_null() {
        let of = StructType {
            fields: vec![
                Field::new("n", DataType::Long, true),
                Field::new("d", DataType::Decimal(DecimalType::new(38, 2).unwrap()), true),
                Field::new("s", DataType::String, true),
            ],
        };
        let rows = [
            Some(r#"{"n":1,"d":123456789012345678901234567890.12,"s":"a\"é","more":[{}]}"#),
            Some(r#"{"n":"x","d":null,"s":7}"#),
            Some("[1]"),
            None,
        ];
        let array = column(&DataType::Struct(of), &rows).unwrap();
        let array = array.as_struct();
        assert_eq!((0..4).map(|row| array.is_valid(row)).collect::<Vec<_>>(), [true, true, false, false]);
        let numbers: Vec<_> = array.column(0).as_primitive::<Int64Type>().iter().collect();
        assert_eq!(numbers, [Some(1), None, None, None]);
        let decimals = array.column(1).as_primitive::<Decimal128Type>();
        assert_eq!((decimals.value(0), decimals.is_null(1)), (12_345_678_901_234_567_890_123_456_789_012, true));
        let texts: Vec<_> = array.column(2).as_string::<i32>().iter().collect();
        assert_eq!(texts, [Some("a\"é"), Some("7"), None, None]);
    }
}
