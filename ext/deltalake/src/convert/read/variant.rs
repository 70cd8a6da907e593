//! Variants as plain Ruby values: an object is a Hash with String keys, null is nil.

use std::fmt::Write;

use arrow::array::{Array, AsArray, BinaryArray, StructArray};
use deltalake_core::Error as CoreError;
use deltalake_core::variant::{MAX_DEPTH, Metadata, Variant};
use magnus::Value;

use super::memo::Memo;
use crate::convert::failure::Failure;
use crate::convert::fast;

/// A column of variants, which the scan has checked.
pub(super) struct Variants<'a> {
    column: &'a StructArray,
    metadata: &'a BinaryArray,
    value: &'a BinaryArray,
}

impl<'a> Variants<'a> {
    pub(super) fn new(column: &'a StructArray) -> Result<Self, CoreError> {
        let part = |name| column.column_by_name(name).and_then(|c| c.as_binary_opt::<i32>());
        let missing = || CoreError::internal("a variant came without its two parts");
        Ok(Self { column, metadata: part("metadata").ok_or_else(missing)?, value: part("value").ok_or_else(missing)? })
    }

    #[inline(never)]
    pub(super) fn value(&self, row: usize, memo: &mut Memo<'_>) -> Result<Value, Failure> {
        if self.column.is_null(row) {
            return Ok(fast::nil());
        }
        ruby(Metadata::new(self.metadata.value(row))?, self.value.value(row), memo, 0)
    }
}

fn ruby(metadata: Metadata<'_>, bytes: &[u8], memo: &mut Memo<'_>, depth: usize) -> Result<Value, Failure> {
    if depth > MAX_DEPTH {
        return Err(CoreError::internal("a variant is nested more deeply than the scan lets through").into());
    }
    Ok(match Variant::decode(metadata, bytes)?.0 {
        Variant::Null => fast::nil(),
        Variant::Boolean(v) => fast::boolean(v),
        Variant::Long(v) => fast::integer(v),
        Variant::Float(v) => fast::float_new(v.into()),
        Variant::Double(v) => fast::float_new(v),
        Variant::Decimal(unscaled, scale) => memo.decimal(unscaled, scale)?,
        Variant::Date(days) => memo.date(days)?,
        Variant::Timestamp(micros) | Variant::TimestampNtz(micros) => fast::time_utc(micros),
        Variant::TimestampNanos(nanos) | Variant::TimestampNtzNanos(nanos) => fast::time_utc_nanos(nanos),
        Variant::Time(micros) => fast::utf8(&time_of_day(micros)),
        Variant::Uuid(bytes) => fast::utf8(&uuid(&bytes)),
        Variant::Binary(bytes) => fast::binary(bytes),
        Variant::String(text) => fast::utf8(text),
        Variant::Array(array) => {
            let made = fast::array_new(array.len());
            for index in 0..array.len() {
                fast::array_push(made, ruby(metadata, array.element(index)?, memo, depth + 1)?);
            }
            fast::keep(made);
            made
        }
        Variant::Object(object) => {
            let made = fast::hash_new();
            for index in 0..object.len() {
                let (name, bytes) = object.field(index)?;
                let pair = [fast::interned(name), ruby(metadata, bytes, memo, depth + 1)?];
                fast::insert(made, &pair)?;
                fast::keep_all(&pair);
            }
            fast::keep(made);
            made
        }
    })
}

/// Ruby has no type for it.
fn time_of_day(micros: i64) -> String {
    let seconds = micros.div_euclid(1_000_000);
    let (hours, minutes) = (seconds.div_euclid(3600), seconds.div_euclid(60).rem_euclid(60));
    format!("{hours:02}:{minutes:02}:{:02}.{:06}", seconds.rem_euclid(60), micros.rem_euclid(1_000_000))
}

fn uuid(bytes: &[u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
