//! Rows of row groups that the page index leaves. It is read where it is much smaller than what it may save.

use std::ops::Range;
use std::sync::Arc;

use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::file::metadata::{ColumnChunkMask, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::page_index::offset_index::OffsetIndexMetaData;

use super::bounds::{End, Raw, is_ordered, scalar};
use super::kept::Kept;
use super::source::Source;
use crate::expr::BoundPredicate;
use crate::schema::DataType;
use crate::stats::ColumnBounds;
use crate::storage::{ParquetFile, reader_metadata};

/// Metadata with the index, and what it leaves.
pub(super) struct Selected {
    pub(super) metadata: ArrowReaderMetadata,
    pub(super) kept: Vec<Kept>,
}

/// Looks at the pages of the groups that are kept; `None` where there is no index, or none that is worth it.
pub(super) async fn select(
    predicate: &BoundPredicate,
    sources: &[Source],
    by_group: &[Vec<ColumnBounds>],
    file: &ParquetFile,
    metadata: &ArrowReaderMetadata,
    read: &[usize],
    kept: &[Kept],
) -> Option<Selected> {
    let leaves: Vec<usize> = sources
        .iter()
        .filter_map(|source| match source {
            Source::Leaf(leaf) => Some(*leaf),
            _ => None,
        })
        .collect();
    let schema = metadata.parquet_schema();
    let is_read = |leaf: &usize| read.binary_search(&schema.get_column_root_idx(*leaf)).is_ok();
    let located: Vec<usize> = (0..schema.num_columns()).filter(|leaf| is_read(leaf) || leaves.contains(leaf)).collect();
    let groups: Vec<usize> = (0..kept.len())
        .filter(|group| {
            kept[*group] == Kept::All
                && !predicate.outcomes(&by_group[*group]).always_true()
                && is_worth_it(metadata.metadata(), *group, &leaves, &located)
        })
        .collect();
    if groups.is_empty() {
        return None;
    }
    let mut reader = ParquetMetaDataReader::new_with_metadata(metadata.metadata().as_ref().clone())
        .with_page_index_policy(PageIndexPolicy::Optional)
        .with_column_index_mask(ColumnChunkMask::row_groups_and_columns(groups.iter().copied(), leaves.clone()))
        .with_offset_index_mask(ColumnChunkMask::row_groups_and_columns(groups.iter().copied(), located));
    reader.load_page_index(&mut file.clone()).await.ok()?;
    let with_index = Arc::new(reader.finish().ok()?);
    let mut kept = kept.to_vec();
    for group in groups {
        kept[group] = rows_of(predicate, sources, &by_group[group], &with_index, group);
    }
    Some(Selected { metadata: reader_metadata(with_index).ok()?, kept })
}

/// Whether a leaf of the predicate has an index, and all that would be fetched of it is less than the data.
fn is_worth_it(metadata: &ParquetMetaData, group: usize, leaves: &[usize], located: &[usize]) -> bool {
    let columns = metadata.row_group(group).columns();
    let length = |length: Option<i32>| length.and_then(|l| u64::try_from(l).ok()).unwrap_or(0);
    let chunks = |of: &[usize]| of.iter().filter_map(|leaf| columns.get(*leaf)).collect::<Vec<_>>();
    let bounds = chunks(leaves).iter().fold(0u64, |sum, c| sum.saturating_add(length(c.column_index_length())));
    let places = chunks(located).iter().fold(0u64, |sum, c| sum.saturating_add(length(c.offset_index_length())));
    let data =
        chunks(located).iter().fold(0u64, |sum, c| sum.saturating_add(u64::try_from(c.compressed_size()).unwrap_or(0)));
    bounds > 0 && bounds.saturating_add(places) < data
}

/// The pages of one column.
struct Pages<'a> {
    leaf: usize,
    bounds: &'a ColumnIndexMetaData,
    /// The row that each begins with, and the row after the last.
    starts: Vec<u64>,
}

