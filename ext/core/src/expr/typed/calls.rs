//! What functions give.

use std::cmp::Ordering;

use arrow::array::AsArray;

use super::arith::round;
use super::cast::fit;
use super::compare::Order;
use super::rows::Rows;
use super::text::check_growth;
use super::time::{self, Unit};
use super::tree::Function;
use super::types::Form;
use super::values::{Data, Values};
use crate::error::{Error, Result};
use crate::schema::DataType;
use crate::value::calendar::civil_from_days;

/// The values of `function`, whose arguments are of the types that binding brings them to.
pub(super) fn call(
    rows: &Rows<'_>,
    function: Function,
    arguments: &[Values],
    types: &[&DataType],
    result: &DataType,
) -> Result<Values> {
    use Function as F;
    let from: Vec<&Values> = arguments.iter().collect();
    let argument =
        |at: usize| arguments.get(at).ok_or_else(|| Error::internal(format!("{function:?} has no argument {at}")));
    let first = argument(0)?;
    let data_type = types[0];
    match function {
        F::Abs | F::Sign | F::Ceil | F::Floor => numeric(rows, function, first, data_type, result),
        F::Round => {
            let places = if arguments.len() > 1 { argument(1)?.longs()?.get(0).unwrap_or(0) } else { 0 };
            round(rows, first, data_type, result, i32::try_from(places).unwrap_or(0))
        }
        F::Sqrt | F::Exp | F::Ln => {
            let doubles = first.doubles()?;
            rows.doubles(&from, &|row| {
                Ok(doubles.get(row).and_then(|v| match function {
                    F::Sqrt => Some(v.sqrt()),
                    F::Exp => Some(v.exp()),
                    _ => (v > 0.0 || v.is_nan()).then(|| v.ln()),
                }))
            })
        }
        F::Power => {
            let (a, b) = (first.doubles()?, argument(1)?.doubles()?);
            rows.doubles(&from, &|row| Ok(a.get(row).zip(b.get(row)).map(|(a, b)| a.powf(b))))
        }
        F::Pmod => pmod(rows, first, argument(1)?, data_type, result),
        F::IsNan => {
            let doubles = first.doubles()?;
            Ok(rows.booleans(&from, &|row| Some(doubles.get(row).is_some_and(f64::is_nan))))
        }
        F::Greatest | F::Least => {
            let wanted = if function == F::Greatest { Ordering::Greater } else { Ordering::Less };
            extreme(rows, arguments, result, wanted)
        }
        F::Size => size(rows, first),
        F::Length if data_type == &DataType::Binary => {
            let bytes = first.bytes()?;
            rows.longs(&from, &|row| bytes.get(row).map(|b| fit(b.len() as i128, result)).transpose())
        }
        F::OctetLength if data_type == &DataType::Binary => {
            let bytes = first.bytes()?;
            rows.longs(&from, &|row| bytes.get(row).map(|b| fit(b.len() as i128, result)).transpose())
        }
        F::Length | F::OctetLength => {
            let texts = first.texts()?;
            let length = |t: &str| if function == F::Length { t.chars().count() } else { t.len() };
            rows.longs(&from, &|row| texts.get(row).map(|t| fit(length(t) as i128, result)).transpose())
        }
        F::StartsWith | F::EndsWith | F::Contains => {
            let (a, b) = (first.texts()?, argument(1)?.texts()?);
            Ok(rows.booleans(&from, &|row| {
                let (a, b) = (a.get(row)?, b.get(row)?);
                Some(match function {
                    F::StartsWith => a.starts_with(b),
                    F::EndsWith => a.ends_with(b),
                    _ => a.contains(b),
                })
            }))
        }
        F::Concat => {
            let lanes = arguments.iter().map(Values::texts).collect::<Result<Vec<_>>>()?;
            rows.texts(&from, &|row, out| {
                for lane in &lanes {
                    let Some(text) = lane.get(row) else { return Ok(false) };
                    check_growth(out.len() + text.len())?;
                    out.push_str(text);
                }
                Ok(true)
            })
        }
        F::Replace => {
            let (a, b, c) = (first.texts()?, argument(1)?.texts()?, argument(2)?.texts()?);
            rows.texts(&from, &|row, out| {
                let (Some(text), Some(search), Some(with)) = (a.get(row), b.get(row), c.get(row)) else {
                    return Ok(false);
                };
                if search.is_empty() {
                    out.push_str(text);
                    return Ok(true);
                }
                for (at, part) in text.split(search).enumerate() {
                    check_growth(out.len() + part.len() + with.len())?;
                    out.push_str(if at > 0 { with } else { "" });
                    out.push_str(part);
                }
                Ok(true)
            })
        }
        F::Substring | F::Left | F::Right => substring(rows, function, arguments),
        F::Upper | F::Lower | F::Trim | F::Ltrim | F::Rtrim => {
            let texts = first.texts()?;
            rows.texts(&from, &|row, out| {
                let Some(text) = texts.get(row) else { return Ok(false) };
                match function {
                    F::Upper => out.extend(text.chars().flat_map(char::to_uppercase)),
                    F::Lower => out.push_str(&text.to_lowercase()),
                    F::Trim => out.push_str(text.trim_matches(' ')),
                    F::Ltrim => out.push_str(text.trim_start_matches(' ')),
                    _ => out.push_str(text.trim_end_matches(' ')),
                }
                Ok(true)
            })
        }
        F::DateAdd | F::DateSub | F::DateDiff => {
            let (a, b) = (first.longs()?, argument(1)?.longs()?);
            rows.longs(&from, &|row| {
                let (Some(a), Some(b)) = (a.get(row), b.get(row)) else { return Ok(None) };
                let (a, b) = (i128::from(a), i128::from(b));
                fit(if function == F::DateAdd { a + b } else { a - b }, result).map(Some)
            })
        }
        F::DateFormat => {
            let micros = first.longs()?;
            let pattern = argument(1)?.texts()?.get(0).and_then(time::pattern);
            let pattern = pattern.ok_or_else(|| Error::internal("a pattern was not checked"))?;
            rows.texts(&from, &|row, out| {
                let Some(micros) = micros.get(row) else { return Ok(false) };
                check_growth(out.len())?;
                time::format(&pattern, micros, out);
                Ok(true)
            })
        }
        F::DateTrunc | F::Trunc => {
            let values = first.longs()?;
            let unit = argument(1)?.texts()?.get(0).and_then(Unit::named);
            let unit = unit.ok_or_else(|| Error::internal("a unit was not checked"))?;
            rows.longs(&from, &|row| {
                let cut = |v| if function == F::Trunc { unit.first_day(v) } else { unit.start(v) };
                Ok(values.get(row).and_then(cut))
            })
        }
        F::Hour | F::Minute | F::Second => {
            let micros = first.longs()?;
            let part = match function {
                F::Hour => time::hour,
                F::Minute => time::minute,
                _ => time::second,
            };
            rows.longs(&from, &|row| Ok(micros.get(row).map(part)))
        }
        F::Year | F::Month | F::Day | F::Quarter | F::DayOfWeek | F::DayOfYear | F::Weekday | F::WeekOfYear => {
            let days = first.longs()?;
            rows.longs(&from, &|row| {
                Ok(days.get(row).and_then(|day| {
                    let (year, month, of_month) = civil_from_days(day);
                    match function {
                        F::Year => Some(year),
                        F::Month => Some(month.into()),
                        F::Day => Some(of_month.into()),
                        F::Quarter => Some(i64::from(month - 1) / 3 + 1),
                        // Sunday is 1.
                        F::DayOfWeek => Some((time::weekday(day) + 1) % 7 + 1),
                        F::Weekday => Some(time::weekday(day)),
                        F::DayOfYear => time::day_of_year(day),
                        _ => time::week_of_year(day),
                    }
                }))
            })
        }
    }
}

