//! What is decoded at a time of a checkpoint's file. Some writers put all files of a table into one row group, which would be
//! fetched as a whole: where the file says at which bytes its pages lie, it is taken apart.

use std::ops::Range;

use parquet::arrow::arrow_reader::{ArrowReaderMetadata, RowSelection};
use parquet::file::metadata::{ColumnChunkMask, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};

use crate::storage::{ParquetFile, reader_metadata};

/// Bytes of a row group that are fetched at a time, about.
const PIECE_BYTES: u64 = if cfg!(test) { 64 << 10 } else { 16 << 20 };

/// A row group, or some of its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::log) struct Piece {
    pub(in crate::log) group: usize,
    rows: Option<Range<usize>>,
}

impl Piece {
    pub(super) fn selection(&self, metadata: &ParquetMetaData) -> Option<RowSelection> {
        let rows = self.rows.clone()?;
        let total = rows_of(metadata, self.group);
        Some(RowSelection::from_consecutive_ranges(std::iter::once(rows), total))
    }

    /// How many rows it must have.
    pub(super) fn len(&self, metadata: &ParquetMetaData) -> usize {
        self.rows.as_ref().map_or_else(|| rows_of(metadata, self.group), Range::len)
    }
}

/// The pieces of a row group of which those leaves are read, with rows by the `step` or more.
pub(super) fn pieces(metadata: &ParquetMetaData, group: usize, leaves: &[usize], step: usize) -> Vec<Piece> {
    let rows = rows_of(metadata, group);
    let count = bytes_of(metadata, group, leaves).div_ceil(PIECE_BYTES);
    if count < 2 || !leaves.iter().all(|leaf| is_located(metadata, group, *leaf)) {
        return vec![Piece { group, rows: None }];
    }
    let each = rows.div_ceil(usize::try_from(count).unwrap_or(1)).next_multiple_of(step.max(1));
    (0..rows).step_by(each).map(|start| Piece { group, rows: Some(start..rows.min(start + each)) }).collect()
}

/// The metadata with the places of the pages of row groups that are to be taken apart; as it was, where there are none or
/// they cannot be read.
pub(super) async fn located(file: &ParquetFile, metadata: ArrowReaderMetadata) -> ArrowReaderMetadata {
    let plain = metadata.metadata();
    let leaves: Vec<usize> = (0..plain.file_metadata().schema_descr().num_columns()).collect();
    let large: Vec<usize> =
        (0..plain.num_row_groups()).filter(|group| bytes_of(plain, *group, &leaves) > 2 * PIECE_BYTES).collect();
    if large.is_empty() {
        return metadata;
    }
    let mut reader = ParquetMetaDataReader::new_with_metadata(plain.as_ref().clone())
        .with_page_index_policy(PageIndexPolicy::Optional)
        .with_column_index_policy(PageIndexPolicy::Skip)
        .with_offset_index_mask(ColumnChunkMask::row_groups_and_columns(large.iter().copied(), leaves));
    let read = reader.load_page_index(&mut file.clone()).await.and_then(|()| reader.finish());
    read.and_then(|read| reader_metadata(read.into())).unwrap_or(metadata)
}

/// Whether the pages of a column are where they can be: one after the other, inside the column's bytes and its rows.
fn is_located(metadata: &ParquetMetaData, group: usize, leaf: usize) -> bool {
    let Some(index) = metadata.page_index().and_then(|index| index.offset_index(group, leaf)) else { return false };
    let Some(column) = metadata.row_group(group).columns().get(leaf) else { return false };
    let (start, length) = column.byte_range();
    let end = start.saturating_add(length);
    let rows = i64::try_from(rows_of(metadata, group)).unwrap_or(i64::MAX);
    let pages = index.page_locations();
    let first = pages.first().is_some_and(|page| page.first_row_index == 0);
    let ordered = pages.windows(2).all(|pair| {
        let [one, two] = pair else { return false };
        let after = one.offset.checked_add(i64::from(one.compressed_page_size));
        one.first_row_index < two.first_row_index && after.is_some_and(|after| after <= two.offset)
    });
    let inside = pages.iter().all(|page| {
        let bytes = u64::try_from(page.offset).ok().zip(u64::try_from(page.compressed_page_size).ok());
        let bytes = bytes.is_some_and(|(at, size)| start <= at && at.saturating_add(size) <= end);
        bytes && page.first_row_index < rows
    });
    first && ordered && inside
}

fn bytes_of(metadata: &ParquetMetaData, group: usize, leaves: &[usize]) -> u64 {
    let columns = metadata.row_group(group).columns();
    let sizes = leaves.iter().filter_map(|leaf| columns.get(*leaf)).map(|c| u64::try_from(c.compressed_size()));
    sizes.fold(0, |sum, size| sum.saturating_add(size.unwrap_or(0)))
}

fn rows_of(metadata: &ParquetMetaData, group: usize) -> usize {
    usize::try_from(metadata.row_group(group).num_rows()).unwrap_or(0)
}
