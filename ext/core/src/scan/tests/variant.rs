//! Variants as files have them: whole, and shredded into columns.

use std::fmt::Write;
use std::sync::Arc;

use arrow::array::*;
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType as Arrow, Field as ArrowField, FieldRef};
use serde_json::json;

use super::table::{parquet, schema};
use super::*;
use crate::error::ErrorKind;
use crate::schema::{ArrayType, DataType, Field};
use crate::value::Scalar;
use crate::variant::{Metadata, Names, Part, Variant, array, object, scalar};

const NAMES: [&str; 3] = ["a", "b", "c"];

fn metadata() -> Vec<u8> {
    let mut names = Names::default();
    names.load(&[1, 0, 0]).unwrap();
    NAMES.iter().for_each(|name| assert!(names.id(name).is_ok()));
    let mut bytes = Vec::new();
    names.write(&mut bytes).unwrap();
    bytes
}

fn of(value: Variant<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    scalar(&value, &mut bytes).unwrap();
    bytes
}

fn object_of(fields: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let part = |(name, value): &(&'static str, Vec<u8>)| {
        let id = NAMES.iter().position(|n| n == name).unwrap() as u32;
        Part { name, id, value: value.clone() }
    };
    let fields: Vec<(&'static str, Vec<u8>)> =
        fields.iter().map(|(name, value)| (*NAMES.iter().find(|n| n == &name).unwrap(), value.clone())).collect();
    let mut bytes = Vec::new();
    object(&mut fields.iter().map(part).collect::<Vec<_>>(), &mut bytes).unwrap();
    bytes
}

/// As JSON, more or less.
fn show(metadata: Metadata<'_>, bytes: &[u8]) -> String {
    let mut text = String::new();
    match Variant::decode(metadata, bytes).unwrap().0 {
        Variant::Object(fields) => {
            for i in 0..fields.len() {
                let (name, value) = fields.field(i).unwrap();
                write!(text, "{}{name}: {}", if i > 0 { ", " } else { "" }, show(metadata, value)).unwrap();
            }
            format!("{{{text}}}")
        }
        Variant::Array(elements) => {
            let shown: Vec<String> =
                (0..elements.len()).map(|i| show(metadata, elements.element(i).unwrap())).collect();
            format!("[{}]", shown.join(", "))
        }
        other => format!("{other:?}"),
    }
}

/// The variants of column `v`; `-` is SQL's null.
async fn variants(table: &Table) -> Result<Vec<String>> {
    let batch = rows(table, select(&["v"])).await?;
    let column = batch.column(0).as_struct();
    let part = |i: usize| column.column(i).as_binary::<i32>();
    let one = |row| match column.is_null(row) {
        true => "-".to_owned(),
        false => show(Metadata::new(part(0).value(row)).unwrap(), part(1).value(row)),
    };
    Ok((0..column.len()).map(one).collect())
}

fn field(name: &str, array: &ArrayRef) -> FieldRef {
    Arc::new(ArrowField::new(name, array.data_type().clone(), true))
}

fn group(parts: Vec<(&str, ArrayRef)>, nulls: Option<Vec<bool>>) -> ArrayRef {
    let (fields, arrays): (Vec<FieldRef>, Vec<ArrayRef>) = parts.into_iter().map(|(n, a)| (field(n, &a), a)).unzip();
    Arc::new(StructArray::new(fields.into(), arrays, nulls.map(NullBuffer::from)))
}

fn bytes(values: Vec<Option<Vec<u8>>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<BinaryArray>())
}

/// A table whose one file has `v` as that group: the parts beside metadata.
async fn table_of(rows: usize, mut parts: Vec<(&str, ArrayRef)>, nulls: Option<Vec<bool>>) -> Table {
    parts.push(("metadata", bytes(vec![Some(metadata()); rows])));
    let mut table = Table::new(&schema(&[("v", "variant")]), &[]).await;
    let batch = RecordBatch::try_from_iter_with_nullable([("v", group(parts, nulls), true)]).unwrap();
    table.add("1.parquet", parquet(&batch), json!({})).await;
    table
}

#[tokio::test]
async fn whole_values_in_any_order_of_their_parts() {
    let values = bytes(vec![Some(object_of(&[("b", of(Variant::Long(1)))])), None, Some(of(Variant::Null))]);
    let table = table_of(3, vec![("value", values)], Some(vec![true, false, true])).await;
    assert_eq!(variants(&table).await.unwrap(), ["{b: Long(1)}", "-", "Null"]);
    assert_eq!(text(&table, wanted(Predicate::IsNull("v".into()))).await.len(), 1);
    assert_eq!(text(&table, wanted(Predicate::IsNotNull("v".into()))).await.len(), 2);
    let compared = wanted(compare("v", CompareOp::Eq, Scalar::Long(1)));
    assert_eq!(Scan::new(table.snapshot().await, compared).unwrap_err().kind(), ErrorKind::Argument);
}

