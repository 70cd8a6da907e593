//! Rows to partitions.

use std::collections::{BTreeMap, HashMap};

use arrow::array::{ArrayRef, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};

use crate::error::{Error, Result};
use crate::path::partition_directory;
use crate::schema::{ColumnMapping, DataType, Schema};
use crate::value::Scalar;

/// Tells the partitions of rows apart. Partitions are numbered in the order in which they were met.
pub(super) struct Splitter {
    columns: Vec<Column>,
    converter: Option<RowConverter>,
    /// Partition by the values of its columns in Arrow's row format.
    by_row: HashMap<Box<[u8]>, usize>,
    /// Partition by serialised values: several rows of different bytes can be one partition, as null and "" are.
    by_values: HashMap<Vec<Option<String>>, usize>,
    partitions: Vec<Partition>,
}

struct Column {
    name: String,
    physical: String,
    position: usize,
    data_type: DataType,
}

/// One partition: its serialised values by physical names, and its directory where columns are not mapped.
#[derive(Debug, Clone, Default)]
pub(super) struct Partition {
    pub(super) values: BTreeMap<String, Option<String>>,
    pub(super) directory: String,
}

/// Rows of one partition: all of a batch, or those at the indices.
pub(super) enum Rows {
    All,
    At(Vec<u32>),
}

impl Splitter {
    pub(super) fn new(schema: &Schema, partition_columns: &[String], mapping: ColumnMapping) -> Result<Self> {
        let mut columns = Vec::new();
        for name in partition_columns {
            let position = schema
                .index_of(name)
                .ok_or_else(|| Error::corrupt(format!("the partition column {name} is not in the table's schema")))?;
            let field = &schema.fields[position];
            let physical = mapping.physical_name(field).to_owned();
            columns.push(Column { name: name.clone(), physical, position, data_type: field.data_type.clone() });
        }
        let mut splitter = Self {
            columns,
            converter: None,
            by_row: HashMap::new(),
            by_values: HashMap::new(),
            partitions: Vec::new(),
        };
        if splitter.columns.is_empty() {
            splitter.partitions.push(Partition::default());
        } else {
            let sort_fields = splitter.columns.iter().map(|c| SortField::new(c.data_type.to_arrow())).collect();
            splitter.converter = Some(RowConverter::new(sort_fields).map_err(conversion)?);
        }
        Ok(splitter)
    }

    pub(super) fn partition(&self, number: usize) -> &Partition {
        &self.partitions[number]
    }

    /// The partitions in a batch of the table's columns; `first_row` is for messages.
    pub(super) fn split(&mut self, batch: &RecordBatch, first_row: u64) -> Result<Vec<(usize, Rows)>> {
        let Some(converter) = &mut self.converter else { return Ok(vec![(0, Rows::All)]) };
        let arrays: Vec<ArrayRef> = self.columns.iter().map(|c| batch.column(c.position).clone()).collect();
        let rows = converter.convert_columns(&arrays).map_err(conversion)?;
        let mut found: Vec<(usize, Vec<u32>)> = Vec::new();
        let mut slots: HashMap<usize, usize> = HashMap::new();
        let mut last: Option<(&[u8], usize)> = None;
        for (index, row) in (0_u32..).zip(rows.iter()) {
            let bytes = row.data();
            let slot = match last {
                Some((same, slot)) if same == bytes => slot,
                _ => {
                    let number = match self.by_row.get(bytes) {
                        Some(&number) => number,
                        None => {
                            let number = self.meet(&arrays, index as usize, first_row)?;
                            self.by_row.insert(bytes.into(), number);
                            number
                        }
                    };
                    *slots.entry(number).or_insert_with(|| {
                        found.push((number, Vec::new()));
                        found.len() - 1
                    })
                }
            };
            last = Some((bytes, slot));
            found[slot].1.push(index);
        }
        if let [(only, _)] = found[..] {
            return Ok(vec![(only, Rows::All)]);
        }
        Ok(found.into_iter().map(|(number, indices)| (number, Rows::At(indices))).collect())
    }

    /// The number of the partition of a row whose bytes are new.
    fn meet(&mut self, arrays: &[ArrayRef], index: usize, first_row: u64) -> Result<usize> {
        let mut texts = Vec::with_capacity(arrays.len());
        for (array, column) in arrays.iter().zip(&self.columns) {
            let value = Scalar::from_array(array, index, &column.data_type)?;
            let text = value
                .map(|v| v.to_partition(&column.data_type))
                .transpose()
                .map_err(|e| e.context(format!("row {}, column {}", first_row + index as u64, column.name)))?;
            texts.push(text.flatten());
        }
        if let Some(&number) = self.by_values.get(&texts) {
            return Ok(number);
        }
        let number = self.partitions.len();
        let pairs: Vec<_> = self.columns.iter().zip(&texts).map(|(c, t)| (c.name.as_str(), t.as_deref())).collect();
        self.partitions.push(Partition {
            directory: partition_directory(&pairs),
            values: self.columns.iter().map(|c| c.physical.clone()).zip(texts.iter().cloned()).collect(),
        });
        self.by_values.insert(texts, number);
        Ok(number)
    }
}

impl Rows {
    /// Those rows of `batch`, copied where they are not all of them.
    pub(super) fn take(self, batch: &RecordBatch) -> Result<RecordBatch> {
        match self {
            Self::All => Ok(batch.clone()),
            Self::At(indices) => take_record_batch(batch, &UInt32Array::from(indices))
                .map_err(|e| Error::internal("splitting rows by partition failed").with_source(e)),
        }
    }
}

fn conversion(e: arrow::error::ArrowError) -> Error {
    Error::schema("the partition columns do not have the table's types").with_source(e)
}
