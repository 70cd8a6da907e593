//! Whole and right bytes for each place: what mutations begin with.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array, ListArray,
    MapArray, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType as Arrow, Field as ArrowField, Fields, Schema as ArrowSchema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use roaring::RoaringTreemap;
use serde_json::json;

use super::place::Place;
use crate::error::{Error, Result};
use crate::schema::{DataType, DecimalType, Field, StructType};

const ROWS: usize = 40;

/// Bytes that a reader takes, for each place some.
pub fn seeds(place: Place) -> Result<Vec<Vec<u8>>> {
    Ok(match place {
        Place::Commit => vec![commit()],
        Place::Schema => vec![schema().to_json().into_bytes()],
        Place::Checkpoint | Place::Sidecar => vec![checkpoint()?],
        Place::JsonCheckpoint => vec![manifest(1000)],
        Place::Hint => vec![br#"{"version":1,"size":3,"parts":2,"sizeInBytes":100,"numOfAddFiles":1}"#.to_vec()],
        Place::Statistics => vec![statistics()],
        Place::PartitionValue => {
            let texts =
                ["", "-1", "1.5e3", "NaN", "true", "2024-02-29", "2024-02-29 23:59:59.999999", "1969-12-31T23:59:59Z"];
            texts.map(|t| t.as_bytes().to_vec()).to_vec()
        }
        Place::DataFile => vec![data_file()?],
        Place::DeletionVector => vec![vector_file(&[3, 4, 7, 11, 18, 29])?, vector_file(&[34, 35, 36, 37, 38, 39])?],
        Place::InlineDeletionVector => vec![VECTOR.as_bytes().to_vec()],
        // {"a": 5} with the name in its dictionary.
        Place::Variant => vec![b"\x05\x01\x01\x00\x01a\x02\x01\x00\x00\x02\x0c\x05".to_vec()],
        Place::Task => vec![task()],
        Place::Changes => vec![changes()],
        Place::Lines => vec![LINES.as_bytes().to_vec()],
        Place::Staged => vec![staged()?],
        Place::Predicate => {
            let texts =
                ["id > 2 AND (s LIKE 'a%' OR NOT b)", "CASE WHEN d IS NULL THEN 1 ELSE 2 END = 1", "st.a IN (1, 2)"];
            texts.map(|t| t.as_bytes().to_vec()).to_vec()
        }
    })
}

/// Rows of [`schema`] and a variant.
const LINES: &str = r#"{"id":1,"s":"\u00e9","b":true,"f":1.5e-7,"x":"y","ts":"2026-01-02T03:04:05.678901Z","d":-12.50}
{"l":["a",null],"m":{"k":1,"l":null},"st":{"a":5,"b":"2026-01-01"},"v":{"a":[1,{"b":null}],"c":18446744073709551615}}

{"id":null,"m":{},"l":[],"v":"text","d":"0.25"}"#;

const VECTOR: &str = "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L";

fn vector() -> serde_json::Value {
    json!({"storageType": "i", "pathOrInlineDv": VECTOR, "sizeInBytes": 44, "cardinality": 6})
}

fn task() -> Vec<u8> {
    let protocol = json!({"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["deletionVectors"],
        "writerFeatures": ["deletionVectors"]});
    let metadata = json!({"id": "t", "schemaString": schema().to_json(), "partitionColumns": []});
    let file = json!({"path": "a.parquet", "partitionValues": {}, "size": 0, "modificationTime": 0,
        "dataChange": true, "stats": "{\"numRecords\":40}", "deletionVector": vector()});
    json!({"version": 7, "protocol": protocol, "metaData": metadata, "files": [file]}).to_string().into_bytes()
}

fn staged() -> Result<Vec<u8>> {
    let features = ["timestampNtz", "deletionVectors", "v2Checkpoint", "variantType"];
    let protocol = json!({"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features,
        "writerFeatures": features});
    let metadata = json!({"id": "t", "format": {"provider": "parquet"}, "schemaString": schema().to_json(),
        "partitionColumns": [], "configuration": {"delta.appendOnly": "true"}});
    let file = json!({"path": "a.parquet", "partitionValues": {}, "size": data_file()?.len(), "modificationTime": 0,
        "dataChange": true, "stats": "{\"numRecords\":40}"});
    let staged = json!({"format": 1, "version": 0, "protocol": protocol, "metaData": metadata, "adds": [file]});
    Ok(staged.to_string().into_bytes())
}

/// A file that gets a deletion vector.
fn changes() -> Vec<u8> {
    let lines = [
        json!({"commitInfo": {"timestamp": 1, "inCommitTimestamp": 1}}),
        json!({"remove": {"path": "a.parquet", "dataChange": true, "partitionValues": {}, "size": 0}}),
        json!({"add": {"path": "a.parquet", "partitionValues": {}, "size": 0, "modificationTime": 0, "dataChange": true,
            "deletionVector": vector()}}),
    ];
    lines.map(|line| line.to_string()).join("\n").into_bytes()
}

/// The columns of [`data_file`].
pub(super) fn schema() -> StructType {
    let array = DataType::Array(Box::new(crate::schema::ArrayType { element: DataType::String, contains_null: true }));
    let map = DataType::Map(Box::new(crate::schema::MapType {
        key: DataType::String,
        value: DataType::Integer,
        value_contains_null: true,
    }));
    let inner =
        StructType { fields: vec![Field::new("a", DataType::Integer, true), Field::new("b", DataType::Date, true)] };
    let columns = [
        ("id", DataType::Long),
        ("s", DataType::String),
        ("b", DataType::Boolean),
        ("f", DataType::Double),
        ("x", DataType::Binary),
        ("ts", DataType::Timestamp),
        ("l", array),
        ("m", map),
        ("st", DataType::Struct(inner)),
    ];
    let mut fields: Vec<Field> = columns.into_iter().map(|(name, t)| Field::new(name, t, true)).collect();
    fields.extend(DecimalType::new(10, 2).ok().map(|d| Field::new("d", DataType::Decimal(d), true)));
    StructType { fields }
}

/// A column of each type that may partition a table.
pub(super) fn partition_columns() -> Vec<Field> {
    let names = [
        "boolean",
        "byte",
        "short",
        "integer",
        "long",
        "float",
        "double",
        "string",
        "binary",
        "date",
        "timestamp",
        "timestamp_ntz",
        "decimal(38,18)",
    ];
    let typed = names.iter().filter_map(|n| DataType::from_name(n).ok());
    typed.enumerate().map(|(at, t)| Field::new(format!("p{at}"), t, true)).collect()
}

/// Some rows of [`schema`].
pub(super) fn data_file() -> Result<Vec<u8>> {
    let schema = schema().to_arrow();
    let numbers = || (0..ROWS as i64).map(|i| (i % 7 != 3).then_some(i));
    let texts: StringArray = numbers().map(|n| n.map(|n| "abc".repeat(n as usize % 4))).collect();
    let offsets = OffsetBuffer::<i32>::from_lengths((0..ROWS).map(|i| i % 3));
    let total = offsets.last() as usize;
    let inner = |at: usize| match schema.field(at).data_type() {
        Arrow::List(f) | Arrow::Map(f, _) => Arc::clone(f),
        other => Arc::new(ArrowField::new("none", other.clone(), true)),
    };
    let items: StringArray = (0..total).map(|i| (i % 5 != 0).then(|| format!("e{i}"))).collect();
    let list = ListArray::try_new(inner(6), offsets.clone(), Arc::new(items), Some(NullBuffer::new_valid(ROWS)));
    let entries = inner(7);
    let Arrow::Struct(pair) = entries.data_type() else { return Err(Error::internal("a map has no entries")) };
    let keys: StringArray = (0..total).map(|i| Some(format!("k{i}"))).collect();
    let values: Int32Array = (0..total as i32).map(|i| (i % 2 == 0).then_some(i)).collect();
    let pairs = StructArray::try_new(pair.clone(), vec![Arc::new(keys), Arc::new(values)], None).map_err(broken)?;
    let map = MapArray::try_new(entries.clone(), offsets, pairs, None, false).map_err(broken)?;
    let Arrow::Struct(fields) = schema.field(8).data_type() else {
        return Err(Error::internal("a struct has no fields"));
    };
    let parts: Vec<ArrayRef> = vec![
        Arc::new(numbers().map(|n| n.map(|n| n as i32)).collect::<Int32Array>()),
        Arc::new(numbers().map(|n| n.map(|n| n as i32 * 100)).collect::<Date32Array>()),
    ];
    let nested = StructArray::try_new(fields.clone(), parts, Some((0..ROWS).map(|i| i % 6 != 0).collect()));
    let decimals: Decimal128Array = numbers().map(|n| n.map(i128::from)).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter(numbers())),
        Arc::new(texts),
        Arc::new(numbers().map(|n| n.map(|n| n % 2 == 0)).collect::<BooleanArray>()),
        Arc::new(numbers().map(|n| n.map(|n| n as f64 / 3.0)).collect::<Float64Array>()),
        Arc::new(BinaryArray::from_iter(numbers().map(|n| n.map(i64::to_le_bytes)))),
        Arc::new(numbers().collect::<TimestampMicrosecondArray>().with_timezone("UTC")),
        Arc::new(list.map_err(broken)?),
        Arc::new(map),
        Arc::new(nested.map_err(broken)?),
        Arc::new(decimals.with_precision_and_scale(10, 2).map_err(broken)?),
    ];
    let columns = columns.into_iter().zip(schema.fields()).map(|(c, f)| (f.name().clone(), c));
    parquet(columns, Compression::SNAPPY)
}

