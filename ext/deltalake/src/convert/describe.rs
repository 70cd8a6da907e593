//! Values in the words of an error message.

use magnus::value::ReprValue;
use magnus::{Error, RArray, RHash, RString, Ruby, TryConvert, Value, kwargs};

use super::fast::{self, Shape};

/// Longest text of a value, in characters.
const SHOWN: usize = 80;

/// Longest String and largest Array or Hash that is inspected whole.
const INSPECTED: usize = 256;

/// Class and shortened text of a value: `Integer (42)`.
pub(super) fn describe(value: Value) -> Result<String, Error> {
    if value.is_nil() {
        return Ok("nil".to_owned());
    }
    let class = forgive(value.class().funcall("to_s", ()))?.unwrap_or_else(|| "Object".to_owned());
    Ok(match shown(value)? {
        Some(text) => format!("{class} ({text})"),
        None => class,
    })
}

/// The value's `inspect`, shortened; none where it raises.
pub(super) fn shown(value: Value) -> Result<Option<String>, Error> {
    let shape = fast::shape(value);
    let size = match shape {
        Shape::String => RString::from_value(value).map(RString::len),
        Shape::Array => RArray::from_value(value).map(RArray::len),
        Shape::Hash => RHash::from_value(value).map(RHash::len),
        _ => None,
    };
    let text = match size {
        Some(size) if size > INSPECTED && matches!(shape, Shape::String) => {
            value.funcall::<_, _, Value>("byteslice", (0, INSPECTED)).and_then(inspect)
        }
        Some(size) if size > INSPECTED => return Ok(Some(format!("{size} elements"))),
        _ => inspect(value),
    };
    Ok(forgive(text)?.map(|text| {
        if text.chars().count() <= SHOWN { text } else { text.chars().take(SHOWN - 1).chain(['…']).collect() }
    }))
}

fn inspect(value: Value) -> Result<String, Error> {
    let ruby = Ruby::get_with(value);
    let replace = ruby.to_symbol("replace");
    let text: Value = value.funcall("inspect", ())?;
    let text: Value = text.funcall("encode", ("UTF-8", kwargs!("invalid" => replace, "undef" => replace)))?;
    String::try_convert(text)
}

/// None for a `StandardError`; what interrupts the thread goes on.
pub(super) fn forgive<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) => match error.value() {
            Some(exception) if error.is_kind_of(Ruby::get_with(exception).exception_standard_error()) => Ok(None),
            _ => Err(error),
        },
    }
}
