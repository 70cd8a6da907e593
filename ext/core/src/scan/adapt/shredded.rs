//! Values whose parts a file holds in columns of their own (Parquet, "Variant Shredding").

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, StructArray};
use arrow::datatypes::{
    DataType as Arrow, Date32Type, Decimal128Type, Fields, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, Time64MicrosecondType, TimeUnit, TimestampMicrosecondType, TimestampNanosecondType,
};

use crate::error::{Error, Result};
use crate::schema::ColumnPath;
use crate::variant::{self, MAX_DEPTH, Metadata, Names, Part, Variant};

/// A group of `value`, which holds what does not fit the columns, and `typed_value`, the columns.
#[derive(Debug, Clone)]
pub(super) struct Shredded {
    value: Option<usize>,
    typed: Option<(usize, Typed)>,
}

#[derive(Debug, Clone)]
enum Typed {
    Scalar,
    Array(Box<Shredded>),
    Object(Vec<(String, Shredded)>),
}

impl Shredded {
    /// Looks at the group once a file.
    pub(super) fn new(group: &Fields, path: &ColumnPath, depth: usize) -> Result<Self> {
        if depth > MAX_DEPTH {
            return Err(Error::corrupt(format!(
                "column {path} is a variant that is nested more than {MAX_DEPTH} deep"
            )));
        }
        let find = |name: &str| group.iter().position(|f| f.name() == name);
        let misfit = |what: &str, found: &Arrow| {
            Error::corrupt(format!("column {path} is a variant whose {what} is {found} in the file, which cannot be"))
        };
        let value = find("value");
        if let Some(field) = value.map(|i| &group[i]).filter(|f| *f.data_type() != Arrow::Binary) {
            return Err(misfit("value", field.data_type()));
        }
        let inner = |field: &Arrow| match field {
            Arrow::Struct(group) => Self::new(group, path, depth + 1),
            other => Err(misfit("part", other)),
        };
        let typed = |index: usize| {
            let typed = match group[index].data_type() {
                Arrow::Struct(fields) => {
                    let field =
                        |f: &std::sync::Arc<arrow::datatypes::Field>| Ok((f.name().clone(), inner(f.data_type())?));
                    Typed::Object(fields.iter().map(field).collect::<Result<_>>()?)
                }
                Arrow::List(element) => Typed::Array(Box::new(inner(element.data_type())?)),
                other if is_scalar(other) => Typed::Scalar,
                other => return Err(misfit("typed_value", other)),
            };
            Ok((index, typed))
        };
        Ok(Self { value, typed: find("typed_value").map(typed).transpose()? })
    }

    /// The whole values, where there are no columns.
    pub(super) fn plain<'a>(&self, group: &'a StructArray) -> Option<&'a BinaryArray> {
        match (self.value, &self.typed) {
            (Some(index), None) => Some(group.column(index).as_binary::<i32>()),
            _ => None,
        }
    }

    /// Appends the value of one row; false where it is missing.
    pub(super) fn write(&self, group: &StructArray, row: usize, names: &mut Names, out: &mut Vec<u8>) -> Result<bool> {
        let rest = self.value.map(|index| group.column(index).as_binary::<i32>());
        let rest = rest.filter(|values| values.is_valid(row)).map(|values| values.value(row));
        let typed = self.typed.as_ref().map(|(index, typed)| (typed, group.column(*index)));
        let Some((typed, column)) = typed.filter(|(_, column)| column.is_valid(row)) else {
            let Some(rest) = rest else { return Ok(false) };
            out.extend_from_slice(whole(names.metadata()?, rest)?);
            return Ok(true);
        };
        match (typed, rest) {
            (Typed::Object(fields), rest) => object(fields, column.as_struct(), row, rest, names, out)?,
            (_, Some(_)) => {
                return Err(Error::corrupt("a shredded variant has both a value and a typed_value that is no object"));
            }
            (Typed::Array(element), None) => {
                let list = column.as_list::<i32>();
                let elements = list.values().as_struct();
                let range = list.value_offsets()[row] as usize..list.value_offsets()[row + 1] as usize;
                let mut parts = Vec::with_capacity(range.len());
                for index in range {
                    let mut part = Vec::new();
                    if elements.is_null(index) || !element.write(elements, index, names, &mut part)? {
                        // An element cannot be missing.
                        variant::scalar(&Variant::Null, &mut part)?;
                    }
                    parts.push(part);
                }
                variant::array(&parts, out)?;
            }
            (Typed::Scalar, None) => variant::scalar(&scalar(column, row)?, out)?,
        }
        Ok(true)
    }
}

