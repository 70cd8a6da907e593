//! Any JSON as a variant.

use serde_json::Value;

use crate::error::Result;
use crate::variant::{Names, Part, Variant, array, object, scalar};

/// The two parts of the variant of `value`.
pub(super) fn encode(value: &Value) -> Result<(Vec<u8>, Vec<u8>)> {
    let mut names = Names::empty()?;
    let bytes = encoded(value, &mut names)?;
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
