//! Strings.

use deltalake_core::ingest::columns::Bytes;
use magnus::value::ReprValue;
use magnus::{RString, Symbol, Value};

use crate::convert::describe::forgive;
use crate::convert::failure::Refusal;
use crate::convert::fast::{self, Shape};

/// Appends a String or a Symbol as UTF-8.
#[inline]
pub(super) fn append(buffer: &mut Bytes, shape: Shape, value: Value) -> Result<(), Refusal> {
    if matches!(shape, Shape::String) && fast::is_bytewise(value) {
        return fast::with_bytes(value, |bytes| {
            std::str::from_utf8(bytes).ok().map(|_| buffer.push(bytes).map_err(Refusal::from))
        })
        .unwrap_or_else(|| Err(invalid(value)));
    }
    Ok(buffer.push(text(shape, value)?.as_bytes())?)
}

/// The text of a String or a Symbol in any encoding.
pub(in crate::convert) fn text(shape: Shape, value: Value) -> Result<String, Refusal> {
    let string = match shape {
        Shape::String => value,
        Shape::Symbol => match Symbol::from_value(value) {
            Some(symbol) => return Ok(symbol.name()?.into_owned()),
            None => return Err(Refusal::expected("string", value)),
        },
        _ => return Err(Refusal::expected("string", value)),
    };
    // Bytes that do not fit their own encoding make `encode` raise; to the user that is a bad value like any other.
    let utf8 = if fast::is_bytewise(string) {
        Some(string)
    } else {
        forgive(string.funcall::<_, _, RString>("encode", ("UTF-8",)))?.map(ReprValue::as_value)
    };
    utf8.and_then(|s| fast::with_bytes(s, |bytes| String::from_utf8(bytes.to_vec()).ok())).ok_or_else(|| invalid(value))
}

#[cold]
fn invalid(value: Value) -> Refusal {
    Refusal::expected("string in valid UTF-8", value)
}
