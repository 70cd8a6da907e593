//! Files, partition values and statistics of columns whose type has been widened since.

use std::sync::Arc;

use arrow::array::*;
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType as Arrow, Field as ArrowField, Fields};
use serde_json::{Value, json};

use super::table::{parquet, schema};
use super::*;
use crate::error::ErrorKind;
use crate::value::Scalar;

/// A table of one column `c` that has become `to`.
async fn widened(to: &Value, partition_columns: &[&str]) -> Table {
    let column = json!({"name": "c", "type": to, "nullable": true, "metadata": {}});
    let rest = json!({"name": "n", "type": "integer", "nullable": true, "metadata": {}});
    let text = json!({"type": "struct", "fields": [column, rest]}).to_string();
    let features = ["typeWidening", "timestampNtz"];
    let protocol = json!({"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features,
        "writerFeatures": features});
    Table::with(protocol, &StructType::from_json(&text).unwrap(), partition_columns, json!({})).await
}

/// A type and the two values as text.
type Wider = (&'static str, [&'static str; 2]);

/// Every type, with two values in a file and as the partition value and statistics of its time, and every type that it
/// may become, with the values as those.
fn matrix() -> Vec<(ArrayRef, [&'static str; 2], Vec<Wider>)> {
    let numbers = [["-5", "7"], ["-5.0", "7.0"], ["-5.00", "7.00"]];
    let decimals =
        |p, s| Arc::new(Decimal128Array::from(vec![-125, 300]).with_precision_and_scale(p, s).unwrap()) as ArrayRef;
    let integers = |wider: &[&'static str]| {
        let plain = wider.iter().map(|t| (*t, numbers[0]));
        plain.chain([("double", numbers[1]), ("decimal(10,0)", numbers[0]), ("decimal(14,2)", numbers[2])]).collect()
    };
    vec![
        (Arc::new(Int8Array::from(vec![-5, 7])), numbers[0], integers(&["short", "integer", "long"])),
        (Arc::new(Int16Array::from(vec![-5, 7])), numbers[0], integers(&["integer", "long"])),
        (Arc::new(Int32Array::from(vec![-5, 7])), numbers[0], integers(&["long"])),
        (
            Arc::new(Int64Array::from(vec![-5, 7])),
            numbers[0],
            vec![("decimal(20,0)", numbers[0]), ("decimal(22,2)", numbers[2])],
        ),
        (Arc::new(Float32Array::from(vec![-0.5, 1.25])), ["-0.5", "1.25"], vec![("double", ["-0.5", "1.25"])]),
        (
            decimals(5, 2),
            ["-1.25", "3.00"],
            vec![("decimal(7,2)", ["-1.25", "3.00"]), ("decimal(10,4)", ["-1.2500", "3.0000"])],
        ),
        (decimals(12, 2), ["-1.25", "3.00"], vec![("decimal(38,10)", ["-1.2500000000", "3.0000000000"])]),
        (
            Arc::new(Date32Array::from(vec![-1, 1])),
            ["1969-12-31", "1970-01-02"],
            vec![("timestamp_ntz", ["1969-12-31T00:00:00", "1970-01-02T00:00:00"])],
        ),
    ]
}

fn file(column: &ArrayRef) -> Vec<u8> {
    parquet(&RecordBatch::try_from_iter([("c", Arc::clone(column))]).unwrap())
}

#[tokio::test]
async fn files_of_every_narrower_type() {
    for (column, _, wider) in matrix() {
        for (to, expected) in wider {
            let mut table = widened(&json!(to), &[]).await;
            table.add("1.parquet", file(&column), json!({})).await;
            assert_eq!(text(&table, select(&["c"])).await, expected, "{} to {to}", column.data_type());
        }
    }
}

#[tokio::test]
async fn values_of_every_narrower_type_inside_structs_arrays_and_maps() {
    for (column, _, wider) in matrix() {
        let offsets = || OffsetBuffer::new(ScalarBuffer::from(vec![0, 2]));
        let item = |name: &str| Arc::new(ArrowField::new(name, column.data_type().clone(), false));
        let structure = StructArray::new(Fields::from(vec![item("x")]), vec![Arc::clone(&column)], None);
        let element = Arc::new(ArrowField::new("element", structure.data_type().clone(), false));
        let list = ListArray::new(element, offsets(), Arc::new(structure), None);
        let pairs = StructArray::new(
            Fields::from(vec![item("key"), item("value")]),
            vec![Arc::clone(&column), Arc::clone(&column)],
            None,
        );
        let entries = Arc::new(ArrowField::new("key_value", pairs.data_type().clone(), false));
        let map = MapArray::new(entries, offsets(), pairs, None, false);
        for (to, [first, second]) in wider {
            let field = json!({"name": "x", "type": to, "nullable": true, "metadata": {}});
            let structure = json!({"type": "struct", "fields": [field]});
            let mut lists =
                widened(&json!({"type": "array", "elementType": structure, "containsNull": true}), &[]).await;
            lists.add("1.parquet", file(&(Arc::new(list.clone()) as ArrayRef)), json!({})).await;
            assert_eq!(text(&lists, select(&["c"])).await, [format!("[{{x: {first}}}, {{x: {second}}}]")]);
            let map_type = json!({"type": "map", "keyType": to, "valueType": to, "valueContainsNull": true});
            let mut maps = widened(&map_type, &[]).await;
            maps.add("1.parquet", file(&(Arc::new(map.clone()) as ArrayRef)), json!({})).await;
            assert_eq!(text(&maps, select(&["c"])).await, [format!("{{{first}: {first}, {second}: {second}}}")]);
        }
    }
}

#[tokio::test]
async fn partition_values_of_every_narrower_type() {
    let rest: ArrayRef = Arc::new(Int32Array::from(vec![1]));
    for (_, texts, wider) in matrix() {
        for (to, expected) in wider {
            let mut table = widened(&json!(to), &["c"]).await;
            for (path, value) in ["2.parquet", "1.parquet"].into_iter().zip(texts.iter().rev()) {
                let bytes = parquet(&RecordBatch::try_from_iter([("n", Arc::clone(&rest))]).unwrap());
                table.add(path, bytes, json!({"partitionValues": {"c": value}})).await;
            }
            assert_eq!(text(&table, select(&["c"])).await, expected, "{texts:?} as {to}");
        }
    }
}

#[tokio::test]
async fn statistics_of_every_narrower_type_prune_rightly() {
    for (column, texts, wider) in matrix() {
        for (to, expected) in wider {
            let mut table = widened(&json!(to), &[]).await;
            let quoted = matches!(column.data_type(), Arrow::Date32);
            let bound = |text: &str| if quoted { format!("\"{text}\"") } else { text.to_owned() };
            let stats = format!(
                r#"{{"numRecords":2,"minValues":{{"c":{}}},"maxValues":{{"c":{}}},"nullCount":{{"c":0}}}}"#,
                bound(texts[0]),
                bound(texts[1])
            );
            table.add("1.parquet", file(&column), json!({"stats": stats})).await;
            let all = rows(&table, select(&["c"])).await.unwrap();
            let data_type = table.snapshot().await.schema().fields[0].data_type.clone();
            let read = |row| Scalar::from_array(all.column(0), row, &data_type).unwrap().unwrap();
            for (row, op, found) in [(0, CompareOp::Eq, 1), (1, CompareOp::Eq, 1), (0, CompareOp::Gt, 1)] {
                let found_rows = text(&table, wanted(compare("c", op, read(row)))).await;
                assert_eq!(found_rows.len(), found, "{expected:?} {to}");
            }
            let scan = Scan::new(table.snapshot().await, wanted(compare("c", CompareOp::Lt, read(0)))).unwrap();
            let pruned = scan.explain(&Context::default()).await.unwrap().pruned_by_stats.files;
            assert_eq!(pruned, u64::from(!quoted), "{to}: dates are moved by a millisecond");
        }
    }
}

#[tokio::test]
async fn a_file_that_needs_another_change_is_refused() {
    let files: [(&str, ArrayRef); 7] = [
        ("double", Arc::new(Int64Array::from(vec![1]))),
        ("float", Arc::new(Int32Array::from(vec![1]))),
        ("timestamp", Arc::new(Date32Array::from(vec![1]))),
        ("decimal(9,0)", Arc::new(Int32Array::from(vec![1]))),
        ("decimal(19,0)", Arc::new(Int64Array::from(vec![1]))),
        ("string", Arc::new(Int32Array::from(vec![1]))),
        ("decimal(6,4)", Arc::new(Decimal128Array::from(vec![1]).with_precision_and_scale(5, 2).unwrap())),
    ];
    for (to, column) in files {
        let mut table = Table::new(&schema(&[("c", to)]), &[]).await;
        table.add("1.parquet", file(&column), json!({})).await;
        let error = rows(&table, ScanOptions::default()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CorruptTable);
        assert!(error.message().contains("column c") && error.message().contains(to), "{error}");
    }
}

#[tokio::test]
async fn a_change_that_is_not_known_is_refused_before_any_read() {
    let changes = json!([{"fromType": "integer", "toType": "string"}]);
    let column = json!({"name": "c", "type": "string", "nullable": true, "metadata": {"delta.typeChanges": changes}});
    let text = json!({"type": "struct", "fields": [column]}).to_string();
    for (feature, known) in [("typeWidening", false), ("typeWidening-preview", false), ("timestampNtz", true)] {
        let protocol = json!({"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": [feature],
            "writerFeatures": [feature]});
        let table = Table::with(protocol, &StructType::from_json(&text).unwrap(), &[], json!({})).await;
        match Snapshot::open(&table.storage, None).await {
            Ok(_) => assert!(known, "{feature}"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::UnsupportedFeature);
                assert!(!known && error.message().contains("integer"), "{error}");
            }
        }
    }
}