fn numeric(
    rows: &Rows<'_>,
    function: Function,
    values: &Values,
    data_type: &DataType,
    result: &DataType,
) -> Result<Values> {
    let only = &[values];
    let scale = if let DataType::Decimal(d) = data_type { d.scale() } else { 0 };
    match (Form::of(data_type), function) {
        (Form::Double, Function::Abs) => {
            let doubles = values.doubles()?;
            rows.doubles(only, &|row| Ok(doubles.get(row).map(f64::abs)))
        }
        (Form::Double, Function::Sign) => {
            let doubles = values.doubles()?;
            rows.doubles(only, &|row| Ok(doubles.get(row).map(|v| if v == 0.0 { 0.0 } else { v.signum() })))
        }
        (Form::Double, _) => {
            let doubles = values.doubles()?;
            rows.longs(only, &|row| match doubles.get(row) {
                Some(v) if v.is_finite() => {
                    let whole = if function == Function::Ceil { v.ceil() } else { v.floor() };
                    fit(whole as i128, result).map(Some)
                }
                _ => Ok(None),
            })
        }
        (Form::Decimal, Function::Ceil | Function::Floor) => {
            let decimals = values.decimals()?;
            let one = 10i128.pow(scale.into());
            rows.decimals(only, &|row| {
                Ok(decimals.get(row).map(|v| match function {
                    Function::Ceil => v.div_euclid(one) + i128::from(v.rem_euclid(one) != 0),
                    _ => v.div_euclid(one),
                }))
            })
        }
        (Form::Decimal, _) => {
            let decimals = values.decimals()?;
            rows.decimals(only, &|row| {
                Ok(decimals.get(row).map(|v| if function == Function::Abs { v.abs() } else { v.signum() }))
            })
        }
        _ => {
            let longs = values.longs()?;
            rows.longs(only, &|row| {
                let value = longs.get(row).map(i128::from);
                value.map(|v| fit(if function == Function::Abs { v.abs() } else { v }, result)).transpose()
            })
        }
    }
}

