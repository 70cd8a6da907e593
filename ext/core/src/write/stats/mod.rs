//! Statistics of a data file, gathered from the batches that go into it (Delta protocol, "Per-file Statistics").

mod bounds;
mod indexed;
#[cfg(test)]
mod tests;
mod text;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray};
use arrow::buffer::NullBuffer;
use arrow::compute::nullif;
use arrow::record_batch::RecordBatch;

use self::bounds::Bounds;
pub(super) use self::indexed::Indexed;
use self::indexed::{IndexedColumn, IndexedNode};
use crate::error::{Error, Result};

/// Gathers the statistics of one file.
pub(super) struct StatsCollector {
    columns: Vec<Column>,
    rows: u64,
    string_prefix: usize,
}

impl Column {
    fn new(indexed: &IndexedColumn) -> Self {
        let node = match &indexed.node {
            IndexedNode::Struct(children) => Node::Struct(children.iter().map(Self::new).collect()),
            IndexedNode::Leaf(data_type) => Node::Leaf { nulls: 0, bounds: Bounds::new(data_type) },
        };
        Self { name: indexed.name.clone(), position: indexed.position, node }
    }
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
    pub(super) fn new(indexed: &Indexed) -> Self {
        Self {
            columns: indexed.columns.iter().map(Column::new).collect(),
            rows: 0,
            string_prefix: indexed.string_prefix,
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
