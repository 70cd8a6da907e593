//! Files of which some rows stay: these are written again (copy on write).

use std::sync::Arc;

use arrow::array::{Array, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Schema as ArrowSchema;

use crate::action::Add;
use crate::clock::Clock;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::expr::{BoundPredicate, Predicate};
use crate::scan::{FileSet, ScanOptions};
use crate::schema::{DataType, Field};
use crate::snapshot::Snapshot;
use crate::write::{FileWriter, WriteOptions, WrittenFiles};

/// Columns of row tracking as scans give them, and the properties that name their columns in files.
const TRACKED: [(&str, &str); 2] = [
    ("_row_id", "delta.rowTracking.materializedRowIdColumnName"),
    ("_row_commit_version", "delta.rowTracking.materializedRowCommitVersionColumnName"),
];

/// A file that leaves the table, and what stays of it.
pub(super) struct Rewritten {
    pub(super) add: Add,
    pub(super) files: WrittenFiles,
    pub(super) kept: u64,
}

/// Writes rows again of which a predicate is not true.
pub(super) struct Rewriter<'a> {
    base: &'a Snapshot,
    /// As which the rows are written: with the columns that keep their ids, where they have some.
    target: Snapshot,
    columns: Vec<String>,
    bound: BoundPredicate,
    context: &'a Context,
    clock: &'a Clock,
}

impl<'a> Rewriter<'a> {
    pub(super) fn new(
        base: &'a Snapshot,
        predicate: &Predicate,
        context: &'a Context,
        clock: &'a Clock,
    ) -> Result<Self> {
        let mut columns: Vec<String> = base.schema().names().map(str::to_owned).collect();
        let mut target = base.clone();
        if base.properties().row_tracking {
            // Delta protocol, "Row Tracking": rows that move keep their ids, in columns that the table names.
            let named = TRACKED.map(|(_, key)| base.metadata().configuration.get(key).and_then(|v| v.clone()));
            let [Some(ids), Some(versions)] = named else {
                return Err(Error::unsupported(
                    "rows would have to be moved, and the table feature rowTracking is on with no columns named to keep \
                     their ids: overwrite whole partitions, or the whole table",
                ));
            };
            target = base.with_columns([ids, versions].map(|name| Field::new(&name, DataType::Long, true)), &[]);
            columns.extend(TRACKED.map(|(name, _)| name.to_owned()));
        }
        Ok(Self { base, target, columns, bound: predicate.bind(base.schema())?, context, clock })
    }

    /// `None` where all rows stay, so that the file may do so too.
    pub(super) async fn rewrite(&self, add: Add) -> Result<Option<Rewritten>> {
        let options = ScanOptions { columns: Some(self.columns.clone()), ..ScanOptions::default() };
        let scan = FileSet::of(self.base.clone(), vec![add.clone()]).scan(options)?;
        let mut rows = scan.stream(self.context.clone());
        let mut writer = FileWriter::of_moved_rows(
            &self.target,
            self.context.clone(),
            self.clock.clone(),
            WriteOptions::new(self.target.properties()),
        )?;
        let (mut all, mut kept) = (0u64, 0u64);
        while let Some(batch) = rows.next().await? {
            let stays = not_true(&self.bound.filter(&batch)?);
            let batch = self.renamed(batch)?;
            all += batch.num_rows() as u64;
            kept += stays.true_count() as u64;
            let batch = filter_record_batch(&batch, &stays)
                .map_err(|e| Error::internal("a batch could not be filtered").with_source(e))?;
            writer.write(batch).await?;
        }
        if kept == all {
            writer.abort().await;
            return Ok(None);
        }
        Ok(Some(Rewritten { add, files: writer.finish().await?, kept }))
    }

    /// Under the names that the columns have in files.
    fn renamed(&self, batch: RecordBatch) -> Result<RecordBatch> {
        let fields = batch.schema_ref().fields().iter().zip(self.target.schema().names());
        let fields: Vec<_> = fields.map(|(field, name)| Arc::new(field.as_ref().clone().with_name(name))).collect();
        RecordBatch::try_new(Arc::new(ArrowSchema::new(fields)), batch.columns().to_vec())
            .map_err(|e| Error::internal("columns could not be renamed").with_source(e))
    }
}

/// False and unknown: what a condition must be true of is all that it means.
fn not_true(condition: &BooleanArray) -> BooleanArray {
    (0..condition.len()).map(|row| Some(condition.is_null(row) || !condition.value(row))).collect()
}