fn rows_of(
    predicate: &BoundPredicate,
    sources: &[Source],
    of_group: &[ColumnBounds],
    metadata: &ParquetMetaData,
    group: usize,
) -> Kept {
    let rows = u64::try_from(metadata.row_group(group).num_rows()).unwrap_or(0);
    let Some(index) = metadata.page_index() else { return Kept::All };
    let pages: Vec<Option<Pages<'_>>> = sources
        .iter()
        .map(|source| {
            let Source::Leaf(leaf) = source else { return None };
            let bounds = index.column_index(group, *leaf)?;
            let starts = starts(index.offset_index(group, *leaf)?, rows)?;
            let whole = bounds.num_pages() == starts.len() as u64 - 1 && is_ordered(metadata, *leaf);
            whole.then_some(Pages { leaf: *leaf, bounds, starts })
        })
        .collect();
    let mut cuts: Vec<u64> = pages.iter().flatten().flat_map(|p| p.starts.iter().copied()).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let mut kept: Vec<Range<u64>> = Vec::new();
    for cut in cuts.windows(2) {
        let (start, end) = (cut[0], cut[1]);
        let bounds: Vec<ColumnBounds> = pages
            .iter()
            .zip(of_group)
            .zip(predicate.columns())
            .map(|((pages, of_group), column)| match pages {
                Some(pages) => of_page(pages, start, metadata, &column.data_type, of_group),
                None => of_group.clone(),
            })
            .collect();
        if !predicate.outcomes(&bounds).true_ {
            continue;
        }
        match kept.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => kept.push(start..end),
        }
    }
    match &kept[..] {
        _ if cuts.len() < 2 => Kept::All,
        [] => Kept::Nothing,
        [all] if *all == (0..rows) => Kept::All,
        _ => Kept::Rows(kept),
    }
}

/// Rows that pages begin with, if these make sense.
fn starts(index: &OffsetIndexMetaData, rows: u64) -> Option<Vec<u64>> {
    let first_rows = index.page_locations().iter().map(|page| u64::try_from(page.first_row_index).ok());
    let starts = first_rows.chain([Some(rows)]).collect::<Option<Vec<u64>>>()?;
    (starts.first() == Some(&0) && starts.windows(2).all(|pair| pair[0] < pair[1])).then_some(starts)
}

/// What is known of the page that the row is in.
fn of_page(
    pages: &Pages<'_>,
    row: u64,
    metadata: &ParquetMetaData,
    data_type: &DataType,
    of_group: &ColumnBounds,
) -> ColumnBounds {
    let page = pages.starts.partition_point(|start| *start <= row).saturating_sub(1);
    let mut bounds = of_group.clone();
    if pages.bounds.is_null_page(page) {
        return ColumnBounds::exactly(None);
    }
    let rows = pages.starts[page + 1] - pages.starts[page];
    match pages.bounds.null_count(page).map(u64::try_from) {
        None => {}
        Some(Ok(0)) => bounds.may_be_null = false,
        Some(Ok(nulls)) if nulls < rows => bounds.may_be_null = true,
        // A count that a page with values cannot have.
        Some(_) => return of_group.clone(),
    }
    let column = metadata.file_metadata().schema_descr().column(pages.leaf);
    let bound = |raw: Option<Raw<'_>>, end| raw.and_then(|raw| scalar(&column, data_type, raw, end));
    let (min, max) = ends(pages.bounds, page);
    if let Some(min) = bound(min, End::Min) {
        bounds.min = Some(min);
    }
    if let Some(max) = bound(max, End::Max) {
        bounds.max = Some(max);
    }
    bounds
}

fn ends(index: &ColumnIndexMetaData, page: usize) -> (Option<Raw<'_>>, Option<Raw<'_>>) {
    use ColumnIndexMetaData as I;
    match index {
        I::BOOLEAN(i) => (i.min_value(page).copied().map(Raw::Boolean), i.max_value(page).copied().map(Raw::Boolean)),
        I::INT32(i) => {
            let raw = |v: &i32| Raw::Integer((*v).into());
            (i.min_value(page).map(raw), i.max_value(page).map(raw))
        }
        I::INT64(i) => {
            let raw = |v: &i64| Raw::Integer(*v);
            (i.min_value(page).map(raw), i.max_value(page).map(raw))
        }
        I::FLOAT(i) => {
            let raw = |v: &f32| Raw::Float((*v).into());
            (i.min_value(page).map(raw), i.max_value(page).map(raw))
        }
        I::DOUBLE(i) => (i.min_value(page).copied().map(Raw::Float), i.max_value(page).copied().map(Raw::Float)),
        I::BYTE_ARRAY(i) | I::FIXED_LEN_BYTE_ARRAY(i) => {
            (i.min_value(page).map(Raw::Bytes), i.max_value(page).map(Raw::Bytes))
        }
        I::INT96(_) => (None, None),
    }
}
