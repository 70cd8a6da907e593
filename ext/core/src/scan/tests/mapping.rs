//! Columns by physical name and by field id.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int32Array, ListArray, MapArray, RecordBatch, StringArray, StructArray};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType as Arrow, Field as ArrowField, FieldRef, Fields, Schema as ArrowSchema};
use parquet::arrow::PARQUET_FIELD_ID_META_KEY;
use serde_json::{Value, json};

use super::table::parquet;
use super::*;
use crate::error::ErrorKind;
use crate::schema::ColumnPath;

fn column(name: &str, physical: &str, id: i64, data_type: &Value) -> Value {
    let metadata = json!({"delta.columnMapping.physicalName": physical, "delta.columnMapping.id": id});
    json!({"name": name, "type": data_type, "nullable": true, "metadata": metadata})
}

fn structure(fields: &[Value]) -> Value {
    json!({"type": "struct", "fields": fields})
}

async fn table(mode: &str, partition_columns: &[&str], fields: &[Value]) -> Table {
    let schema = StructType::from_json(&structure(fields).to_string()).unwrap();
    let protocol = json!({"minReaderVersion": 2, "minWriterVersion": 5});
    Table::with(protocol, &schema, partition_columns, json!({"delta.columnMapping.mode": mode})).await
}

/// A field of a file; no id where it is 0.
fn field(name: &str, id: i32, data_type: Arrow) -> FieldRef {
    let ids = (id > 0).then(|| (PARQUET_FIELD_ID_META_KEY.to_owned(), id.to_string()));
    Arc::new(ArrowField::new(name, data_type, true).with_metadata(HashMap::from_iter(ids)))
}

fn file(columns: Vec<(&str, i32, ArrayRef)>) -> Vec<u8> {
    let fields: Vec<FieldRef> = columns.iter().map(|(n, id, a)| field(n, *id, a.data_type().clone())).collect();
    let arrays = columns.into_iter().map(|(_, _, a)| a).collect();
    parquet(&RecordBatch::try_new(Arc::new(ArrowSchema::new(fields)), arrays).unwrap())
}

fn ints(values: &[i32]) -> ArrayRef {
    Arc::new(Int32Array::from(values.to_vec()))
}

/// Two columns whose names in the file are each other's.
fn crossed() -> [Value; 2] {
    [column("a", "b", 1, &json!("integer")), column("b", "a", 2, &json!("integer"))]
}

#[tokio::test]
async fn physical_names_win_over_logical_ones() {
    let mut table = table("name", &[], &crossed()).await;
    table.add("1.parquet", file(vec![("a", 0, ints(&[1, 2])), ("b", 0, ints(&[10, 20]))]), json!({})).await;
    assert_eq!(text(&table, ScanOptions::default()).await, ["10 1", "20 2"]);
    assert_eq!(text(&table, select(&["b"])).await, ["1", "2"]);
    assert_eq!(text(&table, wanted(compare("a", CompareOp::Gt, Scalar::Long(10)))).await, ["20 2"]);
}

#[tokio::test]
async fn a_column_that_was_dropped_and_added_again_is_another() {
    let mut table = table("name", &[], &[column("a", "col-7", 7, &json!("integer"))]).await;
    table.add("1.parquet", file(vec![("a", 1, ints(&[1]))]), json!({})).await;
    table.add("2.parquet", file(vec![("a", 1, ints(&[1])), ("col-7", 7, ints(&[2]))]), json!({})).await;
    assert_eq!(text(&table, ScanOptions::default()).await, ["2", ""]);
}

#[tokio::test]
async fn ids_win_over_names() {
    let mut table = table("id", &[], &crossed()).await;
    table.add("1.parquet", file(vec![("b", 2, ints(&[1])), ("a", 1, ints(&[10]))]), json!({})).await;
    table.add("2.parquet", file(vec![("b", 3, ints(&[1])), ("x", 1, ints(&[11]))]), json!({})).await;
    assert_eq!(text(&table, ScanOptions::default()).await, ["11 ", "10 1"]);
}

#[tokio::test]
async fn a_file_without_ids_is_not_read_by_name() {
    for (columns, part) in [
        (vec![("b", 0, ints(&[1])), ("a", 0, ints(&[2]))], "has none"),
        (vec![("b", 1, ints(&[1])), ("a", 1, ints(&[2]))], "twice"),
    ] {
        let mut table = table("id", &[], &crossed()).await;
        table.add("1.parquet", file(columns), json!({})).await;
        let error = rows(&table, ScanOptions::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CorruptTable);
        for part in [part, "1.parquet", "column a"] {
            assert!(error.message().contains(part), "{part} is not in {error}");
        }
        assert_eq!(
            Scan::new(table.snapshot().await, select(&[])).unwrap().count(&Context::default()).await.unwrap(),
            1
        );
    }
}

/// A struct in a list and one in a map, each with `x` and `y` whose names in the file are each other's.
fn nested_columns() -> [Value; 2] {
    let pair = |first: i64| {
        structure(&[column("x", "y", first, &json!("integer")), column("y", "x", first + 1, &json!("integer"))])
    };
    let list = json!({"type": "array", "elementType": pair(11), "containsNull": true});
    let map = json!({"type": "map", "keyType": "string", "valueType": pair(21), "valueContainsNull": true});
    [column("l", "col-l", 1, &list), column("m", "col-m", 2, &map)]
}