/// A file of one variant.
pub(super) fn variant_file(metadata: &[u8], value: &[u8]) -> Result<Vec<u8>> {
    let bytes = |bytes| Arc::new(BinaryArray::from(vec![bytes])) as ArrayRef;
    let fields: Fields = ["metadata", "value"].map(|n| ArrowField::new(n, Arrow::Binary, false)).to_vec().into();
    let column = StructArray::try_new(fields, vec![bytes(metadata), bytes(value)], None).map_err(broken)?;
    parquet([("v".to_owned(), Arc::new(column) as ArrayRef)].into_iter(), Compression::UNCOMPRESSED)
}

/// A classic checkpoint of one file.
pub(super) fn checkpoint() -> Result<Vec<u8>> {
    let text = |rows: [Option<&str>; 3]| Arc::new(StringArray::from_iter(rows)) as ArrayRef;
    let long = |rows: [Option<i64>; 3]| Arc::new(Int64Array::from_iter(rows)) as ArrayRef;
    let int = |rows: [Option<i32>; 3]| Arc::new(Int32Array::from_iter(rows)) as ArrayRef;
    let group = |columns: Vec<(&str, ArrayRef)>, row: usize| -> Result<ArrayRef> {
        let fields: Fields = columns.iter().map(|(n, c)| ArrowField::new(*n, c.data_type().clone(), true)).collect();
        let valid = (0..3).map(|at| at == row).collect();
        let arrays = columns.into_iter().map(|(_, c)| c).collect();
        Ok(Arc::new(StructArray::try_new(fields, arrays, Some(valid)).map_err(broken)?))
    };
    let protocol =
        vec![("minReaderVersion", int([Some(1), None, None])), ("minWriterVersion", int([Some(2), None, None]))];
    let schema = schema().to_json();
    let metadata = vec![("id", text([None, Some("t"), None])), ("schemaString", text([None, Some(&schema), None]))];
    let stats = String::from_utf8_lossy(&statistics()).into_owned();
    let add = vec![
        ("path", text([None, None, Some("a.parquet")])),
        ("size", long([None, None, Some(0)])),
        ("modificationTime", long([None, None, Some(5)])),
        ("stats", text([None, None, Some(&stats)])),
    ];
    let columns = [("protocol", group(protocol, 0)?), ("metaData", group(metadata, 1)?), ("add", group(add, 2)?)];
    parquet(columns.map(|(n, c)| (n.to_owned(), c)).into_iter(), Compression::UNCOMPRESSED)
}

