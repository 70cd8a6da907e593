//! A table made by hand in a temporary folder.

use std::sync::Arc;

use arrow::array::RecordBatch;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::data_type::DataType as ParquetType;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::schema::{DataType, Field, StructType};
use crate::snapshot::Snapshot;
use crate::storage::{Storage, StorageOptions};

pub(in crate::scan) struct Table {
    pub(in crate::scan) folder: TempDir,
    pub(in crate::scan) storage: Storage,
    version: u64,
}

impl Table {
    pub(in crate::scan) async fn new(schema: &StructType, partition_columns: &[&str]) -> Self {
        let protocol = json!({"minReaderVersion": 1, "minWriterVersion": 2});
        Self::with(protocol, schema, partition_columns, json!({})).await
    }

    pub(in crate::scan) async fn with(
        protocol: Value,
        schema: &StructType,
        partition_columns: &[&str],
        configuration: Value,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::new(folder.path().to_str().unwrap(), StorageOptions::default()).unwrap();
        let mut table = Self { folder, storage, version: 0 };
        let metadata = json!({"id": "t", "format": {"provider": "parquet", "options": {}}, "configuration": configuration,
            "schemaString": schema.to_json(), "partitionColumns": partition_columns});
        table.commit(&[json!({"protocol": protocol}), json!({"metaData": metadata})]).await;
        table
    }

    pub(in crate::scan) async fn commit(&mut self, actions: &[Value]) {
        let lines: Vec<String> = actions.iter().map(Value::to_string).collect();
        let key = format!("_delta_log/{:020}.json", self.version);
        self.storage.put(&key, Bytes::from(lines.join("\n"))).await.unwrap();
        self.version += 1;
    }

    /// Adds a file with those bytes. `more` overrides members of the `add`.
    pub(in crate::scan) async fn add(&mut self, path: &str, bytes: Vec<u8>, more: Value) {
        let mut add = json!({"path": path, "partitionValues": {}, "size": bytes.len(), "modificationTime": 0,
            "dataChange": true});
        for (name, value) in more.as_object().unwrap() {
            add[name] = value.clone();
        }
        self.storage.put(path, Bytes::from(bytes)).await.unwrap();
        self.commit(&[json!({"add": add})]).await;
    }

    pub(in crate::scan) async fn snapshot(&self) -> Snapshot {
        Snapshot::open(&self.storage, None).await.unwrap()
    }
}

pub(in crate::scan) fn schema(fields: &[(&str, &str)]) -> StructType {
    let field = |(name, t): &(&str, &str)| Field::new(*name, DataType::from_name(t).unwrap(), true);
    StructType { fields: fields.iter().map(field).collect() }
}

pub(in crate::scan) fn parquet(batch: &RecordBatch) -> Vec<u8> {
    parquet_with(batch, WriterProperties::builder().build())
}

pub(in crate::scan) fn parquet_with(batch: &RecordBatch, properties: WriterProperties) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// Values, definition levels and repetition levels of one leaf.
pub(in crate::scan) type Leaf<'a, T> = (&'a [<T as ParquetType>::T], Option<&'a [i16]>, Option<&'a [i16]>);

/// A file of one leaf, as no Arrow writer would make it.
pub(in crate::scan) fn raw_parquet<T: ParquetType>(message: &str, (values, def, rep): Leaf<'_, T>) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(message).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<T>().write_batch(values, def, rep).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}
