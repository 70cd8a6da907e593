//! Columns of primitive types. Numbers, texts and times of one kind are each brought to one form first: a conversion for
//! every pair of types would be a good part of the library.

use std::fmt::Display;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, Decimal128Array, PrimitiveArray, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{
    ArrowTimestampType, DataType as Arrow, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
    Decimal256Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};

use super::refusal::{damaged, expected};
use crate::ingest::Misfit;
use crate::schema::{DataType, UTC};
use crate::value::calendar;

/// Milliseconds of a day.
const DAY_MS: i64 = calendar::DAY / 1_000;

/// The values of `array` as those of `data_type`, a primitive type.
pub(super) fn convert(array: &ArrayRef, data_type: &DataType) -> Result<ArrayRef, Misfit> {
    if *array.data_type() == data_type.to_arrow() {
        return Ok(array.clone());
    }
    let array = array.as_ref();
    let made = match data_type {
        DataType::Byte => integers::<Int8Type>(array, data_type),
        DataType::Short => integers::<Int16Type>(array, data_type),
        DataType::Integer => integers::<Int32Type>(array, data_type),
        DataType::Long => integers::<Int64Type>(array, data_type),
        DataType::Decimal(d) => match numbers(array) {
            None => None,
            Some(numbers) => {
                let fit = |i| numbers.at(i, d.scale()).filter(|v| d.fits(*v));
                let made: Decimal128Array = build(array, |i| fit(i).ok_or_else(|| numbers.misfit(i, data_type)))?;
                let made = made.with_precision_and_scale(d.precision(), d.scale() as i8).map_err(damaged)?;
                Some(Ok(Arc::new(made) as ArrayRef))
            }
        },
        DataType::Float => floats(array).map(|at| {
            build::<Float32Type>(array, |i| {
                let value = at(i);
                let narrow = value.map(|v| v as f32).filter(|n| Some(f64::from(*n)) == value || n.is_nan());
                narrow.ok_or_else(|| inexact(data_type, value))
            })
            .map(|a| Arc::new(a) as ArrayRef)
        }),
        DataType::Double => floats(array).map(|at| {
            build::<Float64Type>(array, |i| at(i).ok_or_else(|| inexact(data_type, None))).map(|a| Arc::new(a) as _)
        }),
        DataType::String => texts(array),
        DataType::Binary => bytes(array),
        DataType::Date => dates(array),
        DataType::Timestamp => micros(array, true).map(|made| made.map(|m| Arc::new(m.with_timezone(UTC)) as ArrayRef)),
        DataType::TimestampNtz => micros(array, false).map(|made| made.map(|m| Arc::new(m) as ArrayRef)),
        _ => None,
    };
    made.unwrap_or_else(|| Err(refusal(array, data_type)))
}

fn refusal(array: &dyn Array, data_type: &DataType) -> Misfit {
    match (array.data_type(), data_type) {
        (Arrow::Timestamp(_, None), DataType::Timestamp) => Misfit::because(
            "expected timestamp, got an Arrow timestamp without a zone: give it one, or make the column timestamp_ntz",
        ),
        (Arrow::Timestamp(_, Some(zone)), DataType::TimestampNtz) => {
            Misfit::because(format!("expected timestamp_ntz, got an Arrow timestamp in the zone {zone}"))
        }
        _ => expected(data_type, array),
    }
}

fn does_not_fit(data_type: &DataType, value: impl Display) -> Misfit {
    Misfit::because(format!("{value} does not fit {data_type}"))
}

fn inexact(data_type: &DataType, value: Option<f64>) -> Misfit {
    match value {
        Some(value) => Misfit::because(format!("{value} is not exact as {data_type}")),
        None => Misfit::because(format!("the integer is not exact as {data_type}")),
    }
}

/// One value an element that is not null.
fn build<T: ArrowPrimitiveType>(
    array: &dyn Array,
    value: impl Fn(usize) -> Result<T::Native, Misfit>,
) -> Result<PrimitiveArray<T>, Misfit> {
    let mut values = Vec::with_capacity(array.len());
    for i in 0..array.len() {
        values.push(if array.is_valid(i) { value(i)? } else { T::Native::default() });
    }
    PrimitiveArray::try_new(values.into(), array.nulls().cloned()).map_err(damaged)
}

