//! The units of decoding: some row groups of one file.

use std::ops::Range;

use parquet::arrow::arrow_reader::{RowSelection, RowSelector};
use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};

use super::open::OpenFile;
use super::prune::Kept;
use crate::storage::ParquetFile;

/// Bytes that a decoded batch should stay under.
const BATCH_BYTES: u64 = 16 << 20;

/// Row groups that are decoded by one task, so that tasks run side by side on one file.
pub(super) struct Part {
    pub(super) row_groups: Vec<usize>,
    /// The rows that come out of the reader, by their numbers in the file. Deletion vectors and row ids go by them.
    pub(super) ranges: Vec<Range<u64>>,
    /// Of the rows of the row groups, those that are read.
    selectors: Vec<RowSelector>,
    /// Rows of a batch.
    pub(super) batch_rows: usize,
    /// Rows of all of them.
    pub(super) rows: i64,
    /// Bytes to be fetched at a time: those of one row group.
    pub(super) bytes: u64,
    /// Bytes of all row groups.
    pub(super) total_bytes: u64,
    /// The file with those bytes in memory, where they were fetched beforehand.
    pub(super) fetched: Option<ParquetFile>,
}

/// Rows that are enough for a task of their own.
const PART_ROWS: i64 = 64 << 10;

/// The row groups of a file, some to each task.
pub(super) fn parts(file: &OpenFile, batch_size: usize) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut first = 0u64;
    for (index, group) in file.metadata.metadata().row_groups().iter().enumerate() {
        let rows = u64::try_from(group.num_rows()).unwrap_or(0);
        let range = first..first.saturating_add(rows);
        first = range.end;
        let kept = match file.kept.get(index) {
            Some(Kept::Rows(ranges)) => ranges.clone(),
            Some(Kept::Nothing) => continue,
            Some(Kept::All) | None => std::iter::once(0..rows).collect(),
        };
        if rows == 0 || file.mask.as_ref().is_some_and(|mask| mask.leaves_out(&range)) {
            continue;
        }
        let (bytes, decoded) = sizes(file, group);
        let average = decoded / rows + 1;
        let batch_rows = usize::try_from(BATCH_BYTES / average).unwrap_or(batch_size).clamp(1, batch_size);
        let part = match parts.last_mut() {
            Some(part) if part.rows < PART_ROWS => part,
            _ => {
                parts.push(Part {
                    row_groups: Vec::new(),
                    ranges: Vec::new(),
                    selectors: Vec::new(),
                    batch_rows,
                    rows: 0,
                    bytes,
                    total_bytes: 0,
                    fetched: None,
                });
                let Some(part) = parts.last_mut() else { continue };
                part
            }
        };
        part.row_groups.push(index);
        part.batch_rows = part.batch_rows.min(batch_rows);
        part.bytes = part.bytes.max(bytes);
        part.total_bytes = part.total_bytes.saturating_add(bytes);
        part.read(range.start, rows, &kept);
    }
    parts
}

impl Part {
    /// Adds the rows `kept` of a row group of `rows` rows, of which the first has the number `first` in the file.
    fn read(&mut self, first: u64, rows: u64, kept: &[Range<u64>]) {
        let count = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
        let mut at = 0;
        for range in kept {
            self.selectors.push(RowSelector::skip(count(range.start - at)));
            self.selectors.push(RowSelector::select(count(range.end - range.start)));
            self.ranges.push(first.saturating_add(range.start)..first.saturating_add(range.end));
            self.rows = self.rows.saturating_add_unsigned(range.end - range.start);
            at = range.end;
        }
        self.selectors.push(RowSelector::skip(count(rows - at)));
    }

    /// For the reader, where it is not all rows.
    pub(super) fn selection(&self) -> Option<RowSelection> {
        let skips = self.selectors.iter().any(|s| s.skip && s.row_count > 0);
        skips.then(|| self.selectors.iter().copied().filter(|s| s.row_count > 0).collect::<Vec<_>>().into())
    }
}

/// Bytes of the columns that are read: as they are in the file, and about what they become.
fn sizes(file: &OpenFile, group: &RowGroupMetaData) -> (u64, u64) {
    let descriptor = file.metadata.parquet_schema();
    let is_read = |leaf: usize| file.read.binary_search(&descriptor.get_column_root_idx(leaf)).is_ok();
    let read = group.columns().iter().enumerate().filter(|(leaf, _)| is_read(*leaf)).map(|(_, column)| column);
    read.fold((0, 0), |(compressed, decoded): (u64, u64), column| {
        let size = u64::try_from(column.compressed_size()).unwrap_or(0);
        (compressed.saturating_add(size), decoded.saturating_add(decoded_size(column)))
    })
}

/// About the bytes that a column becomes. A dictionary makes the encoded size small however long the values are.
pub(super) fn decoded_size(column: &ColumnChunkMetaData) -> u64 {
    let values = column.unencoded_byte_array_data_bytes().unwrap_or(0);
    u64::try_from(column.uncompressed_size().max(values)).unwrap_or(0)
}