#[tokio::test]
async fn damaged_values_name_their_column_and_file() {
    for bad in [vec![], vec![0x03, 9], vec![3, 1, 0, 9, 0], vec![21 << 2], vec![2, 1, 7, 0, 1, 0]] {
        let table = table_of(1, vec![("value", bytes(vec![Some(bad)]))], None).await;
        let error = variants(&table).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::CorruptTable | ErrorKind::UnsupportedFeature));
        assert!(error.message().contains("column v") && error.message().contains("1.parquet"), "{error}");
    }
    let mut table = Table::new(&schema(&[("v", "variant")]), &[]).await;
    let batch = RecordBatch::try_from_iter([("v", group(vec![("value", bytes(vec![Some(vec![0])]))], None))]).unwrap();
    table.add("1.parquet", parquet(&batch), json!({})).await;
    assert!(variants(&table).await.unwrap_err().message().contains("metadata"));
}

#[tokio::test]
async fn damaged_values_inside_arrays_are_found() {
    let element = DataType::Variant;
    let list = DataType::Array(Box::new(ArrayType { element, contains_null: true }));
    let mut table = Table::new(&StructType { fields: vec![Field::new("v", list, true)] }, &[]).await;
    // In the very form that the result has, so that nothing but the check would touch it.
    let inner =
        group(vec![("metadata", bytes(vec![Some(metadata())])), ("value", bytes(vec![Some(vec![0x03])]))], None);
    let list = ListArray::new(field("element", &inner), OffsetBuffer::new(ScalarBuffer::from(vec![0, 1])), inner, None);
    let batch = RecordBatch::try_from_iter_with_nullable([("v", Arc::new(list) as ArrayRef, true)]).unwrap();
    table.add("1.parquet", parquet(&batch), json!({})).await;
    assert!(rows(&table, ScanOptions::default()).await.unwrap_err().message().contains("column v.element"));
}

#[tokio::test]
async fn scalars_from_columns() {
    let typed: Vec<(ArrayRef, &str)> = vec![
        (Arc::new(BooleanArray::from(vec![true])), "Boolean(true)"),
        (Arc::new(Int8Array::from(vec![-1])), "Long(-1)"),
        (Arc::new(Int16Array::from(vec![300])), "Long(300)"),
        (Arc::new(Int32Array::from(vec![70_000])), "Long(70000)"),
        (Arc::new(Int64Array::from(vec![1 << 40])), "Long(1099511627776)"),
        (Arc::new(Float32Array::from(vec![0.5])), "Float(0.5)"),
        (Arc::new(Float64Array::from(vec![-0.0])), "Double(-0.0)"),
        (Arc::new(Decimal128Array::from(vec![-125]).with_precision_and_scale(20, 2).unwrap()), "Decimal(-125, 2)"),
        (Arc::new(Date32Array::from(vec![-1])), "Date(-1)"),
        (Arc::new(TimestampMicrosecondArray::from(vec![5]).with_timezone("UTC")), "Timestamp(5)"),
        (Arc::new(TimestampMicrosecondArray::from(vec![5])), "TimestampNtz(5)"),
        (Arc::new(TimestampNanosecondArray::from(vec![5]).with_timezone("UTC")), "TimestampNanos(5)"),
        (Arc::new(TimestampNanosecondArray::from(vec![5])), "TimestampNtzNanos(5)"),
        (Arc::new(Time64MicrosecondArray::from(vec![5])), "Time(5)"),
        (Arc::new(StringArray::from(vec!["ü"])), "String(\"ü\")"),
        (Arc::new(BinaryArray::from(vec![&[255u8][..]])), "Binary([255])"),
        (
            Arc::new(FixedSizeBinaryArray::try_from_iter([[7u8; 16]].iter()).unwrap()),
            "Uuid([7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7])",
        ),
    ];
    for (column, expected) in typed {
        let alone = table_of(1, vec![("typed_value", Arc::clone(&column))], None).await;
        assert_eq!(variants(&alone).await.unwrap(), [expected]);
        let both = table_of(1, vec![("value", bytes(vec![None])), ("typed_value", column)], None).await;
        assert_eq!(variants(&both).await.unwrap(), [expected]);
    }
    let unknown = table_of(1, vec![("typed_value", Arc::new(UInt8Array::from(vec![1])) as ArrayRef)], None).await;
    assert_eq!(variants(&unknown).await.unwrap_err().kind(), ErrorKind::CorruptTable);
}

