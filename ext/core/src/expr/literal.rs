//! A literal among the values of a column's type. The types need not be the same: what counts is the exact value.

use std::cmp::Ordering;

use super::CompareOp;
use crate::schema::{DataType, DecimalType};
use crate::value::Scalar;
use crate::value::calendar::{parse_date, parse_timestamp};
use crate::value::decimal::{floor_to_scale, parse_floor};

const MICROS_A_DAY: i64 = 86_400_000_000;

/// Where a literal stands among all values that a type has.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    /// It is this value.
    At(Scalar),
    /// It is greater than this value and less than the next.
    After(Scalar),
    /// It is less than every value.
    BelowAll,
    /// It is greater than every value.
    AboveAll,
}

/// A comparison with a value of the column's own type, or one whose result is the same for every value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Comparison {
    With(CompareOp, Scalar),
    Known(bool),
}

impl Place {
    /// The place of `literal` in `data_type`, `None` where the two cannot be compared.
    pub(super) fn of(literal: &Scalar, data_type: &DataType) -> Option<Self> {
        match data_type {
            DataType::Byte => in_integers(literal, i64::from(i8::MIN), i64::from(i8::MAX)),
            DataType::Short => in_integers(literal, i64::from(i16::MIN), i64::from(i16::MAX)),
            DataType::Integer => in_integers(literal, i64::from(i32::MIN), i64::from(i32::MAX)),
            DataType::Long => in_integers(literal, i64::MIN, i64::MAX),
            DataType::Float => in_floats(literal, |v| v as f32, f64::from, f32::next_down),
            DataType::Double => in_floats(literal, |v| v, |v| v, f64::next_down),
            DataType::Decimal(d) => in_decimals(literal, *d),
            DataType::Date => in_dates(literal),
            DataType::Timestamp => Some(Self::At(Scalar::Timestamp(micros(literal, true)?))),
            DataType::TimestampNtz => Some(Self::At(Scalar::TimestampNtz(micros(literal, false)?))),
            DataType::Binary => match literal {
                Scalar::Binary(_) => Some(Self::At(literal.clone())),
                Scalar::String(text) => Some(Self::At(Scalar::Binary(text.clone().into_bytes()))),
                _ => None,
            },
            same if literal.is_of(same) => Some(Self::At(literal.clone())),
            _ => None,
        }
    }

    /// The comparison of any value of the type with the literal.
    pub(super) fn compare(self, op: CompareOp) -> Comparison {
        use CompareOp as Op;
        match (self, op) {
            (Self::At(value), op) => Comparison::With(op, value),
            (Self::After(value), Op::Lt | Op::LtEq) => Comparison::With(Op::LtEq, value),
            (Self::After(value), Op::Gt | Op::GtEq) => Comparison::With(Op::Gt, value),
            (Self::BelowAll, op) => Comparison::Known(matches!(op, Op::Gt | Op::GtEq | Op::NotEq)),
            (Self::AboveAll, op) => Comparison::Known(matches!(op, Op::Lt | Op::LtEq | Op::NotEq)),
            (Self::After(_), op) => Comparison::Known(op == Op::NotEq),
        }
    }
}

fn in_integers(literal: &Scalar, min: i64, max: i64) -> Option<Place> {
    let (floor, exact) = match literal {
        Scalar::Long(v) => (i128::from(*v), true),
        Scalar::Decimal(unscaled, scale) => floor_to_scale(*unscaled, *scale, 0)?,
        Scalar::Double(v) if v.is_nan() => return Some(Place::AboveAll),
        // Saturates, which is far outside the range of 64 bits.
        Scalar::Double(v) => (v.floor() as i128, v.fract() == 0.0),
        _ => return None,
    };
    Some(if floor < i128::from(min) {
        Place::BelowAll
    } else if floor > i128::from(max) || (floor == i128::from(max) && !exact) {
        Place::AboveAll
    } else {
        at_or_after(Scalar::Long(floor as i64), exact)
    })
}

