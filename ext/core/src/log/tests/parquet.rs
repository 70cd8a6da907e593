//! Parquet checkpoints made by hand.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Int32Array, Int64Array, MapBuilder, RecordBatch, StringArray, StringBuilder, StructArray, new_null_array,
};
use arrow::buffer::NullBuffer;
use arrow::compute::concat;
use arrow::datatypes::{Field, Schema};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

/// Actions, one kind after the other.
#[derive(Clone, Default)]
pub(crate) struct Actions(Vec<(&'static str, Vec<(&'static str, ArrayRef)>)>);

pub(crate) fn text(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

pub(crate) fn numbers(values: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

pub(crate) fn object(children: Vec<(&str, ArrayRef)>) -> ArrayRef {
    let fields = children.iter().map(|(name, c)| Arc::new(Field::new(*name, c.data_type().clone(), true)));
    Arc::new(StructArray::new(fields.collect(), children.iter().map(|(_, c)| Arc::clone(c)).collect(), None))
}

/// One entry a row.
pub(crate) fn maps(key: &str, values: &[Option<&str>]) -> ArrayRef {
    let mut builder = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for value in values {
        builder.keys().append_value(key);
        builder.values().append_option(*value);
        builder.append(true).unwrap();
    }
    Arc::new(builder.finish())
}

impl Actions {
    /// Protocol and metadata.
    pub(crate) fn table() -> Self {
        let version = |v| Arc::new(Int32Array::from(vec![v])) as ArrayRef;
        Self::default()
            .with("protocol", vec![("minReaderVersion", version(1)), ("minWriterVersion", version(2))])
            .with("metaData", vec![("id", text(&["t"])), ("schemaString", text(&["{}"]))])
    }

    pub(crate) fn v2(self, version: i64) -> Self {
        self.with("checkpointMetadata", vec![("version", numbers(&[version]))])
    }

    pub(crate) fn adds(self, paths: &[&str]) -> Self {
        self.with("add", vec![("path", text(paths)), ("size", numbers(&vec![1; paths.len()]))])
    }

    pub(crate) fn sidecars(self, files: &[(&str, usize)]) -> Self {
        let paths: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
        let sizes: Vec<i64> = files.iter().map(|(_, size)| *size as i64).collect();
        self.with("sidecar", vec![("path", text(&paths)), ("sizeInBytes", numbers(&sizes))])
    }

    /// Actions of one kind, with a row of each child for each.
    pub(crate) fn with(mut self, action: &'static str, children: Vec<(&'static str, ArrayRef)>) -> Self {
        self.0.push((action, children));
        self
    }

    pub(crate) fn bytes(&self) -> Bytes {
        self.in_row_groups(1_000_000)
    }

    pub(crate) fn in_row_groups(&self, rows: usize) -> Bytes {
        let count = |(_, children): &(&str, Vec<(&str, ArrayRef)>)| children[0].1.len();
        let total: usize = self.0.iter().map(count).sum();
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        let mut before = 0;
        for action in &self.0 {
            let (start, end) = (before, before + count(action));
            let pad = |child: &ArrayRef| {
                let nulls = |n| new_null_array(child.data_type(), n);
                concat(&[&nulls(start), child, &nulls(total - end)]).unwrap()
            };
            let children: Vec<(&str, ArrayRef)> = action.1.iter().map(|(name, c)| (*name, pad(c))).collect();
            let valid: NullBuffer = (0..total).map(|row| (start..end).contains(&row)).collect::<Vec<_>>().into();
            let inner: Vec<ArrayRef> = children.iter().map(|(_, c)| Arc::clone(c)).collect();
            let names = children.iter().map(|(name, c)| Arc::new(Field::new(*name, c.data_type().clone(), true)));
            let column: ArrayRef = Arc::new(StructArray::new(names.collect(), inner, Some(valid)));
            fields.push(Field::new(action.0, column.data_type().clone(), true));
            columns.push(column);
            before = end;
        }
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(rows)).build();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.into_inner().unwrap().into()
    }
}

/// The texts in a field of an action's column.
pub(crate) fn read_column(bytes: Bytes, action: &str, field: &str) -> Vec<String> {
    use arrow::array::AsArray;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    let batches = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap();
    let mut found = Vec::new();
    for batch in batches {
        let batch = batch.unwrap();
        let rows = batch.column_by_name(action).unwrap().as_struct();
        let column = rows.column_by_name(field).unwrap().as_string::<i32>();
        found.extend(column.iter().flatten().map(str::to_owned));
    }
    found.sort();
    found
}
