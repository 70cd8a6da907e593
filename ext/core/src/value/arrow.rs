//! Scalars as Arrow arrays, and the order of values.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, StringArray, TimestampMicrosecondArray, new_null_array,
};

use super::Scalar;
use super::decimal::rescale;
use crate::error::{Error, Result};
use crate::schema::{DataType, UTC};

impl Scalar {
    /// An array of `len` times the value, or of nulls, in the Arrow form of `data_type`.
    pub fn repeat(value: Option<&Self>, data_type: &DataType, len: usize) -> Result<ArrayRef> {
        let Some(value) = value else { return Ok(new_null_array(&data_type.to_arrow(), len)) };
        let misfit = || Error::internal(format!("{value:?} is not a value of type {data_type}"));
        Ok(match (value, data_type) {
            (Self::Boolean(v), DataType::Boolean) => Arc::new(BooleanArray::from(vec![*v; len])),
            (Self::Long(v), DataType::Byte) => {
                Arc::new(Int8Array::from_value(i8::try_from(*v).map_err(|_| misfit())?, len))
            }
            (Self::Long(v), DataType::Short) => {
                Arc::new(Int16Array::from_value(i16::try_from(*v).map_err(|_| misfit())?, len))
            }
            (Self::Long(v), DataType::Integer) => {
                Arc::new(Int32Array::from_value(i32::try_from(*v).map_err(|_| misfit())?, len))
            }
            (Self::Long(v), DataType::Long) => Arc::new(Int64Array::from_value(*v, len)),
            (Self::Double(v), DataType::Float) => Arc::new(Float32Array::from_value(*v as f32, len)),
            (Self::Double(v), DataType::Double) => Arc::new(Float64Array::from_value(*v, len)),
            (Self::Decimal(unscaled, scale), DataType::Decimal(d)) => {
                let unscaled = rescale(*unscaled, *scale, d.scale()).filter(|u| d.fits(*u)).ok_or_else(misfit)?;
                let array = Decimal128Array::from_value(unscaled, len);
                let typed = array.with_precision_and_scale(d.precision(), d.scale() as i8);
                Arc::new(typed.map_err(|e| misfit().with_source(e))?)
            }
            (Self::String(v), DataType::String) => {
                Arc::new(StringArray::from_iter_values(std::iter::repeat_n(v.as_str(), len)))
            }
            (Self::Binary(v), DataType::Binary) => {
                Arc::new(BinaryArray::from_iter_values(std::iter::repeat_n(v.as_slice(), len)))
            }
            (Self::Date(v), DataType::Date) => Arc::new(Date32Array::from_value(*v, len)),
            (Self::Timestamp(v), DataType::Timestamp) => {
                Arc::new(TimestampMicrosecondArray::from_value(*v, len).with_timezone(UTC))
            }
            (Self::TimestampNtz(v), DataType::TimestampNtz) => Arc::new(TimestampMicrosecondArray::from_value(*v, len)),
            _ => return Err(misfit()),
        })
    }

    /// The order of two values of one type, `None` where the types differ. As in Spark, NaN equals itself and is greater
    /// than every other float, and the two zeros are equal; text is ordered by its bytes.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        Some(match (self, other) {
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            (Self::Long(a), Self::Long(b)) => a.cmp(b),
            (Self::Double(a), Self::Double(b)) => compare_floats(*a, *b),
            (Self::Decimal(a, s), Self::Decimal(b, t)) => compare_decimals((*a, *s), (*b, *t)),
            (Self::String(a), Self::String(b)) => a.cmp(b),
            (Self::Binary(a), Self::Binary(b)) => a.cmp(b),
            (Self::Date(a), Self::Date(b)) => a.cmp(b),
            (Self::Timestamp(a), Self::Timestamp(b)) | (Self::TimestampNtz(a), Self::TimestampNtz(b)) => a.cmp(b),
            _ => return None,
        })
    }
}