fn in_decimals(literal: &Scalar, of: DecimalType) -> Option<Place> {
    let scale = of.scale();
    let (floor, negative) = match literal {
        Scalar::Long(v) => (floor_to_scale(i128::from(*v), 0, scale), *v < 0),
        Scalar::Decimal(unscaled, from) => (floor_to_scale(*unscaled, *from, scale), *unscaled < 0),
        Scalar::Double(v) if v.is_nan() => return Some(Place::AboveAll),
        // The decimal that the float is written as: what its author means by 0.1. Infinity is past all of them.
        Scalar::Double(v) => (parse_floor(&format!("{v:e}"), scale), *v < 0.0),
        Scalar::String(text) => (Some(parse_floor(text.trim(), scale)?), false),
        _ => return None,
    };
    Some(match floor {
        Some((floor, exact)) if of.fits(floor) && (exact || of.fits(floor + 1)) => {
            at_or_after(Scalar::Decimal(floor, scale), exact)
        }
        Some((floor, _)) if floor < 0 => Place::BelowAll,
        Some(_) => Place::AboveAll,
        None if negative => Place::BelowAll,
        None => Place::AboveAll,
    })
}

/// The place among the floats that `narrow` rounds to.
fn in_floats<F: Copy>(
    literal: &Scalar,
    narrow: impl Fn(f64) -> F,
    widen: impl Fn(F) -> f64,
    previous: impl Fn(F) -> F,
) -> Option<Place> {
    // The nearest float, and on which side of it the literal is.
    let (nearest, side) = match literal {
        Scalar::Double(v) => {
            let nearest = narrow(*v);
            (nearest, v.partial_cmp(&widen(nearest)).unwrap_or(Ordering::Equal))
        }
        Scalar::Long(v) => {
            let nearest = narrow(*v as f64);
            (nearest, i128::from(*v).cmp(&(widen(nearest) as i128)))
        }
        // A decimal stands for the double that its digits are read as.
        Scalar::Decimal(unscaled, scale) => {
            let value: f64 = format!("{unscaled}e-{scale}").parse().ok()?;
            return in_floats(&Scalar::Double(value), narrow, widen, previous);
        }
        _ => return None,
    };
    Some(match side {
        Ordering::Equal => Place::At(Scalar::Double(widen(nearest))),
        Ordering::Greater => Place::After(Scalar::Double(widen(nearest))),
        Ordering::Less => Place::After(Scalar::Double(widen(previous(nearest)))),
    })
}

fn in_dates(literal: &Scalar) -> Option<Place> {
    let micros = match literal {
        Scalar::Date(_) => return Some(Place::At(literal.clone())),
        Scalar::String(text) => match parse_date(text.trim()) {
            Some(day) => return Some(Place::At(Scalar::Date(i32::try_from(day).ok()?))),
            None => micros(literal, true)?,
        },
        other => micros(other, true)?,
    };
    let day = i32::try_from(micros.div_euclid(MICROS_A_DAY)).ok()?;
    Some(at_or_after(Scalar::Date(day), micros.rem_euclid(MICROS_A_DAY) == 0))
}

/// Microseconds since the epoch: a day begins at midnight UTC, and a wall clock shows UTC. Only where the column holds
/// instants may text have an offset.
fn micros(literal: &Scalar, instants: bool) -> Option<i64> {
    match literal {
        Scalar::Timestamp(micros) | Scalar::TimestampNtz(micros) => Some(*micros),
        Scalar::Date(day) => i64::from(*day).checked_mul(MICROS_A_DAY),
        Scalar::String(text) => match parse_timestamp(text.trim())? {
            (micros, Some(offset)) => instants.then(|| micros.checked_sub(offset))?,
            (micros, None) => Some(micros),
        },
        _ => None,
    }
}

fn at_or_after(value: Scalar, exact: bool) -> Place {
    if exact { Place::At(value) } else { Place::After(value) }
}