/// Integers and decimals: unscaled values, and their scale.
struct Numbers<'a> {
    unscaled: Box<dyn Fn(usize) -> Option<i128> + 'a>,
    scale: i8,
}

impl Numbers<'_> {
    /// The unscaled value at another scale; `None` where digits would be lost.
    fn at(&self, i: usize, scale: u8) -> Option<i128> {
        let value = (self.unscaled)(i)?;
        let shift = i32::from(scale) - i32::from(self.scale);
        if shift == 0 || value == 0 {
            return Some(value);
        }
        let factor = 10i128.checked_pow(shift.unsigned_abs());
        match factor {
            Some(factor) if shift > 0 => value.checked_mul(factor),
            Some(factor) => (value % factor == 0).then(|| value / factor),
            None => None,
        }
    }

    #[cold]
    fn misfit(&self, i: usize, data_type: &DataType) -> Misfit {
        match (self.unscaled)(i) {
            Some(value) if self.scale == 0 => does_not_fit(data_type, value),
            Some(value) => does_not_fit(data_type, format_args!("{value}e{}", -i32::from(self.scale))),
            None => does_not_fit(data_type, "a decimal past 128 bits"),
        }
    }
}

fn numbers(array: &dyn Array) -> Option<Numbers<'_>> {
    use Arrow as A;
    let whole = |unscaled| Numbers { unscaled, scale: 0 };
    Some(match array.data_type() {
        A::Int8 => whole(unscaled::<Int8Type>(array)),
        A::Int16 => whole(unscaled::<Int16Type>(array)),
        A::Int32 => whole(unscaled::<Int32Type>(array)),
        A::Int64 => whole(unscaled::<Int64Type>(array)),
        A::UInt8 => whole(unscaled::<UInt8Type>(array)),
        A::UInt16 => whole(unscaled::<UInt16Type>(array)),
        A::UInt32 => whole(unscaled::<UInt32Type>(array)),
        A::UInt64 => whole(unscaled::<UInt64Type>(array)),
        A::Decimal32(_, scale) => Numbers { unscaled: unscaled::<Decimal32Type>(array), scale: *scale },
        A::Decimal64(_, scale) => Numbers { unscaled: unscaled::<Decimal64Type>(array), scale: *scale },
        A::Decimal128(_, scale) => Numbers { unscaled: unscaled::<Decimal128Type>(array), scale: *scale },
        A::Decimal256(_, scale) => {
            let wide = array.as_primitive::<Decimal256Type>();
            Numbers { unscaled: Box::new(|i| wide.value(i).to_i128()), scale: *scale }
        }
        _ => return None,
    })
}

fn unscaled<T>(array: &dyn Array) -> Box<dyn Fn(usize) -> Option<i128> + '_>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i128>,
{
    let array = array.as_primitive::<T>();
    Box::new(|i| Some(array.value(i).into()))
}

fn integers<T>(array: &dyn Array, data_type: &DataType) -> Option<Result<ArrayRef, Misfit>>
where
    T: ArrowPrimitiveType,
    T::Native: TryFrom<i128>,
{
    let numbers = numbers(array)?;
    let fit = |i| numbers.at(i, 0).and_then(|v| T::Native::try_from(v).ok());
    Some(
        build::<T>(array, |i| fit(i).ok_or_else(|| numbers.misfit(i, data_type)))
            .map(|made| Arc::new(made) as ArrayRef),
    )
}

/// Floats, and integers as doubles where they are exact.
fn floats(array: &dyn Array) -> Option<Box<dyn Fn(usize) -> Option<f64> + '_>> {
    Some(match array.data_type() {
        Arrow::Float16 => {
            let array = array.as_primitive::<Float16Type>();
            Box::new(|i| Some(array.value(i).to_f64()))
        }
        Arrow::Float32 => {
            let array = array.as_primitive::<Float32Type>();
            Box::new(|i| Some(array.value(i).into()))
        }
        Arrow::Float64 => {
            let array = array.as_primitive::<Float64Type>();
            Box::new(|i| Some(array.value(i)))
        }
        t if t.is_integer() => {
            let numbers = numbers(array)?;
            Box::new(move |i| {
                let value = numbers.at(i, 0)?;
                Some(value as f64).filter(|v| *v as i128 == value)
            })
        }
        _ => return None,
    })
}