/// NaN is the greatest, and the zeros are equal.
pub(crate) fn compare_floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// Unscaled values and their scales, by exact value.
pub(crate) fn compare_decimals((a, a_scale): (i128, u8), (b, b_scale): (i128, u8)) -> Ordering {
    let scale = a_scale.max(b_scale);
    match (rescale(a, a_scale, scale), rescale(b, b_scale, scale)) {
        (Some(a), Some(b)) => a.cmp(&b),
        // Only the one that had to be scaled up can be out of range, and then it is the greater in magnitude.
        (None, _) => a.cmp(&0),
        (_, None) => 0.cmp(&b),
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::{Decimal128Type, Float32Type, Int8Type};

    use super::*;
    use crate::schema::DecimalType;

    #[test]
    fn a_repeated_value_has_the_type_of_its_column() {
        let every = [
            (Scalar::Boolean(true), DataType::Boolean),
            (Scalar::Long(1), DataType::Short),
            (Scalar::Long(1), DataType::Integer),
            (Scalar::Long(1), DataType::Long),
            (Scalar::Double(0.5), DataType::Double),
            (Scalar::String("é".into()), DataType::String),
            (Scalar::Binary(vec![255]), DataType::Binary),
            (Scalar::Date(-1), DataType::Date),
            (Scalar::Timestamp(1), DataType::Timestamp),
            (Scalar::TimestampNtz(1), DataType::TimestampNtz),
        ];
        for (value, data_type) in every {
            let array = Scalar::repeat(Some(&value), &data_type, 3).unwrap();
            assert_eq!((array.data_type(), array.len(), array.null_count()), (&data_type.to_arrow(), 3, 0));
            let nulls = Scalar::repeat(None, &data_type, 2).unwrap();
            assert_eq!((nulls.data_type(), nulls.len(), nulls.null_count()), (&data_type.to_arrow(), 2, 2));
        }
        let byte = Scalar::repeat(Some(&Scalar::Long(-128)), &DataType::Byte, 1).unwrap();
        assert_eq!(byte.as_primitive::<Int8Type>().value(0), -128);
        let float = Scalar::repeat(Some(&Scalar::Double(f64::from(0.1f32))), &DataType::Float, 1).unwrap();
        assert_eq!(float.as_primitive::<Float32Type>().value(0), 0.1f32);
    }

    #[test]
    fn decimals_take_the_scale_of_their_column() {
        let data_type = DataType::Decimal(DecimalType::new(5, 2).unwrap());
        let array = Scalar::repeat(Some(&Scalar::Decimal(15, 1)), &data_type, 1).unwrap();
        assert_eq!(array.as_primitive::<Decimal128Type>().value(0), 150);
        assert_eq!(array.data_type(), &data_type.to_arrow());
        for lost in [Scalar::Decimal(1, 3), Scalar::Decimal(100_000, 2)] {
            assert!(Scalar::repeat(Some(&lost), &data_type, 1).is_err(), "{lost:?}");
        }
    }

    #[test]
    fn a_value_of_another_type_is_an_error() {
        assert!(Scalar::repeat(Some(&Scalar::Long(128)), &DataType::Byte, 1).is_err());
        assert!(Scalar::repeat(Some(&Scalar::Timestamp(1)), &DataType::TimestampNtz, 1).is_err());
    }

    #[test]
    fn floats_are_ordered_as_in_spark() {
        let compare = |a: f64, b: f64| Scalar::Double(a).compare(&Scalar::Double(b)).unwrap();
        assert_eq!(compare(f64::NAN, -f64::NAN), Ordering::Equal);
        assert_eq!(compare(f64::NAN, f64::INFINITY), Ordering::Greater);
        assert_eq!(compare(-1.0, -f64::NAN), Ordering::Less);
        assert_eq!(compare(-0.0, 0.0), Ordering::Equal);
    }

    #[test]
    fn decimals_of_different_scale_are_compared_exactly() {
        let compare = |a: (i128, u8), b: (i128, u8)| compare_decimals(a, b);
        assert_eq!(compare((15, 1), (150, 2)), Ordering::Equal);
        assert_eq!(compare((i128::MAX, 0), (1, 38)), Ordering::Greater);
        assert_eq!(compare((i128::MIN, 0), (1, 38)), Ordering::Less);
        assert_eq!(compare((1, 38), (i128::MAX, 0)), Ordering::Less);
        assert_eq!(Scalar::Date(1).compare(&Scalar::Long(1)), None);
    }
}
