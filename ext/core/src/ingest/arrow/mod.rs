//! Arrow batches of anybody as batches in a table's Arrow form: every type that holds the same values is taken, and no
//! value is changed.

mod column;
mod lists;
mod primitive;
mod refusal;
mod search;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_empty_array, new_null_array};
use arrow::datatypes::{Schema as ArrowSchema, SchemaRef as ArrowSchemaRef};

use search::first_failure;

use super::{Misfit, OnUnknown};
use crate::error::{Error, Result};
use crate::schema::{Field, SchemaRef, StructType};

/// How batches of one Arrow schema become rows of a table.
#[derive(Debug)]
pub struct ArrowRows {
    table: SchemaRef,
    arrow: ArrowSchemaRef,
    on_unknown: OnUnknown,
    /// Where each column of the table comes from; nowhere where it is missing, which is null.
    sources: Vec<Option<usize>>,
    /// Missing columns that the table fills in.
    absent: Vec<usize>,
}

impl ArrowRows {
    /// From batches of `source` to rows of `table`. Columns go by their names; refused are columns that the table lacks, and
    /// types that never fit, whatever the rows.
    pub fn new(source: &ArrowSchema, table: SchemaRef, on_unknown: OnUnknown) -> Result<Self> {
        Self::filled(source, table, on_unknown, &[])
    }

    /// The same for a table that fills in the columns at those positions where they are missing.
    pub fn filled(source: &ArrowSchema, table: SchemaRef, on_unknown: OnUnknown, positions: &[usize]) -> Result<Self> {
        let mut seen = HashSet::new();
        for field in source.fields() {
            if !seen.insert(field.name().as_str()) {
                return Err(Error::schema(format!("the rows have the column {:?} twice", field.name())));
            }
            if on_unknown.refuses(field.data_type()) && table.field(field.name()).is_none() {
                return Err(refusal::unknown(field.name(), &table).at(None));
            }
        }
        let sources: Vec<Option<usize>> = table.fields.iter().map(|f| source.index_of(&f.name).ok()).collect();
        let absent: Vec<usize> = positions.iter().copied().filter(|&p| sources.get(p) == Some(&None)).collect();
        let mut nullable = StructType::clone(&table);
        absent.iter().for_each(|&p| nullable.fields[p].nullable = true);
        let rows = Self { arrow: nullable.to_arrow(), table, on_unknown, sources, absent };
        let empty: Vec<ArrayRef> = source.fields().iter().map(|f| new_empty_array(f.data_type())).collect();
        rows.columns(&empty, 0).map_err(|misfit| misfit.at(None))?;
        Ok(rows)
    }

    /// Positions of the columns that the batches lack and that the table fills in: they come out as nulls.
    pub fn absent(&self) -> &[usize] {
        &self.absent
    }

    /// Columns of the table that the batches lack.
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        self.table.names().zip(&self.sources).filter(|(_, source)| source.is_none()).map(|(name, _)| name)
    }

    /// The rows of `batch`, of which the first is number `first_row` to the user.
    pub fn convert(&self, batch: &RecordBatch, first_row: u64) -> Result<RecordBatch> {
        let columns = match self.columns(batch.columns(), batch.num_rows()) {
            Ok(columns) => columns,
            Err(misfit) => return Err(self.locate(batch, misfit, first_row)),
        };
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(self.arrow.clone(), columns, &options)
            .map_err(|e| Error::internal("the converted columns make no batch").with_source(e))
    }

    fn columns(&self, given: &[ArrayRef], rows: usize) -> Result<Vec<ArrayRef>, Misfit> {
        let column = |(position, (field, source)): (usize, (&Field, &Option<usize>))| {
            let made = match source.and_then(|i| given.get(i)) {
                Some(array) => column::convert(array, &field.data_type, field.nullable, None, self.on_unknown),
                None if field.nullable || self.absent.contains(&position) => {
                    Ok(new_null_array(&field.data_type.to_arrow(), rows))
                }
                None => Err(refusal::required()),
            };
            made.map_err(|misfit| misfit.under(format!(".{}", field.name)))
        };
        self.table.fields.iter().zip(&self.sources).enumerate().map(column).collect()
    }

    /// Names the first row that does not fit. Conversions know nothing of rows, so the fewest rows are sought that fail.
    #[cold]
    fn locate(&self, batch: &RecordBatch, misfit: Misfit, first_row: u64) -> Error {
        let row = first_failure(batch.num_rows(), |from, count| {
            self.columns(batch.slice(from, count).columns(), count).is_err()
        });
        let Some(row) = row else { return misfit.at(None) };
        let alone = self.columns(batch.slice(row, 1).columns(), 1).err();
        alone.unwrap_or(misfit).at(Some(&format!("row {}", first_row + row as u64)))
    }
}
