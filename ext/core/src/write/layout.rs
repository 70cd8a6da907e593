//! Which columns of the table are in its data files, and in what Arrow form.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, UInt32Array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::take;
use arrow::datatypes::{DataType as Arrow, SchemaRef as ArrowSchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};

use crate::error::{Error, Result};
use crate::schema::{ColumnMapping, DataType, Field, Schema, StructType};

/// The columns of a data file: all of the table's but `void` ones, without partition columns or with these at the end.
pub(super) struct Layout {
    positions: Vec<usize>,
    data_columns: usize,
    columns: StructType,
    arrow: ArrowSchemaRef,
}

impl Layout {
    /// `materialize` puts the partition columns into the files, where readers do without them.
    pub(super) fn new(
        table: &Schema,
        partition_columns: &[String],
        mapping: ColumnMapping,
        materialize: bool,
    ) -> Result<Self> {
        let mut positions = Vec::new();
        let mut fields = Vec::new();
        let is_partition = |field: &Field| partition_columns.contains(&field.name);
        for (position, field) in table.fields.iter().enumerate().filter(|(_, f)| !is_partition(f)) {
            if let Some(data_type) = without_void(&field.data_type, &field.name)? {
                positions.push(position);
                fields.push(Field { data_type, ..field.clone() });
            }
        }
        let data_columns = fields.len();
        if fields.is_empty() {
            return Err(Error::unsupported(
                "the table has no column that a data file could hold: all are partition columns or void",
            ));
        }
        for (position, field) in table.fields.iter().enumerate().filter(|(_, f)| materialize && is_partition(f)) {
            positions.push(position);
            fields.push(field.clone());
        }
        let columns = StructType { fields };
        let arrow = columns.to_file_arrow(mapping);
        Ok(Self { positions, data_columns, columns, arrow })
    }

    /// By logical names.
    pub(super) fn columns(&self) -> &StructType {
        &self.columns
    }

    /// How many of the columns are no partition columns.
    pub(super) fn data_columns(&self) -> usize {
        self.data_columns
    }

    /// By the names that are in the file.
    pub(super) fn arrow(&self) -> &ArrowSchemaRef {
        &self.arrow
    }

    /// The columns of a data file, from a batch that has been checked, nulls included.
    pub(super) fn project(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let wanted = self.positions.iter().zip(&self.columns.fields).zip(self.arrow.fields());
        let columns = wanted.map(|((&position, field), wanted)| {
            conform(batch.column(position), &field.data_type, wanted.data_type(), None).map_err(|e| {
                Error::schema(format!(
                    "column {} comes as the Arrow type {}, which is not the table's",
                    field.name,
                    batch.column(position).data_type()
                ))
                .with_source(e)
            })
        });
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(self.arrow.clone(), columns.collect::<Result<_>>()?, &options)
            .map_err(|e| Error::internal("the columns of a data file do not fit together").with_source(e))
    }
}

/// The type as files have it; `None` where nothing of it is in a file.
fn without_void(data_type: &DataType, column: &str) -> Result<Option<DataType>> {
    let is_void = |t: &DataType| *t == DataType::Void;
    match data_type {
        DataType::Void => Ok(None),
        DataType::Struct(inner) => {
            let mut fields = Vec::new();
            for field in &inner.fields {
                if let Some(data_type) = without_void(&field.data_type, column)? {
                    fields.push(Field { data_type, ..field.clone() });
                }
            }
            if fields.is_empty() {
                return Err(Error::unsupported(format!("column {column} has a struct of void fields only")));
            }
            Ok(Some(DataType::Struct(StructType { fields })))
        }
        DataType::Array(_) | DataType::Map(_) if data_type.contains(&is_void) => {
            Err(Error::unsupported(format!("column {column} has void inside an array or a map")))
        }
        other => Ok(Some(other.clone())),
    }
}

