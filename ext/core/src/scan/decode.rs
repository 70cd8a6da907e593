//! Decoding some row groups of one file into batches of the table.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions};
use arrow::buffer::BooleanBuffer;
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;
use tokio::sync::mpsc::Sender;

use super::cursor::Cursor;
use super::lanes::Lanes;
use super::open::{Column, OpenFile};
use super::parts::Part;
use super::task::ScanTask;
use crate::error::{Error, Result};
use crate::expr::BoundPredicate;

/// Decodes `part` and sends its batches until there are no more or nobody wants them.
pub(super) async fn decode(task: &ScanTask, file: &Arc<OpenFile>, part: Part, batches: &Sender<Result<RecordBatch>>) {
    if let Err(error) = try_decode(task, file, part, batches).await {
        // A closed channel is a consumer that went away.
        let _ = batches.send(Err(task.locate(error))).await;
    }
}

async fn try_decode(
    task: &ScanTask,
    file: &Arc<OpenFile>,
    part: Part,
    batches: &Sender<Result<RecordBatch>>,
) -> Result<()> {
    let in_file = |e: Error| e.context(format_args!("data file {}", file.name));
    let (mask, by_number) = (file.mask.as_ref(), file.by_number());
    let limit = task.limit.filter(|_| !file.filter);
    // So many rows are enough wherever the deleted ones are.
    let limit = limit.and_then(|limit| mask.map_or(Some(limit), |mask| mask.enough(limit)));
    let mut lanes = Lanes::start(file, &part, limit)?;
    let mut cursor = Cursor::new(part.ranges);
    while let Some((columns, rows)) = lanes.next().await? {
        let numbers = if by_number { cursor.take(rows).map_err(in_file)? } else { Vec::new() };
        let batch = Decoded { columns: &columns, rows, numbers: &numbers };
        let batch = match mask.and_then(|mask| mask.live(&numbers)) {
            Some(live) if live.count_set_bits() == 0 => None,
            live => Some(adapt(task, file, &batch, live)?),
        };
        match batch.filter(|batch| batch.num_rows() > 0) {
            None => tokio::task::yield_now().await,
            Some(batch) => {
                if batches.send(Ok(batch)).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
    match limit {
        None if by_number => cursor.finish().map_err(in_file),
        _ => Ok(()),
    }
}

/// What comes out of the reader at once.
struct Decoded<'a> {
    columns: &'a [ArrayRef],
    rows: usize,
    /// The numbers of the rows in the file, where they matter.
    numbers: &'a [Range<u64>],
}

/// The result's columns of the rows that are live and that the predicate keeps.
fn adapt(task: &ScanTask, file: &OpenFile, batch: &Decoded<'_>, live: Option<BooleanBuffer>) -> Result<RecordBatch> {
    let Decoded { columns: read, rows, numbers } = *batch;
    let column = |column: &Column| match column {
        Column::File(index, adapter) => adapter.apply(&read[*index]),
        Column::Constant(values) => Ok(values.slice(0, rows)),
        Column::Tracked(tracked) => tracked.values(read, numbers),
    };
    let columns = file.columns.iter().map(column).collect::<Result<Vec<_>>>();
    let mut columns = columns.map_err(|e| e.context(format_args!("data file {}", file.name)))?;
    let whole = |schema: &SchemaRef, columns| {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
            .map_err(|e| Error::internal("a batch could not be put together").with_source(e))
    };
    let wanted = match task.predicate.as_ref().filter(|_| file.filter) {
        Some(predicate) => Some(wanted(predicate, &whole(&task.all, columns.clone())?, live.as_ref())?),
        None => None,
    };
    columns.truncate(task.outputs);
    let batch = whole(&task.output, columns)?;
    match both(wanted, live) {
        Some(kept) => keep(&batch, &kept),
        None => Ok(batch),
    }
}

/// The rows that the predicate keeps, deleted ones among them.
fn wanted(predicate: &BoundPredicate, batch: &RecordBatch, live: Option<&BooleanBuffer>) -> Result<BooleanArray> {
    match (predicate.filter(batch), live) {
        (Ok(wanted), _) => Ok(wanted),
        (Err(e), None) => Err(e),
        // What cannot be computed may be of a deleted row.
        (Err(_), Some(live)) => {
            let wanted = predicate.filter(&keep(batch, &BooleanArray::new(live.clone(), None))?)?;
            let mut of_live = wanted.iter();
            Ok(live.iter().map(|is_live| is_live.then(|| of_live.next().flatten()).flatten()).collect())
        }
    }
}

/// One mask of two, so that rows are copied once.
fn both(wanted: Option<BooleanArray>, live: Option<BooleanBuffer>) -> Option<BooleanArray> {
    Some(match (wanted, live) {
        (None, None) => return None,
        (Some(wanted), None) => wanted,
        (None, Some(live)) => BooleanArray::new(live, None),
        (Some(wanted), Some(live)) => {
            let (values, nulls) = wanted.into_parts();
            BooleanArray::new(&values & &live, nulls)
        }
    })
}

fn keep(batch: &RecordBatch, kept: &BooleanArray) -> Result<RecordBatch> {
    let count = kept.true_count();
    if count == batch.num_rows() {
        return Ok(batch.clone());
    }
    if batch.num_columns() == 0 {
        return Ok(batch.slice(0, count));
    }
    filter_record_batch(batch, kept).map_err(|e| Error::internal("a batch could not be filtered").with_source(e))
}
