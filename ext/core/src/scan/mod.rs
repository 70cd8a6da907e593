//! Reading: which files, which of their columns, which of their rows, as a stream of Arrow batches.

mod adapt;
mod cursor;
mod decode;
mod fetch;
mod file_filter;
mod file_set;
mod files;
mod given;
mod lanes;
mod mask;
mod open;
mod owned;
mod parts;
mod pipeline;
mod plan;
mod portable;
mod prune;
mod read_field;
mod row_tracking;
mod stream;
mod task;
#[cfg(test)]
mod tests;
mod tracked;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::datatypes::SchemaRef as ArrowSchemaRef;

use self::given::FileSource;
use self::plan::{Planner, Rules, explain};
use self::row_tracking::RowTracking;
use self::task::ScanTask;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::expr::{BoundPredicate, Predicate};
use crate::schema::{Field, SchemaRef, StructType};
use crate::snapshot::Snapshot;

pub use file_filter::{FileFilter, Match, matching_files};
pub use file_set::FileSet;
pub use files::{DataFile, FileLot, FileStream};
pub use given::{FileScan, FileScans};
pub use open::rows_in_file;
pub use pipeline::{DEFAULT_BYTES_IN_FLIGHT, set_bytes_in_flight};
pub use plan::{FileCount, ScanPlanMetrics};
pub use portable::FileTask;
pub use stream::ScanStream;

/// Rows of a batch, unless options say otherwise.
pub const DEFAULT_BATCH_SIZE: usize = 8192;

/// What is read.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanOptions {
    /// Columns in the order wanted; all of them where `None`. `_row_id` and `_row_commit_version` are those of row tracking,
    /// where it is on and the table has no columns of these names.
    pub columns: Option<Vec<String>>,
    /// Rows; all of them where `None`.
    pub predicate: Option<Predicate>,
    /// Rows at most.
    pub limit: Option<u64>,
    /// Rows of a batch at most; fewer where rows are large.
    pub batch_size: usize,
}

impl Default for ScanOptions {
    fn default() -> Self {
        Self { columns: None, predicate: None, limit: None, batch_size: DEFAULT_BATCH_SIZE }
    }
}

/// A checked plan to read a snapshot. It reads nothing itself, and can be run any number of times.
#[derive(Clone)]
pub struct Scan {
    task: Arc<ScanTask>,
    rules: Arc<Rules>,
    schema: SchemaRef,
}

impl Scan {
    /// Checks that columns exist and literals fit them.
    pub fn new(snapshot: Snapshot, options: ScanOptions) -> Result<Self> {
        Self::over(snapshot, options, None)
    }

    /// Reads the files of `source` in place of the snapshot's own.
    fn over(snapshot: Snapshot, options: ScanOptions, source: Option<FileSource>) -> Result<Self> {
        let table = snapshot.schema();
        let located = |e: Error| e.with_table(snapshot.uri()).with_version(snapshot.version());
        let columns = match options.columns {
            Some(columns) => columns,
            None => table.names().map(str::to_owned).collect(),
        };
        let schema = project(&snapshot, &columns).map_err(located)?;
        let bound = options.predicate.map(|p| p.bind(table).map_err(RowTracking::unknown_in_predicate)).transpose();
        let predicate = bound.map_err(located)?.map(Arc::new);
        if options.batch_size == 0 {
            return Err(Error::argument("the batch size must be 1 at least"));
        }
        let rules = Arc::new(Rules::new(predicate.clone(), &snapshot, source));
        let task = ScanTask::new(snapshot, &columns, predicate, options.batch_size, options.limit);
        Ok(Self { task: Arc::new(task), rules, schema: Arc::new(schema) })
    }

    /// The columns that come out.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The Arrow schema of every batch: the columns' types with every field nullable.
    pub fn arrow_schema(&self) -> &ArrowSchemaRef {
        &self.task.output
    }

    /// The predicate as bound to the table.
    pub fn predicate(&self) -> Option<&BoundPredicate> {
        self.task.predicate.as_deref()
    }

    /// Files and bytes that would be read, and why others would not.
    pub async fn explain(&self, ctx: &Context) -> Result<ScanPlanMetrics> {
        ctx.limit(explain(&self.task.snapshot, &self.rules)).await.map_err(|e| self.task.locate(e))
    }

    /// The rows. The stream has to be polled inside of a tokio runtime.
    pub fn stream(&self, ctx: Context) -> ScanStream {
        let (task, rules) = (Arc::clone(&self.task), Arc::clone(&self.rules));
        let planner = move || Planner::new(&task.snapshot, &rules, task.limit, task.tracks_rows());
        ScanStream::new(Arc::clone(&self.task), planner, ctx)
    }

    /// The number of rows: from the log, where it tells; else from footers, or from the columns that the predicate needs.
    pub async fn count(&self, ctx: &Context) -> Result<u64> {
        let task = &self.task;
        let known = Arc::new(AtomicU64::new(0));
        let counting = ScanTask::new(task.snapshot.clone(), &[], task.predicate.clone(), task.batch_size, None);
        let (rules, counter) = (Arc::clone(&self.rules), Arc::clone(&known));
        let snapshot = task.snapshot.clone();
        let planner = move || Planner::counting(&snapshot, &rules, counter);
        let mut rest = ScanStream::new(Arc::new(counting), planner, ctx.clone());
        let mut rows = 0;
        while let Some(batch) = rest.next().await? {
            rows += batch.num_rows() as u64;
            if task.limit.is_some_and(|limit| rows >= limit) {
                break;
            }
        }
        let rows = rows + known.load(Ordering::Relaxed);
        Ok(task.limit.map_or(rows, |limit| rows.min(limit)))
    }

    /// The files that the predicate leaves, whatever the limit.
    pub fn files(&self) -> FileStream {
        FileStream::new(self.task.snapshot.clone(), Planner::with_stats(&self.task.snapshot, &self.rules))
    }
}

fn project(snapshot: &Snapshot, columns: &[String]) -> Result<StructType> {
    let table = snapshot.schema();
    let field = |(index, name): (usize, &String)| -> Result<Field> {
        if columns[..index].contains(name) {
            return Err(Error::argument(format!("column {name} is selected twice")));
        }
        match (table.field(name), RowTracking::named(name)) {
            (Some(field), _) => Ok(field.clone()),
            (None, Some(column)) => column.check(snapshot).map(|()| column.field()),
            (None, None) => {
                let names = table.names().collect::<Vec<_>>().join(", ");
                Err(Error::argument(format!("there is no column {name}: the table has {names}")))
            }
        }
    };
    Ok(StructType { fields: columns.iter().enumerate().map(field).collect::<Result<_>>()? })
}

impl fmt::Debug for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scan({} at {})", self.task.snapshot.uri(), self.task.snapshot.version())
    }
}
