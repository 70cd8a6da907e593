//! Arithmetic. Integers that overflow are an error, decimals of too many digits and divisions by zero are null.

use std::cmp::Ordering;

use arrow::datatypes::i256;

use super::cast::{fit, half_up};
use super::rows::Rows;
use super::types::Form;
use super::values::Values;
use crate::error::{Error, Result};
use crate::expr::sql::ArithOp;
use crate::schema::{DataType, DecimalType};
use crate::value::calendar::{DAY, add_months};

pub(super) fn negate(rows: &Rows<'_>, values: &Values, data_type: &DataType) -> Result<Values> {
    let only = &[values];
    match Form::of(data_type) {
        Form::Double => {
            let doubles = values.doubles()?;
            rows.doubles(only, &|row| Ok(doubles.get(row).map(|v| -v)))
        }
        Form::Decimal => {
            let decimals = values.decimals()?;
            rows.decimals(only, &|row| Ok(decimals.get(row).map(|v| -v)))
        }
        _ => {
            let longs = values.longs()?;
            rows.longs(only, &|row| longs.get(row).map(|v| fit(-i128::from(v), data_type)).transpose())
        }
    }
}

/// Of operands that have one form, as [`super::types`] brings them to.
pub(super) fn arith(
    rows: &Rows<'_>,
    op: ArithOp,
    (a, b): (&Values, &Values),
    (a_type, b_type): (&DataType, &DataType),
    result: &DataType,
) -> Result<Values> {
    let both = &[a, b];
    match (a_type, b_type) {
        (DataType::Decimal(x), DataType::Decimal(y)) => {
            let (x, y) = (*x, *y);
            let (a, b) = (a.decimals()?, b.decimals()?);
            let pair = |row| Some((a.get(row)?, b.get(row)?));
            match result {
                DataType::Decimal(to) => rows.decimals(both, &|row| {
                    pair(row).map_or(Ok(None), |(a, b)| decimals(op, (a, x.scale()), (b, y.scale()), *to))
                }),
                _ => rows.longs(both, &|row| match pair(row) {
                    Some((a, b)) if b != 0 => whole_quotient((a, x.scale()), (b, y.scale()), result).map(Some),
                    _ => Ok(None),
                }),
            }
        }
        _ if Form::of(a_type) == Form::Double => {
            let (a, b) = (a.doubles()?, b.doubles()?);
            let rounded = |v: f64| if result == &DataType::Float { f64::from(v as f32) } else { v };
            let pair = |row| Some((a.get(row)?, b.get(row)?));
            if result == &DataType::Long {
                return rows.longs(both, &|row| match pair(row) {
                    Some((a, b)) if b != 0.0 && (a / b).is_finite() => fit((a / b).trunc() as i128, result).map(Some),
                    _ => Ok(None),
                });
            }
            rows.doubles(both, &|row| {
                let Some((a, b)) = pair(row) else { return Ok(None) };
                Ok(match op {
                    ArithOp::Add => Some(a + b),
                    ArithOp::Subtract => Some(a - b),
                    ArithOp::Multiply => Some(a * b),
                    _ if b == 0.0 => None,
                    ArithOp::Remainder => Some(a % b),
                    _ => Some(a / b),
                }
                .map(rounded))
            })
        }
        _ => {
            let (a, b) = (a.longs()?, b.longs()?);
            rows.longs(both, &|row| {
                let (Some(a), Some(b)) = (a.get(row), b.get(row)) else { return Ok(None) };
                let (a, b) = (i128::from(a), i128::from(b));
                let value = match op {
                    ArithOp::Add => a + b,
                    ArithOp::Subtract => a - b,
                    ArithOp::Multiply => a * b,
                    _ if b == 0 => return Ok(None),
                    ArithOp::Remainder => a % b,
                    _ => a / b,
                };
                fit(value, result).map(Some)
            })
        }
    }
}

fn power(places: u32) -> Option<i256> {
    i256::from_i128(10).checked_pow(places)
}

/// In 256 bits, rounded half away from zero to the digits of the result.
fn decimals(op: ArithOp, (a, s): (i128, u8), (b, t): (i128, u8), to: DecimalType) -> Result<Option<i128>> {
    if b == 0 && matches!(op, ArithOp::Divide | ArithOp::Remainder) {
        return Ok(None);
    }
    let common = s.max(t);
    let scaled = |value: i128, scale: u8| i256::from_i128(value).checked_mul(power(u32::from(common - scale))?);
    let (exact, scale) = match op {
        ArithOp::Add => (both(scaled(a, s), scaled(b, t)).and_then(|(a, b)| a.checked_add(b)), common),
        ArithOp::Subtract => (both(scaled(a, s), scaled(b, t)).and_then(|(a, b)| a.checked_sub(b)), common),
        ArithOp::Remainder => (both(scaled(a, s), scaled(b, t)).and_then(|(a, b)| a.checked_rem(b)), common),
        ArithOp::Multiply => (i256::from_i128(a).checked_mul(i256::from_i128(b)), s + t),
        ArithOp::Divide | ArithOp::Div => return quotient((a, s), (b, t), to),
    };
    let exact = exact.ok_or_else(too_wide)?;
    let value = match scale.cmp(&to.scale()) {
        Ordering::Greater => rounded(exact, power(u32::from(scale - to.scale())).ok_or_else(too_wide)?),
        _ => power(u32::from(to.scale() - scale)).and_then(|by| exact.checked_mul(by)),
    };
    Ok(value.and_then(i256::to_i128).filter(|v| to.fits(*v)))
}

