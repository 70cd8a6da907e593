//! Columns and fields that a file does not have, has under another case, or has in another order.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, Int32Array, Int64Array, ListArray, MapArray, RecordBatch, StringArray, StructArray,
};
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType as Arrow, Field as ArrowField, Fields};
use serde_json::json;

use super::table::{parquet, schema};
use super::*;
use crate::schema::{ArrayType, DataType, Field, MapType, StructType};

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap()
}

fn ints(values: &[i32]) -> ArrayRef {
    Arc::new(Int32Array::from(values.to_vec()))
}

#[tokio::test]
async fn missing_columns_are_null_and_names_may_differ_in_case() {
    let mut table =
        Table::new(&schema(&[("id", "integer"), ("Name", "string"), ("gone", "void"), ("d", "date")]), &[]).await;
    let names: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    table
        .add(
            "1.parquet",
            parquet(&batch(vec![("NAME", names), ("id", ints(&[1, 2])), ("extra", ints(&[0, 0]))])),
            json!({}),
        )
        .await;
    assert_eq!(text(&table, ScanOptions::default()).await, ["1 a", "2 b"].map(|r| format!("{r}  ")));
    assert_eq!(text(&table, select(&["Name", "id"])).await, ["a 1", "b 2"]);
    let nulls = text(&table, wanted(Predicate::IsNull("d".into()))).await;
    assert_eq!(nulls.len(), 2);
    assert_eq!(text(&table, wanted(compare("d", CompareOp::NotEq, Scalar::Date(0)))).await.len(), 0);
}

#[tokio::test]
async fn the_exact_name_wins_and_an_ambiguous_one_is_no_name() {
    let file = parquet(&batch(vec![("ID", ints(&[1])), ("Id", ints(&[2]))]));
    for (column, expected) in [("Id", "2"), ("id", "")] {
        let mut table = Table::new(&schema(&[(column, "integer")]), &[]).await;
        table.add("1.parquet", file.clone(), json!({})).await;
        assert_eq!(text(&table, ScanOptions::default()).await, [expected]);
    }
}

#[tokio::test]
async fn structs_keep_their_own_nulls() {
    let inner = schema(&[("x", "long"), ("new", "string"), ("y", "integer")]);
    let table_schema = StructType { fields: vec![Field::new("s", DataType::Struct(inner), true)] };
    let fields = Fields::from(vec![ArrowField::new("y", Arrow::Int32, true), ArrowField::new("x", Arrow::Int32, true)]);
    let nulls = NullBuffer::from(vec![true, false, true]);
    let file = StructArray::new(fields, vec![ints(&[1, 2, 3]), ints(&[4, 5, 6])], Some(nulls));
    let mut table = Table::new(&table_schema, &[]).await;
    table.add("1.parquet", parquet(&batch(vec![("s", Arc::new(file))])), json!({})).await;
    let read = text(&table, ScanOptions::default()).await;
    assert_eq!(read, ["{x: 4, new: , y: 1}", "", "{x: 6, new: , y: 3}"]);
    let all_new = StructType { fields: vec![Field::new("s", DataType::Struct(schema(&[("q", "long")])), true)] };
    let mut table = Table::new(&all_new, &[]).await;
    let fields = Fields::from(vec![ArrowField::new("y", Arrow::Int32, true)]);
    let file = StructArray::new(fields, vec![ints(&[1, 2])], Some(NullBuffer::from(vec![true, false])));
    table.add("1.parquet", parquet(&batch(vec![("s", Arc::new(file))])), json!({})).await;
    assert_eq!(text(&table, ScanOptions::default()).await, ["{q: }", ""]);
}

#[tokio::test]
async fn lists_and_maps_are_adapted_inside() {
    let element = DataType::Struct(schema(&[("x", "long"), ("new", "date")]));
    let list = DataType::Array(Box::new(ArrayType { element, contains_null: true }));
    let map =
        DataType::Map(Box::new(MapType { key: DataType::String, value: DataType::Long, value_contains_null: true }));
    let table_schema = StructType { fields: vec![Field::new("l", list, true), Field::new("m", map, true)] };
    let offsets = || OffsetBuffer::new(ScalarBuffer::from(vec![0, 2, 2, 3]));
    let item = StructArray::from(vec![(Arc::new(ArrowField::new("x", Arrow::Int32, true)), ints(&[1, 2, 3]))]);
    let field = Arc::new(ArrowField::new("item", item.data_type().clone(), true));
    let lists = ListArray::new(field, offsets(), Arc::new(item), Some(NullBuffer::from(vec![true, false, true])));
    let pairs = StructArray::from(vec![
        (
            Arc::new(ArrowField::new("keys", Arrow::Utf8, false)),
            Arc::new(StringArray::from(vec!["a", "b", "c"])) as ArrayRef,
        ),
        (Arc::new(ArrowField::new("values", Arrow::Int32, true)), ints(&[1, 2, 3])),
    ]);
    let entries = Arc::new(ArrowField::new("entries", pairs.data_type().clone(), false));
    let maps = MapArray::new(entries, offsets(), pairs, None, false);
    let mut table = Table::new(&table_schema, &[]).await;
    table.add("1.parquet", parquet(&batch(vec![("l", Arc::new(lists)), ("m", Arc::new(maps))])), json!({})).await;
    let expected = ["[{x: 1, new: }, {x: 2, new: }] {a: 1, b: 2}", " {}", "[{x: 3, new: }] {c: 3}"];
    assert_eq!(text(&table, ScanOptions::default()).await, expected);
}

#[tokio::test]
async fn nulls_in_a_column_that_has_none_are_read() {
    let fields = vec![Field::new("id", DataType::Long, false), Field::new("n", DataType::Long, false)];
    let mut table = Table::new(&StructType { fields }, &[]).await;
    let ids: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
    table.add("1.parquet", parquet(&batch(vec![("id", ids)])), json!({})).await;
    assert_eq!(text(&table, ScanOptions::default()).await, ["1 ", " "]);
}
