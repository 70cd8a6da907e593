//! Which columns of the table are in its data files, and in what Arrow form.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, UInt32Array};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::take;
use arrow::datatypes::{DataType as Arrow, SchemaRef as ArrowSchemaRef};
use arrow::error::ArrowError;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};

use crate::error::{Error, Result};
use crate::schema::{DataType, Field, SchemaRef, StructType};

/// The columns of a data file: all of the table's but partition columns and `void` ones.
pub(super) struct Layout {
    table: SchemaRef,
    positions: Vec<usize>,
    columns: StructType,
    arrow: ArrowSchemaRef,
}

impl Layout {
    pub(super) fn new(table: SchemaRef, partition_columns: &[String]) -> Result<Self> {
        let mut positions = Vec::new();
        let mut fields = Vec::new();
        for (position, field) in table.fields.iter().enumerate() {
            if !partition_columns.contains(&field.name)
                && let Some(data_type) = without_void(&field.data_type, &field.name)?
            {
                positions.push(position);
                fields.push(Field { data_type, ..field.clone() });
            }
        }
        if fields.is_empty() {
            return Err(Error::unsupported(
                "the table has no column that a data file could hold: all are partition columns or void",
            ));
        }
        let columns = StructType { fields };
        let arrow = columns.to_arrow();
        Ok(Self { table, positions, columns, arrow })
    }

    pub(super) fn columns(&self) -> &StructType {
        &self.columns
    }

    pub(super) fn arrow(&self) -> &ArrowSchemaRef {
        &self.arrow
    }

    /// Checks that a batch has the table's columns in the table's order.
    pub(super) fn check(&self, batch: &RecordBatch) -> Result<()> {
        let given = batch.schema_ref().fields();
        if given.len() == self.table.fields.len() && given.iter().zip(self.table.names()).all(|(g, n)| g.name() == n) {
            return Ok(());
        }
        let names: Vec<&str> = given.iter().map(|f| f.name().as_str()).collect();
        Err(Error::schema(format!(
            "the columns of the rows are {}, and the table's are {}",
            names.join(", "),
            self.table.names().collect::<Vec<_>>().join(", ")
        )))
    }

    /// The columns of a data file, from a batch that has been checked, nulls included.
    pub(super) fn project(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let columns = self.positions.iter().zip(self.arrow.fields()).map(|(&position, field)| {
            conform(batch.column(position), field.data_type(), None).map_err(|e| {
                Error::schema(format!(
                    "column {} comes as the Arrow type {}, which is not the table's",
                    field.name(),
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

/// The same values as the Arrow type `wanted`, which may differ in nullability and in struct fields left out. What lies
/// under a null of `parent` is no value, and may be dropped.
fn conform(array: &ArrayRef, wanted: &Arrow, parent: Option<&NullBuffer>) -> Result<ArrayRef, ArrowError> {
    if array.data_type() == wanted {
        return Ok(array.clone());
    }
    let present = NullBuffer::union(parent, array.nulls());
    match wanted {
        Arrow::Struct(fields) => {
            let given = array.as_struct_opt().ok_or_else(|| other_type(array, wanted))?;
            let children = fields.iter().map(|field| {
                let child = given.column_by_name(field.name()).ok_or_else(|| other_type(array, wanted))?;
                conform(child, field.data_type(), present.as_ref())
            });
            let children = children.collect::<Result<_, _>>()?;
            Ok(Arc::new(StructArray::try_new(fields.clone(), children, present)?))
        }
        Arrow::List(field) => {
            let given = array.as_list_opt::<i32>().ok_or_else(|| other_type(array, wanted))?;
            let (offsets, values) = compact(given.offsets(), given.values(), present.as_ref())?;
            let values = conform(&values, field.data_type(), None)?;
            Ok(Arc::new(ListArray::try_new(field.clone(), offsets, values, present)?))
        }
        Arrow::Map(field, sorted) => {
            let given = array.as_map_opt().ok_or_else(|| other_type(array, wanted))?;
            let entries: ArrayRef = Arc::new(given.entries().clone());
            let (offsets, entries) = compact(given.offsets(), &entries, present.as_ref())?;
            let entries = conform(&entries, field.data_type(), None)?;
            Ok(Arc::new(MapArray::try_new(field.clone(), offsets, entries.as_struct().clone(), present, *sorted)?))
        }
        _ => Err(other_type(array, wanted)),
    }
}

/// Offsets and values without the values that belong to no list that is present.
fn compact(
    offsets: &OffsetBuffer<i32>,
    values: &ArrayRef,
    present: Option<&NullBuffer>,
) -> Result<(OffsetBuffer<i32>, ArrayRef), ArrowError> {
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
