//! Files of unusual shape: many columns, many row groups, no rows; every codec, page version and encoding.

use std::sync::Arc;

use arrow::array::*;
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{Field as ArrowField, Fields, Schema as ArrowSchema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type as PInt32};
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::json;

use super::table::{parquet, parquet_with, schema};
use super::*;
use crate::schema::{ColumnPath, DataType, Field, MapType};
use crate::value::Scalar;

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap()
}

#[tokio::test]
async fn every_codec_page_version_and_encoding() {
    let decimals = Decimal128Array::from_iter((0..500).map(|i| (i % 7 > 0).then_some(i % 3 - 1)));
    let decimals = decimals.with_precision_and_scale(25, 2).unwrap();
    let words: StringArray = (0..500).map(|i| (i % 5 > 0).then(|| format!("w{}", i % 4))).collect();
    let rows = batch(vec![
        ("id", Arc::new(Int64Array::from_iter_values(0..500)) as ArrayRef),
        ("word", Arc::new(words)),
        ("price", Arc::new(decimals)),
    ]);
    let columns = schema(&[("id", "long"), ("word", "string"), ("price", "decimal(25,2)")]);
    // Brotli is in spec/interop, by another writer: it is not written here.
    let codecs = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::ZSTD(Default::default()),
    ];
    let mut expected = None;
    for codec in codecs {
        for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
            for dictionary in [true, false] {
                let properties = WriterProperties::builder()
                    .set_compression(codec)
                    .set_writer_version(version)
                    .set_dictionary_enabled(dictionary)
                    .set_data_page_row_count_limit(100)
                    .set_write_batch_size(50);
                let mut table = Table::new(&columns, &[]).await;
                table.add("1.parquet", parquet_with(&rows, properties.build()), json!({})).await;
                let read = text(&table, ScanOptions::default()).await;
                assert_eq!((read.len(), read[2].as_str()), (500, "2 w2 0.01"), "{codec} {version:?}");
                assert_eq!(&read, expected.get_or_insert_with(|| read.clone()), "{codec} {version:?} {dictionary}");
            }
        }
    }
}

#[tokio::test]
async fn files_without_rows_or_row_groups() {
    let none = batch(vec![("id", Arc::new(Int64Array::from(Vec::<i64>::new())) as ArrayRef)]);
    let mut table = Table::new(&schema(&[("id", "long")]), &[]).await;
    let mut bytes = Vec::new();
    ArrowWriter::try_new(&mut bytes, none.schema(), None).unwrap().close().unwrap();
    table.add("no-groups.parquet", bytes, json!({})).await;
    table.add("no-rows.parquet", parquet(&none), json!({})).await;
    let message = Arc::new(parse_message_type("message m { optional int64 id; }").unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, message, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    group.next_column().unwrap().unwrap().close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    table.add("empty-group.parquet", bytes, json!({})).await;
    let one = batch(vec![("id", Arc::new(Int64Array::from(vec![7])) as ArrayRef)]);
    table.add("one.parquet", parquet(&one), json!({})).await;
    assert_eq!(text(&table, ScanOptions::default()).await, ["7"]);
    assert_eq!(text(&table, wanted(compare("id", CompareOp::Gt, Scalar::Long(7)))).await.len(), 0);
}

#[tokio::test]
async fn thousands_of_columns_in_another_order_and_case() {
    const COLUMNS: usize = 3000;
    let name = |i: usize| format!("Column{i}");
    let fields = (0..COLUMNS).map(|i| Field::new(name(i), DataType::Integer, true)).collect();
    let in_file: Vec<usize> = (0..COLUMNS).rev().filter(|i| i % 3 != 1).collect();
    let cased = |i: usize| if i % 3 == 2 { name(i).to_uppercase() } else { name(i) };
    let arrow: Vec<_> =
        in_file.iter().map(|i| ArrowField::new(cased(*i), arrow::datatypes::DataType::Int32, true)).collect();
    let column = |i: &usize| Arc::new(Int32Array::from(vec![*i as i32, -1])) as ArrayRef;
    let columns = in_file.iter().map(column).collect();
    let mut table = Table::new(&StructType { fields }, &[]).await;
    let file = parquet(&RecordBatch::try_new(Arc::new(ArrowSchema::new(arrow)), columns).unwrap());
    table.add("1.parquet", file, json!({})).await;
    let read = rows(&table, ScanOptions::default()).await.unwrap();
    for i in 0..COLUMNS {
        let column = read.column(i).as_primitive::<arrow::datatypes::Int32Type>();
        match i % 3 {
            1 => assert_eq!(column.null_count(), 2),
            _ => assert_eq!(column.values(), &[i as i32, -1]),
        }
    }
}

#[tokio::test]
async fn thousands_of_row_groups() {
    let rows = batch(vec![("id", Arc::new(Int64Array::from_iter_values(0..3000)) as ArrayRef)]);
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, rows.schema(), None).unwrap();
    for i in 0..3000 {
        writer.write(&rows.slice(i, 1)).unwrap();
        writer.flush().unwrap();
    }
    writer.close().unwrap();
    let mut table = Table::new(&schema(&[("id", "long")]), &[]).await;
    table.add("1.parquet", bytes, json!({})).await;
    let expected: Vec<String> = (0..3000).map(|i| i.to_string()).collect();
    assert_eq!(text(&table, ScanOptions::default()).await, expected);
    assert_eq!(text(&table, wanted(compare("id", CompareOp::GtEq, Scalar::Long(2998)))).await, ["2998", "2999"]);
}

