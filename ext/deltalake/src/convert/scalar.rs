//! Single values: literals of predicates in, partition values out.

use deltalake_core::schema::DataType;
use deltalake_core::value::{Scalar, iso8601};
use deltalake_core::{Error, ErrorKind};
use magnus::value::ReprValue;
use magnus::{Ruby, Value};

use super::classes::Classes;
use super::describe::describe;
use super::encode::{Counted, days, decimal_number, instant, text, wall_clock};
use super::failure::{Failure, Refusal};
use super::fast::{self, Shape};
use super::read::Memo;

/// Most digits after the point that a decimal type has.
const MAX_SCALE: u8 = 38;

const DAY_MICROS: i64 = 86_400_000_000;

/// A literal that `column` of `data_type` is compared with; none for nil. Lenient within a family of types: any number
/// for any number, a Date or ISO 8601 text for a time (midnight, and UTC where the text has no zone).
pub(crate) fn scalar_from_ruby(
    ruby: &Ruby,
    column: &str,
    value: Value,
    data_type: &DataType,
) -> Result<Option<Scalar>, Failure> {
    let shape = fast::shape(value);
    if matches!(shape, Shape::Nil) {
        return Ok(None);
    }
    let classes = Classes::get(ruby)?;
    let scalar = match data_type {
        DataType::Boolean => match shape {
            Shape::Boolean(value) => Some(Scalar::Boolean(value)),
            _ => None,
        },
        DataType::Byte | DataType::Short | DataType::Integer | DataType::Long | DataType::Decimal(_) => {
            number(&classes, shape, value)?
        }
        DataType::Float | DataType::Double => number(&classes, shape, value)?,
        DataType::String => matches!(shape, Shape::String | Shape::Symbol)
            .then(|| text(shape, value).map(Scalar::String))
            .transpose()
            .map_err(|refusal| refused(refusal, column))?,
        DataType::Binary => {
            matches!(shape, Shape::String).then(|| Scalar::Binary(fast::with_bytes(value, <[u8]>::to_vec)))
        }
        DataType::Date => date(&classes, shape, value)?,
        DataType::Timestamp => time(&classes, shape, value, instant, iso8601::Moment::instant)?.map(Scalar::Timestamp),
        DataType::TimestampNtz => time(&classes, shape, value, wall_clock, |m| m.offset.is_none().then_some(m.wall))?
            .map(Scalar::TimestampNtz),
        DataType::Void
        | DataType::Unknown(_)
        | DataType::Variant
        | DataType::Struct(_)
        | DataType::Array(_)
        | DataType::Map(_) => None,
    };
    match scalar {
        Some(scalar) => Ok(Some(scalar)),
        None => Err(Failure::Core(Error::new(
            ErrorKind::Argument,
            format!("column \"{column}\" of type {data_type} cannot be compared with {}", describe(value)?),
        ))),
    }
}

fn refused(refusal: Refusal, column: &str) -> Failure {
    refusal.located(|_, reason| Error::argument(format!("column \"{column}\": {reason}")))
}

/// A number that no decimal type holds is compared as the nearest Float: whole ones as large as that equal no value of
/// an integer or decimal column.
fn number(classes: &Classes, shape: Shape, value: Value) -> Result<Option<Scalar>, magnus::Error> {
    if let Shape::Float(number) = shape {
        return Ok(Some(Scalar::Double(number)));
    }
    let Some(number) = decimal_number(classes, shape, value)? else {
        return Ok(None);
    };
    let exact = number.ok().and_then(|n| n.scale().filter(|&s| s <= MAX_SCALE).and_then(|s| Some((n.unscaled(s)?, s))));
    Ok(Some(match exact {
        Some((whole, 0)) => match i64::try_from(whole) {
            Ok(long) => Scalar::Long(long),
            Err(_) => Scalar::Decimal(whole, 0),
        },
        Some((unscaled, scale)) => Scalar::Decimal(unscaled, scale),
        None => Scalar::Double(value.funcall("to_f", ())?),
    }))
}

fn date(classes: &Classes, shape: Shape, value: Value) -> Result<Option<Scalar>, magnus::Error> {
    Ok(match shape {
        Shape::String => fast::with_bytes(value, |b| std::str::from_utf8(b).ok().and_then(iso8601::date)),
        Shape::Data => days(classes, value)?.and_then(Result::ok),
        _ => None,
    }
    .map(Scalar::Date))
}

fn time(
    classes: &Classes,
    shape: Shape,
    value: Value,
    convert: fn(&Classes, Value) -> Result<Counted, magnus::Error>,
    of_text: fn(&iso8601::Moment) -> Option<i64>,
) -> Result<Option<i64>, magnus::Error> {
    if matches!(shape, Shape::String) {
        return Ok(fast::with_bytes(value, |bytes| {
            let text = std::str::from_utf8(bytes).ok()?;
            match iso8601::date(text) {
                Some(day) => i64::from(day).checked_mul(DAY_MICROS),
                None => {
                    iso8601::moment(text).and_then(|m| of_text(&m).or_else(|| m.offset.is_none().then_some(m.wall)))
                }
            }
        }));
    }
    match convert(classes, value)? {
        Counted::Micros(micros) => return Ok(Some(micros)),
        Counted::TooFar => return Ok(None),
        Counted::NotATime => {}
    }
    let day = if matches!(shape, Shape::Data) { days(classes, value)?.and_then(Result::ok) } else { None };
    Ok(day.and_then(|day| i64::from(day).checked_mul(DAY_MICROS)))
}

/// The Ruby value of a partition value or of a bound of statistics; nil for none.
pub(crate) fn scalar_to_ruby(ruby: &Ruby, scalar: Option<&Scalar>) -> Result<Value, Failure> {
    let Some(scalar) = scalar else {
        return Ok(fast::nil());
    };
    Ok(match scalar {
        Scalar::Boolean(value) => fast::boolean(*value),
        Scalar::Long(value) => fast::integer(*value),
        Scalar::Double(value) => fast::float_new(*value),
        Scalar::Decimal(unscaled, scale) => {
            let mut memo = Memo::new(ruby)?;
            let number = memo.decimal(*unscaled, *scale)?;
            memo.keep();
            number
        }
        Scalar::String(value) => fast::utf8(value),
        Scalar::Binary(value) => fast::binary(value),
        Scalar::Date(day) => {
            let mut memo = Memo::new(ruby)?;
            let date = memo.date(*day)?;
            memo.keep();
            date
        }
        Scalar::Timestamp(micros) | Scalar::TimestampNtz(micros) => fast::time_utc(*micros),
    })
}
