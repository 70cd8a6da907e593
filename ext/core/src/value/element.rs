//! One element of an Arrow array as a [`Scalar`].

use arrow::array::{Array, ArrowPrimitiveType, AsArray};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};

use super::Scalar;
use crate::error::{Error, Result};
use crate::schema::DataType;

impl Scalar {
    /// The element at `index` of an array in the Arrow form of `data_type`; `None` for null.
    pub fn from_array(array: &dyn Array, index: usize, data_type: &DataType) -> Result<Option<Self>> {
        let form =
            || Error::internal(format!("an Arrow array of {} does not hold Delta's {data_type}", array.data_type()));
        if index >= array.len() {
            return Err(Error::internal(format!("element {index} of an array of {}", array.len())));
        }
        if array.is_null(index) || *data_type == DataType::Void {
            return Ok(None);
        }
        let value = match data_type {
            DataType::Boolean => array.as_boolean_opt().map(|a| Self::Boolean(a.value(index))),
            DataType::Byte => primitive::<Int8Type>(array, index).map(|v| Self::Long(v.into())),
            DataType::Short => primitive::<Int16Type>(array, index).map(|v| Self::Long(v.into())),
            DataType::Integer => primitive::<Int32Type>(array, index).map(|v| Self::Long(v.into())),
            DataType::Long => primitive::<Int64Type>(array, index).map(Self::Long),
            DataType::Float => primitive::<Float32Type>(array, index).map(|v| Self::Double(v.into())),
            DataType::Double => primitive::<Float64Type>(array, index).map(Self::Double),
            DataType::Decimal(d) => primitive::<Decimal128Type>(array, index).map(|v| Self::Decimal(v, d.scale())),
            DataType::String => array.as_string_opt::<i32>().map(|a| Self::String(a.value(index).to_owned())),
            DataType::Binary => array.as_binary_opt::<i32>().map(|a| Self::Binary(a.value(index).to_vec())),
            DataType::Date => primitive::<Date32Type>(array, index).map(Self::Date),
            DataType::Timestamp => primitive::<TimestampMicrosecondType>(array, index).map(Self::Timestamp),
            DataType::TimestampNtz => primitive::<TimestampMicrosecondType>(array, index).map(Self::TimestampNtz),
            DataType::Void
            | DataType::Unknown(_)
            | DataType::Variant
            | DataType::Struct(_)
            | DataType::Array(_)
            | DataType::Map(_) => None,
        };
        value.map(Some).ok_or_else(form)
    }
}

fn primitive<T: ArrowPrimitiveType>(array: &dyn Array, index: usize) -> Option<T::Native> {
    array.as_primitive_opt::<T>().map(|a| a.value(index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::DecimalType;
    use arrow::array::{BooleanArray, Decimal128Array, Float32Array, Int8Array, NullArray, StringArray};

    #[test]
    fn elements_and_nulls() {
        let bytes = Int8Array::from(vec![Some(-128), None]);
        assert_eq!(Scalar::from_array(&bytes, 0, &DataType::Byte).unwrap(), Some(Scalar::Long(-128)));
        assert_eq!(Scalar::from_array(&bytes, 1, &DataType::Byte).unwrap(), None);
        let texts = StringArray::from(vec![""]);
        assert_eq!(Scalar::from_array(&texts, 0, &DataType::String).unwrap(), Some(Scalar::String(String::new())));
        let floats = Float32Array::from(vec![0.1]);
        assert_eq!(Scalar::from_array(&floats, 0, &DataType::Float).unwrap(), Some(Scalar::Double(f64::from(0.1_f32))));
        let decimals = Decimal128Array::from(vec![-5]).with_precision_and_scale(12, 2).unwrap();
        let decimal = DataType::Decimal(DecimalType::new(12, 2).unwrap());
        assert_eq!(Scalar::from_array(&decimals, 0, &decimal).unwrap(), Some(Scalar::Decimal(-5, 2)));
        assert_eq!(Scalar::from_array(&NullArray::new(1), 0, &DataType::Void).unwrap(), None);
    }

    #[test]
    fn the_wrong_array_or_index_is_an_error() {
        let flags = BooleanArray::from(vec![true]);
        assert!(Scalar::from_array(&flags, 0, &DataType::Long).is_err());
        assert!(Scalar::from_array(&flags, 1, &DataType::Boolean).is_err());
    }
}
