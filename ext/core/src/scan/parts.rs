//! The units of decoding: some row groups of one file.

use std::ops::Range;

use parquet::file::metadata::{ColumnChunkMetaData, RowGroupMetaData};

use super::open::OpenFile;

/// Bytes that a decoded batch should stay under.
const BATCH_BYTES: u64 = 16 << 20;

/// Row groups that are decoded by one task, so that tasks run side by side on one file.
pub(super) struct Part {
    pub(super) row_groups: Vec<usize>,
    /// The rows that come out of the reader, by their numbers in the file. Deletion vectors and row ids go by them.
    pub(super) ranges: Vec<Range<u64>>,
    /// Rows of a batch.
    pub(super) batch_rows: usize,
    /// Rows of all of them.
    pub(super) rows: i64,
    /// Bytes to be fetched.
    pub(super) bytes: u64,
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
        if rows == 0 || file.mask.as_ref().is_some_and(|mask| mask.leaves_out(&range)) {
            continue;
        }
        let (bytes, decoded) = sizes(file, group);
        let average = decoded / rows + 1;
        let batch_rows = usize::try_from(BATCH_BYTES / average).unwrap_or(batch_size).clamp(1, batch_size);
        match parts.last_mut() {
            Some(part) if part.rows < PART_ROWS => {
                part.rows = part.rows.saturating_add(group.num_rows());
                part.row_groups.push(index);
                part.ranges.push(range);
                part.batch_rows = part.batch_rows.min(batch_rows);
                part.bytes = part.bytes.max(bytes);
            }
            _ => {
                let (row_groups, ranges) = (vec![index], vec![range]);
                parts.push(Part { row_groups, ranges, batch_rows, rows: group.num_rows(), bytes });
            }
        }
    }
    parts
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
