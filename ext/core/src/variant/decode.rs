//! Values as they lie in their bytes.

use crate::error::{Error, Result};

/// The names that the objects of one value have, by number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metadata<'a> {
    offsets: Numbers<'a>,
    names: &'a [u8],
}

/// One value; what it holds is decoded when it is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Variant<'a> {
    /// Not SQL's null.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// An integer of 8, 16, 32 or 64 bits.
    Long(i64),
    /// 32-bit IEEE 754.
    Float(f32),
    /// 64-bit IEEE 754.
    Double(f64),
    /// The unscaled value and the scale, in 32, 64 or 128 bits.
    Decimal(i128, u8),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
    /// Microseconds since 1970-01-01T00:00:00 on the same wall clock.
    TimestampNtz(i64),
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    TimestampNanos(i64),
    /// Nanoseconds since 1970-01-01T00:00:00 on the same wall clock.
    TimestampNtzNanos(i64),
    /// Microseconds since midnight.
    Time(i64),
    /// Bytes.
    Binary(&'a [u8]),
    /// Text.
    String(&'a str),
    /// As it is written: the first byte first.
    Uuid([u8; 16]),
    /// Values by name.
    Object(Object<'a>),
    /// Values in order.
    Array(Array<'a>),
}

/// The fields of an object.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Object<'a> {
    metadata: Metadata<'a>,
    ids: Numbers<'a>,
    offsets: Numbers<'a>,
    values: &'a [u8],
}

/// The elements of an array.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Array<'a> {
    metadata: Metadata<'a>,
    offsets: Numbers<'a>,
    values: &'a [u8],
}

/// Unsigned integers of one to four bytes each.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Numbers<'a> {
    bytes: &'a [u8],
    width: usize,
}

pub(super) fn damaged(what: impl std::fmt::Display) -> Error {
    Error::corrupt(format!("a variant is damaged: {what}"))
}

impl<'a> Metadata<'a> {
    /// Reads the dictionary's head; names are looked at when they are asked for.
    pub fn new(bytes: &'a [u8]) -> Result<Self> {
        let mut rest = Cut(bytes);
        let [header] = rest.array()?;
        if header & 0x0f != 1 {
            return Err(damaged(format_args!("its metadata is of version {}, not 1", header & 0x0f)));
        }
        let width = usize::from(header >> 6) + 1;
        let count = rest.number(width)?;
        let offsets = rest.numbers(count.saturating_add(1), width)?;
        Ok(Self { offsets, names: rest.0 })
    }

    /// The number of names.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of that number.
    pub fn name(&self, id: usize) -> Result<&'a str> {
        let range = self.offsets.get(id).zip(self.offsets.get(id.saturating_add(1)));
        let bytes = range.and_then(|(from, to)| self.names.get(from..to));
        let bytes = bytes.ok_or_else(|| damaged(format_args!("it has no name of number {id}")))?;
        std::str::from_utf8(bytes).map_err(|e| damaged("a name is not UTF-8").with_source(e))
    }
}

impl<'a> Variant<'a> {
    /// The value at the start of `bytes`, and the number of bytes that it takes.
    pub fn decode(metadata: Metadata<'a>, bytes: &'a [u8]) -> Result<(Self, usize)> {
        let mut rest = Cut(bytes);
        let [header] = rest.array()?;
        let value = match (header & 3, header >> 2) {
            (0, kind) => rest.primitive(kind)?,
            (1, length) => Self::String(rest.text(usize::from(length))?),
            (2, form) => {
                let count = rest.count(form & 0b1_0000 != 0)?;
                let ids = rest.numbers(count, usize::from(form >> 2 & 3) + 1)?;
                let (offsets, values) = rest.values(count, usize::from(form & 3) + 1)?;
                Self::Object(Object { metadata, ids, offsets, values })
            }
            (_, form) => {
                let count = rest.count(form & 0b100 != 0)?;
                let (offsets, values) = rest.values(count, usize::from(form & 3) + 1)?;
                Self::Array(Array { metadata, offsets, values })
            }
        };
        Ok((value, bytes.len() - rest.0.len()))
    }
}

impl<'a> Object<'a> {
    /// The number of fields.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are no fields.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of a field, and bytes that begin with its value.
    pub fn field(&self, index: usize) -> Result<(&'a str, &'a [u8])> {
        let id = self.ids.get(index).ok_or_else(|| damaged("a field is missing"))?;
        Ok((self.metadata.name(id)?, from_offset(self.values, self.offsets, index)?))
    }

    /// What its values take.
    pub(super) fn values_size(&self) -> usize {
        self.values.len()
    }
}

