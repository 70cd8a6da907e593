//! A set of values of one type, sorted: what `IN` looks in.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::Hash;

use arrow::array::{Array, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};

use crate::error::Result;
use crate::schema::DataType;
use crate::value::Scalar;

/// Values of one type, in order, each once.
#[derive(Debug, Clone)]
pub(super) struct Membership(Vec<Scalar>);

impl Membership {
    /// The set of those values, which are of one type.
    pub(super) fn new(mut values: Vec<Scalar>) -> Self {
        let order = |a: &Scalar, b: &Scalar| a.compare(b).unwrap_or(Ordering::Equal);
        values.sort_by(order);
        values.dedup_by(|a, b| order(a, b) == Ordering::Equal);
        Self(values)
    }

    /// Whether any value of the set that may be there is in the closed range; an open end is `None`.
    pub(super) fn any_between(
        &self,
        min: Option<&Scalar>,
        max: Option<&Scalar>,
        may_be: &dyn Fn(&Scalar) -> bool,
    ) -> bool {
        let before = |bound: &Scalar| self.0.partition_point(|v| v.compare(bound) == Some(Ordering::Less));
        let within = self.0.iter().skip(min.map_or(0, before));
        let mut within = within.take_while(|v| max.is_none_or(|max| v.compare(max) != Some(Ordering::Greater)));
        within.any(may_be)
    }

    /// For each element whether it is in the set; null for null.
    pub(super) fn contains(&self, array: &dyn Array, data_type: &DataType) -> Result<BooleanArray> {
        let longs = || self.set(|v| if let Scalar::Long(v) = v { Some(*v) } else { None });
        let micros = || {
            self.set(|v| match v {
                Scalar::Timestamp(v) | Scalar::TimestampNtz(v) => Some(*v),
                _ => None,
            })
        };
        let floats = || self.set(|v| if let Scalar::Double(v) = v { Some(float_key(*v)) } else { None });
        Ok(match data_type {
            DataType::Byte => primitive::<Int8Type, _>(array, &longs(), i64::from),
            DataType::Short => primitive::<Int16Type, _>(array, &longs(), i64::from),
            DataType::Integer => primitive::<Int32Type, _>(array, &longs(), i64::from),
            DataType::Long => primitive::<Int64Type, _>(array, &longs(), |v| v),
            DataType::Float => primitive::<Float32Type, _>(array, &floats(), |v| float_key(f64::from(v))),
            DataType::Double => primitive::<Float64Type, _>(array, &floats(), float_key),
            DataType::Timestamp | DataType::TimestampNtz => {
                primitive::<TimestampMicrosecondType, _>(array, &micros(), |v| v)
            }
            DataType::Date => {
                let set = self.set(|v| if let Scalar::Date(v) = v { Some(*v) } else { None });
                primitive::<Date32Type, _>(array, &set, |v| v)
            }
            DataType::Decimal(_) => {
                let set = self.set(|v| if let Scalar::Decimal(v, _) = v { Some(*v) } else { None });
                primitive::<Decimal128Type, _>(array, &set, |v| v)
            }
            DataType::Boolean => {
                let set = self.set(|v| if let Scalar::Boolean(v) = v { Some(*v) } else { None });
                let array = array.as_boolean();
                array.iter().map(|v| v.map(|v| set.contains(&v))).collect()
            }
            DataType::String => {
                let set = self.set(|v| if let Scalar::String(v) = v { Some(v.as_bytes()) } else { None });
                array.as_string::<i32>().iter().map(|v| v.map(|v| set.contains(v.as_bytes()))).collect()
            }
            _ => {
                let set = self.set(|v| if let Scalar::Binary(v) = v { Some(v.as_slice()) } else { None });
                array.as_binary::<i32>().iter().map(|v| v.map(|v| set.contains(v))).collect()
            }
        })
    }

    fn set<'a, T: Eq + Hash>(&'a self, native: impl Fn(&'a Scalar) -> Option<T>) -> HashSet<T> {
        self.0.iter().filter_map(native).collect()
    }
}

fn primitive<T: ArrowPrimitiveType, K: Eq + Hash>(
    array: &dyn Array,
    set: &HashSet<K>,
    key: impl Fn(T::Native) -> K,
) -> BooleanArray {
    let array: &PrimitiveArray<T> = array.as_primitive();
    BooleanArray::from_unary(array, |v| set.contains(&key(v)))
}

/// The same bits for floats that are equal.
fn float_key(value: f64) -> u64 {
    if value.is_nan() {
        f64::NAN.to_bits()
    } else if value == 0.0 {
        0
    } else {
        value.to_bits()
    }
}
