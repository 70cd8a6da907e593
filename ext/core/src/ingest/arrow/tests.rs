use std::sync::Arc;

use arrow::array::*;
use arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType as Arrow, Field as ArrowField, Fields, Float16Type, Float32Type, Int8Type, Int16Type,
    Int32Type, Int64Type, Schema as ArrowSchema, i256,
};

use super::*;
use crate::error::ErrorKind;
use crate::schema::{ArrayType, DataType, DecimalType, Field, MapType, SchemaRef, StructType};

fn decimal(precision: u8, scale: u8) -> DataType {
    DataType::Decimal(DecimalType::new(precision, scale).unwrap())
}

fn table(fields: Vec<Field>) -> SchemaRef {
    Arc::new(StructType { fields })
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true))).unwrap()
}

fn taken_as(array: ArrayRef, data_type: DataType) -> Result<ArrayRef> {
    let batch = batch(vec![("x", array)]);
    let rows = ArrowRows::new(&batch.schema(), table(vec![Field::new("x", data_type, true)]), OnUnknown::Raise)?;
    Ok(rows.convert(&batch, 100)?.column(0).clone())
}

fn refusal(array: ArrayRef, data_type: DataType) -> String {
    let error = taken_as(array, data_type).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
    error.message().to_owned()
}

/// The same value of the same type, whatever it came as.
fn assert_taken(sources: Vec<ArrayRef>, data_type: DataType, expected: ArrayRef) {
    for source in sources {
        let from = source.data_type().clone();
        let made = taken_as(source, data_type.clone()).unwrap_or_else(|e| panic!("{from} as {data_type}: {e}"));
        assert_eq!(&made, &expected, "{from} as {data_type}");
    }
}

#[test]
fn integers_of_any_width() {
    let sources: Vec<ArrayRef> = vec![
        Arc::new(Int8Array::from(vec![Some(7), None])),
        Arc::new(Int16Array::from(vec![Some(7), None])),
        Arc::new(Int32Array::from(vec![Some(7), None])),
        Arc::new(Int64Array::from(vec![Some(7), None])),
        Arc::new(UInt8Array::from(vec![Some(7), None])),
        Arc::new(UInt16Array::from(vec![Some(7), None])),
        Arc::new(UInt32Array::from(vec![Some(7), None])),
        Arc::new(UInt64Array::from(vec![Some(7), None])),
        Arc::new(Decimal128Array::from(vec![Some(700), None]).with_precision_and_scale(10, 2).unwrap()),
        Arc::new(vec![Some(7i64), None].into_iter().collect::<Int64Array>()),
        Arc::new(DictionaryArray::<Int8Type>::new(
            vec![Some(0), None].into_iter().collect(),
            Arc::new(Int64Array::from(vec![7])),
        )),
    ];
    assert_taken(sources.clone(), DataType::Byte, Arc::new(Int8Array::from(vec![Some(7), None])));
    assert_taken(sources.clone(), DataType::Short, Arc::new(Int16Array::from(vec![Some(7), None])));
    assert_taken(sources.clone(), DataType::Integer, Arc::new(Int32Array::from(vec![Some(7), None])));
    assert_taken(sources.clone(), DataType::Long, Arc::new(Int64Array::from(vec![Some(7), None])));
    assert_taken(sources[..8].to_vec(), DataType::Double, Arc::new(Float64Array::from(vec![Some(7.0), None])));
    assert_taken(sources[..8].to_vec(), DataType::Float, Arc::new(Float32Array::from(vec![Some(7.0), None])));
    let cents = Decimal128Array::from(vec![Some(700), None]).with_precision_and_scale(5, 2).unwrap();
    assert_taken(sources, decimal(5, 2), Arc::new(cents));

    let told = refusal(Arc::new(Int64Array::from(vec![Some(1), None, Some(128), Some(300)])), DataType::Byte);
    assert_eq!(told, "row 102, column \"x\": 128 does not fit byte");
    assert!(refusal(Arc::new(UInt64Array::from(vec![u64::MAX])), DataType::Long).contains("18446744073709551615"));
    assert!(refusal(Arc::new(Int64Array::from(vec![(1 << 53) + 1])), DataType::Double).contains("not exact"));
    assert!(
        refusal(Arc::new(StringArray::from(vec!["1"])), DataType::Long)
            .contains("expected long, got the Arrow type Utf8")
    );
    assert!(taken_as(Arc::new(BooleanArray::from(vec![true])), DataType::Byte).is_err());
}

