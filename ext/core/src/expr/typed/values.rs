//! The values of an expression over some rows, in one of a few forms whatever their type.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, BooleanArray, Decimal128Array, Float64Array, Int64Array,
    PrimitiveArray, StringArray, make_array, new_null_array,
};
use arrow::buffer::NullBuffer;
use arrow::compute::take;
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};

use super::types::Form;
use crate::error::{Error, Result};
use crate::schema::DataType;
use crate::value::Scalar;

/// Values of rows, or one value that they all have.
#[derive(Debug, Clone)]
pub(in crate::expr) struct Values {
    pub(super) data: Data,
    /// One value stands for all rows.
    pub(super) single: bool,
}

/// See [`Form`].
#[derive(Debug, Clone)]
pub(super) enum Data {
    Boolean(BooleanArray),
    Long(Int64Array),
    Double(Float64Array),
    Decimal(Decimal128Array),
    Text(StringArray),
    Bytes(BinaryArray),
    Other(ArrayRef),
}

/// The values of one form, by row.
pub(super) struct Lane<'a, A> {
    array: &'a A,
    single: bool,
}

macro_rules! lane {
    ($name:ident, $form:ident, $array:ty, $value:ty) => {
        impl Values {
            pub(super) fn $name(&self) -> Result<Lane<'_, $array>> {
                match &self.data {
                    Data::$form(array) => Ok(Lane { array, single: self.single }),
                    other => Err(Error::internal(format!("an expression has {other:?} where it needs another form"))),
                }
            }
        }

        impl<'a> Lane<'a, $array> {
            pub(super) fn get(&self, row: usize) -> Option<$value> {
                let row = if self.single { 0 } else { row };
                let array: &'a $array = self.array;
                array.is_valid(row).then(|| array.value(row))
            }
        }
    };
}

