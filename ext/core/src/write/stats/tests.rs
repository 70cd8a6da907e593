use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::*;
use arrow::buffer::NullBuffer;
use serde_json::{Value, json};

use super::*;
use crate::properties::TableProperties;
use crate::schema::{ArrayType, ColumnMapping, DataType, DecimalType, Field, StructType};

fn properties(pairs: &[(&str, &str)]) -> TableProperties {
    let configuration: BTreeMap<_, _> =
        pairs.iter().map(|(k, v)| (format!("delta.{k}"), Some((*v).to_owned()))).collect();
    TableProperties::new(&configuration).unwrap()
}

fn collector(schema: &StructType, pairs: &[(&str, &str)]) -> StatsCollector {
    StatsCollector::new(&Indexed::new(schema, usize::MAX, &properties(pairs), ColumnMapping::None, &[]))
}

fn collect(columns: &[(DataType, ArrayRef)], pairs: &[(&str, &str)]) -> String {
    let names = ["a", "b", "c", "d", "e"];
    let fields = columns.iter().zip(names).map(|((t, _), n)| Field::new(n, t.clone(), true)).collect();
    let schema = StructType { fields };
    let mut stats = collector(&schema, pairs);
    let arrays = columns.iter().map(|(_, a)| a.clone()).collect();
    stats.update(&RecordBatch::try_new(schema.to_arrow(), arrays).unwrap()).unwrap();
    stats.to_json()
}

fn of(data_type: DataType, array: impl Array + 'static) -> String {
    collect(&[(data_type, Arc::new(array))], &[])
}

fn bounds(data_type: DataType, array: impl Array + 'static) -> (Value, Value) {
    let stats: Value = serde_json::from_str(&of(data_type, array)).unwrap();
    (stats["minValues"]["a"].clone(), stats["maxValues"]["a"].clone())
}

fn decimal(precision: u8, scale: u8) -> DataType {
    DataType::Decimal(DecimalType::new(precision, scale).unwrap())
}

#[test]
fn the_text_is_compact() {
    assert_eq!(
        of(DataType::Long, Int64Array::from(vec![Some(3), None, Some(-1)])),
        r#"{"numRecords":3,"minValues":{"a":-1},"maxValues":{"a":3},"nullCount":{"a":1}}"#
    );
}

#[test]
fn integers_of_every_width() {
    assert_eq!(bounds(DataType::Byte, Int8Array::from(vec![-128, 127])), (json!(-128), json!(127)));
    assert_eq!(bounds(DataType::Short, Int16Array::from(vec![-3, 4])), (json!(-3), json!(4)));
    assert_eq!(bounds(DataType::Integer, Int32Array::from(vec![i32::MIN, 0])), (json!(i32::MIN), json!(0)));
    assert_eq!(bounds(DataType::Long, Int64Array::from(vec![i64::MIN, i64::MAX])), (json!(i64::MIN), json!(i64::MAX)));
}

