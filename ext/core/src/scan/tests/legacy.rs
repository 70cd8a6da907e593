//! Physical forms that other and older writers leave.

use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::{DataType as Arrow, Int32Type, TimeUnit, TimestampMicrosecondType};
use parquet::data_type::{
    ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int32Type as PInt32, Int64Type as PInt64,
    Int96, Int96Type,
};
use serde_json::json;

use super::table::{parquet, raw_parquet, schema};
use super::*;
use crate::error::ErrorKind;
use crate::schema::{DataType, Field, StructType};

async fn cells(table_type: &str, file: Vec<u8>) -> Result<Vec<String>> {
    let mut table = Table::new(&schema(&[("c", table_type)]), &[]).await;
    table.add("f.parquet", file, json!({})).await;
    let batch = rows(&table, ScanOptions::default()).await?;
    let (mut column, mut zone) = (Arc::clone(batch.column(0)), "");
    if let Some(instants) = column.as_primitive_opt::<TimestampMicrosecondType>().filter(|a| a.timezone().is_some()) {
        (column, zone) = (Arc::new(instants.clone().with_timezone_opt(None::<&str>)), "Z");
    }
    let options = FormatOptions::new().with_null("null");
    let formatter = ArrayFormatter::try_new(&column, &options).unwrap();
    let cell = |i| if column.is_null(i) { "null".to_owned() } else { format!("{}{zone}", formatter.value(i)) };
    Ok((0..column.len()).map(cell).collect())
}

async fn from_arrow(table_type: &str, array: impl Array + 'static) -> Result<Vec<String>> {
    let batch = RecordBatch::try_from_iter([("c", Arc::new(array) as ArrayRef)]).unwrap();
    cells(table_type, parquet(&batch)).await
}

fn int96(day: i64, nanos: u64) -> Int96 {
    let mut value = Int96::new();
    value.set_data(nanos as u32, (nanos >> 32) as u32, (day + 2_440_588) as u32);
    value
}

#[tokio::test]
async fn int96_reaches_beyond_nanoseconds() {
    let values = [int96(0, 1_234_000), int96(-719_162, 0), int96(2_932_896, 86_399_999_999_000)];
    let file = || raw_parquet::<Int96Type>("message m { optional int96 c; }", (&values, Some(&[1, 1, 0, 1]), None));
    let expected = ["1970-01-01T00:00:00.001234", "0001-01-01T00:00:00", "null", "9999-12-31T23:59:59.999999"];
    let with_zone = expected.map(|t| if t == "null" { t.to_owned() } else { format!("{t}Z") });
    assert_eq!(cells("timestamp", file()).await.unwrap(), with_zone);
    assert_eq!(cells("timestamp_ntz", file()).await.unwrap(), expected);
}

/// What no writer means is read as Spark reads it: by the same sums, round their ends.
#[tokio::test]
async fn int96_of_garbage_is_a_value_too() {
    let mut garbage = Int96::new();
    garbage.set_data(u32::MAX, u32::MAX, u32::MAX);
    let far = int96(i64::from(i32::MAX) - 2_440_588, 0);
    let file =
        raw_parquet::<Int96Type>("message m { required int96 c; }", (&[garbage, far, int96(0, 999)], None, None));
    let read = cells("timestamp_ntz", file).await.unwrap();
    assert_eq!((read.len(), read[2].as_str()), (3, "1970-01-01T00:00:00"));
}