/// A V2 checkpoint that names one sidecar of so many bytes.
pub(super) fn manifest(sidecar_bytes: usize) -> Vec<u8> {
    let lines = [
        json!({"checkpointMetadata": {"version": 1}}),
        json!({"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["v2Checkpoint"],
            "writerFeatures": ["v2Checkpoint"]}}),
        json!({"metaData": {"id": "t", "format": {"provider": "parquet", "options": {}}, "configuration": {},
            "schemaString": schema().to_json(), "partitionColumns": []}}),
        json!({"sidecar": {"path": "3a0d65cd-4056-49b8-937b-95f9e3ee90e6.parquet", "sizeInBytes": sidecar_bytes,
            "modificationTime": 0}}),
    ];
    lines.map(|line| line.to_string()).join("\n").into_bytes()
}

fn commit() -> Vec<u8> {
    let stats = String::from_utf8_lossy(&statistics()).into_owned();
    let lines = [
        json!({"commitInfo": {"timestamp": 1, "operation": "WRITE", "operationParameters": {"mode": "Append"}}}),
        json!({"txn": {"appId": "app", "version": 3, "lastUpdated": 4}}),
        json!({"domainMetadata": {"domain": "d", "configuration": "{}", "removed": false}}),
        json!({"remove": {"path": "b.parquet", "deletionTimestamp": 5, "dataChange": true}}),
        json!({"add": {"path": "a.parquet", "partitionValues": {}, "size": 0, "modificationTime": 1, "dataChange": true,
            "stats": stats, "tags": {"a": null}}}),
    ];
    lines.map(|line| line.to_string()).join("\n").into_bytes()
}