fn quotient((a, s): (i128, u8), (b, t): (i128, u8), to: DecimalType) -> Result<Option<i128>> {
    // a / 10^s over b / 10^t, times 10^scale.
    let places = i32::from(to.scale()) + i32::from(t) - i32::from(s);
    let by = power(places.unsigned_abs()).ok_or_else(too_wide)?;
    let (a, b) = (i256::from_i128(a), i256::from_i128(b));
    let (a, b) = if places >= 0 { (a.checked_mul(by), Some(b)) } else { (Some(a), b.checked_mul(by)) };
    let (a, b) = both(a, b).ok_or_else(too_wide)?;
    Ok(rounded(a, b).and_then(i256::to_i128).filter(|v| to.fits(*v)))
}

fn whole_quotient((a, s): (i128, u8), (b, t): (i128, u8), to: &DataType) -> Result<i64> {
    let common = s.max(t);
    let scaled = |value: i128, scale: u8| i256::from_i128(value).checked_mul(power(u32::from(common - scale))?);
    let quotient = both(scaled(a, s), scaled(b, t)).and_then(|(a, b)| a.checked_div(b));
    fit(quotient.and_then(i256::to_i128).ok_or_else(too_wide)?, to)
}

fn both<T>(a: Option<T>, b: Option<T>) -> Option<(T, T)> {
    Some((a?, b?))
}

fn rounded(value: i256, divisor: i256) -> Option<i256> {
    let quotient = value.checked_div(divisor)?;
    let rest = value.checked_rem(divisor)?;
    let twice = rest.checked_abs()?.checked_mul(i256::from_i128(2))?;
    if twice < divisor.checked_abs()? {
        return Some(quotient);
    }
    let negative = value.is_negative() != divisor.is_negative();
    quotient.checked_add(i256::from_i128(if negative { -1 } else { 1 }))
}

fn too_wide() -> Error {
    Error::argument("decimal arithmetic needs more than 256 bits on the way: cast its operands to fewer digits")
}

/// Days and times with months and then microseconds added.
pub(super) fn shift(
    rows: &Rows<'_>,
    values: &Values,
    data_type: &DataType,
    months: i32,
    micros: i64,
) -> Result<Values> {
    let longs = values.longs()?;
    rows.longs(&[values], &|row| {
        let Some(value) = longs.get(row) else { return Ok(None) };
        let (day, time) = match data_type {
            DataType::Date => (value, 0),
            _ => (value.div_euclid(DAY), value.rem_euclid(DAY)),
        };
        let day = if months == 0 { Some(day) } else { add_months(day, months.into()) };
        let day = day.ok_or_else(|| Error::argument("a day moves past the years that there are"))?;
        match data_type {
            DataType::Date => fit(i128::from(day) + i128::from(micros / DAY), data_type).map(Some),
            _ => fit(i128::from(day) * i128::from(DAY) + i128::from(time) + i128::from(micros), data_type).map(Some),
        }
    })
}

/// Rounded half away from zero to so many places, which may be before the point.
pub(super) fn round(rows: &Rows<'_>, values: &Values, from: &DataType, to: &DataType, places: i32) -> Result<Values> {
    let only = &[values];
    match (Form::of(from), to) {
        (Form::Double, _) => {
            let doubles = values.doubles()?;
            rows.doubles(only, &|row| Ok(doubles.get(row).map(|v| round_double(v, from == &DataType::Float, places))))
        }
        (Form::Decimal, DataType::Decimal(to)) => {
            let decimals = values.decimals()?;
            let scale = if let DataType::Decimal(d) = from { i32::from(d.scale()) } else { 0 };
            rows.decimals(only, &|row| {
                let Some(value) = decimals.get(row) else { return Ok(None) };
                let cut = u32::try_from(scale - places).unwrap_or(0);
                let Some(divisor) = 10i128.checked_pow(cut) else { return Ok(Some(0)) };
                // Back to the scale of the result, which is `places` or 0.
                let back = 10i128.checked_pow(u32::try_from(-places).unwrap_or(0));
                let value = back.and_then(|by| half_up(value, divisor).checked_mul(by));
                Ok(value.filter(|v| to.fits(*v)))
            })
        }
        _ => {
            let longs = values.longs()?;
            rows.longs(only, &|row| {
                let Some(value) = longs.get(row) else { return Ok(None) };
                let Some(divisor) = 10i128.checked_pow(u32::try_from(-places).unwrap_or(0)) else { return Ok(Some(0)) };
                fit(half_up(value.into(), divisor) * divisor, to).map(Some)
            })
        }
    }
}

/// By the decimal digits that the float is written with, as Spark does.
fn round_double(value: f64, float: bool, places: i32) -> f64 {
    if !value.is_finite() || value == 0.0 {
        return value;
    }
    let shortest = if float { format!("{:e}", value as f32) } else { format!("{value:e}") };
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    // Digits that stay: those before the point, and so many after it.
    let kept = exponent.saturating_add(1).saturating_add(places);
    if kept >= digits.len() as i32 {
        return value;
    }
    if kept < 0 {
        return 0.0;
    }
    let (keep, rest) = digits.split_at(kept as usize);
    let mut unscaled: i128 = keep.parse().unwrap_or(0);
    if rest.as_bytes().first().is_some_and(|d| *d >= b'5') {
        unscaled += 1;
    }
    let rounded: f64 = format!("{unscaled}e{}", -i64::from(places)).parse().unwrap_or(value);
    rounded * value.signum()
}
