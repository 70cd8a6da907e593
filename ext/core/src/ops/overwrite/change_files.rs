//! Change files of an overwrite (Delta protocol, "Add CDC File").

use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::{DataType as Arrow, Field as ArrowField, Schema as ArrowSchema};

use crate::action::{Add, AddCdc};
use crate::clock::Clock;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::expr::Predicate;
use crate::scan::{FileSet, ScanOptions};
use crate::schema::{CHANGE_TYPE, DataType, Field};
use crate::snapshot::Snapshot;
use crate::write::{FileWriter, WriteOptions, WrittenFiles};

/// Where change files lie.
const FOLDER: &str = "_change_data";

/// Change files being written.
pub(super) struct ChangeFiles {
    /// As which rows are read: old files have nulls in the columns that the commit adds.
    table: Snapshot,
    writer: FileWriter,
    context: Context,
}

impl ChangeFiles {
    /// For the rows of `base` and those of `table`, which is `base` with the columns that the commit adds. `None` where the
    /// table keeps none.
    pub(super) fn of(base: &Snapshot, table: &Snapshot, context: &Context, clock: &Clock) -> Result<Option<Self>> {
        if !base.metadata().is_on("delta.enableChangeDataFeed") {
            return Ok(None);
        }
        let target = table.with_columns([Field::new(CHANGE_TYPE, DataType::String, true)], &[]);
        let options = WriteOptions { folder: Some(FOLDER), ..WriteOptions::new(base.properties()) };
        let writer = FileWriter::of_moved_rows(&target, context.clone(), clock.clone(), options)?;
        Ok(Some(Self { table: table.clone(), writer, context: context.clone() }))
    }

    /// Tells that the rows of `files` for which `predicate` is true are gone.
    pub(super) async fn deleted(&mut self, files: &[Add], predicate: &Predicate) -> Result<()> {
        self.copy(files, predicate, "delete").await
    }

    /// Tells that the rows of `files` are new.
    pub(super) async fn inserted(&mut self, files: &[Add]) -> Result<()> {
        self.copy(files, &Predicate::Always, "insert").await
    }

    async fn copy(&mut self, files: &[Add], predicate: &Predicate, change: &str) -> Result<()> {
        let options = ScanOptions { predicate: Some(predicate.clone()), ..ScanOptions::default() };
        let mut rows = FileSet::of(self.table.clone(), files.to_vec()).scan(options)?.stream(self.context.clone());
        while let Some(batch) = rows.next().await? {
            self.writer.write(with_change(&batch, change)?).await?;
        }
        Ok(())
    }

    /// The actions, and the files to be kept or deleted with the commit.
    pub(super) async fn finish(self) -> Result<(Vec<AddCdc>, WrittenFiles)> {
        let files = self.writer.finish().await?;
        let cdc = files.adds.iter().map(|add| AddCdc {
            path: add.path.clone(),
            partition_values: add.partition_values.clone(),
            size: add.size,
            ..AddCdc::default()
        });
        Ok((cdc.collect(), files))
    }
}

fn with_change(batch: &RecordBatch, change: &str) -> Result<RecordBatch> {
    let mut fields = batch.schema_ref().fields().to_vec();
    fields.push(Arc::new(ArrowField::new(CHANGE_TYPE, Arrow::Utf8, true)));
    let mut columns = batch.columns().to_vec();
    columns.push(Arc::new(StringArray::from(vec![change; batch.num_rows()])));
    RecordBatch::try_new(Arc::new(ArrowSchema::new(fields)), columns)
        .map_err(|e| Error::internal("a column could not be added").with_source(e))
}