#[test]
fn floats_that_are_exact() {
    let half = vec![half_float(0.5), half_float(-2.0)];
    let sources: Vec<ArrayRef> = vec![
        Arc::new(Float16Array::from(half)),
        Arc::new(Float32Array::from(vec![0.5, -2.0])),
        Arc::new(Float64Array::from(vec![0.5, -2.0])),
    ];
    assert_taken(sources.clone(), DataType::Float, Arc::new(Float32Array::from(vec![0.5, -2.0])));
    assert_taken(sources, DataType::Double, Arc::new(Float64Array::from(vec![0.5, -2.0])));
    assert_eq!(
        refusal(Arc::new(Float64Array::from(vec![0.5, 0.1])), DataType::Float),
        "row 101, column \"x\": 0.1 is not exact as float"
    );
    assert!(refusal(Arc::new(Float64Array::from(vec![1e300])), DataType::Float).contains("not exact as float"));
    let nan = taken_as(Arc::new(Float64Array::from(vec![f64::NAN, f64::INFINITY])), DataType::Float).unwrap();
    assert!(nan.as_primitive::<Float32Type>().value(0).is_nan());
    assert!(refusal(Arc::new(Float64Array::from(vec![1.0])), DataType::Long).contains("expected long"));
}

fn half_float(value: f32) -> <Float16Type as ArrowPrimitiveType>::Native {
    <Float16Type as ArrowPrimitiveType>::Native::from_f32(value)
}

#[test]
fn decimals_of_any_width_and_scale() {
    let made = |v: i128| Decimal128Array::from(vec![Some(v), None]).with_precision_and_scale(12, 2).unwrap();
    let sources: Vec<ArrayRef> = vec![
        Arc::new(Decimal32Array::from(vec![Some(-125), None]).with_precision_and_scale(5, 2).unwrap()),
        Arc::new(Decimal64Array::from(vec![Some(-1250), None]).with_precision_and_scale(15, 3).unwrap()),
        Arc::new(Decimal128Array::from(vec![Some(-12500), None]).with_precision_and_scale(38, 4).unwrap()),
        Arc::new(
            Decimal256Array::from(vec![Some(i256::from_i128(-125)), None]).with_precision_and_scale(76, 2).unwrap(),
        ),
    ];
    assert_taken(sources, decimal(12, 2), Arc::new(made(-125)));
    let negative = Decimal128Array::from(vec![Some(3), None]).with_precision_and_scale(5, -2).unwrap();
    assert_taken(vec![Arc::new(negative)], decimal(12, 2), Arc::new(made(30_000)));
    let fine = Decimal128Array::from(vec![125, 1]).with_precision_and_scale(12, 3).unwrap();
    assert_eq!(refusal(Arc::new(fine), decimal(12, 2)), "row 100, column \"x\": 125e-3 does not fit decimal(12,2)");
    let wide = Decimal256Array::from(vec![i256::MAX]).with_precision_and_scale(76, 0).unwrap();
    assert!(refusal(Arc::new(wide), decimal(38, 0)).contains("past 128 bits"));
    let large = Decimal128Array::from(vec![10_i128.pow(11)]).with_precision_and_scale(38, 2).unwrap();
    assert!(refusal(Arc::new(large), decimal(10, 2)).contains("does not fit decimal(10,2)"));
}

