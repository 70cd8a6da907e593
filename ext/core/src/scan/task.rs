//! What every file of one scan is read for.

use std::sync::Arc;

use arrow::datatypes::{Schema as ArrowSchema, SchemaRef as ArrowSchemaRef};

use super::read_field::ReadField;
use super::row_tracking::RowTracking;
use crate::error::{Error, Result};
use crate::expr::BoundPredicate;
use crate::schema::{DataType, check_known};
use crate::snapshot::Snapshot;

/// The part of a scan that looks at rows.
pub(super) struct ScanTask {
    pub(super) snapshot: Snapshot,
    /// The columns of the result, then those that only the predicate needs.
    pub(super) fields: Vec<ReadField>,
    /// How many of `fields` are in the result.
    pub(super) outputs: usize,
    /// The Arrow schema of all `fields`.
    pub(super) all: ArrowSchemaRef,
    /// The Arrow schema of the result.
    pub(super) output: ArrowSchemaRef,
    pub(super) predicate: Option<Arc<BoundPredicate>>,
    pub(super) batch_size: usize,
    pub(super) limit: Option<u64>,
}

impl ScanTask {
    /// Reads `outputs`, which are names of columns that the table or row tracking has.
    pub(super) fn new(
        snapshot: Snapshot,
        outputs: &[String],
        predicate: Option<Arc<BoundPredicate>>,
        batch_size: usize,
        limit: Option<u64>,
    ) -> Self {
        let mut names: Vec<&str> = outputs.iter().map(String::as_str).collect();
        for name in predicate.iter().flat_map(|p| p.column_names()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let (schema, mapping) = (snapshot.schema(), snapshot.column_mapping());
        let field = |name: &&str| match schema.field(name) {
            Some(field) => Some(ReadField::new(field, mapping)),
            None => RowTracking::named(name).map(|column| column.read_field(&snapshot)),
        };
        let fields: Vec<ReadField> = names.iter().filter_map(field).collect();
        let arrow = |fields: &[ReadField]| {
            Arc::new(ArrowSchema::new(fields.iter().map(ReadField::to_arrow).collect::<Vec<_>>()))
        };
        let (all, output) = (arrow(&fields), arrow(&fields[..outputs.len()]));
        Self { fields, outputs: outputs.len(), all, output, predicate, batch_size, limit, snapshot }
    }

    /// Whether the first part is all that is needed.
    pub(super) fn is_short(&self) -> bool {
        self.limit.is_some_and(|limit| limit <= self.batch_size as u64)
    }

    pub(super) fn is_partition(&self, name: &str) -> bool {
        self.snapshot.partition_columns().iter().any(|p| p == name)
    }

    /// The column of row tracking by that name, unless the table has one of its own.
    pub(super) fn row_tracking(&self, name: &str) -> Option<RowTracking> {
        RowTracking::named(name).filter(|_| self.snapshot.schema().field(name).is_none())
    }

    /// Whether a column of row tracking is in the result.
    pub(super) fn tracks_rows(&self) -> bool {
        self.fields.iter().any(|field| self.row_tracking(&field.name).is_some())
    }

    pub(super) fn partition_type(&self, name: &str) -> Result<&DataType> {
        let field = self.snapshot.schema().field(name);
        field
            .map(|f| &f.data_type)
            .ok_or_else(|| Error::internal(format!("partition column {name} is not in the schema")))
    }

    /// Refuses to read columns of types that this library does not know.
    pub(super) fn check_types(&self) -> Result<()> {
        let schema = self.snapshot.schema();
        self.fields.iter().filter_map(|f| schema.field(&f.name)).try_for_each(check_known)
    }

    /// The same error with the table and the version that are scanned.
    pub(super) fn locate(&self, error: Error) -> Error {
        error.with_table(self.snapshot.uri()).with_version(self.snapshot.version())
    }
}
