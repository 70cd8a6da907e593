//! Conversions between types, as Spark's `CAST` has them without ANSI mode: what cannot be read is null. An integer that does
//! not fit is an error, and null for `TRY_CAST`.

use super::compare::to_double;
use super::rows::Rows;
use super::types::{Form, is_integer};
use super::values::Values;
use crate::error::{Error, Result};
use crate::schema::{DataType, DecimalType};
use crate::value::calendar::{DAY, days_from_civil, format_date, format_timestamp, parse_timestamp};
use crate::value::{decimal::parse_floor, format_decimal, java_float};

const SECOND: i64 = 1_000_000;

/// Whether values of the one type are made values of the other.
pub(super) fn castable(from: &DataType, to: &DataType) -> bool {
    use DataType as T;
    let number = |t: &T| super::types::is_number(t);
    from == to
        || match (from, to) {
            (T::Void, _) => true,
            (T::String, to) => to.is_primitive() && *to != T::Void,
            (from, T::String) => from.is_primitive(),
            (T::Boolean, to) => number(to),
            (from, T::Boolean) => number(from),
            (T::Date | T::Timestamp | T::TimestampNtz, T::Date | T::Timestamp | T::TimestampNtz) => true,
            (T::Timestamp, T::Long | T::Double) => true,
            (from, T::Timestamp) => is_integer(from) || matches!(from, T::Float | T::Double),
            (from, to) => number(from) && number(to),
        }
}

/// The range of an integer type, `None` for others.
pub(super) fn range(data_type: &DataType) -> Option<(i64, i64)> {
    Some(match data_type {
        DataType::Byte => (i8::MIN.into(), i8::MAX.into()),
        DataType::Short => (i16::MIN.into(), i16::MAX.into()),
        DataType::Integer | DataType::Date => (i32::MIN.into(), i32::MAX.into()),
        DataType::Long => (i64::MIN, i64::MAX),
        _ => return None,
    })
}

/// The value, if the integer type has it.
pub(super) fn fit(value: i128, data_type: &DataType) -> Result<i64> {
    let (min, max) = range(data_type).unwrap_or((i64::MIN, i64::MAX));
    let fitting = i64::try_from(value).ok().filter(|v| (min..=max).contains(v));
    fitting.ok_or_else(|| misfit(value, data_type))
}

fn misfit(value: impl std::fmt::Display, data_type: &DataType) -> Error {
    Error::argument(format!("an expression of type {data_type} has the value {value}, which does not fit it"))
}

pub(super) fn cast(rows: &Rows<'_>, values: &Values, from: &DataType, to: &DataType, or_null: bool) -> Result<Values> {
    if from == to {
        return Ok(values.clone());
    }
    if from == &DataType::Void {
        return Values::single(None, to);
    }
    match to {
        DataType::Boolean => to_boolean(rows, values, from),
        DataType::Float | DataType::Double => to_floating(rows, values, from, to),
        DataType::Decimal(d) => to_decimal(rows, values, from, *d),
        DataType::String => to_text(rows, values, from),
        DataType::Binary => {
            let texts = values.texts()?;
            rows.bytes(&[values], &|row| texts.get(row).map(|t| t.as_bytes().to_vec()))
        }
        _ => to_long(rows, values, from, to, or_null),
    }
}

fn to_boolean(rows: &Rows<'_>, values: &Values, from: &DataType) -> Result<Values> {
    let only = &[values];
    Ok(match Form::of(from) {
        Form::Long => {
            let longs = values.longs()?;
            rows.booleans(only, &|row| Some(longs.get(row)? != 0))
        }
        Form::Double => {
            let doubles = values.doubles()?;
            rows.booleans(only, &|row| Some(doubles.get(row)? != 0.0))
        }
        Form::Decimal => {
            let decimals = values.decimals()?;
            rows.booleans(only, &|row| Some(decimals.get(row)? != 0))
        }
        _ => {
            let texts = values.texts()?;
            rows.booleans(only, &|row| match texts.get(row)?.trim().to_ascii_lowercase().as_str() {
                "t" | "true" | "y" | "yes" | "1" => Some(true),
                "f" | "false" | "n" | "no" | "0" => Some(false),
                _ => None,
            })
        }
    })
}

