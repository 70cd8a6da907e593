//! Any JSON as a variant.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::error::{Error, Result};
use crate::variant::{Names, Part, Variant, array, object, scalar};

/// Digits that a whole number of 64 bits has at most.
const LONGEST: usize = 19;

/// What a decimal of 38 digits is less than.
const DECIMAL_END: u128 = 10u128.pow(38);

/// The two parts of the variant of `value`, whose text is `text`.
pub(super) fn encode(value: &Value, text: &str) -> Result<(Vec<u8>, Vec<u8>)> {
    let mut names = Names::empty()?;
    let bytes = match has_long_number(text) {
        true => exact(text, &mut names)?,
        false => encoded(value, &mut names)?,
    };
    let mut metadata = Vec::new();
    names.write(&mut metadata)?;
    Ok((metadata, bytes))
}

fn encoded(value: &Value, names: &mut Names) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    match value {
        Value::Null => scalar(&Variant::Null, &mut out)?,
        Value::Bool(v) => scalar(&Variant::Boolean(*v), &mut out)?,
        Value::String(v) => scalar(&Variant::String(v), &mut out)?,
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(v), ..) => scalar(&Variant::Long(v), &mut out)?,
            (_, Some(v), _) => scalar(&Variant::Decimal(v.into(), 0), &mut out)?,
            (.., v) => scalar(&Variant::Double(v.unwrap_or(f64::NAN)), &mut out)?,
        },
        Value::Array(elements) => {
            let elements = elements.iter().map(|e| encoded(e, names)).collect::<Result<Vec<_>>>()?;
            array(&elements, &mut out)?;
        }
        Value::Object(fields) => {
            let parts = fields.iter().map(|(name, v)| {
                let id = names.id(name)?;
                Ok(Part { name, id, value: encoded(v, names)? })
            });
            object(&mut parts.collect::<Result<Vec<_>>>()?, &mut out)?;
        }
    }
    Ok(out)
}

/// Whether there may be a number that the JSON library has only as the nearest double.
fn has_long_number(text: &str) -> bool {
    text.as_bytes().chunk_by(|a, b| a.is_ascii_digit() && b.is_ascii_digit()).any(|run| run.len() > LONGEST)
}

/// As [`encoded`], with all digits of whole numbers. The library has read the text before, so it is no deeper than that allows.
fn exact(text: &str, names: &mut Names) -> Result<Vec<u8>> {
    let malformed = |e| Error::internal("JSON that was read cannot be read again").with_source(e);
    let mut out = Vec::new();
    match text.as_bytes().first() {
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(text).map_err(malformed)?;
            let elements = elements.iter().map(|e| exact(e.get(), names)).collect::<Result<Vec<_>>>()?;
            array(&elements, &mut out)?;
        }
        Some(b'{') => {
            let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(malformed)?;
            let parts = fields.iter().map(|(name, v)| {
                let id = names.id(name)?;
                Ok(Part { name, id, value: exact(v.get(), names)? })
            });
            object(&mut parts.collect::<Result<Vec<_>>>()?, &mut out)?;
        }
        _ if is_long_whole(text) => match text.parse::<i128>() {
            Ok(whole) if whole.unsigned_abs() < DECIMAL_END => scalar(&Variant::Decimal(whole, 0), &mut out)?,
            _ => {
                let what = "expected variant, whose whole numbers have at most 38 digits";
                return Err(Error::schema(format!("{what}, got one of {}", text.trim_start_matches('-').len())));
            }
        },
        _ => return encoded(&serde_json::from_str(text).map_err(malformed)?, names),
    }
    Ok(out)
}

fn is_long_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    digits.len() > LONGEST && digits.bytes().all(|b| b.is_ascii_digit())
}
