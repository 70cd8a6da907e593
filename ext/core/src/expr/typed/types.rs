//! The types that operands are brought to, and those of results (Spark's `TypeCoercion` and `DecimalPrecision`).

use crate::expr::sql::ArithOp;
use crate::schema::{DataType, DecimalType};

/// Digits of a decimal at most, and those after the point that are kept where there would be more.
const MAX_PRECISION: u8 = 38;
const KEPT_SCALE: u8 = 6;

/// How values of a type are held while an expression is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Boolean,
    /// Every integer, days, and microseconds.
    Long,
    /// Both floats.
    Double,
    Decimal,
    Text,
    Bytes,
    /// As the batch has them: structs, arrays, maps, and nulls of no type.
    Other,
}

impl Form {
    pub(super) fn of(data_type: &DataType) -> Self {
        match data_type {
            DataType::Boolean => Self::Boolean,
            DataType::Float | DataType::Double => Self::Double,
            DataType::Decimal(_) => Self::Decimal,
            DataType::String => Self::Text,
            DataType::Binary => Self::Bytes,
            DataType::Date | DataType::Timestamp | DataType::TimestampNtz => Self::Long,
            integer if is_integer(integer) => Self::Long,
            _ => Self::Other,
        }
    }
}

pub(super) fn is_integer(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Byte | DataType::Short | DataType::Integer | DataType::Long)
}

pub(super) fn is_number(data_type: &DataType) -> bool {
    is_integer(data_type) || matches!(data_type, DataType::Float | DataType::Double | DataType::Decimal(_))
}

pub(super) fn is_time(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp | DataType::TimestampNtz)
}

fn decimal(precision: u8, scale: u8) -> Option<DataType> {
    DecimalType::new(precision, scale).ok().map(DataType::Decimal)
}

/// The decimal that holds every value of a whole or decimal type.
pub(super) fn as_decimal(data_type: &DataType) -> Option<DecimalType> {
    let digits = match data_type {
        DataType::Decimal(d) => return Some(*d),
        DataType::Byte => 3,
        DataType::Short => 5,
        DataType::Integer => 10,
        DataType::Long => 20,
        _ => return None,
    };
    DecimalType::new(digits, 0).ok()
}

/// The decimal that holds a whole number and no more.
pub(super) fn decimal_of(value: i64) -> Option<DecimalType> {
    let digits = value.unsigned_abs().checked_ilog10().map_or(1, |d| d + 1);
    DecimalType::new(u8::try_from(digits).ok()?, 0).ok()
}

/// The type that values of both become where one result has either (`CASE`, `coalesce`); `None` where there is none.
pub(super) fn common(a: &DataType, b: &DataType) -> Option<DataType> {
    use DataType as T;
    Some(match (a, b) {
        _ if a == b => a.clone(),
        (T::Void, other) | (other, T::Void) => other.clone(),
        (T::Decimal(_), T::Float | T::Double) | (T::Float | T::Double, T::Decimal(_)) => T::Double,
        (T::Decimal(_), _) | (_, T::Decimal(_)) if is_number(a) && is_number(b) => {
            let (a, b) = (as_decimal(a)?, as_decimal(b)?);
            let scale = a.scale().max(b.scale());
            let whole = (a.precision() - a.scale()).max(b.precision() - b.scale());
            decimal((whole + scale).min(MAX_PRECISION), scale)?
        }
        _ if is_number(a) && is_number(b) => {
            [T::Double, T::Float, T::Long, T::Integer, T::Short].into_iter().find(|wide| a == wide || b == wide)?
        }
        (T::Date, time) | (time, T::Date) if is_time(time) => time.clone(),
        (T::Timestamp, T::TimestampNtz) | (T::TimestampNtz, T::Timestamp) => T::Timestamp,
        (T::String, other) | (other, T::String) if is_number(other) || is_time(other) || *other == T::Date => T::String,
        _ => return None,
    })
}

/// The decimal that the result of arithmetic on two decimals is rounded to.
pub(super) fn decimal_arithmetic(op: ArithOp, a: DecimalType, b: DecimalType) -> Option<DecimalType> {
    let (p1, s1, p2, s2) = (a.precision(), a.scale(), b.precision(), b.scale());
    let (precision, scale) = match op {
        ArithOp::Add | ArithOp::Subtract => {
            let scale = s1.max(s2);
            ((p1 - s1).max(p2 - s2) + scale + 1, scale)
        }
        ArithOp::Multiply => (p1 + p2 + 1, s1 + s2),
        ArithOp::Divide => {
            let scale = KEPT_SCALE.max(s1 + p2 + 1);
            (p1 - s1 + s2 + scale, scale)
        }
        ArithOp::Remainder => {
            let scale = s1.max(s2);
            ((p1 - s1).min(p2 - s2) + scale, scale)
        }
        ArithOp::Div => ((p1 - s1 + s2).max(1), 0),
    };
    bounded(precision, scale)
}

/// Too many digits are taken away after the point, but for six of them.
fn bounded(precision: u8, scale: u8) -> Option<DecimalType> {
    if precision <= MAX_PRECISION {
        return DecimalType::new(precision.max(1), scale).ok();
    }
    let whole = precision - scale;
    let scale = MAX_PRECISION.saturating_sub(whole).max(scale.min(KEPT_SCALE));
    DecimalType::new(MAX_PRECISION, scale).ok()
}