lane!(booleans, Boolean, BooleanArray, bool);
lane!(longs, Long, Int64Array, i64);
lane!(doubles, Double, Float64Array, f64);
lane!(decimals, Decimal, Decimal128Array, i128);
lane!(texts, Text, StringArray, &'a str);
lane!(bytes, Bytes, BinaryArray, &'a [u8]);

impl Values {
    pub(super) fn rows(data: Data) -> Self {
        Self { data, single: false }
    }

    /// The values of a column, null where `nulls` says so whatever the array has.
    pub(in crate::expr) fn of(array: &ArrayRef, nulls: Option<NullBuffer>, data_type: &DataType) -> Result<Self> {
        let misfit = || Error::internal(format!("a column of type {data_type} has values of another: {array:?}"));
        Ok(Self::rows(match Form::of(data_type) {
            Form::Boolean => {
                Data::Boolean(BooleanArray::new(array.as_boolean_opt().ok_or_else(misfit)?.values().clone(), nulls))
            }
            Form::Long => Data::Long(
                match data_type {
                    DataType::Byte => widened::<Int8Type, Int64Type>(array, nulls),
                    DataType::Short => widened::<Int16Type, Int64Type>(array, nulls),
                    DataType::Integer => widened::<Int32Type, Int64Type>(array, nulls),
                    DataType::Long => widened::<Int64Type, Int64Type>(array, nulls),
                    DataType::Date => widened::<Date32Type, Int64Type>(array, nulls),
                    _ => widened::<TimestampMicrosecondType, Int64Type>(array, nulls),
                }
                .ok_or_else(misfit)?,
            ),
            Form::Double => Data::Double(
                match data_type {
                    DataType::Float => widened::<Float32Type, Float64Type>(array, nulls),
                    _ => widened::<Float64Type, Float64Type>(array, nulls),
                }
                .ok_or_else(misfit)?,
            ),
            Form::Decimal => Data::Decimal(widened::<Decimal128Type, Decimal128Type>(array, nulls).ok_or_else(misfit)?),
            Form::Text => {
                let array = array.as_string_opt::<i32>().ok_or_else(misfit)?;
                let (offsets, values, _) = array.clone().into_parts();
                Data::Text(StringArray::try_new(offsets, values, nulls).map_err(|e| misfit().with_source(e))?)
            }
            Form::Bytes => {
                let array = array.as_binary_opt::<i32>().ok_or_else(misfit)?;
                let (offsets, values, _) = array.clone().into_parts();
                Data::Bytes(BinaryArray::try_new(offsets, values, nulls).map_err(|e| misfit().with_source(e))?)
            }
            Form::Other => {
                let data = array.to_data().into_builder().nulls(nulls).build();
                Data::Other(make_array(data.map_err(|e| misfit().with_source(e))?))
            }
        }))
    }

    /// One value for all rows.
    pub(in crate::expr) fn single(value: Option<&Scalar>, data_type: &DataType) -> Result<Self> {
        let array = Scalar::repeat(value, data_type, 1)?;
        let nulls = if data_type == &DataType::Void { None } else { array.nulls().cloned() };
        Ok(Self { single: true, ..Self::of(&array, nulls, data_type)? })
    }

    fn array(&self) -> &dyn Array {
        match &self.data {
            Data::Boolean(array) => array,
            Data::Long(array) => array,
            Data::Double(array) => array,
            Data::Decimal(array) => array,
            Data::Text(array) => array,
            Data::Bytes(array) => array,
            Data::Other(array) => array,
        }
    }

    pub(super) fn is_null(&self, row: usize) -> bool {
        let array = self.array();
        let row = if self.single { 0 } else { row };
        array.data_type() == &arrow::datatypes::DataType::Null || array.is_null(row)
    }

    /// The value that all rows have.
    pub(in crate::expr) fn to_scalar(&self, data_type: &DataType) -> Result<Option<Scalar>> {
        if self.array().is_empty() || self.is_null(0) {
            return Ok(None);
        }
        Ok(Some(match &self.data {
            Data::Boolean(a) => Scalar::Boolean(a.value(0)),
            Data::Long(a) => match data_type {
                DataType::Date => Scalar::Date(i32::try_from(a.value(0)).map_err(|_| past(a.value(0), data_type))?),
                DataType::Timestamp => Scalar::Timestamp(a.value(0)),
                DataType::TimestampNtz => Scalar::TimestampNtz(a.value(0)),
                _ => Scalar::Long(a.value(0)),
            },
            Data::Double(a) => Scalar::Double(a.value(0)),
            Data::Decimal(a) => match data_type {
                DataType::Decimal(d) => Scalar::Decimal(a.value(0), d.scale()),
                _ => return Err(Error::internal("a decimal has no scale")),
            },
            Data::Text(a) => Scalar::String(a.value(0).to_owned()),
            Data::Bytes(a) => Scalar::Binary(a.value(0).to_vec()),
            Data::Other(_) => return Err(Error::internal(format!("a value of type {data_type} is no scalar"))),
        }))
    }

    /// An array of the type's Arrow form, one element for each of `len` rows.
    pub(in crate::expr) fn to_array(&self, data_type: &DataType, len: usize) -> Result<ArrayRef> {
        let plain: ArrayRef = match &self.data {
            Data::Boolean(a) => Arc::new(a.clone()),
            Data::Long(a) => match data_type {
                DataType::Byte => Arc::new(narrowed::<Int8Type>(a, data_type)?),
                DataType::Short => Arc::new(narrowed::<Int16Type>(a, data_type)?),
                DataType::Integer => Arc::new(narrowed::<Int32Type>(a, data_type)?),
                DataType::Date => Arc::new(narrowed::<Date32Type>(a, data_type)?),
                DataType::Timestamp => {
                    Arc::new(a.reinterpret_cast::<TimestampMicrosecondType>().with_timezone(crate::schema::UTC))
                }
                DataType::TimestampNtz => Arc::new(a.reinterpret_cast::<TimestampMicrosecondType>()),
                _ => Arc::new(a.clone()),
            },
            Data::Double(a) if data_type == &DataType::Float => Arc::new(a.unary::<_, Float32Type>(|v| v as f32)),
            Data::Double(a) => Arc::new(a.clone()),
            Data::Decimal(a) => match data_type {
                DataType::Decimal(d) => {
                    let typed = a.clone().with_precision_and_scale(d.precision(), d.scale() as i8);
                    Arc::new(typed.map_err(internal)?)
                }
                _ => return Err(Error::internal("a decimal has no scale")),
            },
            Data::Text(a) => Arc::new(a.clone()),
            Data::Bytes(a) => Arc::new(a.clone()),
            Data::Other(a) => Arc::clone(a),
        };
        if !self.single {
            return Ok(plain);
        }
        if plain.is_empty() || self.is_null(0) {
            return Ok(new_null_array(&data_type.to_arrow(), len));
        }
        take(&plain, &Int64Array::from_value(0, len), None).map_err(internal)
    }
}

fn widened<S, T>(array: &ArrayRef, nulls: Option<NullBuffer>) -> Option<PrimitiveArray<T>>
where
    S: ArrowPrimitiveType,
    T: ArrowPrimitiveType,
    T::Native: From<S::Native>,
{
    let array = array.as_primitive_opt::<S>()?;
    let values = array.values().iter().map(|v| T::Native::from(*v)).collect::<Vec<_>>();
    PrimitiveArray::try_new(values.into(), nulls).ok()
}

fn narrowed<T: ArrowPrimitiveType>(array: &Int64Array, data_type: &DataType) -> Result<PrimitiveArray<T>>
where
    T::Native: TryFrom<i64>,
{
    array.try_unary(|v| T::Native::try_from(v).map_err(|_| past(v, data_type)))
}

fn past(value: i64, data_type: &DataType) -> Error {
    Error::argument(format!("an expression of type {data_type} has the value {value}, which does not fit"))
}

pub(super) fn internal(error: arrow::error::ArrowError) -> Error {
    Error::internal("an expression could not be evaluated").with_source(error)
}