/// Integers, days and times.
fn to_long(rows: &Rows<'_>, values: &Values, from: &DataType, to: &DataType, or_null: bool) -> Result<Values> {
    let only = &[values];
    let fitted = |value: i128| match fit(value, to) {
        Err(_) if or_null => Ok(None),
        done => done.map(Some),
    };
    match Form::of(from) {
        Form::Boolean => {
            let booleans = values.booleans()?;
            rows.longs(only, &|row| Ok(booleans.get(row).map(i64::from)))
        }
        Form::Long => {
            let longs = values.longs()?;
            rows.longs(only, &|row| {
                let Some(value) = longs.get(row) else { return Ok(None) };
                let wide = i128::from(value);
                fitted(match (from, to) {
                    (DataType::Date, DataType::Timestamp | DataType::TimestampNtz) => wide * i128::from(DAY),
                    (DataType::Timestamp | DataType::TimestampNtz, DataType::Date) => wide.div_euclid(DAY.into()),
                    (DataType::Timestamp, DataType::Long) => wide.div_euclid(SECOND.into()),
                    (integer, DataType::Timestamp) if is_integer(integer) => wide * i128::from(SECOND),
                    _ => wide,
                })
            })
        }
        Form::Double => {
            let doubles = values.doubles()?;
            let factor = if to == &DataType::Timestamp { SECOND as f64 } else { 1.0 };
            rows.longs(only, &|row| match doubles.get(row) {
                Some(value) if value.is_finite() => fitted((value * factor).trunc() as i128),
                // As in Spark, where a number that no integer has is an error and no instant is null.
                Some(value) if is_integer(to) && !or_null => Err(misfit(value, to)),
                _ => Ok(None),
            })
        }
        Form::Decimal => {
            let decimals = values.decimals()?;
            let divisor = match from {
                DataType::Decimal(d) => 10i128.pow(d.scale().into()),
                _ => 1,
            };
            rows.longs(only, &|row| decimals.get(row).map_or(Ok(None), |v| fitted(v / divisor)))
        }
        _ => {
            let texts = values.texts()?;
            rows.longs(only, &|row| {
                Ok(texts.get(row).and_then(|text| match to {
                    DataType::Date => day(text),
                    DataType::Timestamp => instant(text),
                    DataType::TimestampNtz => {
                        parse_timestamp(text.trim()).map(|(clock, _)| clock).or_else(|| midnight(text))
                    }
                    _ => integer(text, to),
                }))
            })
        }
    }
}

/// A whole number; what is after a point is cut off.
fn integer(text: &str, data_type: &DataType) -> Option<i64> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (min, max) = range(data_type)?;
    let value = match whole {
        "" | "+" | "-" if text.len() > whole.len() && !fraction.is_empty() => 0,
        digits => digits.parse::<i64>().ok()?,
    };
    (min..=max).contains(&value).then_some(value)
}

/// `2026`, `2026-1`, `2026-01-31`, and the last with anything after a space or a `T`.
pub(super) fn day(text: &str) -> Option<i64> {
    let text = text.trim();
    let date = text.split([' ', 'T']).next()?;
    let (sign, digits) = match date.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, date.strip_prefix('+').unwrap_or(date)),
    };
    let mut parts = digits.split('-');
    let number = |part: Option<&str>, least: usize, most: usize| match part {
        None => Some(1),
        Some(p) if (least..=most).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()) => p.parse::<i64>().ok(),
        Some(_) => None,
    };
    let year = number(Some(parts.next()?), 4, 7)?;
    let (month, day) = (parts.next(), parts.next());
    if parts.next().is_some() || (day.is_none() && date.len() != text.len()) {
        return None;
    }
    let days = days_from_civil(sign * year, number(month, 1, 2)? as u32, number(day, 1, 2)? as u32)?;
    i32::try_from(days).ok().map(i64::from)
}

fn midnight(text: &str) -> Option<i64> {
    day(text).filter(|_| !text.trim().contains([' ', 'T'])).and_then(|days| days.checked_mul(DAY))
}

/// An instant; a clock without a zone shows UTC.
pub(super) fn instant(text: &str) -> Option<i64> {
    match parse_timestamp(text.trim()) {
        Some((micros, offset)) => micros.checked_sub(offset.unwrap_or(0)),
        None => midnight(text),
    }
}

fn to_floating(rows: &Rows<'_>, values: &Values, from: &DataType, to: &DataType) -> Result<Values> {
    let only = &[values];
    let rounded = |value: f64| if to == &DataType::Float { f64::from(value as f32) } else { value };
    match Form::of(from) {
        Form::Boolean => {
            let booleans = values.booleans()?;
            rows.doubles(only, &|row| Ok(booleans.get(row).map(|b| f64::from(u8::from(b)))))
        }
        Form::Long => {
            let longs = values.longs()?;
            let instants = from == &DataType::Timestamp;
            rows.doubles(only, &|row| {
                Ok(longs.get(row).map(|v| match (instants, to) {
                    (true, _) => v as f64 / SECOND as f64,
                    // Straight to 32 bits: by way of 64 it would be rounded twice.
                    (false, DataType::Float) => f64::from(v as f32),
                    (false, _) => v as f64,
                }))
            })
        }
        Form::Double => {
            let doubles = values.doubles()?;
            rows.doubles(only, &|row| Ok(doubles.get(row).map(rounded)))
        }
        Form::Decimal => {
            let decimals = values.decimals()?;
            let scale = if let DataType::Decimal(d) = from { d.scale() } else { 0 };
            rows.doubles(only, &|row| Ok(decimals.get(row).map(|v| rounded(to_double(v, scale)))))
        }
        _ => {
            let texts = values.texts()?;
            rows.doubles(only, &|row| Ok(texts.get(row).and_then(|t| floating(t, to))))
        }
    }
}

