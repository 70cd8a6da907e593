//! Statistics of a data file, gathered from the batches that go into it (Delta protocol, "Per-file Statistics").

mod bounds;
#[cfg(test)]
mod tests;
mod text;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::buffer::NullBuffer;
use arrow::compute::nullif;
use arrow::record_batch::RecordBatch;

use self::bounds::Bounds;
use crate::error::{Error, Result};
use crate::properties::{IndexedColumns, TableProperties};
use crate::schema::{DataType, StructType};

/// Gathers the statistics of one file.
pub(super) struct StatsCollector {
    columns: Vec<Column>,
    rows: u64,
    string_prefix: usize,
}

/// A column with statistics, or a struct with such columns inside.
struct Column {
    name: String,
    position: usize,
    node: Node,
}

enum Node {
    Struct(Vec<Column>),
    Leaf { nulls: u64, bounds: Bounds },
}

impl StatsCollector {
    /// For files of those columns (partition columns are not among them).
    pub(super) fn new(columns: &StructType, properties: &TableProperties) -> Self {
        let mut indexed = IndexedColumns::new(properties);
        Self {
            columns: chosen(&mut indexed, columns, &mut Vec::new()),
            rows: 0,
            string_prefix: properties.string_prefix_length,
        }
    }

    /// Adds the rows of a batch that has the columns of the file.
    pub(super) fn update(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        update_all(&mut self.columns, batch.columns(), None)
    }

    /// The `stats` of the file's `add` action.
    pub(super) fn to_json(&self) -> String {
        let mut out = format!("{{\"numRecords\":{}", self.rows);
        if !self.columns.is_empty() {
            let prefix = self.string_prefix;
            let with = |out: &mut String, key: &str, value: &dyn Fn(u64, &Bounds) -> Option<String>| {
                out.push_str(key);
                out.push_str(&object(&self.columns, value).unwrap_or_else(|| "{}".to_owned()));
            };
            with(&mut out, ",\"minValues\":", &|_, bounds| bounds.min_json(prefix));
            with(&mut out, ",\"maxValues\":", &|_, bounds| bounds.max_json(prefix));
            with(&mut out, ",\"nullCount\":", &|nulls, _| Some(nulls.to_string()));
        }
        out.push('}');
        out
    }
}

/// The JSON object of those columns that have a `value`; `None` where none has.
fn object(columns: &[Column], value: &dyn Fn(u64, &Bounds) -> Option<String>) -> Option<String> {
    let mut out = String::new();
    for column in columns {
        let text = match &column.node {
            Node::Struct(children) => object(children, value),
            Node::Leaf { nulls, bounds } => value(*nulls, bounds),
        };
        if let Some(text) = text {
            out.push(if out.is_empty() { '{' } else { ',' });
            out.push_str(&serde_json::Value::from(column.name.as_str()).to_string());
            out.push(':');
            out.push_str(&text);
        }
    }
    (!out.is_empty()).then(|| out + "}")
}

/// `parent` masks the values inside structs that are null.
fn update_all(columns: &mut [Column], arrays: &[ArrayRef], parent: Option<&NullBuffer>) -> Result<()> {
    for column in columns {
        let array = &arrays[column.position];
        let nulls = NullBuffer::union(parent, array.logical_nulls().as_ref());
        match &mut column.node {
            Node::Struct(children) => update_all(children, array.as_struct().columns(), nulls.as_ref())?,
            Node::Leaf { nulls: count, bounds } => {
                *count += nulls.as_ref().map_or(0, NullBuffer::null_count) as u64;
                bounds.update(&*masked(array, parent)?);
            }
        }
    }
    Ok(())
}

fn masked(array: &ArrayRef, parent: Option<&NullBuffer>) -> Result<ArrayRef> {
    match parent.filter(|nulls| nulls.null_count() > 0) {
        None => Ok(array.clone()),
        Some(nulls) => nullif(array, &BooleanArray::new(!nulls.inner(), None))
            .map_err(|e| Error::internal("masking a column for its statistics failed").with_source(e)),
    }
}

/// Those of `fields` that get statistics.
fn chosen(indexed: &mut IndexedColumns, fields: &StructType, path: &mut Vec<String>) -> Vec<Column> {
    let mut columns = Vec::new();
    for (position, field) in fields.fields.iter().enumerate() {
        path.push(field.name.to_lowercase());
        let node = match &field.data_type {
            DataType::Struct(inner) => {
                let children = chosen(indexed, inner, path);
                (!children.is_empty()).then_some(Node::Struct(children))
            }
            leaf => indexed.takes(path).then(|| Node::Leaf { nulls: 0, bounds: Bounds::new(leaf) }),
        };
        path.pop();
        columns.extend(node.map(|node| Column { name: field.name.clone(), position, node }));
    }
    columns
}