/// The fields that have columns, and those of the object that holds the others.
fn object(
    fields: &[(String, Shredded)],
    columns: &StructArray,
    row: usize,
    rest: Option<&[u8]>,
    names: &mut Names,
    out: &mut Vec<u8>,
) -> Result<()> {
    let mut parts = Vec::with_capacity(fields.len());
    for ((name, field), column) in fields.iter().zip(columns.columns()) {
        let column = column.as_struct();
        let mut value = Vec::new();
        if column.is_valid(row) && field.write(column, row, names, &mut value)? {
            parts.push(Part { name, id: names.id(name)?, value });
        }
    }
    let Some(rest) = rest else { return variant::object(&mut parts, out) };
    // The names are borrowed from bytes that the numbering of names may not hold on to.
    let given = names.given().to_vec();
    variant::check(&given, rest)?;
    let (Variant::Object(others), _) = Variant::decode(Metadata::new(&given)?, rest)? else {
        return Err(Error::corrupt("a shredded variant has fields in columns, and a value that is no object"));
    };
    for index in 0..others.len() {
        let (name, bytes) = others.field(index)?;
        if fields.iter().any(|(shredded, _)| shredded == name) {
            return Err(Error::corrupt(format!(
                "a shredded variant has the field {name:?} both in a column and outside of it"
            )));
        }
        let value = whole(others.metadata(), bytes)?.to_vec();
        parts.push(Part { name, id: names.id(name)?, value });
    }
    variant::object(&mut parts, out)
}

/// The bytes of the value that `bytes` begin with.
fn whole<'a>(metadata: Metadata<'a>, bytes: &'a [u8]) -> Result<&'a [u8]> {
    let (_, size) = Variant::decode(metadata, bytes)?;
    Ok(&bytes[..size])
}

fn is_scalar(data_type: &Arrow) -> bool {
    use Arrow as A;
    matches!(
        data_type,
        A::Boolean
            | A::Int8
            | A::Int16
            | A::Int32
            | A::Int64
            | A::Float32
            | A::Float64
            | A::Date32
            | A::Utf8
            | A::Binary
    ) || matches!(
        data_type,
        A::Timestamp(TimeUnit::Microsecond | TimeUnit::Nanosecond, _) | A::Time64(TimeUnit::Microsecond)
    ) || matches!(data_type, A::FixedSizeBinary(16))
        || matches!(data_type, A::Decimal128(_, scale) if *scale >= 0)
}

fn scalar(column: &ArrayRef, row: usize) -> Result<Variant<'_>> {
    fn native<T: ArrowPrimitiveType>(column: &ArrayRef, row: usize) -> T::Native {
        column.as_primitive::<T>().value(row)
    }
    use TimeUnit::{Microsecond, Nanosecond};
    Ok(match column.data_type() {
        Arrow::Boolean => Variant::Boolean(column.as_boolean().value(row)),
        Arrow::Int8 => Variant::Long(native::<Int8Type>(column, row).into()),
        Arrow::Int16 => Variant::Long(native::<Int16Type>(column, row).into()),
        Arrow::Int32 => Variant::Long(native::<Int32Type>(column, row).into()),
        Arrow::Int64 => Variant::Long(native::<Int64Type>(column, row)),
        Arrow::Float32 => Variant::Float(native::<Float32Type>(column, row)),
        Arrow::Float64 => Variant::Double(native::<Float64Type>(column, row)),
        Arrow::Decimal128(_, scale) => Variant::Decimal(native::<Decimal128Type>(column, row), scale.unsigned_abs()),
        Arrow::Date32 => Variant::Date(native::<Date32Type>(column, row)),
        Arrow::Timestamp(Microsecond, zone) => {
            let micros = native::<TimestampMicrosecondType>(column, row);
            if zone.is_some() { Variant::Timestamp(micros) } else { Variant::TimestampNtz(micros) }
        }
        Arrow::Timestamp(Nanosecond, zone) => {
            let nanos = native::<TimestampNanosecondType>(column, row);
            if zone.is_some() { Variant::TimestampNanos(nanos) } else { Variant::TimestampNtzNanos(nanos) }
        }
        Arrow::Time64(_) => Variant::Time(native::<Time64MicrosecondType>(column, row)),
        Arrow::Utf8 => Variant::String(column.as_string::<i32>().value(row)),
        Arrow::Binary => Variant::Binary(column.as_binary::<i32>().value(row)),
        Arrow::FixedSizeBinary(_) => {
            let bytes = column.as_fixed_size_binary().value(row);
            Variant::Uuid(bytes.try_into().map_err(|e| Error::internal("a UUID is not of 16 bytes").with_source(e))?)
        }
        other => return Err(Error::internal(format!("a variant has a column of Arrow type {other}"))),
    })
}
