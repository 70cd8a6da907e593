//! The serialised forms of a bitmap of rows (Delta protocol, "Deletion Vector Format").

use roaring::RoaringBitmap;

use crate::error::{Error, Result};

/// A bitmap for each upper half of row numbers, by key.
const PORTABLE: u32 = 1_681_511_377;

/// An older form of Spark's: the bitmaps of all upper halves from zero on, each after its size.
const NATIVE: u32 = 1_681_511_376;

/// Row numbers have 63 bits.
const MAX_KEY: u32 = i32::MAX as u32;

/// Bitmaps of the lower halves of row numbers by the upper half, in ascending order, none of them empty.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<(u32, RoaringBitmap)>> {
    let mut reader = Reader(bytes);
    match reader.word()? {
        PORTABLE => portable(reader),
        NATIVE => native(reader),
        magic => {
            Err(Error::corrupt(format!("a deletion vector begins with the number {magic}, which names no format")))
        }
    }
}

// Neither loop trusts the count: each turn uses up bytes, or fails.
fn portable(mut reader: Reader<'_>) -> Result<Vec<(u32, RoaringBitmap)>> {
    let mut bitmaps = Vec::new();
    let mut next = 0;
    for _ in 0..reader.double_word()? {
        let key = reader.word()?;
        if !(next..=MAX_KEY).contains(&key) {
            return Err(Error::corrupt(format!("a deletion vector has a bitmap with the key {key} out of order")));
        }
        next = key + 1;
        let bitmap = RoaringBitmap::deserialize_from(&mut reader.0).map_err(unreadable)?;
        if !bitmap.is_empty() {
            bitmaps.push((key, bitmap));
        }
    }
    Ok(bitmaps)
}

fn native(mut reader: Reader<'_>) -> Result<Vec<(u32, RoaringBitmap)>> {
    let mut bitmaps = Vec::new();
    for key in 0..reader.word()?.min(MAX_KEY) {
        let size = reader.word()?;
        let bitmap = RoaringBitmap::deserialize_from(reader.take(size as usize)?).map_err(unreadable)?;
        if !bitmap.is_empty() {
            bitmaps.push((key, bitmap));
        }
    }
    Ok(bitmaps)
}

fn unreadable(error: std::io::Error) -> Error {
    Error::corrupt("a deletion vector holds no readable bitmap").with_source(error)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, size: usize) -> Result<&'a [u8]> {
        let short = || Error::corrupt("a deletion vector ends too early");
        let (taken, rest) = self.0.split_at_checked(size).ok_or_else(short)?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn word(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn double_word(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }
}
