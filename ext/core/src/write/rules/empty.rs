//! Empty text and binary in partition columns, where they are null (Delta protocol, "Partition Value Serialization"). They
//! are made null before a row is judged, as Spark has it: what is judged is what is written.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::nullif;
use arrow::datatypes::{BinaryType, Utf8Type};
use arrow::record_batch::RecordBatch;

use crate::error::{Error, Result};
use crate::expr::BoundColumn;
use crate::schema::{DataType, Schema};

/// Ends a message on a null that may have come as "".
const HINT: &str = " (in a partition column, \"\" is null)";

/// The partition columns of text and binary.
#[derive(Debug, Clone)]
pub(crate) struct EmptyIsNull(Arc<[(usize, String)]>);

impl EmptyIsNull {
    pub(super) fn nowhere() -> Self {
        Self(Arc::new([]))
    }

    pub(crate) fn new(schema: &Schema, partition_columns: &[String]) -> Self {
        let fields = schema
            .fields
            .iter()
            .enumerate()
            .filter(|(_, field)| can_be_empty(&field.data_type) && partition_columns.contains(&field.name));
        Self(fields.map(|(position, field)| (position, field.name.clone())).collect())
    }

    pub(super) fn applies_to(&self, position: usize) -> bool {
        self.0.iter().any(|(p, _)| *p == position)
    }

    /// Whether there is something to make null.
    pub(super) fn changes(&self, arrays: &[ArrayRef]) -> bool {
        self.0.iter().any(|(position, _)| empty_in(&arrays[*position]).is_some())
    }

    pub(super) fn apply(&self, arrays: &mut [ArrayRef]) -> Result<()> {
        for (position, name) in self.0.iter() {
            if let Some(empty) = empty_in(&arrays[*position]) {
                arrays[*position] = nullif(&arrays[*position], &empty)
                    .map_err(|e| Error::internal(format!("column {name} cannot be made null")).with_source(e))?;
            }
        }
        Ok(())
    }

    /// What a message on the column at that position, which is null, ends with.
    pub(super) fn hint(&self, position: usize) -> &'static str {
        if self.applies_to(position) { HINT } else { "" }
    }

    /// What a message on a condition that looks at `columns`, and is not true of that row, ends with.
    pub(crate) fn hint_among(&self, columns: &[BoundColumn], batch: &RecordBatch, row: usize) -> &'static str {
        let is_null = |name: &String| batch.column_by_name(name).is_some_and(|column| column.is_null(row));
        let met = self.0.iter().any(|(_, name)| columns.iter().any(|c| c.name() == name) && is_null(name));
        if met { HINT } else { "" }
    }
}

/// Whether a partition column of that type has values which are null in the log.
fn can_be_empty(data_type: &DataType) -> bool {
    matches!(data_type, DataType::String | DataType::Binary)
}

/// Which values are empty; `None` where only nulls are.
fn empty_in(array: &ArrayRef) -> Option<BooleanArray> {
    let text = array.as_bytes_opt::<Utf8Type>().map(|a| a.value_offsets());
    let offsets = text.or_else(|| array.as_bytes_opt::<BinaryType>().map(|a| a.value_offsets()))?;
    let is_empty = |row: usize| offsets[row] == offsets[row + 1];
    if !(0..array.len()).any(|row| is_empty(row) && array.is_valid(row)) {
        return None;
    }
    Some(BooleanArray::new(BooleanBuffer::collect_bool(array.len(), is_empty), None))
}
