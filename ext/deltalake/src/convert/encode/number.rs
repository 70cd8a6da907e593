//! Integers, floats and decimals.

use deltalake_core::schema::DecimalType;
use magnus::value::{LazyId, ReprValue};
use magnus::{RString, Value};

use super::context::Context;
use crate::convert::decimal::{NotExact, Number};
use crate::convert::failure::Refusal;
use crate::convert::fast::{self, Shape};

static TO_S: LazyId = LazyId::new("to_s");

/// An Integer in the range of `T`.
#[inline]
pub(super) fn integer<T: TryFrom<i128> + TryFrom<i64>>(name: &str, shape: Shape, value: Value) -> Result<T, Refusal> {
    let number = match shape {
        Shape::Fixnum(number) => T::try_from(number).ok(),
        Shape::Bignum => fast::wide_integer(value).and_then(|number| T::try_from(number).ok()),
        _ => return Err(Refusal::expected(format_args!("{name} (an Integer)"), value)),
    };
    number.ok_or_else(|| Refusal::expected(format_args!("{name} ({} bits)", size_of::<T>() * 8), value))
}

/// A Float, or an Integer that a double holds exactly.
#[inline]
pub(super) fn double(shape: Shape, value: Value) -> Result<f64, Refusal> {
    match shape {
        Shape::Float(number) => Ok(number),
        Shape::Fixnum(_) | Shape::Bignum => float_from_integer(shape, value)
            .ok_or_else(|| Refusal::expected("double, which cannot hold this Integer exactly", value)),
        _ => Err(Refusal::expected("double (a Float)", value)),
    }
}

/// A Float rounded to 32 bits, or an Integer that 32 bits hold exactly. A finite number never becomes infinite.
#[inline]
pub(super) fn float(shape: Shape, value: Value) -> Result<f32, Refusal> {
    match shape {
        Shape::Float(number) => {
            let rounded = number as f32;
            if rounded.is_infinite() && number.is_finite() {
                return Err(Refusal::expected("float (32 bits)", value));
            }
            Ok(rounded)
        }
        Shape::Fixnum(_) | Shape::Bignum => float_from_integer(shape, value)
            .filter(|&number| f64::from(number as f32) == number)
            .map(|number| number as f32)
            .ok_or_else(|| Refusal::expected("float, which cannot hold this Integer exactly", value)),
        _ => Err(Refusal::expected("float (a Float)", value)),
    }
}

/// The Integer as a double, where that is exact.
fn float_from_integer(shape: Shape, value: Value) -> Option<f64> {
    let number = match shape {
        Shape::Fixnum(number) => i128::from(number),
        _ => fast::wide_integer(value)?,
    };
    let double = number as f64;
    (double as i128 == number && double < i128::MAX as f64).then_some(double)
}

/// A BigDecimal, an Integer or decimal text that fits with all its digits.
pub(super) fn decimal(
    context: &Context<'_>,
    shape: Shape,
    value: Value,
    data_type: DecimalType,
) -> Result<i128, Refusal> {
    let name = || format!("decimal({},{})", data_type.precision(), data_type.scale());
    let number = match shape {
        Shape::Float(_) => {
            return Err(Refusal::expected(
                format_args!("{} (a BigDecimal, a decimal String or an Integer)", name()),
                value,
            ));
        }
        Shape::String => fast::with_bytes(value, Number::parse),
        _ => match decimal_number(&context.classes, shape, value)? {
            Some(number) => number,
            None => return Err(Refusal::expected(name(), value)),
        },
    };
    match number {
        Ok(number) => {
            number.fit(data_type).ok_or_else(|| Refusal::expected(format_args!("{} with no digit lost", name()), value))
        }
        Err(NotExact::TooLong) => Err(Refusal::expected(format_args!("{} with no digit lost", name()), value)),
        Err(NotExact::NotANumber) => Err(Refusal::expected(name(), value)),
    }
}

/// The number that an Integer or a BigDecimal is; none for other classes.
pub(in crate::convert) fn decimal_number(
    classes: &crate::convert::classes::Classes,
    shape: Shape,
    value: Value,
) -> Result<Option<Result<Number, NotExact>>, magnus::Error> {
    Ok(match shape {
        Shape::Fixnum(number) => Some(Ok(Number::whole(number.into()))),
        Shape::Bignum => Some(fast::wide_integer(value).map(Number::whole).ok_or(NotExact::TooLong)),
        Shape::Data if fast::kind_of(value, classes.big_decimal) => {
            let text: RString = value.funcall(*TO_S, (classes.scientific,))?;
            Some(fast::with_bytes(text.as_value(), Number::parse))
        }
        _ => None,
    })
}
