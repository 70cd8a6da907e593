//! Deletion vectors: the rows of a data file that are deleted, by their number in the file (Delta protocol, "Deletion
//! Vectors").

mod bitmap;
mod blob;
mod place;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod z85;

use std::ops::Range;

use arrow::buffer::{BooleanBuffer, Buffer};
use roaring::RoaringBitmap;

use crate::action::DeletionVectorDescriptor;
use crate::error::{Error, Result};

pub use blob::fetch;
pub use place::file_of;

/// The deleted rows of one file.
#[derive(Debug, Clone, PartialEq)]
pub struct DeletionVector {
    bitmaps: Vec<(u32, RoaringBitmap)>,
    cardinality: u64,
}

impl DeletionVector {
    /// Reads what [`fetch`] has given, for a file of `rows` rows.
    pub fn parse(bytes: &[u8], descriptor: &DeletionVectorDescriptor, rows: u64) -> Result<Self> {
        // Spark's name for no rows.
        let bitmaps = if bytes.is_empty() && descriptor.cardinality == 0 { Vec::new() } else { bitmap::parse(bytes)? };
        let cardinality = bitmaps.iter().map(|(_, bitmap)| bitmap.len()).sum();
        if u64::try_from(descriptor.cardinality) != Ok(cardinality) {
            return Err(Error::corrupt(format!(
                "a deletion vector deletes {cardinality} rows, and the log says that it deletes {}",
                descriptor.cardinality
            )));
        }
        let last = bitmaps.last().and_then(|(key, bitmap)| Some(first_row(*key) + u64::from(bitmap.max()?)));
        match last {
            Some(last) if last >= rows => Err(Error::corrupt(format!(
                "a deletion vector deletes row {last} (counted from 0) of a data file of {rows} rows"
            ))),
            _ => Ok(Self { bitmaps, cardinality }),
        }
    }

    /// How many rows are deleted.
    pub fn cardinality(&self) -> u64 {
        self.cardinality
    }

    /// The rows that this one has and `other` has not.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let without = |(key, bitmap): &(u32, RoaringBitmap)| {
            let theirs = other.bitmaps.iter().find(|(theirs, _)| theirs == key);
            (*key, theirs.map_or_else(|| bitmap.clone(), |(_, theirs)| bitmap - theirs))
        };
        let bitmaps: Vec<(u32, RoaringBitmap)> = self.bitmaps.iter().map(without).collect();
        let cardinality = bitmaps.iter().map(|(_, bitmap)| bitmap.len()).sum();
        Self { bitmaps, cardinality }
    }

    /// How many of those rows are deleted.
    pub fn count(&self, rows: &Range<u64>) -> u64 {
        self.overlaps(rows).map(|(bitmap, first, last, _)| bitmap.range_cardinality(first..=last)).sum()
    }

    /// A bit for each row of `ranges`, set where the row is live; `None` where all of them are.
    pub fn live(&self, ranges: &[Range<u64>]) -> Option<BooleanBuffer> {
        let rows = ranges.iter().map(|range| range.end - range.start).sum::<u64>() as usize;
        let mut bits = Vec::new();
        let mut start = 0;
        for range in ranges {
            for (bitmap, first, last, before) in self.overlaps(range) {
                for row in bitmap.range(first..=last) {
                    if bits.is_empty() {
                        bits = vec![u8::MAX; rows.div_ceil(8)];
                    }
                    let at = (start + before + u64::from(row - first)) as usize;
                    bits[at / 8] &= !(1 << (at % 8));
                }
            }
            start += range.end - range.start;
        }
        (!bits.is_empty()).then(|| BooleanBuffer::new(Buffer::from_vec(bits), 0, rows))
    }

    /// The bitmaps that hold some of `rows`: with the first and the last of them, and how many are before the first.
    fn overlaps(&self, rows: &Range<u64>) -> impl Iterator<Item = (&RoaringBitmap, u32, u32, u64)> {
        let (start, end) = (rows.start, rows.end);
        let reached = self.bitmaps.partition_point(|(key, _)| first_row(*key + 1) <= start);
        self.bitmaps[reached..].iter().map_while(move |(key, bitmap)| {
            let first = first_row(*key).max(start);
            let last = first_row(*key + 1).min(end).checked_sub(1).filter(|last| first <= *last)?;
            // The casts keep the lower halves.
            Some((bitmap, first as u32, last as u32, first - start))
        })
    }
}

fn first_row(key: u32) -> u64 {
    u64::from(key) << 32
}