/// What Rust reads and Spark too: digits, an exponent, and the three that are no numbers.
fn floating(text: &str, to: &DataType) -> Option<f64> {
    let text = text.trim();
    let word = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    if word.starts_with(|c: char| c.is_ascii_alphabetic()) && !["nan", "inf", "infinity"].contains(&word.as_str()) {
        return None;
    }
    match to {
        DataType::Float => text.parse::<f32>().ok().map(f64::from),
        _ => text.parse().ok(),
    }
}

fn to_decimal(rows: &Rows<'_>, values: &Values, from: &DataType, to: DecimalType) -> Result<Values> {
    let only = &[values];
    match Form::of(from) {
        Form::Boolean => {
            let booleans = values.booleans()?;
            rows.decimals(only, &|row| Ok(booleans.get(row).and_then(|b| rescaled(i128::from(b), 0, to))))
        }
        Form::Long => {
            let longs = values.longs()?;
            rows.decimals(only, &|row| Ok(longs.get(row).and_then(|v| rescaled(v.into(), 0, to))))
        }
        Form::Double => {
            let doubles = values.doubles()?;
            let float = from == &DataType::Float;
            rows.decimals(only, &|row| {
                let digits = |v: f64| if float { format!("{:e}", v as f32) } else { format!("{v:e}") };
                Ok(doubles.get(row).filter(|v| v.is_finite()).and_then(|v| decimal_text(&digits(v), to)))
            })
        }
        Form::Decimal => {
            let decimals = values.decimals()?;
            let scale = if let DataType::Decimal(d) = from { d.scale() } else { 0 };
            rows.decimals(only, &|row| Ok(decimals.get(row).and_then(|v| rescaled(v, scale, to))))
        }
        _ => {
            let texts = values.texts()?;
            rows.decimals(only, &|row| Ok(texts.get(row).and_then(|t| decimal_text(t.trim(), to))))
        }
    }
}

/// The unscaled value in another decimal type, rounded half away from zero; `None` where it has too many digits.
pub(super) fn rescaled(unscaled: i128, from: u8, to: DecimalType) -> Option<i128> {
    let value = if to.scale() >= from {
        unscaled.checked_mul(10i128.checked_pow((to.scale() - from).into())?)?
    } else {
        half_up(unscaled, 10i128.checked_pow((from - to.scale()).into())?)
    };
    to.fits(value).then_some(value)
}

/// The quotient, rounded half away from zero.
pub(super) fn half_up(value: i128, divisor: i128) -> i128 {
    let (quotient, rest) = (value / divisor, (value % divisor).unsigned_abs());
    quotient + if rest >= divisor.unsigned_abs().div_ceil(2) { value.signum() } else { 0 }
}

fn decimal_text(text: &str, to: DecimalType) -> Option<i128> {
    let magnitude = text.strip_prefix(['-', '+']).unwrap_or(text);
    if magnitude.starts_with(['-', '+']) {
        return None;
    }
    // One digit more than is kept tells which way to round, as half is never less than it.
    let value = match parse_floor(magnitude, to.scale() + 1) {
        Some((tenfold, _)) => half_up(tenfold, 10),
        None => parse_floor(magnitude, to.scale()).filter(|(_, exact)| *exact)?.0,
    };
    let signed = if text.starts_with('-') { -value } else { value };
    to.fits(signed).then_some(signed)
}

fn to_text(rows: &Rows<'_>, values: &Values, from: &DataType) -> Result<Values> {
    let only = &[values];
    match Form::of(from) {
        Form::Boolean => {
            let booleans = values.booleans()?;
            rows.texts(only, &|row, out| {
                Ok(booleans.get(row).inspect(|b| out.push_str(if *b { "true" } else { "false" })).is_some())
            })
        }
        Form::Long => {
            let longs = values.longs()?;
            rows.texts(only, &|row, out| {
                let Some(value) = longs.get(row) else { return Ok(false) };
                match from {
                    DataType::Date => format_date(value, out),
                    DataType::Timestamp | DataType::TimestampNtz => {
                        format_timestamp(value, ' ', 6, out);
                        out.truncate(out.trim_end_matches('0').trim_end_matches('.').len());
                    }
                    _ => out.push_str(&value.to_string()),
                }
                Ok(true)
            })
        }
        Form::Double => {
            let doubles = values.doubles()?;
            rows.texts(only, &|row, out| {
                Ok(doubles.get(row).inspect(|v| java_float(*v, from == &DataType::Float, out)).is_some())
            })
        }
        Form::Decimal => {
            let decimals = values.decimals()?;
            let scale = if let DataType::Decimal(d) = from { d.scale() } else { 0 };
            rows.texts(only, &|row, out| Ok(decimals.get(row).inspect(|v| format_decimal(*v, scale, out)).is_some()))
        }
        _ => {
            let bytes = values.bytes()?;
            rows.texts(only, &|row, out| {
                let Some(bytes) = bytes.get(row) else { return Ok(false) };
                let text = std::str::from_utf8(bytes);
                out.push_str(text.map_err(|_| Error::argument("binary that is not UTF-8 cannot be cast to string"))?);
                Ok(true)
            })
        }
    }
}