fn statistics() -> Vec<u8> {
    json!({"numRecords": 40, "minValues": {"id": 0, "s": "", "d": -1.25, "st": {"a": 1}}, "maxValues": {"id": 39,
        "s": "abcabcabc", "d": 99999999.99, "st": {"a": 2}}, "nullCount": {"id": 6, "s": 6, "st": {"a": 6}}})
    .to_string()
    .into_bytes()
}

/// A file of one deletion vector (Delta protocol, "Deletion Vector File Storage Format").
fn vector_file(rows: &[u64]) -> Result<Vec<u8>> {
    let mut bitmap = 1_681_511_377_i32.to_le_bytes().to_vec();
    let vector: RoaringTreemap = rows.iter().copied().collect();
    vector.serialize_into(&mut bitmap).map_err(broken)?;
    let mut file = vec![1];
    file.extend((bitmap.len() as u32).to_be_bytes());
    file.extend(&bitmap);
    file.extend(crc32fast::hash(&bitmap).to_be_bytes());
    Ok(file)
}

fn parquet(columns: impl Iterator<Item = (String, ArrayRef)>, compression: Compression) -> Result<Vec<u8>> {
    let (fields, arrays): (Vec<_>, Vec<_>) =
        columns.map(|(name, array)| (ArrowField::new(name, array.data_type().clone(), true), array)).unzip();
    let schema = Arc::new(ArrowSchema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(broken)?;
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, schema, Some(properties)).map_err(broken)?;
    writer.write(&batch).map_err(broken)?;
    writer.close().map_err(broken)?;
    Ok(bytes)
}

fn broken(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::internal("a seed could not be made").with_source(error)
}