/// Proleptic Gregorian, as they are: writers that counted by the Julian calendar say so in the footer, in words of their
/// own that the protocol does not know.
#[tokio::test]
async fn days_before_1582() {
    let days = Date32Array::from(vec![-141_428, -141_427, -719_162, -719_528]);
    let mut table = Table::new(&schema(&[("d", "date")]), &[]).await;
    table.add("1.parquet", parquet(&batch(vec![("d", Arc::new(days))])), json!({})).await;
    let expected = ["1582-10-14", "1582-10-15", "0001-01-01", "0000-01-01"];
    assert_eq!(text(&table, ScanOptions::default()).await, expected);
}

fn map_of_longs() -> StructType {
    let map = MapType { key: DataType::String, value: DataType::Long, value_contains_null: true };
    StructType { fields: vec![Field::new("m", DataType::Map(Box::new(map)), true)] }
}

/// Two rows: two pairs, and an empty map.
fn legacy_map(message: &str, keys: [&str; 2]) -> Vec<u8> {
    let message = Arc::new(parse_message_type(message).unwrap());
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, message, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let keys = keys.map(ByteArray::from);
    column.typed::<ByteArrayType>().write_batch(&keys, Some(&[2, 2, 1]), Some(&[0, 1, 0])).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<PInt32>().write_batch(&[7], Some(&[3, 2, 1]), Some(&[0, 1, 0])).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

#[tokio::test]
async fn maps_by_every_name() {
    for (annotation, pairs, key, value) in [
        ("MAP", "key_value", "key", "value"),
        ("MAP", "map", "key", "value"),
        ("MAP_KEY_VALUE", "map", "key", "value"),
        ("MAP", "entries", "keys", "values"),
        ("MAP_KEY_VALUE", "key_value (MAP_KEY_VALUE)", "k", "v"),
    ] {
        let message = format!(
            "message m {{ optional group m ({annotation}) {{ repeated group {pairs} {{ required binary {key} (UTF8);
             optional int32 {value}; }} }} }}"
        );
        let mut table = Table::new(&map_of_longs(), &[]).await;
        table.add("1.parquet", legacy_map(&message, ["a", "b"]), json!({})).await;
        assert_eq!(text(&table, ScanOptions::default()).await, ["{a: 7, b: }", "{}"], "{message}");
    }
}

#[tokio::test]
async fn keys_that_come_twice_are_kept() {
    let message = "message m { optional group m (MAP) { repeated group key_value { required binary key (UTF8); optional
        int32 value; } } }";
    let mut table = Table::new(&map_of_longs(), &[]).await;
    table.add("1.parquet", legacy_map(message, ["a", "a"]), json!({})).await;
    assert_eq!(text(&table, ScanOptions::default()).await, ["{a: 7, a: }", "{}"]);
}

#[tokio::test]
async fn structs_that_old_files_lack_are_null_wherever_they_are() {
    let inner = || DataType::Struct(schema(&[("x", "long"), ("gone", "void")]));
    let outer =
        StructType { fields: vec![Field::new("y", DataType::Integer, true), Field::new("new", inner(), false)] };
    let fields = vec![Field::new("s", DataType::Struct(outer), true), Field::new("t", inner(), false)];
    let mut table = Table::new(&StructType { fields }, &[]).await;
    let y = Fields::from(vec![ArrowField::new("y", arrow::datatypes::DataType::Int32, true)]);
    let s =
        StructArray::new(y, vec![Arc::new(Int32Array::from(vec![1, 2]))], Some(NullBuffer::from(vec![true, false])));
    table.add("1.parquet", parquet(&batch(vec![("s", Arc::new(s))])), json!({})).await;
    let read = rows(&table, ScanOptions::default()).await.unwrap();
    let s = read.column(0).as_struct();
    assert_eq!((s.is_null(0), s.is_null(1), s.column(1).null_count()), (false, true, 2));
    assert_eq!(read.column(1).null_count(), 2);
    let nulls = Predicate::IsNull(ColumnPath::new(vec!["s".to_owned(), "new".to_owned(), "x".to_owned()]));
    assert_eq!(text(&table, wanted(nulls)).await.len(), 2);
}

#[tokio::test]
async fn lists_that_only_differ_in_what_may_be_null() {
    let element = Arc::new(ArrowField::new("item", arrow::datatypes::DataType::Int64, false));
    let offsets = OffsetBuffer::new(ScalarBuffer::from(vec![0, 2]));
    let list = ListArray::new(element, offsets, Arc::new(Int64Array::from(vec![1, 2])), None);
    let array = crate::schema::ArrayType { element: DataType::Long, contains_null: true };
    let fields = vec![Field::new("l", DataType::Array(Box::new(array)), true)];
    let mut table = Table::new(&StructType { fields }, &[]).await;
    table
        .add("1.parquet", parquet(&RecordBatch::try_from_iter([("l", Arc::new(list) as ArrayRef)]).unwrap()), json!({}))
        .await;
    assert_eq!(text(&table, ScanOptions::default()).await, ["[1, 2]"]);
}

#[tokio::test]
async fn a_schema_that_is_nested_without_end_is_refused() {
    for (depth, read) in [(250, true), (400, false)] {
        let groups = "optional group g {".repeat(depth);
        let message = format!("message m {{ optional int32 id; {groups} optional int32 x; {} }}", "}".repeat(depth));
        let mut bytes = Vec::new();
        let schema_of_file = Arc::new(parse_message_type(&message).unwrap());
        SerializedFileWriter::new(&mut bytes, schema_of_file, Arc::default()).unwrap().close().unwrap();
        let mut table = Table::new(&schema(&[("id", "integer")]), &[]).await;
        table.add("1.parquet", bytes, json!({})).await;
        let rows = rows(&table, ScanOptions::default()).await;
        assert_eq!(rows.is_ok(), read, "{depth}");
        assert!(read || rows.unwrap_err().message().contains("1.parquet"));
    }
}
