//! Rows as they come, and where a column was not given at all.

use arrow::buffer::BooleanBuffer;
use arrow::record_batch::RecordBatch;

/// Rows in the Arrow form of a table's columns, under their logical names.
///
/// A column that a row does not give is null in the batch and told here: a generated column is computed there, a default or
/// the next identity taken. A null that was given stays one.
#[derive(Debug, Clone)]
pub struct RowBatch {
    /// The rows. Nulls are allowed wherever a column was not given.
    pub batch: RecordBatch,
    /// By position of the column, the rows that do not give it. Columns that all rows give may be left out.
    pub absent: Vec<(usize, BooleanBuffer)>,
}

impl RowBatch {
    /// Rows of which none gives the columns at those positions.
    pub fn without(batch: RecordBatch, positions: &[usize]) -> Self {
        let absent = positions.iter().map(|&p| (p, BooleanBuffer::new_set(batch.num_rows())));
        Self { absent: absent.collect(), batch }
    }

    /// The rows that do not give the column at that position, if there are any.
    pub(super) fn absent(&self, position: usize) -> Option<&BooleanBuffer> {
        self.absent.iter().find(|(p, rows)| *p == position && rows.count_set_bits() > 0).map(|(_, rows)| rows)
    }
}

impl From<RecordBatch> for RowBatch {
    /// Rows that give every column.
    fn from(batch: RecordBatch) -> Self {
        Self { batch, absent: Vec::new() }
    }
}