#[test]
fn texts_and_bytes_of_any_layout() {
    let long = "a text that is too long for a view to hold it";
    let texts: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from(vec![Some("ü"), None, Some(long)])),
        Arc::new(LargeStringArray::from(vec![Some("ü"), None, Some(long)])),
        Arc::new(StringViewArray::from(vec![Some("ü"), None, Some(long)])),
        Arc::new([Some("ü"), None, Some(long)].into_iter().collect::<DictionaryArray<Int32Type>>()),
    ];
    assert_taken(texts, DataType::String, Arc::new(StringArray::from(vec![Some("ü"), None, Some(long)])));
    let raw: Vec<Option<&[u8]>> = vec![Some(b"\xff\x00"), None];
    let bytes: Vec<ArrayRef> = vec![
        Arc::new(BinaryArray::from(raw.clone())),
        Arc::new(LargeBinaryArray::from(raw.clone())),
        Arc::new(BinaryViewArray::from(raw.clone())),
        Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(raw.clone().into_iter(), 2).unwrap()),
    ];
    assert_taken(bytes, DataType::Binary, Arc::new(BinaryArray::from(raw.clone())));
    assert!(refusal(Arc::new(BinaryArray::from(raw)), DataType::String).contains("expected string"));
}

#[test]
fn dates_and_times() {
    assert_taken(
        vec![Arc::new(Date64Array::from(vec![Some(-86_400_000), None]))],
        DataType::Date,
        Arc::new(Date32Array::from(vec![Some(-1), None])),
    );
    assert!(refusal(Arc::new(Date64Array::from(vec![1])), DataType::Date).contains("1 ms"));
    let zoned: Vec<ArrayRef> = vec![
        Arc::new(TimestampSecondArray::from(vec![Some(-3), None]).with_timezone("Europe/Paris")),
        Arc::new(TimestampMillisecondArray::from(vec![Some(-3_000), None]).with_timezone("+02:00")),
        Arc::new(TimestampMicrosecondArray::from(vec![Some(-3_000_000), None]).with_timezone("America/New_York")),
        Arc::new(TimestampNanosecondArray::from(vec![Some(-3_000_000_000), None]).with_timezone("UTC")),
    ];
    let expected = TimestampMicrosecondArray::from(vec![Some(-3_000_000), None]);
    assert_taken(zoned.clone(), DataType::Timestamp, Arc::new(expected.clone().with_timezone("UTC")));
    let naive: Vec<ArrayRef> = vec![
        Arc::new(TimestampSecondArray::from(vec![Some(-3), None])),
        Arc::new(TimestampNanosecondArray::from(vec![Some(-3_000_000_000), None])),
    ];
    assert_taken(naive.clone(), DataType::TimestampNtz, Arc::new(expected));
    assert!(refusal(naive[0].clone(), DataType::Timestamp).contains("without a zone"));
    assert!(refusal(zoned[0].clone(), DataType::TimestampNtz).contains("zone Europe/Paris"));
    let fine = TimestampNanosecondArray::from(vec![1_000, 1_001]).with_timezone("UTC");
    assert!(refusal(Arc::new(fine), DataType::Timestamp).starts_with("row 101, column \"x\": 1001 ns"));
    let far = TimestampSecondArray::from(vec![i64::MAX]);
    assert!(refusal(Arc::new(far), DataType::TimestampNtz).contains("does not fit"));
}

fn array_of(element: DataType) -> DataType {
    DataType::Array(Box::new(ArrayType { element, contains_null: true }))
}