fn nested_file(names: [&str; 2], ids: bool) -> Vec<u8> {
    let id = |id: i32| if ids { id } else { 0 };
    let pair = |first: i32| {
        let fields = [field(names[0], id(first), Arrow::Int32), field(names[1], id(first + 1), Arrow::Int32)];
        StructArray::new(Fields::from(fields.to_vec()), vec![ints(&[first, 0]), ints(&[-first, 0])], None)
    };
    let offsets = OffsetBuffer::new(ScalarBuffer::from(vec![0, 2]));
    let (element, value) = (pair(11), pair(21));
    let list =
        ListArray::new(field("element", 0, element.data_type().clone()), offsets.clone(), Arc::new(element), None);
    let key = Arc::new(ArrowField::new("key", Arrow::Utf8, false));
    let entries = StructArray::new(
        Fields::from(vec![key, field("value", 0, value.data_type().clone())]),
        vec![Arc::new(StringArray::from(vec!["p", "q"])), Arc::new(value)],
        None,
    );
    let entries_field = Arc::new(ArrowField::new("key_value", entries.data_type().clone(), false));
    let map = MapArray::new(entries_field, offsets, entries, None, false);
    file(vec![("col-l", id(1), Arc::new(list)), ("col-m", id(2), Arc::new(map))])
}

#[tokio::test]
async fn structs_in_arrays_and_maps_are_mapped() {
    let expected = "[{x: 11, y: -11}, {x: 0, y: 0}] {p: {x: 21, y: -21}, q: {x: 0, y: 0}}";
    let mut by_id = table("id", &[], &nested_columns()).await;
    by_id.add("1.parquet", nested_file(["any", "other"], true), json!({})).await;
    assert_eq!(text(&by_id, ScanOptions::default()).await, [expected]);
    let mut by_name = table("name", &[], &nested_columns()).await;
    by_name.add("1.parquet", nested_file(["y", "x"], false), json!({})).await;
    assert_eq!(text(&by_name, ScanOptions::default()).await, [expected]);
}

#[tokio::test]
async fn partition_values_go_by_physical_names() {
    for mode in ["name", "id"] {
        let fields = [column("p", "q", 1, &json!("integer")), column("q", "p", 2, &json!("integer"))];
        let mut table = table(mode, &["p"], &fields).await;
        for (path, value) in [("1.parquet", "5"), ("2.parquet", "6")] {
            let values = json!({"partitionValues": {"q": value, "p": "9"}});
            table.add(path, file(vec![("p", 2, ints(&[1]))]), values).await;
        }
        assert_eq!(text(&table, ScanOptions::default()).await, ["6 1", "5 1"]);
        let five = wanted(compare("p", CompareOp::Eq, Scalar::Long(5)));
        let scan = Scan::new(table.snapshot().await, five).unwrap();
        let metrics = scan.explain(&Context::default()).await.unwrap();
        assert_eq!((metrics.pruned_by_partition.files, metrics.to_read.files), (1, 1));
        let files = scan.files().next().await.unwrap().unwrap();
        let partition = files.get(0).unwrap().partition().unwrap();
        assert_eq!(partition, [("p".to_owned(), Some(Scalar::Long(5)))]);
    }
}

#[tokio::test]
async fn statistics_go_by_physical_names() {
    let inner = structure(&[column("z", "col-z", 3, &json!("integer"))]);
    let [a, b] = crossed();
    let mut table = table("name", &[], &[a, b, column("s", "col-s", 4, &inner)]).await;
    let z = Arc::new(StructArray::from(vec![(field("col-z", 0, Arrow::Int32), ints(&[7]))]));
    let stats = |min: i32, max: i32| {
        let bounds = |v: i32| json!({"a": v, "b": v * 100, "col-s": {"col-z": v + 6}, "s": {"z": 99}});
        json!({"stats": json!({"numRecords": 1, "minValues": bounds(min), "maxValues": bounds(max)}).to_string()})
    };
    table
        .add("1.parquet", file(vec![("a", 0, ints(&[1])), ("b", 0, ints(&[100])), ("col-s", 0, z)]), stats(1, 1))
        .await;
    for (column, value) in [(vec!["a"], 100), (vec!["b"], 1), (vec!["s", "z"], 7)] {
        let path = ColumnPath::new(column.into_iter().map(str::to_owned).collect());
        let equal =
            |value| wanted(Predicate::Compare { column: path.clone(), op: CompareOp::Eq, value: Scalar::Long(value) });
        assert_eq!(text(&table, equal(value)).await.len(), 1, "{path}");
        let scan = Scan::new(table.snapshot().await, equal(value + 1)).unwrap();
        assert_eq!(scan.explain(&Context::default()).await.unwrap().pruned_by_stats.files, 1, "{path}");
    }
}

#[tokio::test]
async fn annotations_without_a_mode_or_a_mode_without_the_feature_mean_nothing() {
    let schema = StructType::from_json(&structure(&crossed()).to_string()).unwrap();
    let bytes = || file(vec![("a", 2, ints(&[1])), ("b", 1, ints(&[10]))]);
    for (reader, mode) in [(2, "none"), (1, "name"), (1, "id")] {
        let protocol = json!({"minReaderVersion": reader, "minWriterVersion": 5});
        let mut table = Table::with(protocol, &schema, &[], json!({"delta.columnMapping.mode": mode})).await;
        table.add("1.parquet", bytes(), json!({})).await;
        assert_eq!(text(&table, ScanOptions::default()).await, ["1 10"], "{mode}");
    }
}

#[tokio::test]
async fn a_schema_that_is_not_mapped_is_corrupt() {
    let [a, _] = crossed();
    let table = table("name", &[], &[a, json!({"name": "b", "type": "long", "nullable": true, "metadata": {}})]).await;
    let error = Snapshot::open(&table.storage, None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CorruptTable);
    assert!(error.message().contains("column b"), "{error}");
}