fn texts(array: &dyn Array) -> Option<Result<ArrayRef, Misfit>> {
    Some(match array.data_type() {
        Arrow::LargeUtf8 => sized(array, |i| array.as_string::<i64>().value(i).len())
            .map(|()| Arc::new(array.as_string::<i64>().iter().collect::<StringArray>()) as ArrayRef),
        Arrow::Utf8View => sized(array, |i| array.as_string_view().value(i).len())
            .map(|()| Arc::new(array.as_string_view().iter().collect::<StringArray>()) as ArrayRef),
        _ => return None,
    })
}

fn bytes(array: &dyn Array) -> Option<Result<ArrayRef, Misfit>> {
    Some(match array.data_type() {
        Arrow::LargeBinary => sized(array, |i| array.as_binary::<i64>().value(i).len())
            .map(|()| Arc::new(array.as_binary::<i64>().iter().collect::<BinaryArray>()) as ArrayRef),
        Arrow::BinaryView => sized(array, |i| array.as_binary_view().value(i).len())
            .map(|()| Arc::new(array.as_binary_view().iter().collect::<BinaryArray>()) as ArrayRef),
        Arrow::FixedSizeBinary(width) => sized(array, |_| *width as usize)
            .map(|()| Arc::new(array.as_fixed_size_binary().iter().collect::<BinaryArray>()) as ArrayRef),
        _ => return None,
    })
}

/// Refuses what Arrow's 32-bit offsets cannot count; building it would panic.
fn sized(array: &dyn Array, len: impl Fn(usize) -> usize) -> Result<(), Misfit> {
    let total: usize = (0..array.len()).filter(|&i| array.is_valid(i)).map(len).sum();
    if i32::try_from(total).is_ok() {
        return Ok(());
    }
    Err(Misfit::because("its values are past 2 GiB in one batch: send smaller batches"))
}

fn dates(array: &dyn Array) -> Option<Result<ArrayRef, Misfit>> {
    if *array.data_type() != Arrow::Date64 {
        return None;
    }
    let millis = array.as_primitive::<Date64Type>();
    let made = build::<Date32Type>(array, |i| {
        let value = millis.value(i);
        let days = (value % DAY_MS == 0).then(|| i32::try_from(value / DAY_MS).ok()).flatten();
        days.ok_or_else(|| does_not_fit(&DataType::Date, format_args!("{value} ms since 1970")))
    });
    Some(made.map(|made| Arc::new(made) as ArrayRef))
}

/// Microseconds of a timestamp that has a zone, or has none.
fn micros(array: &dyn Array, zoned: bool) -> Option<Result<TimestampMicrosecondArray, Misfit>> {
    let Arrow::Timestamp(unit, zone) = array.data_type() else { return None };
    if zone.is_some() != zoned {
        return None;
    }
    Some(match unit {
        TimeUnit::Second => scaled::<TimestampSecondType>(array, 1_000_000),
        TimeUnit::Millisecond => scaled::<TimestampMillisecondType>(array, 1_000),
        TimeUnit::Microsecond => {
            Ok(array.as_primitive::<TimestampMicrosecondType>().clone().with_timezone_opt(None::<&str>))
        }
        TimeUnit::Nanosecond => {
            let nanos = array.as_primitive::<TimestampNanosecondType>();
            build(array, |i| {
                let value = nanos.value(i);
                let whole = (value % 1_000 == 0).then_some(value / 1_000);
                whole
                    .ok_or_else(|| Misfit::because(format!("{value} ns since 1970 is no whole number of microseconds")))
            })
        }
    })
}

fn scaled<T>(array: &dyn Array, factor: i64) -> Result<TimestampMicrosecondArray, Misfit>
where
    T: ArrowTimestampType,
{
    let array = array.as_primitive::<T>();
    let far = |value: i64| does_not_fit(&DataType::Timestamp, format_args!("{value} (in {:?}s since 1970)", T::UNIT));
    build(array, |i| array.value(i).checked_mul(factor).ok_or_else(|| far(array.value(i))))
}