#[test]
fn lists_of_any_layout() {
    let item = |t| Arc::new(ArrowField::new("item", t, true));
    let rows = vec![Some(vec![Some(1), None]), None, Some(vec![]), Some(vec![Some(3)])];
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>(rows.clone());
    let large = LargeListArray::from_iter_primitive::<Int16Type, _, _>(
        rows.iter().map(|r| r.as_ref().map(|r| r.iter().map(|v| v.map(|v| v as i16)).collect::<Vec<_>>())),
    );
    let values: ArrayRef = Arc::new(Int64Array::from(vec![Some(3), Some(1), None, Some(99)]));
    let view = ListViewArray::new(
        item(Arrow::Int64),
        ScalarBuffer::from(vec![1, 3, 0, 0]),
        ScalarBuffer::from(vec![2, 1, 0, 1]),
        values.clone(),
        Some(NullBuffer::from(vec![true, false, true, true])),
    );
    let large_view = LargeListViewArray::new(
        item(Arrow::Int64),
        ScalarBuffer::from(vec![1i64, 3, 0, 0]),
        ScalarBuffer::from(vec![2i64, 1, 0, 1]),
        values,
        Some(NullBuffer::from(vec![true, false, true, true])),
    );
    // A null list whose elements are there all the same, and do not fit: they are no values.
    let hidden = ListArray::new(
        item(Arrow::Int64),
        OffsetBuffer::new(ScalarBuffer::from(vec![0, 2, 3, 3, 4])),
        Arc::new(Int64Array::from(vec![Some(1), None, Some(i64::MAX), Some(3)])),
        Some(NullBuffer::from(vec![true, false, true, true])),
    );
    let wanted = taken_as(Arc::new(list.clone()), array_of(DataType::Long)).unwrap();
    assert_eq!(wanted.as_list::<i32>().value(0).as_primitive::<Int64Type>(), &Int64Array::from(vec![Some(1), None]));
    assert_eq!(wanted.null_count(), 1);
    let longs = array_of(DataType::Long);
    assert_taken(vec![Arc::new(list), Arc::new(large), Arc::new(view), Arc::new(large_view)], longs, wanted);
    assert_eq!(taken_as(Arc::new(hidden.clone()), array_of(DataType::Integer)).unwrap().null_count(), 1);

    let fixed = FixedSizeListArray::new(item(Arrow::Int64), 2, Arc::new(Int64Array::from(vec![1, 2, 3, 400])), None);
    let made = taken_as(Arc::new(fixed.clone()), array_of(DataType::Short)).unwrap();
    assert_eq!(made.as_list::<i32>().value(1).as_primitive::<Int16Type>().values(), &[3, 400]);
    assert_eq!(refusal(Arc::new(fixed), array_of(DataType::Byte)), "row 101, column \"x[1]\": 400 does not fit byte");
    let sliced = hidden.slice(2, 2);
    let made = taken_as(Arc::new(sliced), array_of(DataType::Integer)).unwrap();
    assert_eq!(made.as_list::<i32>().values().len(), 1);
}

#[test]
fn maps_and_lists_that_stand_for_them() {
    let mut builder = MapBuilder::new(None, StringBuilder::new(), Int32Builder::new());
    builder.keys().append_value("a");
    builder.values().append_value(1);
    builder.append(true).unwrap();
    builder.append(false).unwrap();
    let map = builder.finish();
    let fields = vec![ArrowField::new("key", Arrow::Utf8, true), ArrowField::new("value", Arrow::Int32, true)];
    let entries = StructArray::new(Fields::from(fields), map.entries().columns().to_vec(), None);
    let item = Arc::new(ArrowField::new("item", entries.data_type().clone(), true));
    let listed = ListArray::new(item, map.offsets().clone(), Arc::new(entries), map.nulls().cloned());
    let wanted =
        DataType::Map(Box::new(MapType { key: DataType::String, value: DataType::Long, value_contains_null: true }));
    for source in [Arc::new(map) as ArrayRef, Arc::new(listed)] {
        let made = taken_as(source, wanted.clone()).unwrap();
        assert_eq!(made.data_type(), &wanted.to_arrow());
        assert_eq!((made.null_count(), made.as_map().value(0).column(1).as_primitive::<Int64Type>().value(0)), (1, 1));
    }
}

#[test]
fn structs_go_by_names() {
    let point = DataType::Struct(StructType {
        fields: vec![Field::new("x", DataType::Integer, false), Field::new("y", DataType::String, true)],
    });
    let fields = Fields::from(vec![ArrowField::new("x", Arrow::Int64, true)]);
    let values: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, None]));
    let some = StructArray::new(fields.clone(), vec![values.clone()], Some(NullBuffer::from(vec![true, false, false])));
    let made = taken_as(Arc::new(some), point.clone()).unwrap();
    assert_eq!((made.null_count(), made.as_struct().column(1).null_count()), (2, 3));
    let all = StructArray::new(fields, vec![values], None);
    assert_eq!(
        refusal(Arc::new(all), point.clone()),
        "row 101, column \"x.x\": null, but the schema has it as not null"
    );
    let fields = Fields::from(vec![ArrowField::new("x", Arrow::Int64, true), ArrowField::new("z", Arrow::Int64, true)]);
    let more =
        StructArray::new(fields, vec![Arc::new(Int64Array::from(vec![1])), Arc::new(Int64Array::from(vec![1]))], None);
    assert_eq!(refusal(Arc::new(more), point), "column \"x.z\": no such column in the schema, which has x, y");
}