/// The remainder with the sign of the divisor, as far as Spark goes: of negative divisors that of the dividend.
fn pmod(rows: &Rows<'_>, a: &Values, b: &Values, data_type: &DataType, result: &DataType) -> Result<Values> {
    let both = &[a, b];
    match Form::of(data_type) {
        Form::Double => {
            let (a, b) = (a.doubles()?, b.doubles()?);
            rows.doubles(both, &|row| {
                let pair = a.get(row).zip(b.get(row)).filter(|(_, b)| *b != 0.0);
                Ok(pair.map(|(a, b)| if a % b < 0.0 { (a % b + b) % b } else { a % b }))
            })
        }
        Form::Decimal => {
            let (a, b) = (a.decimals()?, b.decimals()?);
            rows.decimals(both, &|row| {
                let pair = a.get(row).zip(b.get(row)).filter(|(_, b)| *b != 0);
                Ok(pair.map(|(a, b)| if a % b < 0 { (a % b + b) % b } else { a % b }))
            })
        }
        _ => {
            let (a, b) = (a.longs()?, b.longs()?);
            rows.longs(both, &|row| {
                let Some((a, b)) = a.get(row).zip(b.get(row)).filter(|(_, b)| *b != 0) else { return Ok(None) };
                let (a, b) = (i128::from(a), i128::from(b));
                fit(if a % b < 0 { (a % b + b) % b } else { a % b }, result).map(Some)
            })
        }
    }
}

/// The greatest or the least that is not null.
fn extreme(rows: &Rows<'_>, arguments: &[Values], data_type: &DataType, wanted: Ordering) -> Result<Values> {
    let Some((first, rest)) = arguments.split_first() else { return Values::single(None, data_type) };
    let mut best = first.clone();
    for next in rest {
        let choice: Vec<usize> = {
            let order = Order::of((next, data_type), (&best, data_type))?;
            let better = |row| match order.of_row(row) {
                Some(found) => found == wanted,
                None => best.is_null(row),
            };
            (0..rows.len).map(|row| usize::from(better(row))).collect()
        };
        best = rows.choose(data_type, &[best, next.clone()], &choice)?;
    }
    Ok(best)
}

/// Of an array or a map; -1 for null, as Spark has it without ANSI mode.
fn size(rows: &Rows<'_>, values: &Values) -> Result<Values> {
    let Data::Other(array) = &values.data else { return Err(Error::internal("only arrays and maps have a size")) };
    let offsets = match (array.as_list_opt::<i32>(), array.as_map_opt()) {
        (Some(list), _) => list.offsets(),
        (_, Some(map)) => map.offsets(),
        _ => return Err(Error::internal("only arrays and maps have a size")),
    };
    rows.longs(&[values], &|row| {
        let present = !values.is_null(row) && row + 1 < offsets.len();
        Ok(Some(if present { i64::from(offsets[row + 1]) - i64::from(offsets[row]) } else { -1 }))
    })
}

/// Characters from a position, which is from 1 or, below 0, from the end.
fn substring(rows: &Rows<'_>, function: Function, arguments: &[Values]) -> Result<Values> {
    let from: Vec<&Values> = arguments.iter().collect();
    let (Some(text), Some(at)) = (arguments.first(), arguments.get(1)) else {
        return Err(Error::internal("substring has too few arguments"));
    };
    let (texts, positions) = (text.texts()?, at.longs()?);
    let lengths = arguments.get(2).map(Values::longs).transpose()?;
    rows.texts(&from, &|row, out| {
        let (Some(text), Some(at)) = (texts.get(row), positions.get(row)) else { return Ok(false) };
        let length = match &lengths {
            None => i64::MAX,
            Some(lengths) => match lengths.get(row) {
                None => return Ok(false),
                Some(length) => length.max(0),
            },
        };
        let (start, end) = match function {
            Function::Left => (0, at.max(0)),
            Function::Right => {
                let count = text.chars().count() as i64;
                (count - at.clamp(0, count), count)
            }
            _ => {
                let start = match at {
                    1.. => at - 1,
                    0 => 0,
                    _ => (text.chars().count() as i64).saturating_add(at),
                };
                (start, start.saturating_add(length))
            }
        };
        let (skip, end) = (start.max(0) as usize, end.max(0) as usize);
        out.extend(text.chars().skip(skip).take(end.saturating_sub(skip)));
        Ok(true)
    })
}
