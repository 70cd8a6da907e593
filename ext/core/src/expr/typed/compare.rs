//! The order of values of two expressions, by their exact values.

use std::cmp::Ordering;

use super::types::Form;
use super::values::Values;
use crate::error::{Error, Result};
use crate::expr::CompareOp;
use crate::schema::DataType;
use crate::value::{compare_decimals, compare_floats};

type OfRow<'a> = Box<dyn Fn(usize) -> Option<Ordering> + 'a>;

/// How two values of a row are ordered, `None` where one is null.
pub(super) struct Order<'a>(OfRow<'a>);

impl<'a> Order<'a> {
    pub(super) fn of((a, a_type): (&'a Values, &DataType), (b, b_type): (&'a Values, &DataType)) -> Result<Self> {
        let scale = |data_type: &DataType| match data_type {
            DataType::Decimal(d) => d.scale(),
            _ => 0,
        };
        let (s, t) = (scale(a_type), scale(b_type));
        let of_row: OfRow<'a> = match (Form::of(a_type), Form::of(b_type)) {
            (Form::Boolean, Form::Boolean) => {
                let (a, b) = (a.booleans()?, b.booleans()?);
                Box::new(move |row| Some(a.get(row)?.cmp(&b.get(row)?)))
            }
            (Form::Long, Form::Long) => {
                let (a, b) = (a.longs()?, b.longs()?);
                Box::new(move |row| Some(a.get(row)?.cmp(&b.get(row)?)))
            }
            (Form::Double, Form::Double) => {
                let (a, b) = (a.doubles()?, b.doubles()?);
                Box::new(move |row| Some(compare_floats(a.get(row)?, b.get(row)?)))
            }
            (Form::Decimal, Form::Decimal) => {
                let (a, b) = (a.decimals()?, b.decimals()?);
                Box::new(move |row| Some(compare_decimals((a.get(row)?, s), (b.get(row)?, t))))
            }
            (Form::Long, Form::Decimal) => {
                let (a, b) = (a.longs()?, b.decimals()?);
                Box::new(move |row| Some(compare_decimals((a.get(row)?.into(), 0), (b.get(row)?, t))))
            }
            (Form::Long, Form::Double) => {
                let (a, b) = (a.longs()?, b.doubles()?);
                Box::new(move |row| Some(compare_long(a.get(row)?, b.get(row)?)))
            }
            (Form::Decimal, Form::Double) => {
                let (a, b) = (a.decimals()?, b.doubles()?);
                Box::new(move |row| Some(compare_floats(to_double(a.get(row)?, s), b.get(row)?)))
            }
            (Form::Text, Form::Text) => {
                let (a, b) = (a.texts()?, b.texts()?);
                Box::new(move |row| Some(a.get(row)?.cmp(b.get(row)?)))
            }
            (Form::Bytes, Form::Bytes) => {
                let (a, b) = (a.bytes()?, b.bytes()?);
                Box::new(move |row| Some(a.get(row)?.cmp(b.get(row)?)))
            }
            (Form::Decimal | Form::Double, Form::Long) | (Form::Double, Form::Decimal) => {
                let Self(swapped) = Self::of((b, b_type), (a, a_type))?;
                Box::new(move |row| swapped(row).map(Ordering::reverse))
            }
            _ if a_type == &DataType::Void || b_type == &DataType::Void => Box::new(|_| None),
            _ => return Err(Error::internal(format!("{a_type} and {b_type} have no order"))),
        };
        Ok(Self(of_row))
    }

    pub(super) fn of_row(&self, row: usize) -> Option<Ordering> {
        (self.0)(row)
    }
}

/// Whether a comparison holds of two values that are in that order.
pub(super) fn holds(op: CompareOp, order: Ordering) -> bool {
    match op {
        CompareOp::Eq => order == Ordering::Equal,
        CompareOp::NotEq => order != Ordering::Equal,
        CompareOp::Lt => order == Ordering::Less,
        CompareOp::LtEq => order != Ordering::Greater,
        CompareOp::Gt => order == Ordering::Greater,
        CompareOp::GtEq => order != Ordering::Less,
    }
}

fn compare_long(a: i64, b: f64) -> Ordering {
    if b.is_nan() {
        return Ordering::Less;
    }
    // Saturates, which is far outside of 64 bits; what is cut off decides where the whole parts are equal.
    i128::from(a).cmp(&(b.trunc() as i128)).then(0.0f64.partial_cmp(&b.fract()).unwrap_or(Ordering::Equal))
}

/// The double that the decimal's digits are read as.
pub(super) fn to_double(unscaled: i128, scale: u8) -> f64 {
    // Both are exact, and then so is their quotient, rounded once.
    if unscaled.unsigned_abs() < 1 << 53 && scale <= 22 {
        return unscaled as f64 / 10f64.powi(scale.into());
    }
    format!("{unscaled}e-{scale}").parse().unwrap_or(f64::NAN)
}
