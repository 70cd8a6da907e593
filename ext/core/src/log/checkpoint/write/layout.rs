//! The columns of a checkpoint (Delta protocol, "Checkpoint Schema"). Lists and maps have the names that Spark gives to
//! their parts, and every column may be null: a row holds one action.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, new_null_array};
use arrow::datatypes::{Schema as ArrowSchema, SchemaRef};

use super::json::{column, failed};
use crate::error::Result;
use crate::schema::{ArrayType, DataType, Field, MapType, StructType};

/// What the file actions of a checkpoint tell besides what every one does.
#[derive(Debug, Clone, Default)]
pub struct FileColumns {
    /// Whether statistics are written as JSON text.
    pub stats_json: bool,
    /// The type of the statistics as a struct, by physical names, where they are written as one.
    pub stats: Option<StructType>,
    /// The type of the partition values as a struct, by physical names, where they are written as one.
    pub partitions: Option<StructType>,
}

/// Columns that hold no file action, in V1 and in V2 content.
pub(super) fn table_columns(v2: bool) -> Vec<Field> {
    let protocol = vec![
        field("minReaderVersion", DataType::Integer),
        field("minWriterVersion", DataType::Integer),
        field("readerFeatures", strings()),
        field("writerFeatures", strings()),
    ];
    let format = vec![field("provider", DataType::String), field("options", string_map())];
    let metadata = vec![
        field("id", DataType::String),
        field("name", DataType::String),
        field("description", DataType::String),
        field("format", object(format)),
        field("schemaString", DataType::String),
        field("partitionColumns", strings()),
        field("configuration", string_map()),
        field("createdTime", DataType::Long),
    ];
    let txn =
        vec![field("appId", DataType::String), field("version", DataType::Long), field("lastUpdated", DataType::Long)];
    let domain = vec![
        field("domain", DataType::String),
        field("configuration", DataType::String),
        field("removed", DataType::Boolean),
    ];
    let mut columns = vec![
        field("protocol", object(protocol)),
        field("metaData", object(metadata)),
        field("txn", object(txn)),
        field("domainMetadata", object(domain)),
    ];
    if v2 {
        let version = vec![field("version", DataType::Long), field("tags", string_map())];
        let sidecar = vec![
            field("path", DataType::String),
            field("sizeInBytes", DataType::Long),
            field("modificationTime", DataType::Long),
            field("tags", string_map()),
        ];
        columns.extend([field("checkpointMetadata", object(version)), field("sidecar", object(sidecar))]);
    }
    columns
}

/// `add` as commits have it.
pub(super) fn add_type() -> StructType {
    let mut fields = common();
    fields.extend([
        field("modificationTime", DataType::Long),
        field("clusteringProvider", DataType::String),
        field("tags", string_map()),
        field("stats", DataType::String),
    ]);
    StructType { fields }
}

/// `add` as the checkpoint has it.
pub(super) fn written_add_type(columns: &FileColumns) -> StructType {
    let mut written = add_type();
    if !columns.stats_json {
        written.fields.retain(|f| f.name != "stats");
    }
    let stats = columns.stats.iter().map(|s| field("stats_parsed", DataType::Struct(s.clone())));
    let partitions = columns.partitions.iter().map(|s| field("partitionValues_parsed", DataType::Struct(s.clone())));
    written.fields.extend(stats.chain(partitions));
    written
}

/// `remove`: without statistics and tags.
pub(super) fn remove_type() -> StructType {
    let mut fields = common();
    fields.extend([field("deletionTimestamp", DataType::Long), field("extendedFileMetadata", DataType::Boolean)]);
    StructType { fields }
}

fn common() -> Vec<Field> {
    let vector = vec![
        field("storageType", DataType::String),
        field("pathOrInlineDv", DataType::String),
        field("offset", DataType::Integer),
        field("sizeInBytes", DataType::Integer),
        field("cardinality", DataType::Long),
    ];
    vec![
        field("path", DataType::String),
        field("partitionValues", string_map()),
        field("size", DataType::Long),
        field("dataChange", DataType::Boolean),
        field("deletionVector", object(vector)),
        field("baseRowId", DataType::Long),
        field("defaultRowCommitVersion", DataType::Long),
    ]
}

/// The file actions' columns.
pub(super) fn file_columns(columns: &FileColumns) -> Vec<Field> {
    vec![field("add", DataType::Struct(written_add_type(columns))), field("remove", DataType::Struct(remove_type()))]
}

/// As an Arrow schema.
pub(super) fn arrow_schema(fields: &[Field]) -> SchemaRef {
    Arc::new(ArrowSchema::new(fields.iter().map(Field::to_arrow).collect::<Vec<_>>()))
}

/// Rows with one action each, all of them in column `name`.
pub(super) fn batch(schema: &SchemaRef, name: &str, actions: &ArrayRef) -> Result<RecordBatch> {
    let columns = schema.fields().iter().map(|field| match field.name() == name {
        true => Arc::clone(actions),
        false => new_null_array(field.data_type(), actions.len()),
    });
    RecordBatch::try_new(Arc::clone(schema), columns.collect()).map_err(failed)
}

/// The same from the JSON of each action.
pub(super) fn json_batch(schema: &SchemaRef, of: &Field, actions: &[String]) -> Result<RecordBatch> {
    let texts: Vec<Option<&str>> = actions.iter().map(|text| Some(text.as_str())).collect();
    batch(schema, &of.name, &column(&of.data_type, &texts)?)
}

fn field(name: &str, data_type: DataType) -> Field {
    Field::new(name, data_type, true)
}

fn object(fields: Vec<Field>) -> DataType {
    DataType::Struct(StructType { fields })
}

fn strings() -> DataType {
    DataType::Array(Box::new(ArrayType { element: DataType::String, contains_null: true }))
}

fn string_map() -> DataType {
    DataType::Map(Box::new(MapType { key: DataType::String, value: DataType::String, value_contains_null: true }))
}
