//! Primitive types of files, among them what legacy writers left, as Delta's types (Delta protocol, "Delta Data Type to
//! Parquet Type Mappings", "Type Widening").

use std::sync::Arc;

use arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::datatypes::{
    DataType as Arrow, Date32Type, Int64Type, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType,
};
use arrow::error::ArrowError;

use crate::schema::{DataType, DecimalType};
use crate::value::cast;

const MICROS_A_DAY: i64 = 86_400_000_000;

/// How one primitive array becomes another.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cast {
    /// By value, where one that does not fit is an error.
    Checked,
    /// Instants of any unit; what is finer than a microsecond is cut towards the past. Parquet's zone is a label.
    Micros(TimeUnit),
    /// Microseconds that the file does not mark as such.
    PlainMicros,
    /// Days that are midnights.
    Midnights,
}

impl Cast {
    /// `None` where values would change or be lost.
    pub(super) fn between(file: &Arrow, wanted: &DataType) -> Option<Self> {
        use Arrow as A;
        if let A::Dictionary(_, value) = file {
            return (matches!(Self::between(value, wanted)?, Self::Checked) || **value == wanted.to_arrow())
                .then_some(Self::Checked);
        }
        let text_or_bytes = |t: &A| matches!(t, A::Utf8 | A::Binary | A::FixedSizeBinary(_));
        Some(match wanted {
            // A file may lack the annotation of the width; what does not fit the type is then an error.
            DataType::Byte | DataType::Short | DataType::Integer | DataType::Long if file.is_integer() => Self::Checked,
            DataType::Double if matches!(file, A::Float32) => Self::Checked,
            DataType::Double if matches!(file, A::Int8 | A::Int16 | A::Int32) => Self::Checked,
            DataType::Decimal(_) if delta(file).is_some_and(|narrow| narrow.widens_to(wanted)) => Self::Checked,
            // What writers of fixed-length decimals call the precision is not always the table's.
            DataType::Decimal(d) => match file {
                A::Decimal128(_, s) | A::Decimal256(_, s) if *s == d.scale() as i8 => Self::Checked,
                _ => return None,
            },
            DataType::String | DataType::Binary if text_or_bytes(file) => Self::Checked,
            DataType::Date if matches!(file, A::Int32) => Self::Checked,
            DataType::TimestampNtz if matches!(file, A::Date32) => Self::Midnights,
            DataType::Timestamp | DataType::TimestampNtz => match file {
                A::Timestamp(unit, _) => Self::Micros(*unit),
                A::Int64 => Self::PlainMicros,
                _ => return None,
            },
            _ => return None,
        })
    }

    /// The array in its new type.
    pub(super) fn apply(self, array: &ArrayRef, target: &Arrow) -> Result<ArrayRef, ArrowError> {
        let micros = match self {
            Self::Checked => return cast(array, target),
            Self::Micros(TimeUnit::Microsecond) => array.as_primitive::<TimestampMicrosecondType>().clone(),
            Self::Micros(TimeUnit::Second) => scaled::<TimestampSecondType>(array, 1_000_000)?,
            Self::Micros(TimeUnit::Millisecond) => scaled::<TimestampMillisecondType>(array, 1000)?,
            Self::Micros(TimeUnit::Nanosecond) => {
                array.as_primitive::<TimestampNanosecondType>().unary(|v| v.div_euclid(1000))
            }
            Self::PlainMicros => array.as_primitive::<Int64Type>().unary(|v| v),
            Self::Midnights => array.as_primitive::<Date32Type>().unary(|v| i64::from(v) * MICROS_A_DAY),
        };
        let Arrow::Timestamp(_, zone) = target else { return cast(&micros, target) };
        Ok(Arc::new(micros.with_timezone_opt(zone.clone())))
    }
}

/// The Delta type of which columns have this form in a file, as far as decimals are made of them.
fn delta(file: &Arrow) -> Option<DataType> {
    Some(match file {
        Arrow::Int8 => DataType::Byte,
        Arrow::Int16 => DataType::Short,
        Arrow::Int32 => DataType::Integer,
        Arrow::Int64 => DataType::Long,
        Arrow::Decimal128(p, s) => DataType::Decimal(DecimalType::new(*p, u8::try_from(*s).ok()?).ok()?),
        _ => return None,
    })
}

fn scaled<T>(array: &ArrayRef, factor: i64) -> Result<PrimitiveArray<TimestampMicrosecondType>, ArrowError>
where
    T: ArrowPrimitiveType<Native = i64>,
{
    array.as_primitive::<T>().try_unary(|v| {
        v.checked_mul(factor)
            .ok_or_else(|| ArrowError::CastError(format!("the instant {v} is past 64 bits of microseconds")))
    })
}
