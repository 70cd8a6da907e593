use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Float32Array, Float64Array, Int64Array, RecordBatch, StructArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::Schema as ArrowSchema;

use super::literal::Place;
use super::*;
use crate::schema::{DataType, DecimalType, Field, StructType};
use crate::stats::ColumnBounds;

mod expressions;
mod property;
mod sql;

fn decimal(precision: u8, scale: u8) -> DataType {
    DataType::Decimal(DecimalType::new(precision, scale).unwrap())
}

fn place(literal: Scalar, data_type: DataType) -> Option<Place> {
    Place::of(&literal, &data_type)
}

fn compare(column: &str, op: CompareOp, value: Scalar) -> Predicate {
    Predicate::Compare { column: column.into(), op, value }
}

fn text(s: &str) -> Scalar {
    Scalar::String(s.to_owned())
}

fn filter(predicate: &Predicate, fields: Vec<Field>, arrays: Vec<ArrayRef>) -> Vec<Option<bool>> {
    let schema = StructType { fields };
    let arrow: Arc<ArrowSchema> = schema.to_arrow();
    let batch = RecordBatch::try_new(arrow, arrays).unwrap();
    predicate.bind(&schema).unwrap().filter(&batch).unwrap().iter().collect()
}

#[test]
fn integers_and_literals_of_other_types() {
    use Scalar::{Decimal, Double, Long};
    let at = |v| Some(Place::At(Long(v)));
    let after = |v| Some(Place::After(Long(v)));
    assert_eq!(place(Long(128), DataType::Byte), Some(Place::AboveAll));
    assert_eq!(place(Long(-129), DataType::Byte), Some(Place::BelowAll));
    assert_eq!(place(Double(1.5), DataType::Long), after(1));
    assert_eq!(place(Double(-1.5), DataType::Long), after(-2));
    assert_eq!(place(Double(-0.0), DataType::Long), at(0));
    assert_eq!(place(Double(127.5), DataType::Byte), Some(Place::AboveAll));
    assert_eq!(place(Double(f64::NAN), DataType::Long), Some(Place::AboveAll));
    assert_eq!(place(Double(f64::NEG_INFINITY), DataType::Long), Some(Place::BelowAll));
    assert_eq!(place(Double(9.3e18), DataType::Long), Some(Place::AboveAll));
    assert_eq!(place(Decimal(-15, 1), DataType::Short), after(-2));
    assert_eq!(place(Decimal(20, 1), DataType::Short), at(2));
    assert_eq!(place(text("1"), DataType::Long), None);
}

#[test]
fn decimals_and_literals_of_other_types() {
    use Scalar::{Decimal, Double, Long};
    let column = decimal(5, 2);
    assert_eq!(place(Long(7), column.clone()), Some(Place::At(Decimal(700, 2))));
    assert_eq!(place(Long(1000), column.clone()), Some(Place::AboveAll));
    assert_eq!(place(Long(i64::MIN), column.clone()), Some(Place::BelowAll));
    assert_eq!(place(Double(0.1), column.clone()), Some(Place::At(Decimal(10, 2))));
    assert_eq!(place(Double(-0.001), column.clone()), Some(Place::After(Decimal(-1, 2))));
    assert_eq!(place(Double(-1e300), column.clone()), Some(Place::BelowAll));
    assert_eq!(place(Double(f64::INFINITY), column.clone()), Some(Place::AboveAll));
    assert_eq!(place(Decimal(1, 38), column.clone()), Some(Place::After(Decimal(0, 2))));
    assert_eq!(place(Decimal(999_999, 3), column.clone()), Some(Place::AboveAll));
    assert_eq!(place(text("12.50"), column.clone()), Some(Place::At(Decimal(1250, 2))));
    assert_eq!(place(text("twelve"), column), None);
}

