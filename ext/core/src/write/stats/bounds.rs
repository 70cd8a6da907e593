//! Smallest and largest value of a leaf column.

use arrow::array::{Array, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::compute;
use arrow::datatypes::{
    ArrowNumericType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};

use super::text;
use crate::schema::DataType;
use crate::value::{calendar, format_decimal};

/// Bounds so far, in the form that their type needs.
pub(super) enum Bounds {
    /// The type has none: booleans, binaries, and all that is nested or variant.
    Absent,
    Number(Range<i64>),
    Date(Range<i64>),
    Timestamp(Range<i64>),
    TimestampNtz(Range<i64>),
    Decimal(u8, Range<i128>),
    Float(Range<f64>, SeenNan),
    Text(Range<String>),
}

type Range<T> = Option<(T, T)>;

/// Whether a NaN, which sorts above all numbers, was among the values.
pub(super) type SeenNan = bool;

/// Days of the years 1 to 9999, which every reader can parse.
const READABLE_DAYS: std::ops::Range<i64> = -719_162..2_932_897;

impl Bounds {
    pub(super) fn new(data_type: &DataType) -> Self {
        match data_type {
            DataType::Byte | DataType::Short | DataType::Integer | DataType::Long => Self::Number(None),
            DataType::Date => Self::Date(None),
            DataType::Timestamp => Self::Timestamp(None),
            DataType::TimestampNtz => Self::TimestampNtz(None),
            DataType::Decimal(d) => Self::Decimal(d.scale(), None),
            DataType::Float | DataType::Double => Self::Float(None, false),
            DataType::String => Self::Text(None),
            DataType::Boolean
            | DataType::Binary
            | DataType::Variant
            | DataType::Void
            | DataType::Unknown(_)
            | DataType::Struct(_)
            | DataType::Array(_)
            | DataType::Map(_) => Self::Absent,
        }
    }

    /// Widens the bounds by the values that are not null.
    pub(super) fn update(&mut self, array: &dyn Array) {
        match self {
            Self::Absent => {}
            Self::Number(range) | Self::Date(range) | Self::Timestamp(range) | Self::TimestampNtz(range) => {
                widen(range, integers(array));
            }
            Self::Decimal(_, range) => widen(range, array.as_primitive_opt::<Decimal128Type>().and_then(extremes)),
            Self::Float(range, nan) => {
                let (found, found_nan) = floats(array);
                widen(range, found);
                *nan |= found_nan;
            }
            Self::Text(range) => {
                let Some(texts) = array.as_string_opt::<i32>() else { return };
                let Some((low, high)) = compute::min_string(texts).zip(compute::max_string(texts)) else { return };
                match range {
                    None => *range = Some((low.to_owned(), high.to_owned())),
                    Some((min, max)) => {
                        if low < min.as_str() {
                            low.clone_into(min);
                        }
                        if high > max.as_str() {
                            high.clone_into(max);
                        }
                    }
                }
            }
        }
    }

    /// The lower bound as JSON, if there is one that holds.
    pub(super) fn min_json(&self, prefix: usize) -> Option<String> {
        match self {
            Self::Text(range) => range.as_ref().map(|(min, _)| quote(text::lower_bound(min, prefix))),
            // A zero may have been of either sign: the lower bound is the negative one.
            Self::Float(range, _) => float_json(range.as_ref()?.0, -0.0),
            Self::Decimal(scale, range) => range.map(|(min, _)| decimal_json(min, *scale)),
            _ => self.integer_json(|range| range.0),
        }
    }

    /// The upper bound as JSON, if there is one that holds.
    pub(super) fn max_json(&self, prefix: usize) -> Option<String> {
        match self {
            Self::Text(range) => range.as_ref().and_then(|(_, max)| text::upper_bound(max, prefix)).map(|m| quote(&m)),
            Self::Float(_, true) => None,
            Self::Float(range, false) => float_json(range.as_ref()?.1, 0.0),
            Self::Decimal(scale, range) => range.map(|(_, max)| decimal_json(max, *scale)),
            _ => self.integer_json(|range| range.1),
        }
    }

    fn integer_json(&self, pick: impl Fn((i64, i64)) -> i64) -> Option<String> {
        let mut out = String::from("\"");
        match self {
            Self::Number(range) => return range.map(|r| pick(r).to_string()),
            Self::Date(range) => {
                let days = range.map(&pick).filter(|days| READABLE_DAYS.contains(days))?;
                calendar::format_date(days, &mut out);
            }
            Self::Timestamp(range) | Self::TimestampNtz(range) => {
                let micros =
                    range.map(&pick).filter(|micros| READABLE_DAYS.contains(&micros.div_euclid(calendar::DAY)))?;
                calendar::format_timestamp(micros, 'T', 3, &mut out);
                if matches!(self, Self::Timestamp(_)) {
                    out.push('Z');
                }
            }
            Self::Absent | Self::Decimal(..) | Self::Float(..) | Self::Text(_) => return None,
        }
        out.push('"');
        Some(out)
    }
}

fn widen<T: PartialOrd + Copy>(range: &mut Range<T>, found: Range<T>) {
    let Some((low, high)) = found else { return };
    *range = Some(match *range {
        None => (low, high),
        Some((min, max)) => (if low < min { low } else { min }, if high > max { high } else { max }),
    });
}

fn integers(array: &dyn Array) -> Range<i64> {
    fn widened<T: ArrowNumericType>(array: &dyn Array) -> Option<Range<i64>>
    where
        T::Native: Into<i64>,
    {
        let range = array.as_primitive_opt::<T>().map(extremes)?;
        Some(range.map(|(min, max)| (min.into(), max.into())))
    }
    widened::<Int64Type>(array)
        .or_else(|| widened::<TimestampMicrosecondType>(array))
        .or_else(|| widened::<Int32Type>(array))
        .or_else(|| widened::<Date32Type>(array))
        .or_else(|| widened::<Int16Type>(array))
        .or_else(|| widened::<Int8Type>(array))
        .flatten()
}

fn extremes<T: ArrowNumericType>(array: &PrimitiveArray<T>) -> Range<T::Native> {
    compute::min(array).zip(compute::max(array))
}

fn floats(array: &dyn Array) -> (Range<f64>, SeenNan) {
    if let Some(array) = array.as_primitive_opt::<Float64Type>() {
        return number_extremes(array);
    }
    array.as_primitive_opt::<Float32Type>().map_or((None, false), number_extremes)
}

/// Arrow's kernels order NaN among the numbers; these bounds leave it out.
fn number_extremes<T: ArrowPrimitiveType>(array: &PrimitiveArray<T>) -> (Range<f64>, SeenNan)
where
    T::Native: Into<f64>,
{
    let (mut min, mut max, mut nan) = (f64::INFINITY, f64::NEG_INFINITY, false);
    let mut see = |value: f64| {
        min = if value < min { value } else { min };
        max = if value > max { value } else { max };
        nan |= value.is_nan();
    };
    if array.null_count() == 0 {
        array.values().iter().for_each(|&v| see(v.into()));
    } else {
        array.iter().flatten().for_each(|v| see(v.into()));
    }
    // Both stay crossed where there was no number at all.
    ((min <= max).then_some((min, max)), nan)
}

fn float_json(value: f64, zero: f64) -> Option<String> {
    let value = if value == 0.0 { zero } else { value };
    // JSON has no infinities.
    value.is_finite().then(|| serde_json::to_string(&value).ok()).flatten()
}

fn decimal_json(unscaled: i128, scale: u8) -> String {
    let mut out = String::new();
    format_decimal(unscaled, scale, &mut out);
    out
}

fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
