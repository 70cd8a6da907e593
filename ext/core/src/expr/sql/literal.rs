//! Literals: numbers, days, times, bytes, intervals, and the names of types.

use crate::schema::{DataType, DecimalType};
use crate::value::Scalar;
use crate::value::calendar::{DAY, parse_date, parse_timestamp};
use crate::value::decimal::parse_floor;

/// A literal and its type, or what is wrong with it.
pub(super) type Literal = Result<(Scalar, DataType), String>;

/// A number with the suffix that gives its type: without one, digits are an `int` or a `bigint`, a point makes a
/// decimal, an exponent a `double`.
pub(super) fn number(digits: &str, suffix: &str, negative: bool) -> Literal {
    let text = if negative { format!("-{digits}") } else { digits.to_owned() };
    let misfit = |kind: &str| format!("{text} is not a number of type {kind}");
    let integer = |min: i64, max: i64, data_type: DataType| {
        let value = text.parse::<i64>().ok().filter(|v| (min..=max).contains(v));
        value.map(|v| (Scalar::Long(v), data_type.clone())).ok_or_else(|| misfit(&data_type.to_string()))
    };
    match suffix.to_ascii_uppercase().as_str() {
        "" if digits.contains(['e', 'E']) => double(&text).ok_or_else(|| misfit("double")),
        "" if digits.contains('.') => decimal(&text).ok_or_else(|| misfit("decimal")),
        "" => match text.parse::<i64>() {
            Ok(v) if i32::try_from(v).is_ok() => Ok((Scalar::Long(v), DataType::Integer)),
            Ok(v) => Ok((Scalar::Long(v), DataType::Long)),
            Err(_) => decimal(&text).ok_or_else(|| misfit("decimal")),
        },
        "Y" => integer(i8::MIN.into(), i8::MAX.into(), DataType::Byte),
        "S" => integer(i16::MIN.into(), i16::MAX.into(), DataType::Short),
        "L" => integer(i64::MIN, i64::MAX, DataType::Long),
        "D" => double(&text).ok_or_else(|| misfit("double")),
        "F" => {
            let value = text.parse::<f32>().ok().filter(|v| v.is_finite());
            value.map(|v| (Scalar::Double(v.into()), DataType::Float)).ok_or_else(|| misfit("float"))
        }
        "BD" => decimal(&text).ok_or_else(|| misfit("decimal")),
        other => Err(format!("{other} after a number is none of the suffixes Y, S, L, F, D and BD")),
    }
}

fn double(text: &str) -> Option<(Scalar, DataType)> {
    let value = text.parse::<f64>().ok().filter(|v| v.is_finite())?;
    Some((Scalar::Double(value), DataType::Double))
}

/// As many digits as are written, at most 38.
fn decimal(text: &str) -> Option<(Scalar, DataType)> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let places = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len() as i64);
    let scale = (places - exponent.parse::<i64>().ok()?).max(0);
    let scale = u8::try_from(scale).ok()?;
    let (unscaled, exact) = parse_floor(text, scale)?;
    let digits = unscaled.unsigned_abs().checked_ilog10().map_or(1, |d| d + 1) as u8;
    let data_type = DecimalType::new(digits.max(scale).max(1), scale).ok()?;
    (exact && data_type.fits(unscaled)).then_some((Scalar::Decimal(unscaled, scale), DataType::Decimal(data_type)))
}

/// `DATE '…'`, `TIMESTAMP '…'` and the like; `None` where `keyword` begins no literal.
pub(super) fn typed(keyword: &str, text: &str) -> Option<Literal> {
    let trimmed = text.trim();
    let misfit = |what: &str| format!("{text:?} is not a {what}");
    Some(match keyword {
        "DATE" => parse_date(trimmed)
            .and_then(|days| i32::try_from(days).ok())
            .map(|days| (Scalar::Date(days), DataType::Date))
            .ok_or_else(|| misfit("date such as 2026-01-31")),
        // A clock without a zone shows UTC.
        "TIMESTAMP" | "TIMESTAMP_LTZ" => parse_timestamp(trimmed)
            .and_then(|(micros, offset)| micros.checked_sub(offset.unwrap_or(0)))
            .map(|micros| (Scalar::Timestamp(micros), DataType::Timestamp))
            .ok_or_else(|| misfit("time such as 2026-01-31 12:00:00 or 2026-01-31T12:00:00Z")),
        "TIMESTAMP_NTZ" => parse_timestamp(trimmed)
            .filter(|(_, offset)| offset.is_none())
            .map(|(micros, _)| (Scalar::TimestampNtz(micros), DataType::TimestampNtz))
            .ok_or_else(|| misfit("time without a zone, such as 2026-01-31 12:00:00")),
        _ => return None,
    })
}

/// Bytes from hexadecimal digits; an odd one stands alone at the front.
pub(super) fn bytes(digits: &str) -> Option<Vec<u8>> {
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let even = if digits.len() % 2 == 1 { format!("0{digits}") } else { digits.to_owned() };
    (0..even.len()).step_by(2).map(|at| u8::from_str_radix(even.get(at..at + 2)?, 16).ok()).collect()
}

/// So many of a unit: months, and microseconds.
pub(super) fn interval(amount: &str, unit: &str) -> Option<(i32, i64)> {
    let unit = unit.to_ascii_uppercase();
    let months = |by: i32| Some((amount.trim().parse::<i32>().ok()?.checked_mul(by)?, 0));
    let micros = |by: i64| {
        let (millionths, exact) = parse_floor(amount.trim(), 6)?;
        let total = millionths.checked_mul(by.into())?;
        (exact && total % 1_000_000 == 0).then(|| i64::try_from(total / 1_000_000).ok().map(|t| (0, t)))?
    };
    match unit.strip_suffix('S').unwrap_or(&unit) {
        "YEAR" => months(12),
        "MONTH" => months(1),
        "WEEK" => micros(7 * DAY),
        "DAY" => micros(DAY),
        "HOUR" => micros(3_600_000_000),
        "MINUTE" => micros(60_000_000),
        "SECOND" => micros(1_000_000),
        "MILLISECOND" => micros(1_000),
        "MICROSECOND" => micros(1),
        _ => None,
    }
}

/// The type that SQL calls so; `None` for others. `parameters` are the numbers in brackets after it.
pub(super) fn type_named(name: &str, parameters: &[u8]) -> Option<DataType> {
    let plain = |data_type: DataType| parameters.is_empty().then_some(data_type);
    match name.to_ascii_uppercase().as_str() {
        "BOOLEAN" => plain(DataType::Boolean),
        "TINYINT" | "BYTE" => plain(DataType::Byte),
        "SMALLINT" | "SHORT" => plain(DataType::Short),
        "INT" | "INTEGER" => plain(DataType::Integer),
        "BIGINT" | "LONG" => plain(DataType::Long),
        "FLOAT" | "REAL" => plain(DataType::Float),
        "DOUBLE" => plain(DataType::Double),
        "STRING" => plain(DataType::String),
        "BINARY" => plain(DataType::Binary),
        "DATE" => plain(DataType::Date),
        "TIMESTAMP" | "TIMESTAMP_LTZ" => plain(DataType::Timestamp),
        "TIMESTAMP_NTZ" => plain(DataType::TimestampNtz),
        "DECIMAL" | "DEC" | "NUMERIC" => {
            let (precision, scale) = match parameters {
                [] => (10, 0),
                [precision] => (*precision, 0),
                [precision, scale] => (*precision, *scale),
                _ => return None,
            };
            DecimalType::new(precision, scale).ok().map(DataType::Decimal)
        }
        _ => None,
    }
}
