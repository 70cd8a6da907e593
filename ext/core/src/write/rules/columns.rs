//! The columns that rows must have.

use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::datatypes::{Field as ArrowField, Schema as ArrowSchema, SchemaRef as ArrowSchemaRef};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};

use crate::error::{Error, Result};
use crate::schema::Schema;

#[derive(Clone)]
pub(super) struct Columns {
    names: Arc<[String]>,
}

impl Columns {
    pub(super) fn new(schema: &Schema) -> Self {
        Self { names: schema.names().map(str::to_owned).collect() }
    }

    /// Checks that a batch has the table's columns in the table's order.
    pub(super) fn check(&self, batch: &RecordBatch) -> Result<()> {
        let given = batch.schema_ref().fields();
        if given.len() == self.names.len() && given.iter().zip(&*self.names).all(|(g, n)| g.name() == n) {
            return Ok(());
        }
        let names: Vec<&str> = given.iter().map(|f| f.name().as_str()).collect();
        Err(Error::schema(format!(
            "the columns of the rows are {}, and the table's are {}",
            names.join(", "),
            self.names.join(", ")
        )))
    }

    /// Those arrays under the table's names. Nulls are looked for afterwards.
    pub(super) fn batch(&self, arrays: Vec<ArrayRef>, rows: usize) -> Result<RecordBatch> {
        let fields = self.names.iter().zip(&arrays).map(|(n, a)| ArrowField::new(n, a.data_type().clone(), true));
        let schema: ArrowSchemaRef = Arc::new(ArrowSchema::new(fields.collect::<Vec<_>>()));
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(schema, arrays, &options)
            .map_err(|e| Error::internal("filled-in columns do not fit together").with_source(e))
    }
}