#[tokio::test]
async fn what_does_not_fit_the_column_lies_beside_it() {
    let value = bytes(vec![None, Some(of(Variant::String("x"))), Some(of(Variant::Null)), None, None]);
    let typed: ArrayRef = Arc::new(Int64Array::from(vec![Some(5), None, None, None, None]));
    let nulls = Some(vec![true, true, true, false, true]);
    let table = table_of(5, vec![("typed_value", typed), ("value", value)], nulls).await;
    assert_eq!(variants(&table).await.unwrap(), ["Long(5)", "String(\"x\")", "Null", "-", "Null"]);
    let value = bytes(vec![Some(of(Variant::Null))]);
    let typed: ArrayRef = Arc::new(Int64Array::from(vec![Some(5)]));
    let table = table_of(1, vec![("value", value), ("typed_value", typed)], None).await;
    assert!(variants(&table).await.unwrap_err().message().contains("both"));
}

/// Rows: whole in columns; partly; a field that is missing; a field of another type; null; no object at all.
#[tokio::test]
async fn objects_from_columns() {
    let long = |values: Vec<Option<i64>>| Arc::new(Int64Array::from(values)) as ArrayRef;
    let a = group(
        vec![
            ("value", bytes(vec![None, None, None, Some(of(Variant::String("odd"))), Some(of(Variant::Null)), None])),
            ("typed_value", long(vec![Some(1), Some(2), None, None, None, None])),
        ],
        None,
    );
    let text: ArrayRef = Arc::new(StringArray::from(vec![Some("x"), None, Some("z"), None, None, None]));
    let b = group(vec![("typed_value", text)], None);
    let typed = group(vec![("b", b), ("a", a)], Some(vec![true, true, true, true, true, false]));
    let rest = object_of(&[("c", object_of(&[("a", of(Variant::Long(9)))]))]);
    let value = bytes(vec![None, Some(rest), None, None, None, Some(of(Variant::Boolean(true)))]);
    let table = table_of(6, vec![("value", value), ("typed_value", typed)], None).await;
    let expected = [
        "{a: Long(1), b: String(\"x\")}",
        "{a: Long(2), c: {a: Long(9)}}",
        "{b: String(\"z\")}",
        "{a: String(\"odd\")}",
        "{a: Null}",
        "Boolean(true)",
    ];
    assert_eq!(variants(&table).await.unwrap(), expected);
}

#[tokio::test]
async fn fields_that_are_in_two_places_or_beside_no_object_are_refused() {
    for (rest, part) in [(object_of(&[("a", of(Variant::Null))]), "\"a\""), (of(Variant::Long(1)), "no object")] {
        let a = group(vec![("typed_value", Arc::new(Int64Array::from(vec![1])) as ArrayRef)], None);
        let typed = group(vec![("a", a)], None);
        let table = table_of(1, vec![("value", bytes(vec![Some(rest)])), ("typed_value", typed)], None).await;
        let error = variants(&table).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CorruptTable);
        assert!(error.message().contains(part), "{error}");
    }
}

#[tokio::test]
async fn names_that_the_metadata_lacks_are_added() {
    let inner = group(vec![("typed_value", Arc::new(Int64Array::from(vec![1])) as ArrayRef)], None);
    let typed = group(vec![("new", inner)], None);
    let rest = object_of(&[("b", of(Variant::Long(2)))]);
    let table = table_of(1, vec![("value", bytes(vec![Some(rest)])), ("typed_value", typed)], None).await;
    assert_eq!(variants(&table).await.unwrap(), ["{b: Long(2), new: Long(1)}"]);
}

#[tokio::test]
async fn arrays_from_columns() {
    let offsets = OffsetBuffer::new(ScalarBuffer::from(vec![0, 3, 3, 3]));
    let elements = group(
        vec![
            ("value", bytes(vec![None, Some(of(Variant::String("x"))), None])),
            ("typed_value", Arc::new(Int32Array::from(vec![Some(1), None, None])) as ArrayRef),
        ],
        None,
    );
    let nulls = NullBuffer::from(vec![true, true, false]);
    let typed: ArrayRef = Arc::new(ListArray::new(field("element", &elements), offsets, elements, Some(nulls)));
    let mut other = Vec::new();
    array(&[of(Variant::Long(4))], &mut other).unwrap();
    let value = bytes(vec![None, None, Some(other)]);
    let table = table_of(3, vec![("value", value), ("typed_value", typed)], None).await;
    assert_eq!(variants(&table).await.unwrap(), ["[Long(1), String(\"x\"), Null]", "[]", "[Long(4)]"]);
}

#[tokio::test]
async fn a_group_that_is_no_variant_is_refused() {
    let text: ArrayRef = Arc::new(StringArray::from(vec!["x"]));
    let list = {
        let values: ArrayRef = Arc::new(Int32Array::from(vec![1]));
        Arc::new(ListArray::new(
            field("element", &values),
            OffsetBuffer::new(ScalarBuffer::from(vec![0, 1])),
            values,
            None,
        )) as ArrayRef
    };
    for part in [("value", text), ("typed_value", list)] {
        assert_eq!(part.1.data_type() == &Arrow::Utf8, part.0 == "value");
        let table = table_of(1, vec![part], None).await;
        assert_eq!(variants(&table).await.unwrap_err().kind(), ErrorKind::CorruptTable);
    }
}
