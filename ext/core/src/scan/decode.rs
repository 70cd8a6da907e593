//! Decoding some row groups of one file into batches of the table.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use arrow::array::{Array, BooleanArray, RecordBatch, RecordBatchOptions};
use arrow::compute::filter_record_batch;
use futures::{FutureExt, TryStreamExt};
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use parquet::file::metadata::RowGroupMetaData;
use tokio::sync::mpsc::Sender;

use super::open::{Column, OpenFile, panicked};
use super::task::ScanTask;
use crate::error::{Error, Result};
use crate::storage::parquet_error;

/// Bytes that a decoded batch should stay under.
const BATCH_BYTES: u64 = 16 << 20;

/// Row groups that are decoded by one task, so that tasks run side by side on one file.
pub(super) struct Part {
    pub(super) row_groups: Vec<usize>,
    /// Rows of a batch.
    batch_rows: usize,
    /// Bytes to be fetched.
    pub(super) bytes: u64,
}

/// Rows that are enough for a task of their own.
const PART_ROWS: i64 = 64 << 10;

/// The row groups of a file, some to each task.
pub(super) fn parts(file: &OpenFile, batch_size: usize) -> Vec<Part> {
    let mut parts: Vec<(Part, i64)> = Vec::new();
    for (index, group) in file.metadata.metadata().row_groups().iter().enumerate() {
        if group.num_rows() <= 0 {
            continue;
        }
        let (compressed, decoded) = sizes(file, group);
        let average = decoded / group.num_rows() as u64 + 1;
        let batch_rows = usize::try_from(BATCH_BYTES / average).unwrap_or(batch_size).clamp(1, batch_size);
        match parts.last_mut() {
            Some((part, rows)) if *rows < PART_ROWS => {
                *rows += group.num_rows();
                part.row_groups.push(index);
                part.batch_rows = part.batch_rows.min(batch_rows);
                part.bytes = part.bytes.max(compressed);
            }
            _ => parts.push((Part { row_groups: vec![index], batch_rows, bytes: compressed }, group.num_rows())),
        }
    }
    parts.into_iter().map(|(part, _)| part).collect()
}

/// Bytes of the columns that are read: as they are in the file, and about what they become.
fn sizes(file: &OpenFile, group: &RowGroupMetaData) -> (u64, u64) {
    let (mut compressed, mut decoded) = (0u64, 0u64);
    for (_, column) in group.columns().iter().enumerate().filter(|(leaf, _)| file.mask.leaf_included(*leaf)) {
        let bytes = |size: i64| u64::try_from(size).unwrap_or(0);
        compressed = compressed.saturating_add(bytes(column.compressed_size()));
        // A dictionary makes the encoded size small however long the values are.
        let values = column.unencoded_byte_array_data_bytes().unwrap_or(0);
        decoded = decoded.saturating_add(bytes(column.uncompressed_size()).max(bytes(values)));
    }
    (compressed, decoded)
}

/// Decodes `part` and sends its batches until there are no more or nobody wants them.
pub(super) async fn decode(task: &ScanTask, file: &OpenFile, part: Part, batches: &Sender<Result<RecordBatch>>) {
    if let Err(error) = try_decode(task, file, part, batches).await {
        // A closed channel is a consumer that went away.
        let _ = batches.send(Err(task.locate(error))).await;
    }
}

async fn try_decode(task: &ScanTask, file: &OpenFile, part: Part, batches: &Sender<Result<RecordBatch>>) -> Result<()> {
    let name = format!("data file {}", file.name);
    let builder = ParquetRecordBatchStreamBuilder::new_with_metadata(file.file.clone(), file.metadata.clone())
        .with_projection(file.mask.clone())
        .with_row_groups(part.row_groups)
        .with_batch_size(part.batch_rows);
    let builder = match task.limit {
        Some(limit) if !file.filter => builder.with_limit(usize::try_from(limit).unwrap_or(usize::MAX)),
        _ => builder,
    };
    let mut stream = builder.build().map_err(|e| parquet_error(&name, e))?;
    loop {
        let next = AssertUnwindSafe(async {
            let decoded = stream.try_next().await.map_err(|e| parquet_error(&name, e))?;
            decoded.map(|batch| adapt(task, file, &batch)).transpose()
        });
        match next.catch_unwind().await.map_err(|_| panicked(&file.name))?? {
            None => return Ok(()),
            Some(batch) if batch.num_rows() == 0 => tokio::task::yield_now().await,
            Some(batch) => {
                if batches.send(Ok(batch)).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
}

/// The result's columns of the rows that the predicate keeps.
fn adapt(task: &ScanTask, file: &OpenFile, batch: &RecordBatch) -> Result<RecordBatch> {
    let rows = batch.num_rows();
    let column = |column: &Column| match column {
        Column::File(index, adapter) => adapter.apply(batch.column(*index)),
        Column::Constant(values) => Ok(values.slice(0, rows)),
    };
    let columns = file.columns.iter().map(column).collect::<Result<Vec<_>>>();
    let mut columns = columns.map_err(|e| e.context(format_args!("data file {}", file.name)))?;
    let whole = |schema: &arrow::datatypes::SchemaRef, columns, rows| {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)
            .map_err(|e| Error::internal("a batch could not be put together").with_source(e))
    };
    let Some(predicate) = task.predicate.as_ref().filter(|_| file.filter) else {
        return whole(&task.output, columns, rows);
    };
    let kept = predicate.filter(&whole(&task.all, columns.clone(), rows)?)?;
    columns.truncate(task.outputs);
    keep(&whole(&task.output, columns, rows)?, &kept)
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