#[test]
fn floats_and_literals_of_other_types() {
    use Scalar::{Decimal, Double, Long};
    let exact = i64::MAX as f64;
    assert_eq!(place(Long(i64::MAX), DataType::Double), Some(Place::After(Double(exact.next_down()))));
    assert_eq!(place(Long(1 << 53), DataType::Double), Some(Place::At(Double((1i64 << 53) as f64))));
    assert_eq!(place(Long((1 << 53) + 1), DataType::Double), Some(Place::After(Double((1i64 << 53) as f64))));
    assert_eq!(place(Decimal(1, 1), DataType::Double), Some(Place::At(Double(0.1))));
    assert_eq!(place(Double(0.1), DataType::Float), Some(Place::After(Double(f64::from(0.1f32.next_down())))));
    assert_eq!(place(Double(0.5), DataType::Float), Some(Place::At(Double(0.5))));
    assert_eq!(place(Double(1e300), DataType::Float), Some(Place::After(Double(f64::from(f32::MAX)))));
}

#[test]
fn days_and_times() {
    let at = |v| Some(Place::At(v));
    assert_eq!(place(text("1970-01-02"), DataType::Date), at(Scalar::Date(1)));
    assert_eq!(place(text("1970-01-02T12:00:00"), DataType::Date), Some(Place::After(Scalar::Date(1))));
    assert_eq!(place(Scalar::Timestamp(-1), DataType::Date), Some(Place::After(Scalar::Date(-1))));
    assert_eq!(place(Scalar::Date(1), DataType::Timestamp), at(Scalar::Timestamp(86_400_000_000)));
    assert_eq!(place(text("1970-01-01T01:00:00+01:00"), DataType::Timestamp), at(Scalar::Timestamp(0)));
    assert_eq!(place(text("1970-01-01"), DataType::Timestamp), at(Scalar::Timestamp(0)));
    assert_eq!(place(text("1970-01-01 00:00:00.5"), DataType::TimestampNtz), at(Scalar::TimestampNtz(500_000)));
    assert_eq!(place(text("1970-01-01T00:00:00Z"), DataType::TimestampNtz), None);
    assert_eq!(place(text("yesterday"), DataType::Timestamp), None);
    assert_eq!(place(Scalar::Long(0), DataType::Date), None);
}

#[test]
fn floats_keep_sparks_order() {
    let doubles: Vec<Option<f64>> = vec![Some(f64::NAN), Some(-f64::NAN), Some(-0.0), Some(1.0), None];
    let run = |op, value: f64| {
        let column = || Field::new("x", DataType::Double, true);
        let array: ArrayRef = Arc::new(Float64Array::from(doubles.clone()));
        let wide = filter(&compare("x", op, Scalar::Double(value)), vec![column()], vec![array]);
        let array: ArrayRef = Arc::new(doubles.iter().map(|v| v.map(|v| v as f32)).collect::<Float32Array>());
        let field = Field::new("x", DataType::Float, true);
        assert_eq!(filter(&compare("x", op, Scalar::Double(value)), vec![field], vec![array]), wide);
        let array: ArrayRef = Arc::new(Float64Array::from(doubles.clone()));
        if op == CompareOp::Eq {
            let within = Predicate::In { column: "x".into(), values: vec![Scalar::Double(value)] };
            assert_eq!(filter(&within, vec![column()], vec![array]), wide);
        }
        wide.iter().map(|v| v.map_or('n', |v| if v { 't' } else { 'f' })).collect::<String>()
    };
    assert_eq!(run(CompareOp::Eq, f64::NAN), "ttffn");
    assert_eq!(run(CompareOp::NotEq, f64::NAN), "ffttn");
    assert_eq!(run(CompareOp::Lt, f64::NAN), "ffttn");
    assert_eq!(run(CompareOp::LtEq, f64::NAN), "ttttn");
    assert_eq!(run(CompareOp::Gt, f64::NAN), "ffffn");
    assert_eq!(run(CompareOp::GtEq, f64::NAN), "ttffn");
    assert_eq!(run(CompareOp::Eq, 0.0), "fftfn");
    assert_eq!(run(CompareOp::Lt, 0.0), "ffffn");
    assert_eq!(run(CompareOp::Gt, 0.5), "ttftn");
    assert_eq!(run(CompareOp::GtEq, 1.0), "ttftn");
}

