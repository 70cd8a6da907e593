//! Plain Ruby values as variants: the opposite of `read::variant`.

use deltalake_core::ingest::columns::Variants;
use deltalake_core::variant::{MAX_DEPTH, Names, Part, Variant, array, object, scalar};
use magnus::encoding::EncodingCapable;
use magnus::r_hash::ForEach;
use magnus::{RArray, RHash, RString, Symbol, Value};

use super::context::Context;
use super::number::decimal_number;
use super::text::text;
use super::time::{Counted, days, instant};
use crate::convert::decimal::Number;
use crate::convert::failure::Refusal;
use crate::convert::fast::{self, Shape};

/// What becomes a variant, for messages.
const PLAIN: &str = "variant (nil, true, false, a number, text, a Date, a Time, or an Array or a Hash of such values)";

/// Digits that a decimal in a variant has at most.
const MAX_SCALE: u8 = 38;

/// Appends the variant of `value`.
pub(super) fn append(variants: &mut Variants, context: &Context<'_>, value: Value) -> Result<(), Refusal> {
    let mut names = Names::empty().map_err(refused)?;
    let bytes = encoded(context, value, &mut names, 0)?;
    let mut metadata = Vec::new();
    names.write(&mut metadata).map_err(refused)?;
    Ok(variants.push(&metadata, &bytes)?)
}

fn encoded(context: &Context<'_>, value: Value, names: &mut Names, depth: usize) -> Result<Vec<u8>, Refusal> {
    if depth > MAX_DEPTH {
        return Err(Refusal::because(format!("nested more than {MAX_DEPTH} deep")));
    }
    let mut out = Vec::new();
    let shape = fast::shape(value);
    match shape {
        Shape::Array => return list(context, value, names, depth),
        Shape::Hash => return hash(context, value, names, depth),
        Shape::Nil => plain(&Variant::Null, &mut out)?,
        Shape::Boolean(v) => plain(&Variant::Boolean(v), &mut out)?,
        Shape::Fixnum(v) => plain(&Variant::Long(v), &mut out)?,
        Shape::Float(v) => plain(&Variant::Double(v), &mut out)?,
        Shape::String if is_binary(context, value) => {
            fast::with_bytes(value, |bytes| plain(&Variant::Binary(bytes), &mut out))?;
        }
        Shape::String | Shape::Symbol => plain(&Variant::String(&text(shape, value)?), &mut out)?,
        Shape::Bignum | Shape::Data | Shape::Other => match decimal_number(&context.classes, shape, value)? {
            Some(Ok(number)) => match decimal(number) {
                Some(variant) => plain(&variant, &mut out)?,
                None => return Err(Refusal::expected("variant (a number of 38 digits at most)", value)),
            },
            Some(Err(_)) => return Err(Refusal::expected("variant (a number of 38 digits at most)", value)),
            None => plain(&moment(context, value)?, &mut out)?,
        },
    }
    Ok(out)
}

/// An integer of 64 bits, else a decimal of as many digits as it takes.
fn decimal(number: Number) -> Option<Variant<'static>> {
    let scale = number.scale().filter(|scale| *scale <= MAX_SCALE)?;
    let unscaled = number.unscaled(scale).filter(|u| u.unsigned_abs() < 10u128.pow(MAX_SCALE.into()))?;
    Some(Variant::Decimal(unscaled, scale))
}

fn moment(context: &Context<'_>, value: Value) -> Result<Variant<'static>, Refusal> {
    if !fast::kind_of(value, context.classes.date_time)
        && let Some(Ok(days)) = days(&context.classes, value)?
    {
        return Ok(Variant::Date(days));
    }
    match instant(&context.classes, value)? {
        Counted::Micros(micros) => Ok(Variant::Timestamp(micros)),
        Counted::TooFar => Err(Refusal::expected("a time within 292,000 years of 1970", value)),
        Counted::NotATime => Err(Refusal::expected(PLAIN, value)),
    }
}

fn list(context: &Context<'_>, value: Value, names: &mut Names, depth: usize) -> Result<Vec<u8>, Refusal> {
    let given = RArray::from_value(value).ok_or_else(|| Refusal::expected(PLAIN, value))?;
    let mut elements = Vec::new();
    // The length is asked for each time: code of the values' own may shorten the Array.
    while elements.len() < fast::array_len(given) {
        let index = elements.len();
        let element = encoded(context, fast::array_entry(given, index), names, depth + 1);
        elements.push(element.map_err(|e| e.under(|| format!("[{index}]")))?);
    }
    let mut out = Vec::new();
    array(&elements, &mut out).map_err(refused)?;
    Ok(out)
}

fn hash(context: &Context<'_>, value: Value, names: &mut Names, depth: usize) -> Result<Vec<u8>, Refusal> {
    let given = RHash::from_value(value).ok_or_else(|| Refusal::expected(PLAIN, value))?;
    let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
    let mut refusal = None;
    given.foreach(|key: Value, value: Value| {
        Ok(match field(context, key, value, names, depth) {
            Ok(field) => {
                fields.push(field);
                ForEach::Continue
            }
            Err(e) => {
                refusal = Some(e);
                ForEach::Stop
            }
        })
    })?;
    if let Some(refusal) = refusal {
        return Err(refusal);
    }
    fields.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    if let Some(twice) = fields.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(Refusal::because(format!("the key {:?} is given twice, as a Symbol and as a String", twice[0].0)));
    }
    let parts = fields.iter().map(|(name, value)| Ok(Part { name, id: names.id(name)?, value: value.clone() }));
    let mut parts = parts.collect::<Result<Vec<_>, _>>().map_err(refused)?;
    let mut out = Vec::new();
    object(&mut parts, &mut out).map_err(refused)?;
    Ok(out)
}

fn field(
    context: &Context<'_>,
    key: Value,
    value: Value,
    names: &mut Names,
    depth: usize,
) -> Result<(String, Vec<u8>), Refusal> {
    if RString::from_value(key).is_none() && Symbol::from_value(key).is_none() {
        return Err(Refusal::expected("a String or a Symbol as the key of an object in a variant", key));
    }
    let name = text(fast::shape(key), key)?;
    let value = encoded(context, value, names, depth + 1).map_err(|e| e.under(|| format!(".{name}")))?;
    Ok((name, value))
}

fn is_binary(context: &Context<'_>, value: Value) -> bool {
    RString::from_value(value).is_some_and(|s| s.enc_get() == context.ruby.ascii8bit_encindex())
}

fn plain(value: &Variant<'_>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    scalar(value, out).map_err(refused)
}

#[cold]
fn refused(error: deltalake_core::Error) -> Refusal {
    Refusal::because(error.message().to_owned())
}