#[test]
fn booleans_and_binaries_have_counts_only() {
    let stats = collect(
        &[
            (DataType::Boolean, Arc::new(BooleanArray::from(vec![Some(true), None]))),
            (DataType::Binary, Arc::new(BinaryArray::from(vec![Some(&b"x"[..]), Some(b"y")]))),
        ],
        &[],
    );
    assert_eq!(stats, r#"{"numRecords":2,"minValues":{},"maxValues":{},"nullCount":{"a":1,"b":0}}"#);
}

#[test]
fn decimals_are_exact() {
    let widest = 10_i128.pow(38) - 1;
    let array = Decimal128Array::from(vec![-widest, 5]).with_precision_and_scale(38, 10).unwrap();
    let text = of(decimal(38, 10), array);
    assert!(text.contains(r#""minValues":{"a":-9999999999999999999999999999.9999999999}"#), "{text}");
    assert!(text.contains(r#""maxValues":{"a":0.0000000005}"#), "{text}");
}

#[test]
fn dates_and_times() {
    assert_eq!(bounds(DataType::Date, Date32Array::from(vec![0, 19_723])), (json!("1970-01-01"), json!("2024-01-01")));
    let array = TimestampMicrosecondArray::from(vec![-1, 1_704_067_200_123_999]);
    assert_eq!(
        bounds(DataType::Timestamp, array.clone().with_timezone("UTC")),
        (json!("1969-12-31T23:59:59.999Z"), json!("2024-01-01T00:00:00.123Z"))
    );
    assert_eq!(
        bounds(DataType::TimestampNtz, array),
        (json!("1969-12-31T23:59:59.999"), json!("2024-01-01T00:00:00.123"))
    );
}

#[test]
fn years_that_readers_may_not_parse_give_no_bound() {
    let (min, max) = bounds(DataType::Date, Date32Array::from(vec![-719_163, 0, 2_932_897]));
    assert_eq!((min, max), (Value::Null, Value::Null));
    let (min, max) = bounds(DataType::Date, Date32Array::from(vec![-719_162, 2_932_896]));
    assert_eq!((min, max), (json!("0001-01-01"), json!("9999-12-31")));
}

#[test]
fn nan_takes_the_upper_bound_away() {
    let (min, max) = bounds(DataType::Double, Float64Array::from(vec![1.0, f64::NAN, -2.5]));
    assert_eq!((min, max), (json!(-2.5), Value::Null));
    let (min, max) = bounds(DataType::Double, Float64Array::from(vec![-f64::NAN, 1.0]));
    assert_eq!((min, max), (json!(1.0), Value::Null));
    let (min, max) = bounds(DataType::Float, Float32Array::from(vec![f32::NAN]));
    assert_eq!((min, max), (Value::Null, Value::Null));
}

#[test]
fn a_nan_of_an_earlier_batch_is_not_forgotten() {
    let schema = StructType { fields: vec![Field::new("a", DataType::Double, true)] };
    let mut stats = collector(&schema, &[]);
    for values in [vec![f64::NAN], vec![1.0, 2.0]] {
        let batch = RecordBatch::try_new(schema.to_arrow(), vec![Arc::new(Float64Array::from(values))]).unwrap();
        stats.update(&batch).unwrap();
    }
    assert_eq!(stats.to_json(), r#"{"numRecords":3,"minValues":{"a":1.0},"maxValues":{},"nullCount":{"a":0}}"#);
}

#[test]
fn infinities_take_their_own_bound_away() {
    let (min, max) = bounds(DataType::Double, Float64Array::from(vec![f64::NEG_INFINITY, 2.0]));
    assert_eq!((min, max), (Value::Null, json!(2.0)));
    let (min, max) = bounds(DataType::Double, Float64Array::from(vec![f64::INFINITY]));
    assert_eq!((min, max), (Value::Null, Value::Null));
}

#[test]
fn zeros_are_spread_over_both_signs() {
    let text = of(DataType::Double, Float64Array::from(vec![0.0]));
    assert!(text.contains(r#""minValues":{"a":-0.0},"maxValues":{"a":0.0}"#), "{text}");
    let text = of(DataType::Double, Float64Array::from(vec![-0.0]));
    assert!(text.contains(r#""minValues":{"a":-0.0},"maxValues":{"a":0.0}"#), "{text}");
}

#[test]
fn a_float_is_written_as_the_number_that_it_is() {
    let (min, _) = bounds(DataType::Float, Float32Array::from(vec![0.1]));
    assert_eq!(min.as_f64(), Some(f64::from(0.1_f32)));
}

#[test]
fn nulls_hide_the_values_under_them() {
    let array = Float64Array::new(vec![f64::NAN, 1.0, -9.0].into(), Some(NullBuffer::from(vec![false, true, false])));
    assert_eq!(bounds(DataType::Double, array), (json!(1.0), json!(1.0)));
    assert_eq!(
        of(DataType::Long, Int64Array::new_null(2)),
        r#"{"numRecords":2,"minValues":{},"maxValues":{},"nullCount":{"a":2}}"#
    );
}

#[test]
fn strings_are_cut_to_the_prefix() {
    let texts = StringArray::from(vec!["aaaaaa", "b\"é\u{1}zz", "b"]);
    let stats = collect(&[(DataType::String, Arc::new(texts))], &[("dataSkippingStringPrefixLength", "4")]);
    let stats: Value = serde_json::from_str(&stats).unwrap();
    assert_eq!(stats["minValues"]["a"], json!("aaaa"));
    assert_eq!(stats["maxValues"]["a"], json!("b\"é\u{1}\u{7f}"));
}

#[test]
fn string_bounds_grow_over_batches() {
    let schema = StructType { fields: vec![Field::new("a", DataType::String, true)] };
    let mut stats = collector(&schema, &[]);
    for text in ["m", "z", "a", "n"] {
        let batch = RecordBatch::try_new(schema.to_arrow(), vec![Arc::new(StringArray::from(vec![text]))]).unwrap();
        stats.update(&batch).unwrap();
    }
    assert_eq!(stats.to_json(), r#"{"numRecords":4,"minValues":{"a":"a"},"maxValues":{"a":"z"},"nullCount":{"a":0}}"#);
}

/// `s: struct<x: long, y: struct<z: long>>`, `l: array<long>`, `n: long`; the struct of the second row is null.
fn nested() -> (StructType, RecordBatch) {
    let y = StructType { fields: vec![Field::new("z", DataType::Long, true)] };
    let s = StructType {
        fields: vec![Field::new("x", DataType::Long, true), Field::new("Y", DataType::Struct(y.clone()), true)],
    };
    let list = DataType::Array(Box::new(ArrayType { element: DataType::Long, contains_null: true }));
    let schema = StructType {
        fields: vec![
            Field::new("s", DataType::Struct(s.clone()), true),
            Field::new("l", list, true),
            Field::new("n", DataType::Long, true),
        ],
    };
    let z = StructArray::new(y.to_arrow_fields(), vec![Arc::new(Int64Array::from(vec![1, 99, 3]))], None);
    let x = Int64Array::from(vec![Some(10), Some(-99), None]);
    let s = StructArray::new(
        s.to_arrow_fields(),
        vec![Arc::new(x), Arc::new(z)],
        Some(NullBuffer::from(vec![true, false, true])),
    );
    let mut l = ListBuilder::new(Int64Builder::new()).with_field(Arc::new(arrow::datatypes::Field::new(
        "element",
        arrow::datatypes::DataType::Int64,
        true,
    )));
    l.append_value([Some(1)]);
    l.append_null();
    l.append_value([]);
    let n = Int64Array::from(vec![7, 8, 9]);
    let batch = RecordBatch::try_new(schema.to_arrow(), vec![Arc::new(s), Arc::new(l.finish()), Arc::new(n)]).unwrap();
    (schema, batch)
}

fn nested_stats(pairs: &[(&str, &str)]) -> String {
    let (schema, batch) = nested();
    let mut stats = collector(&schema, pairs);
    stats.update(&batch).unwrap();
    stats.to_json()
}

#[test]
fn structs_nest_and_their_nulls_count() {
    assert_eq!(
        nested_stats(&[]),
        concat!(
            r#"{"numRecords":3,"minValues":{"s":{"x":10,"Y":{"z":1}},"n":7},"maxValues":{"s":{"x":10,"Y":{"z":3}},"n":9},"#,
            r#""nullCount":{"s":{"x":2,"Y":{"z":1}},"l":1,"n":0}}"#
        )
    );
}

#[test]
fn leaves_are_counted() {
    let null_count = |n: &str| {
        let stats: Value = serde_json::from_str(&nested_stats(&[("dataSkippingNumIndexedCols", n)])).unwrap();
        stats.get("nullCount").cloned()
    };
    assert_eq!(null_count("0"), None);
    assert_eq!(null_count("1"), Some(json!({"s": {"x": 2}})));
    assert_eq!(null_count("2"), Some(json!({"s": {"x": 2, "Y": {"z": 1}}})));
    assert_eq!(null_count("3"), Some(json!({"s": {"x": 2, "Y": {"z": 1}}, "l": 1})));
    assert_eq!(null_count("-1"), null_count("4"));
}

#[test]
fn listed_columns_override_the_count() {
    let null_count = |list: &str| {
        let pairs = [("dataSkippingNumIndexedCols", "1"), ("dataSkippingStatsColumns", list)];
        let stats: Value = serde_json::from_str(&nested_stats(&pairs)).unwrap();
        stats.get("nullCount").cloned()
    };
    assert_eq!(null_count("N"), Some(json!({"n": 0})));
    assert_eq!(null_count("s.y, n"), Some(json!({"s": {"Y": {"z": 1}}, "n": 0})));
    assert_eq!(null_count("S"), Some(json!({"s": {"x": 2, "Y": {"z": 1}}})));
    assert_eq!(null_count("nothing"), None);
}