#[tokio::test]
async fn instants_of_any_unit() {
    let millis = raw_parquet::<PInt64>(
        "message m { required int64 c (TIMESTAMP_MILLIS); }",
        (&[-1, 253_402_300_799_999], None, None),
    );
    let expected = ["1969-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"];
    assert_eq!(cells("timestamp", millis).await.unwrap(), expected);
    let plain = raw_parquet::<PInt64>("message m { required int64 c; }", (&[1], None, None));
    assert_eq!(cells("timestamp", plain).await.unwrap(), ["1970-01-01T00:00:00.000001Z"]);
    let nanos = TimestampNanosecondArray::from(vec![-1, 1999]);
    let expected = ["1969-12-31T23:59:59.999999", "1970-01-01T00:00:00.000001"];
    assert_eq!(from_arrow("timestamp_ntz", nanos).await.unwrap(), expected);
    assert_eq!(from_arrow("timestamp_ntz", Date32Array::from(vec![1])).await.unwrap(), ["1970-01-02T00:00:00"]);
    let far = raw_parquet::<PInt64>("message m { required int64 c (TIMESTAMP_MILLIS); }", (&[i64::MAX], None, None));
    assert_eq!(cells("timestamp", far).await.unwrap_err().kind(), ErrorKind::CorruptTable);
}

#[tokio::test]
async fn decimals_of_any_physical_form() {
    let fixed = |unscaled: i64| FixedLenByteArray::from(unscaled.to_be_bytes()[3..].to_vec());
    let file = raw_parquet::<FixedLenByteArrayType>(
        "message m { required fixed_len_byte_array(5) c (DECIMAL(10,2)); }",
        (&[fixed(-12_345), fixed(5)], None, None),
    );
    assert_eq!(cells("decimal(10,2)", file).await.unwrap(), ["-123.45", "0.05"]);
    let bytes = [ByteArray::from(vec![0x30, 0x39]), ByteArray::from(vec![0xff])];
    let file = raw_parquet::<ByteArrayType>("message m { required binary c (DECIMAL(20,2)); }", (&bytes, None, None));
    assert_eq!(cells("decimal(20,2)", file).await.unwrap(), ["123.45", "-0.01"]);
    let file = || raw_parquet::<PInt32>("message m { required int32 c (DECIMAL(5,1)); }", (&[-15], None, None));
    assert_eq!(cells("decimal(12,3)", file()).await.unwrap(), ["-1.500"]);
    assert_eq!(cells("decimal(5,0)", file()).await.unwrap_err().kind(), ErrorKind::CorruptTable);
}

#[tokio::test]
async fn numbers_without_or_with_other_annotations() {
    let plain = || raw_parquet::<PInt32>("message m { required int32 c; }", (&[127, -128], None, None));
    for table_type in ["byte", "short", "integer", "long"] {
        assert_eq!(cells(table_type, plain()).await.unwrap(), ["127", "-128"], "{table_type}");
    }
    assert_eq!(cells("double", plain()).await.unwrap(), ["127.0", "-128.0"]);
    assert_eq!(cells("decimal(11,1)", plain()).await.unwrap(), ["127.0", "-128.0"]);
    assert!(cells("decimal(10,1)", plain()).await.is_err());
    assert_eq!(from_arrow("double", Float32Array::from(vec![0.1])).await.unwrap(), ["0.10000000149011612"]);
    assert_eq!(from_arrow("long", UInt32Array::from(vec![u32::MAX])).await.unwrap(), ["4294967295"]);
    let too_wide = raw_parquet::<PInt32>("message m { required int32 c; }", (&[128], None, None));
    let error = cells("byte", too_wide).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CorruptTable);
    assert!(error.message().contains("f.parquet") && error.message().contains("column c"), "{error}");
    assert!(from_arrow("double", Int64Array::from(vec![1])).await.is_err());
    assert!(from_arrow("float", Float64Array::from(vec![1.0])).await.is_err());
}

