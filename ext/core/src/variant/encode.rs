//! Values put together from parts.

use super::Variant;
use super::decode::damaged;
use crate::error::{Error, Result};

/// A field of an object to be: its name, the name's number, and its value's bytes.
#[derive(Debug)]
pub struct Part<'a> {
    /// What fields are ordered by.
    pub name: &'a str,
    /// In the metadata.
    pub id: u32,
    /// One whole value.
    pub value: Vec<u8>,
}

/// Appends a value that holds no other.
pub fn scalar(value: &Variant<'_>, out: &mut Vec<u8>) -> Result<()> {
    let mut primitive = |kind: u8, bytes: &[u8]| {
        out.push(kind << 2);
        out.extend_from_slice(bytes);
    };
    match *value {
        Variant::Null => primitive(0, &[]),
        Variant::Boolean(v) => primitive(if v { 1 } else { 2 }, &[]),
        Variant::Long(v) => match (i8::try_from(v), i16::try_from(v), i32::try_from(v)) {
            (Ok(v), ..) => primitive(3, &v.to_le_bytes()),
            (_, Ok(v), _) => primitive(4, &v.to_le_bytes()),
            (.., Ok(v)) => primitive(5, &v.to_le_bytes()),
            _ => primitive(6, &v.to_le_bytes()),
        },
        Variant::Float(v) => primitive(14, &v.to_le_bytes()),
        Variant::Double(v) => primitive(7, &v.to_le_bytes()),
        Variant::Decimal(v, scale) => {
            let (kind, width) = match v.unsigned_abs() {
                0..1_000_000_000 => (8, 4),
                1_000_000_000..1_000_000_000_000_000_000 => (9, 8),
                _ => (10, 16),
            };
            primitive(kind, &[scale]);
            out.extend_from_slice(&v.to_le_bytes()[..width]);
        }
        Variant::Date(v) => primitive(11, &v.to_le_bytes()),
        Variant::Timestamp(v) => primitive(12, &v.to_le_bytes()),
        Variant::TimestampNtz(v) => primitive(13, &v.to_le_bytes()),
        Variant::TimestampNanos(v) => primitive(18, &v.to_le_bytes()),
        Variant::TimestampNtzNanos(v) => primitive(19, &v.to_le_bytes()),
        Variant::Time(v) => primitive(17, &v.to_le_bytes()),
        Variant::Uuid(v) => primitive(20, &v),
        Variant::Binary(v) => {
            primitive(15, &length(v)?);
            out.extend_from_slice(v);
        }
        Variant::String(v) if v.len() < 64 => {
            out.push((v.len() as u8) << 2 | 1);
            out.extend_from_slice(v.as_bytes());
        }
        Variant::String(v) => {
            primitive(16, &length(v.as_bytes())?);
            out.extend_from_slice(v.as_bytes());
        }
        Variant::Object(_) | Variant::Array(_) => {
            return Err(Error::internal("a variant that holds others was taken for one that does not"));
        }
    }
    Ok(())
}

/// Appends an array of whole values.
pub fn array(elements: &[Vec<u8>], out: &mut Vec<u8>) -> Result<()> {
    let (large, count) = count(elements.len())?;
    let (width, offsets) = offsets(elements.iter())?;
    out.push((u8::from(large) << 2 | (width - 1)) << 2 | 3);
    out.extend_from_slice(&count[..if large { 4 } else { 1 }]);
    out.extend_from_slice(&offsets);
    elements.iter().for_each(|e| out.extend_from_slice(e));
    Ok(())
}

/// Appends an object of those fields, whose names differ.
pub fn object(fields: &mut [Part<'_>], out: &mut Vec<u8>) -> Result<()> {
    fields.sort_unstable_by(|a, b| a.name.cmp(b.name));
    let (large, count) = count(fields.len())?;
    let (width, offsets) = offsets(fields.iter().map(|f| &f.value))?;
    let id_width = width_of(fields.iter().map(|f| f.id).max().unwrap_or(0));
    out.push((u8::from(large) << 4 | (id_width - 1) << 2 | (width - 1)) << 2 | 2);
    out.extend_from_slice(&count[..if large { 4 } else { 1 }]);
    fields.iter().for_each(|f| out.extend_from_slice(&f.id.to_le_bytes()[..usize::from(id_width)]));
    out.extend_from_slice(&offsets);
    fields.iter().for_each(|f| out.extend_from_slice(&f.value));
    Ok(())
}

/// Bytes that hold numbers up to `largest`.
pub(super) fn width_of(largest: u32) -> u8 {
    match largest {
        0..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xff_ffff => 3,
        _ => 4,
    }
}

pub(super) fn too_large() -> Error {
    damaged("it is larger than the 4 GB that the encoding has room for")
}

fn length(bytes: &[u8]) -> Result<[u8; 4]> {
    u32::try_from(bytes.len()).map(u32::to_le_bytes).map_err(|_| too_large())
}

fn count(parts: usize) -> Result<(bool, [u8; 4])> {
    let count = u32::try_from(parts).map_err(|_| too_large())?;
    Ok((count > 0xff, count.to_le_bytes()))
}

/// The width of offsets, and where each value begins and the last one ends.
fn offsets<'a>(values: impl Iterator<Item = &'a Vec<u8>> + Clone) -> Result<(u8, Vec<u8>)> {
    let total: usize = values.clone().map(Vec::len).sum();
    let width = width_of(u32::try_from(total).map_err(|_| too_large())?);
    let mut offset = 0;
    let mut bytes = vec![0; usize::from(width)];
    for value in values {
        offset += value.len();
        bytes.extend_from_slice(&offset.to_le_bytes()[..usize::from(width)]);
    }
    Ok((width, bytes))
}
