//! Text that is made row by row, within bounds.

use arrow::array::{BinaryArray, BinaryBuilder, StringArray};

use crate::error::{Error, Result};

/// Most bytes that one expression makes of a batch.
const MAX_BYTES: usize = 256 << 20;

/// Text of `len` rows: `write` appends a row's text and says whether it is other than null.
pub(super) fn texts(len: usize, write: &mut dyn FnMut(usize, &mut String) -> Result<bool>) -> Result<StringArray> {
    let mut offsets = vec![0i32];
    offsets.reserve(len);
    let mut valid = Vec::with_capacity(len);
    let mut all = String::new();
    for row in 0..len {
        let start = all.len();
        let present = write(row, &mut all)?;
        if !present {
            all.truncate(start);
        }
        valid.push(present);
        offsets.push(end(all.len())?);
    }
    let offsets = arrow::buffer::OffsetBuffer::new(offsets.into());
    StringArray::try_new(offsets, all.into_bytes().into(), Some(valid.into()))
        .map_err(|e| Error::internal("text could not be put together").with_source(e))
}

/// As [`texts`], of bytes.
pub(super) fn bytes(len: usize, value: &mut dyn FnMut(usize) -> Result<Option<Vec<u8>>>) -> Result<BinaryArray> {
    let mut builder = BinaryBuilder::new();
    let mut total = 0;
    for row in 0..len {
        let value = value(row)?;
        total += value.as_ref().map_or(0, Vec::len);
        end(total)?;
        builder.append_option(value);
    }
    Ok(builder.finish())
}

fn end(bytes: usize) -> Result<i32> {
    i32::try_from(bytes).ok().filter(|_| bytes <= MAX_BYTES).ok_or_else(too_large)
}

/// An error where text would grow past what one expression may make of a batch.
pub(super) fn check_growth(bytes: usize) -> Result<()> {
    if bytes > MAX_BYTES { Err(too_large()) } else { Ok(()) }
}

fn too_large() -> Error {
    Error::argument(format!("an expression makes more than {} MB of text out of one batch of rows", MAX_BYTES >> 20))
}
