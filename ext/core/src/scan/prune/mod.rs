//! Rows of one data file that are not read, because its footer, its page index or its Bloom filters tell that the predicate
//! is true of none of them. What is missing, malformed or doubtful there rules out nothing.

mod bloom;
mod bounds;
mod kept;
mod pages;
mod source;
#[cfg(test)]
mod tests;

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;

pub(super) use self::kept::Kept;
use super::task::ScanTask;
use crate::action::Add;
use crate::error::Result;
use crate::expr::BoundPredicate;
use crate::stats::ColumnBounds;
use crate::storage::ParquetFile;

/// For each row group what is read of it. Metadata with the page index takes the place of `metadata` where it was looked at.
pub(super) async fn prune(
    task: &ScanTask,
    add: &Add,
    is_constant: &(dyn Fn(&str) -> bool + Sync),
    file: &ParquetFile,
    metadata: &mut ArrowReaderMetadata,
    read: &[usize],
) -> Result<Vec<Kept>> {
    let groups = metadata.metadata().num_row_groups();
    let Some(predicate) = &task.predicate else { return Ok(vec![Kept::All; groups]) };
    let sources = source::sources(task, predicate, add, is_constant, metadata)?;
    let by_group: Vec<Vec<ColumnBounds>> =
        (0..groups).map(|group| bounds::of_group(metadata.metadata(), group, predicate, &sources)).collect();
    let mut kept: Vec<Kept> = by_group.iter().map(|bounds| all_or_nothing(predicate, bounds)).collect();
    // What these two find is a saving and no more: a panic of the Parquet reader is left to who reads the rows.
    let blooms = bloom::rule_out(predicate, &sources, &by_group, file, metadata, &mut kept);
    let _ = AssertUnwindSafe(blooms).catch_unwind().await;
    let looked_up = pages::select(predicate, &sources, &by_group, file, metadata, read, &kept);
    if let Ok(Some(pages::Selected { metadata: with_index, kept: selected })) =
        AssertUnwindSafe(looked_up).catch_unwind().await
    {
        *metadata = with_index;
        kept = selected;
    }
    Ok(kept)
}

fn all_or_nothing(predicate: &BoundPredicate, bounds: &[ColumnBounds]) -> Kept {
    if predicate.outcomes(bounds).true_ { Kept::All } else { Kept::Nothing }
}