impl<'a> Array<'a> {
    /// The number of elements.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that begin with an element.
    pub fn element(&self, index: usize) -> Result<&'a [u8]> {
        from_offset(self.values, self.offsets, index)
    }

    /// What its elements take.
    pub(super) fn values_size(&self) -> usize {
        self.values.len()
    }

    /// The names that objects in it have.
    pub fn metadata(&self) -> Metadata<'a> {
        self.metadata
    }
}

impl<'a> Object<'a> {
    /// The names that objects in it have.
    pub fn metadata(&self) -> Metadata<'a> {
        self.metadata
    }
}

fn from_offset<'a>(values: &'a [u8], offsets: Numbers<'_>, index: usize) -> Result<&'a [u8]> {
    let bytes = offsets.get(index).and_then(|from| values.get(from..));
    bytes.ok_or_else(|| damaged("an offset points past its end"))
}

impl Numbers<'_> {
    fn len(&self) -> usize {
        self.bytes.len() / self.width
    }

    fn get(&self, index: usize) -> Option<usize> {
        let from = index.checked_mul(self.width)?;
        self.bytes.get(from..from.checked_add(self.width)?).map(little_endian)
    }
}

fn little_endian(bytes: &[u8]) -> usize {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// What is left of some bytes.
struct Cut<'a>(&'a [u8]);

impl<'a> Cut<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(|| damaged("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(|| damaged("it ends too early"))?;
        self.0 = rest;
        Ok(*taken)
    }

    fn number(&mut self, width: usize) -> Result<usize> {
        self.take(width).map(little_endian)
    }

    fn count(&mut self, large: bool) -> Result<usize> {
        self.number(if large { 4 } else { 1 })
    }

    fn numbers(&mut self, count: usize, width: usize) -> Result<Numbers<'a>> {
        Ok(Numbers { bytes: self.take(count.saturating_mul(width))?, width })
    }

    /// Where `count` values begin and the last one ends, and the values.
    fn values(&mut self, count: usize, width: usize) -> Result<(Numbers<'a>, &'a [u8])> {
        let offsets = self.numbers(count.saturating_add(1), width)?;
        let end = offsets.get(count).ok_or_else(|| damaged("it ends too early"))?;
        Ok((offsets, self.take(end)?))
    }

    fn text(&mut self, length: usize) -> Result<&'a str> {
        std::str::from_utf8(self.take(length)?).map_err(|e| damaged("a text is not UTF-8").with_source(e))
    }

    fn decimal(&mut self, width: usize) -> Result<Variant<'a>> {
        let [scale] = self.array()?;
        if scale > 38 {
            return Err(damaged(format_args!("a decimal has the scale {scale}")));
        }
        let bytes = self.take(width)?;
        let sign = if bytes.last().is_some_and(|b| b & 0x80 != 0) { 0xff } else { 0 };
        let mut wide = [sign; 16];
        wide[..width].copy_from_slice(bytes);
        Ok(Variant::Decimal(i128::from_le_bytes(wide), scale))
    }

    fn primitive(&mut self, kind: u8) -> Result<Variant<'a>> {
        Ok(match kind {
            0 => Variant::Null,
            1 => Variant::Boolean(true),
            2 => Variant::Boolean(false),
            3 => Variant::Long(i8::from_le_bytes(self.array()?).into()),
            4 => Variant::Long(i16::from_le_bytes(self.array()?).into()),
            5 => Variant::Long(i32::from_le_bytes(self.array()?).into()),
            6 => Variant::Long(i64::from_le_bytes(self.array()?)),
            7 => Variant::Double(f64::from_le_bytes(self.array()?)),
            8 => self.decimal(4)?,
            9 => self.decimal(8)?,
            10 => self.decimal(16)?,
            11 => Variant::Date(i32::from_le_bytes(self.array()?)),
            12 => Variant::Timestamp(i64::from_le_bytes(self.array()?)),
            13 => Variant::TimestampNtz(i64::from_le_bytes(self.array()?)),
            14 => Variant::Float(f32::from_le_bytes(self.array()?)),
            15 => {
                let length = self.number(4)?;
                Variant::Binary(self.take(length)?)
            }
            16 => {
                let length = self.number(4)?;
                Variant::String(self.text(length)?)
            }
            17 => Variant::Time(i64::from_le_bytes(self.array()?)),
            18 => Variant::TimestampNanos(i64::from_le_bytes(self.array()?)),
            19 => Variant::TimestampNtzNanos(i64::from_le_bytes(self.array()?)),
            20 => Variant::Uuid(self.array()?),
            other => {
                return Err(Error::unsupported(format!(
                    "a variant has a value of the primitive type {other}, which this library does not know"
                )));
            }
        })
    }
}