/// The same values as the Arrow type `wanted`, which is `data_type` as the file has it: nullability, names of struct
/// fields and their ids may differ, and fields may be left out. What lies under a null of `parent` is no value, and may be
/// dropped.
fn conform(
    array: &ArrayRef,
    data_type: &DataType,
    wanted: &Arrow,
    parent: Option<&NullBuffer>,
) -> Result<ArrayRef, ArrowError> {
    if array.data_type() == wanted {
        return Ok(array.clone());
    }
    let other = || other_type(array, wanted);
    let present = NullBuffer::union(parent, array.nulls());
    match (data_type, wanted) {
        (DataType::Struct(inner), Arrow::Struct(fields)) => {
            let given = array.as_struct_opt().ok_or_else(other)?;
            let children = inner.fields.iter().zip(fields).map(|(field, wanted)| {
                let child = given.column_by_name(&field.name).ok_or_else(other)?;
                conform(child, &field.data_type, wanted.data_type(), present.as_ref())
            });
            let children = children.collect::<Result<_, _>>()?;
            Ok(Arc::new(StructArray::try_new(fields.clone(), children, present)?))
        }
        (DataType::Variant, Arrow::Struct(fields)) => {
            let given = array.as_struct_opt().ok_or_else(other)?;
            let parts = fields.iter().map(|field| {
                let part = given.column_by_name(field.name()).ok_or_else(other)?;
                conform(part, &DataType::Binary, field.data_type(), None)
            });
            let parts = parts.collect::<Result<_, _>>()?;
            Ok(Arc::new(StructArray::try_new(fields.clone(), parts, present)?))
        }
        (DataType::Array(inner), Arrow::List(field)) => {
            let given = array.as_list_opt::<i32>().ok_or_else(other)?;
            let (offsets, values) = compact(given.offsets(), given.values(), present.as_ref())?;
            let values = conform(&values, &inner.element, field.data_type(), None)?;
            Ok(Arc::new(ListArray::try_new(field.clone(), offsets, values, present)?))
        }
        (DataType::Map(inner), Arrow::Map(field, sorted)) => {
            let given = array.as_map_opt().ok_or_else(other)?;
            let entries: ArrayRef = Arc::new(given.entries().clone());
            let (offsets, entries) = compact(given.offsets(), &entries, present.as_ref())?;
            let Arrow::Struct(pair) = field.data_type() else { return Err(other()) };
            let [key, value] = &pair[..] else { return Err(other()) };
            let given = entries.as_struct();
            if given.num_columns() != 2 {
                return Err(other());
            }
            let columns = vec![
                conform(given.column(0), &inner.key, key.data_type(), None)?,
                conform(given.column(1), &inner.value, value.data_type(), None)?,
            ];
            let entries = StructArray::try_new(pair.clone(), columns, None)?;
            Ok(Arc::new(MapArray::try_new(field.clone(), offsets, entries, present, *sorted)?))
        }
        _ => Err(other()),
    }
}

/// Offsets and values without the values that belong to no list that is present.
fn compact(
    offsets: &OffsetBuffer<i32>,
    values: &ArrayRef,
    present: Option<&NullBuffer>,
) -> Result<(OffsetBuffer<i32>, ArrayRef), ArrowError> {
    let whole = offsets[0] == 0 && offsets[offsets.len() - 1] as usize == values.len();
    if whole && present.is_none_or(|nulls| nulls.null_count() == 0) {
        return Ok((offsets.clone(), values.clone()));
    }
    let mut lengths = Vec::with_capacity(offsets.len() - 1);
    let mut kept: Vec<u32> = Vec::with_capacity(values.len());
    for (row, bounds) in offsets.windows(2).enumerate() {
        let range = if present.is_none_or(|nulls| nulls.is_valid(row)) { bounds[0]..bounds[1] } else { 0..0 };
        lengths.push(range.len());
        kept.extend(range.map(|element| element as u32));
    }
    Ok((OffsetBuffer::from_lengths(lengths), take(values, &UInt32Array::from(kept), None)?))
}

fn other_type(array: &ArrayRef, wanted: &Arrow) -> ArrowError {
    ArrowError::CastError(format!("{} is not {wanted}", array.data_type()))
}
