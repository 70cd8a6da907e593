//! Decoding some row groups of one file into batches of the table.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions};
use arrow::compute::filter_record_batch;
use arrow::datatypes::SchemaRef;
use tokio::sync::mpsc::Sender;

use super::lanes::Lanes;
use super::open::{Column, OpenFile};
use super::parts::Part;
use super::task::ScanTask;
use crate::error::{Error, Result};

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
    let limit = task.limit.filter(|_| !file.filter);
    let mut lanes = Lanes::start(file, &part, limit)?;
    while let Some((columns, rows)) = lanes.next().await? {
        let batch = adapt(task, file, &columns, rows)?;
        if batch.num_rows() == 0 {
            tokio::task::yield_now().await;
        } else if batches.send(Ok(batch)).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// The result's columns of the rows that the predicate keeps.
fn adapt(task: &ScanTask, file: &OpenFile, read: &[ArrayRef], rows: usize) -> Result<RecordBatch> {
    let column = |column: &Column| match column {
        Column::File(index, adapter) => adapter.apply(&read[*index]),
        Column::Constant(values) => Ok(values.slice(0, rows)),
    };
    let columns = file.columns.iter().map(column).collect::<Result<Vec<_>>>();
    let mut columns = columns.map_err(|e| e.context(format_args!("data file {}", file.name)))?;
    let whole = |schema: &SchemaRef, columns| {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
            .map_err(|e| Error::internal("a batch could not be put together").with_source(e))
    };
    let Some(predicate) = task.predicate.as_ref().filter(|_| file.filter) else {
        return whole(&task.output, columns);
    };
    let kept = predicate.filter(&whole(&task.all, columns.clone())?)?;
    columns.truncate(task.outputs);
    keep(&whole(&task.output, columns)?, &kept)
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
