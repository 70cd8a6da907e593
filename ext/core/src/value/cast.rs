//! Conversions between the Arrow types that Parquet files hold and those of Delta. `arrow-cast` has them for every pair of
//! Arrow types, at the cost of a seventh of the library.

use std::fmt::Display;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, Decimal128Array, StringArray, make_array,
};
use arrow::compute::take;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow::error::ArrowError;

/// `array` with values of type `target`; an error where a value does not fit, or where there is no such conversion.
pub fn cast(array: &dyn Array, target: &DataType) -> Result<ArrayRef, ArrowError> {
    use DataType as T;
    match (array.data_type(), target) {
        (from, to) if from == to => Ok(make_array(array.to_data())),
        (T::Dictionary(..), _) => {
            let dictionary = array.as_any_dictionary();
            cast(&take(dictionary.values(), dictionary.keys(), None)?, target)
        }
        (_, T::Int8) => integers::<Int8Type>(array, target),
        (_, T::Int16) => integers::<Int16Type>(array, target),
        (_, T::Int32) => integers::<Int32Type>(array, target),
        (_, T::Int64) => integers::<Int64Type>(array, target),
        (T::Float32, T::Float64) => {
            Ok(Arc::new(array.as_primitive::<Float32Type>().unary::<_, Float64Type>(f64::from)))
        }
        (T::Int8 | T::Int16 | T::Int32, T::Float64) => {
            let integers = cast(array, &T::Int32)?;
            Ok(Arc::new(integers.as_primitive::<Int32Type>().unary::<_, Float64Type>(f64::from)))
        }
        (_, T::Decimal128(precision, scale)) => decimals(array, target, *precision, *scale),
        (T::Binary, T::Utf8) => Ok(Arc::new(StringArray::try_from_binary(array.as_binary::<i32>().clone())?)),
        (T::Utf8, T::Binary) => Ok(Arc::new(BinaryArray::from(array.as_string::<i32>().clone()))),
        (T::FixedSizeBinary(_), T::Binary) => {
            Ok(Arc::new(array.as_fixed_size_binary().iter().collect::<BinaryArray>()))
        }
        (T::FixedSizeBinary(_), T::Utf8) => cast(&cast(array, &T::Binary)?, target),
        (T::Int32, T::Date32) => Ok(Arc::new(array.as_primitive::<Int32Type>().reinterpret_cast::<Date32Type>())),
        _ => Err(none(array, target)),
    }
}

fn none(array: &dyn Array, target: &DataType) -> ArrowError {
    ArrowError::CastError(format!("{} is not made {target}", array.data_type()))
}

fn integers<T>(array: &dyn Array, target: &DataType) -> Result<ArrayRef, ArrowError>
where
    T: ArrowPrimitiveType,
    T::Native: TryFrom<i64> + TryFrom<u64>,
{
    use DataType as D;
    match array.data_type() {
        D::Int8 => fitted::<Int8Type, T, i64>(array),
        D::Int16 => fitted::<Int16Type, T, i64>(array),
        D::Int32 => fitted::<Int32Type, T, i64>(array),
        D::Int64 => fitted::<Int64Type, T, i64>(array),
        D::UInt8 => fitted::<UInt8Type, T, u64>(array),
        D::UInt16 => fitted::<UInt16Type, T, u64>(array),
        D::UInt32 => fitted::<UInt32Type, T, u64>(array),
        D::UInt64 => fitted::<UInt64Type, T, u64>(array),
        _ => Err(none(array, target)),
    }
}

/// From `S` to `T` by way of the widest integer of the same sign.
fn fitted<S, T, W>(array: &dyn Array) -> Result<ArrayRef, ArrowError>
where
    S: ArrowPrimitiveType,
    S::Native: Into<W>,
    T: ArrowPrimitiveType,
    T::Native: TryFrom<W>,
    W: Copy + Display,
{
    let fit = |v: S::Native| {
        let wide: W = v.into();
        T::Native::try_from(wide).map_err(|_| ArrowError::CastError(format!("{wide} does not fit {}", T::DATA_TYPE)))
    };
    Ok(Arc::new(array.as_primitive::<S>().try_unary::<_, T, _>(fit)?))
}

fn decimals(array: &dyn Array, target: &DataType, precision: u8, scale: i8) -> Result<ArrayRef, ArrowError> {
    let scaled = |value: i128, from: i8| {
        let up = u32::try_from(scale - from).ok().and_then(|by| 10i128.checked_pow(by));
        up.and_then(|by| value.checked_mul(by))
            .filter(|v| v.unsigned_abs() < 10u128.pow(u32::from(precision)))
            .ok_or_else(|| ArrowError::CastError(format!("{value} (scale {from}) does not fit {target}")))
    };
    let made: Decimal128Array = match array.data_type() {
        DataType::Decimal128(_, from) => array.as_primitive::<Decimal128Type>().try_unary(|v| scaled(v, *from))?,
        DataType::Decimal256(_, from) => array.as_primitive::<Decimal256Type>().try_unary(|v| {
            let narrow = v.to_i128().ok_or_else(|| ArrowError::CastError(format!("{v} does not fit {target}")))?;
            scaled(narrow, *from)
        })?,
        _ => {
            let integers = cast(array, &DataType::Int64)?;
            integers.as_primitive::<Int64Type>().try_unary(|v| scaled(i128::from(v), 0))?
        }
    };
    Ok(Arc::new(made.with_precision_and_scale(precision, scale)?))
}

#[cfg(test)]
mod tests {
    use arrow::array::{DictionaryArray, FixedSizeBinaryArray, Int32Array, Int64Array, UInt64Array};

    use super::*;

    #[test]
    fn integers_fit_or_are_refused() {
        let small = Int64Array::from(vec![Some(-128), None, Some(127)]);
        assert_eq!(cast(&small, &DataType::Int8).unwrap().as_primitive::<Int8Type>().value(2), 127);
        assert!(cast(&Int64Array::from(vec![128]), &DataType::Int8).is_err());
        assert!(cast(&UInt64Array::from(vec![u64::MAX]), &DataType::Int64).is_err());
    }

    #[test]
    fn decimals_grow_and_keep_their_value() {
        let cents = Decimal128Array::from(vec![-125]).with_precision_and_scale(5, 2).unwrap();
        let wide = cast(&cents, &DataType::Decimal128(10, 4)).unwrap();
        assert_eq!(wide.as_primitive::<Decimal128Type>().value(0), -12500);
        assert!(cast(&cents, &DataType::Decimal128(10, 1)).is_err());
        assert!(cast(&Int32Array::from(vec![1000]), &DataType::Decimal128(4, 1)).is_err());
    }

    #[test]
    fn bytes_become_text_where_they_are_text() {
        let bytes = |b: &[u8]| BinaryArray::from(vec![b]);
        assert_eq!(cast(&bytes("ü".as_bytes()), &DataType::Utf8).unwrap().as_string::<i32>().value(0), "ü");
        assert!(cast(&bytes(b"\xff"), &DataType::Utf8).is_err());
        let fixed = FixedSizeBinaryArray::try_from_iter([b"ab"].into_iter()).unwrap();
        assert_eq!(cast(&fixed, &DataType::Utf8).unwrap().as_string::<i32>().value(0), "ab");
    }

    #[test]
    fn dictionaries_are_unfolded() {
        let folded: DictionaryArray<Int32Type> = vec![Some("a"), None, Some("a")].into_iter().collect();
        let plain = cast(&folded, &DataType::Utf8).unwrap();
        assert_eq!(plain.as_string::<i32>().iter().collect::<Vec<_>>(), [Some("a"), None, Some("a")]);
    }
}