#[test]
fn variants_are_checked() {
    let fields = Fields::from(vec![
        ArrowField::new("metadata", Arrow::Binary, false),
        ArrowField::new("value", Arrow::BinaryView, false),
    ]);
    let variant = |value: &[u8]| -> ArrayRef {
        Arc::new(StructArray::new(
            fields.clone(),
            vec![Arc::new(BinaryArray::from(vec![&[1u8, 0, 0][..]])), Arc::new(BinaryViewArray::from(vec![value]))],
            None,
        ))
    };
    taken_as(variant(&[0]), DataType::Variant).unwrap();
    assert!(refusal(variant(&[3, 200]), DataType::Variant).starts_with("row 100, column \"x\""));
}

#[test]
fn columns_go_by_names() {
    let schema = table(vec![Field::new("a", DataType::Long, false), Field::new("b", DataType::String, true)]);
    let given =
        batch(vec![("z", Arc::new(Int64Array::from(vec![5])) as ArrayRef), ("a", Arc::new(Int64Array::from(vec![5])))]);
    let told = ArrowRows::new(&given.schema(), schema.clone(), OnUnknown::Raise).unwrap_err();
    assert_eq!(told.message(), "column \"z\": no such column in the schema, which has a, b");
    let rows = ArrowRows::new(&given.schema(), schema.clone(), OnUnknown::Ignore).unwrap();
    assert_eq!(rows.missing().collect::<Vec<_>>(), ["b"]);
    let made = rows.convert(&given, 0).unwrap();
    assert_eq!((made.num_columns(), made.column(1).null_count()), (2, 1));
    let only_b = batch(vec![("b", Arc::new(StringArray::from(vec!["x"])) as ArrayRef)]);
    let told = ArrowRows::new(&only_b.schema(), schema.clone(), OnUnknown::Raise).unwrap_err();
    assert_eq!(told.message(), "column \"a\": missing, but the schema has it as not null");
    let twice =
        ArrowSchema::new(vec![ArrowField::new("a", Arrow::Int64, true), ArrowField::new("a", Arrow::Int64, true)]);
    assert!(ArrowRows::new(&twice, schema.clone(), OnUnknown::Raise).unwrap_err().message().contains("twice"));
    let nulls = batch(vec![("a", Arc::new(Int64Array::from(vec![Some(1), None])) as ArrayRef)]);
    let rows = ArrowRows::new(&nulls.schema(), schema, OnUnknown::Raise).unwrap();
    assert_eq!(
        rows.convert(&nulls, 7).unwrap_err().message(),
        "row 8, column \"a\": null, but the schema has it as not null"
    );
}

#[test]
fn nulls_without_a_type_fit_everything() {
    for data_type in [DataType::Long, DataType::Variant, array_of(DataType::Date), DataType::Void, decimal(5, 2)] {
        let made = taken_as(Arc::new(NullArray::new(2)), data_type.clone()).unwrap();
        assert_eq!(made.data_type(), &data_type.to_arrow());
        assert_eq!(made.logical_null_count(), 2);
    }
}

#[test]
fn the_first_failure_is_found() {
    for count in 1..40 {
        for bad in 0..count {
            let fails =
                |from: usize, len: usize| (from..from + len).any(|i| i == bad || i == count - 1 && bad % 3 == 0);
            assert_eq!(first_failure(count, fails), Some(bad), "{bad} of {count}");
        }
    }
    assert_eq!(first_failure(5, |_, _| false), None);
    assert_eq!(first_failure(0, |_, _| true), None);
}
