//! One JSON value into a column, by the column's type.

use std::fmt::Display;

use super::number;
use crate::ingest::Misfit;
use crate::ingest::columns::Buffer;
use crate::value::iso8601;

/// Characters of a value that messages show.
const SHOWN: usize = 80;

pub(super) fn boolean(buffer: &mut Buffer, value: bool) -> Result<(), Misfit> {
    match buffer {
        Buffer::Boolean(b) => b.push(value),
        other => return Err(misfit(other, value)),
    }
    Ok(())
}

#[inline]
pub(super) fn integer(buffer: &mut Buffer, value: i64) -> Result<(), Misfit> {
    match buffer {
        Buffer::Long(b) => b.push(value),
        Buffer::Integer(b) => b.push(narrow("integer", value)?),
        Buffer::Short(b) => b.push(narrow("short", value)?),
        Buffer::Byte(b) => b.push(narrow("byte", value)?),
        other => return Err(misfit(other, value)),
    }
    Ok(())
}

fn narrow<T: TryFrom<i64>>(name: &str, value: i64) -> Result<T, Misfit> {
    T::try_from(value)
        .map_err(|_| Misfit::because(format!("expected {name} ({} bits), got {value}", size_of::<T>() * 8)))
}

/// A JSON value, in its own text, for columns of which the digits count.
pub(super) fn number(buffer: &mut Buffer, text: &str) -> Result<(), Misfit> {
    let is_number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    match buffer {
        Buffer::Double(b) if is_number => b.push(number::double(text)?),
        Buffer::Float(b) if is_number => b.push(number::float(text)?),
        Buffer::Decimal(b, data_type) if is_number => b.push(number::decimal(text, *data_type)?),
        Buffer::Decimal(b, data_type) if text.starts_with('"') => {
            let inner: String = serde_json::from_str(text).map_err(|e| Misfit::because(e.to_string()))?;
            b.push(number::decimal(&inner, *data_type)?);
        }
        other => return Err(misfit(other, shortened(text))),
    }
    Ok(())
}

#[inline]
pub(super) fn text(buffer: &mut Buffer, value: &str) -> Result<(), Misfit> {
    match buffer {
        Buffer::String(b) | Buffer::Binary(b) => b.push(value.as_bytes())?,
        Buffer::Date(b) => b.push(iso8601::date(value).ok_or_else(|| quoted(DATE, value))?),
        Buffer::Timestamp(b) => {
            let moment = iso8601::moment(value).ok_or_else(|| quoted(TIMESTAMP, value))?;
            if moment.offset.is_none() {
                return Err(quoted("timestamp with a zone (\"Z\" or \"+02:00\" at the end)", value));
            }
            b.push(moment.instant().ok_or_else(|| quoted("a time within 292,000 years of 1970", value))?);
        }
        Buffer::TimestampNtz(b) => {
            let moment = iso8601::moment(value).ok_or_else(|| quoted(TIMESTAMP_NTZ, value))?;
            if moment.offset.is_some() {
                return Err(quoted("timestamp_ntz without a zone", value));
            }
            b.push(moment.wall);
        }
        other => return Err(misfit(other, format_args!("the text {:?}", shortened(value)))),
    }
    Ok(())
}

const DATE: &str = "date (as \"2026-01-31\")";
const TIMESTAMP: &str = "timestamp (as \"2026-01-31T12:00:00Z\")";
const TIMESTAMP_NTZ: &str = "timestamp_ntz (as \"2026-01-31T12:00:00\")";

/// A key of a map, which JSON has as text only.
pub(super) fn key(buffer: &mut Buffer, name: &str) -> Result<(), Misfit> {
    match buffer {
        Buffer::Byte(_) | Buffer::Short(_) | Buffer::Integer(_) | Buffer::Long(_) => match name.parse() {
            Ok(value) => integer(buffer, value),
            Err(_) => Err(misfit(buffer, format_args!("the key {:?}", shortened(name)))),
        },
        Buffer::Boolean(b) if name == "true" || name == "false" => {
            b.push(name == "true");
            Ok(())
        }
        Buffer::Double(_) | Buffer::Float(_) | Buffer::Decimal(..) => number(buffer, name),
        _ => text(buffer, name),
    }
}

#[cold]
fn quoted(what: &str, value: &str) -> Misfit {
    Misfit::because(format!("expected {what}, got {:?}", shortened(value)))
}

/// A value of the wrong kind.
#[cold]
pub(super) fn misfit(buffer: &Buffer, got: impl Display) -> Misfit {
    let what = match buffer {
        Buffer::Boolean(_) => "true or false",
        Buffer::Byte(_) => "byte (a whole number)",
        Buffer::Short(_) => "short (a whole number)",
        Buffer::Integer(_) => "integer (a whole number)",
        Buffer::Long(_) => "long (a whole number of 64 bits)",
        Buffer::Float(_) => "float (a number)",
        Buffer::Double(_) => "double (a number)",
        Buffer::Decimal(..) => "decimal (a number, or text of one)",
        Buffer::String(_) => "string",
        Buffer::Binary(_) => "binary (a string)",
        Buffer::Date(_) => DATE,
        Buffer::Timestamp(_) => TIMESTAMP,
        Buffer::TimestampNtz(_) => TIMESTAMP_NTZ,
        Buffer::Void(_) => "null (the column is of type void)",
        Buffer::Variant(_) => "variant",
        Buffer::Struct(_) => "an object (struct)",
        Buffer::List(_) => "an array",
        Buffer::Map(_) => "an object (map)",
    };
    Misfit::because(format!("expected {what}, got {got}"))
}

pub(super) fn shortened(text: &str) -> String {
    if text.chars().count() <= SHOWN { text.to_owned() } else { text.chars().take(SHOWN - 1).chain(['…']).collect() }
}
