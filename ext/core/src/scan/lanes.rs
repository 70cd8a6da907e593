//! The columns of some row groups, decoded side by side where there are many rows, so that one large row group keeps more
//! than one core busy.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use futures::{FutureExt, TryStreamExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::RowSelectionPolicy;
use parquet::arrow::async_reader::{ParquetRecordBatchStream, ParquetRecordBatchStreamBuilder};
use tokio::sync::mpsc;

use super::open::{OpenFile, panicked};
use super::owned::Owned;
use super::parts::{Part, decoded_size};
use crate::error::{Error, Result};
use crate::storage::{ParquetFile, parquet_error};

/// Rows from which on a second task pays.
const SIDE_BY_SIDE_ROWS: i64 = 128 << 10;

/// Batches that the second lane may be ahead.
const LANE_AHEAD: usize = 2;

/// Batches of the columns that are read.
pub(super) struct Lanes {
    first: Lane,
    second: Option<(mpsc::Receiver<Result<RecordBatch>>, Owned<()>)>,
}

/// Some columns.
struct Lane {
    file: Arc<OpenFile>,
    stream: ParquetRecordBatchStream<ParquetFile>,
}

impl Lanes {
    pub(super) fn start(file: &Arc<OpenFile>, part: &Part, limit: Option<u64>) -> Result<Self> {
        let (left, right) = file.read.split_at(split(file, part));
        let first = Lane::new(file, part, left, limit)?;
        if right.is_empty() {
            return Ok(Self { first, second: None });
        }
        let mut lane = Lane::new(file, part, right, limit)?;
        let (sender, batches) = mpsc::channel(LANE_AHEAD);
        let task = Owned::spawn(async move {
            while let Some(batch) = lane.next().await.transpose() {
                let failed = batch.is_err();
                if sender.send(batch).await.is_err() || failed {
                    return;
                }
            }
        });
        Ok(Self { first, second: Some((batches, task)) })
    }

    /// The next batch: one array for each column that is read, and the number of rows.
    pub(super) async fn next(&mut self) -> Result<Option<(Vec<ArrayRef>, usize)>> {
        let left = self.first.next().await?;
        let Some((batches, task)) = &mut self.second else {
            return Ok(left.map(|batch| (batch.columns().to_vec(), batch.num_rows())));
        };
        let right = batches.recv().await.transpose()?;
        if right.is_none() {
            task.join().await?;
        }
        match (left, right) {
            (None, None) => Ok(None),
            (Some(left), Some(right)) if left.num_rows() == right.num_rows() => {
                Ok(Some(([left.columns(), right.columns()].concat(), left.num_rows())))
            }
            _ => Err(Error::corrupt(format!("data file {} has columns of different lengths", self.first.file.name))),
        }
    }
}

impl Lane {
    fn new(file: &Arc<OpenFile>, part: &Part, columns: &[usize], limit: Option<u64>) -> Result<Self> {
        let mask = ProjectionMask::roots(file.metadata.parquet_schema(), columns.iter().copied());
        let bytes = part.fetched.as_ref().unwrap_or(&file.file).clone();
        let builder = ParquetRecordBatchStreamBuilder::new_with_metadata(bytes, file.metadata.clone())
            .with_projection(mask)
            .with_row_groups(part.row_groups.clone())
            .with_batch_size(part.batch_rows);
        let builder = match part.selection() {
            // Every lane has to give batches of the same rows, whatever its columns are.
            Some(selection) => {
                builder.with_row_selection_policy(RowSelectionPolicy::Selectors).with_row_selection(selection)
            }
            None => builder,
        };
        let builder = match limit {
            Some(limit) => builder.with_limit(usize::try_from(limit).unwrap_or(usize::MAX)),
            None => builder,
        };
        let stream = builder.build().map_err(|e| parquet_error(&format!("data file {}", file.name), e))?;
        Ok(Self { file: Arc::clone(file), stream })
    }

    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        let batch = AssertUnwindSafe(self.stream.try_next()).catch_unwind().await;
        let batch = batch.map_err(|_| panicked(&self.file.name))?;
        batch.map_err(|e| parquet_error(&format!("data file {}", self.file.name), e))
    }
}

/// How many of the columns go to the first lane: half of the bytes, or all where it does not pay.
fn split(file: &OpenFile, part: &Part) -> usize {
    let columns = file.read.len();
    let (Some(group), true) = (part.row_groups.first(), columns > 1 && part.rows >= SIDE_BY_SIDE_ROWS) else {
        return columns;
    };
    let descriptor = file.metadata.parquet_schema();
    let mut sizes = vec![0u64; columns];
    for (leaf, column) in file.metadata.metadata().row_group(*group).columns().iter().enumerate() {
        if let Ok(index) = file.read.binary_search(&descriptor.get_column_root_idx(leaf)) {
            sizes[index] = sizes[index].saturating_add(decoded_size(column));
        }
    }
    let half = sizes.iter().fold(0u64, |sum, size| sum.saturating_add(*size)) / 2;
    let mut left = 0u64;
    let taken = sizes.iter().take_while(|size| {
        let fits = left.saturating_add(**size / 2) <= half;
        left = left.saturating_add(**size);
        fits
    });
    taken.count().clamp(1, columns - 1)
}