#[tokio::test]
async fn text_and_bytes() {
    let file = |bytes: &[u8]| {
        let values = [ByteArray::from(bytes.to_vec())];
        raw_parquet::<ByteArrayType>("message m { required binary c; }", (&values, None, None))
    };
    assert_eq!(cells("string", file("né".as_bytes())).await.unwrap(), ["né"]);
    assert_eq!(cells("string", file(&[0xff])).await.unwrap_err().kind(), ErrorKind::CorruptTable);
    let fixed = || FixedSizeBinaryArray::try_from_iter([b"abc"].into_iter()).unwrap();
    assert_eq!(from_arrow("binary", fixed()).await.unwrap(), ["616263"]);
    assert_eq!(from_arrow("string", fixed()).await.unwrap(), ["abc"]);
    // Arrow writers note their own types in the footer, which must not leak into the result.
    assert_eq!(from_arrow("string", LargeStringArray::from(vec!["a"])).await.unwrap(), ["a"]);
    assert_eq!(from_arrow("string", StringViewArray::from(vec!["a"])).await.unwrap(), ["a"]);
    let dictionary: DictionaryArray<Int32Type> = vec!["a", "b", "a"].into_iter().collect();
    assert_eq!(from_arrow("string", dictionary).await.unwrap(), ["a", "b", "a"]);
}

#[tokio::test]
async fn a_type_that_cannot_be_read_is_explained() {
    let error = from_arrow("long", StringArray::from(vec!["1"])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CorruptTable);
    for part in ["f.parquet", "column c", "Utf8", "long"] {
        assert!(error.message().contains(part), "{part} is not in {error}");
    }
    assert!(from_arrow("boolean", Int32Array::from(vec![1])).await.is_err());
    assert!(from_arrow("date", Int64Array::from(vec![1])).await.is_err());
    let time = Time64MicrosecondArray::from(vec![1]);
    assert_eq!(time.data_type(), &Arrow::Time64(TimeUnit::Microsecond));
    assert!(from_arrow("timestamp", time).await.is_err());
}

#[tokio::test]
async fn lists_of_two_levels() {
    let list = |element: DataType| DataType::Array(Box::new(crate::schema::ArrayType { element, contains_null: true }));
    let run = async |element: DataType, message: &str| {
        let fields = vec![Field::new("c", list(element), true)];
        let mut table = Table::new(&StructType { fields }, &[]).await;
        let levels: (&[i16], &[i16]) = (&[2, 2, 1, 0], &[0, 1, 0, 0]);
        let file = raw_parquet::<PInt32>(message, (&[7, 8], Some(levels.0), Some(levels.1)));
        table.add("f.parquet", file, json!({})).await;
        text(&table, ScanOptions::default()).await
    };
    let plain = "message m { optional group c (LIST) { repeated int32 array; } }";
    assert_eq!(run(DataType::Integer, plain).await, ["[7, 8]", "[]", ""]);
    assert_eq!(run(DataType::Long, plain).await, ["[7, 8]", "[]", ""]);
    let grouped = "message m { optional group c (LIST) { repeated group array { required int32 x; } } }";
    let element = DataType::Struct(StructType { fields: vec![Field::new("x", DataType::Integer, true)] });
    let structs = ["[{x: 7}, {x: 8}]", "[]", ""];
    assert_eq!(run(element.clone(), grouped).await, structs);
    assert_eq!(run(DataType::Integer, grouped).await, ["[7, 8]", "[]", ""]);
    for name in ["c_tuple", "element", "bag", "list"] {
        let grouped = grouped.replace("group array", &format!("group {name}"));
        assert_eq!(run(element.clone(), &grouped).await, structs, "{name}");
        assert_eq!(run(DataType::Integer, &grouped).await, ["[7, 8]", "[]", ""], "{name}");
    }
    for name in ["element", "item", "c_tuple"] {
        assert_eq!(run(DataType::Integer, &plain.replace("array", name)).await, ["[7, 8]", "[]", ""], "{name}");
    }
    let grown =
        StructType { fields: vec![Field::new("new", DataType::Date, true), Field::new("x", DataType::Long, true)] };
    assert_eq!(
        run(DataType::Struct(grown), &grouped.replace("group array", "group element")).await,
        ["[{new: , x: 7}, {new: , x: 8}]", "[]", ""]
    );
}