#[test]
fn unknown_stays_unknown() {
    let run = |predicate: &Predicate| {
        let array: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
        filter(predicate, vec![Field::new("x", DataType::Long, true)], vec![array])
    };
    let below_all = compare("x", CompareOp::Gt, Scalar::Double(-1e30));
    assert_eq!(run(&below_all), [Some(true), None]);
    assert_eq!(run(&Predicate::Not(Box::new(below_all.clone()))), [Some(false), None]);
    let nothing = Predicate::In { column: "x".into(), values: vec![] };
    assert_eq!(run(&nothing), [Some(false), None]);
    assert_eq!(run(&Predicate::Or(vec![below_all.clone(), Predicate::Always])), [Some(true), Some(true)]);
    assert_eq!(run(&Predicate::And(vec![below_all, Predicate::Never])), [Some(false), Some(false)]);
    assert_eq!(run(&Predicate::IsNull("x".into())), [Some(false), Some(true)]);
    assert_eq!(run(&Predicate::IsNotNull("x".into())), [Some(true), Some(false)]);
}

#[test]
fn a_field_of_a_null_struct_is_null() {
    let inner = StructType { fields: vec![Field::new("x", DataType::Long, true)] };
    let array = StructArray::new(
        inner.to_arrow_fields(),
        vec![Arc::new(Int64Array::from(vec![Some(1), Some(1), None]))],
        Some(NullBuffer::from(vec![true, false, true])),
    );
    let path = ColumnPath::new(vec!["s".into(), "x".into()]);
    let run = |predicate: &Predicate| {
        let field = Field::new("s", DataType::Struct(inner.clone()), true);
        filter(predicate, vec![field], vec![Arc::new(array.clone())])
    };
    let equals = Predicate::Compare { column: path.clone(), op: CompareOp::Eq, value: Scalar::Long(1) };
    assert_eq!(run(&equals), [Some(true), None, None]);
    assert_eq!(run(&Predicate::IsNull(path)), [Some(false), Some(true), Some(true)]);
    assert_eq!(run(&Predicate::IsNull("s".into())), [Some(false), Some(true), Some(false)]);
}

#[test]
fn mistakes_are_explained() {
    let schema =
        StructType { fields: vec![Field::new("id", DataType::Long, true), Field::new("name", DataType::String, true)] };
    let message = |p: Predicate| p.bind(&schema).unwrap_err().message().to_owned();
    assert_eq!(message(Predicate::IsNull("nmae".into())), "there is no column nmae: the table has id, name");
    assert_eq!(
        message(compare("id", CompareOp::Eq, text("x"))),
        "column id is of type long and cannot be compared with the text \"x\""
    );
    let inside = Predicate::IsNull(ColumnPath::new(vec!["id".into(), "x".into()]));
    assert!(message(inside).contains("id is of type long, which has no named fields"));
}

#[test]
fn many_values_are_found_and_prune() {
    let schema = StructType { fields: vec![Field::new("x", DataType::Long, true)] };
    let values = (0..10_000).map(|v| Scalar::Long(v * 3)).collect();
    let bound = Predicate::In { column: "x".into(), values }.bind(&schema).unwrap();
    let may_match = |min: i64, max: i64| {
        let mut bounds = ColumnBounds::exactly(Some(&Scalar::Long(min)));
        bounds.max = Some(Scalar::Long(max));
        bound.outcomes(&[bounds]).true_
    };
    assert!(may_match(4, 6) && may_match(-9, 0) && may_match(29_997, 40_000));
    assert!(!may_match(4, 5) && !may_match(-9, -1) && !may_match(29_998, 40_000));
    let array = Int64Array::from(vec![Some(29_997), Some(1), None]);
    let batch = RecordBatch::try_new(schema.to_arrow(), vec![Arc::new(array)]).unwrap();
    let expected = BooleanArray::from(vec![Some(true), Some(false), None]);
    assert_eq!(bound.filter(&batch).unwrap(), expected);
    assert_eq!(expected.null_count(), 1);
}
