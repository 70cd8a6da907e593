//! The bytes of a part, fetched before it is decoded: over a network all of a part's ranges at once, and those of later parts
//! meanwhile.

use std::ops::Range;

use parquet::file::metadata::ColumnChunkMetaData;

use super::open::OpenFile;
use super::parts::Part;
use crate::error::Result;
use crate::storage::ParquetFile;

/// Where the columns of the part that are read lie, or `None` where the decoder is to fetch as it goes: it then knows which
/// pages it needs, or memory holds them already, or they are more than `most` bytes.
pub(super) fn ranges(file: &OpenFile, part: &Part, most: u64) -> Option<Vec<Range<u64>>> {
    if !file.file.is_remote() || part.selection().is_some() || part.total_bytes > most {
        return None;
    }
    let descriptor = file.metadata.parquet_schema();
    let is_read = |leaf: usize| file.read.binary_search(&descriptor.get_column_root_idx(leaf)).is_ok();
    let metadata = file.metadata.metadata();
    let chunks = part.row_groups.iter().flat_map(|group| {
        let columns = metadata.row_group(*group).columns().iter().enumerate();
        columns.filter(|(leaf, _)| is_read(*leaf)).map(|(_, column)| chunk(column))
    });
    let mut ranges: Vec<_> = chunks.collect::<Option<_>>()?;
    ranges.sort_unstable_by_key(|range| range.start);
    (!ranges.is_empty()).then_some(ranges)
}

/// The same file with those ranges in memory.
pub(super) async fn fetch(file: &ParquetFile, ranges: Vec<Range<u64>>) -> Result<ParquetFile> {
    file.holding(ranges).await
}

/// Where a column chunk is; `None` where that makes no sense, of which the decoder tells.
fn chunk(column: &ColumnChunkMetaData) -> Option<Range<u64>> {
    let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
    let (start, length) = (u64::try_from(start).ok()?, u64::try_from(column.compressed_size()).ok()?);
    Some(start..start.checked_add(length)?)
}
