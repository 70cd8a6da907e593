use super::*;
use crate::schema::DecimalType;

fn parse(text: &str, columns: &[(&[&str], DataType)]) -> FileStats {
    let paths: Vec<Vec<String>> = columns.iter().map(|(p, _)| p.iter().map(|n| (*n).to_owned()).collect()).collect();
    StatsColumns::new(paths.iter().map(Vec::as_slice).zip(columns.iter().map(|(_, t)| t))).parse(text)
}

fn one(text: &str, data_type: DataType) -> ColumnBounds {
    parse(text, &[(&["c"], data_type)]).columns.remove(0)
}

fn ends(min: &str, max: &str, data_type: DataType) -> (Option<Scalar>, Option<Scalar>) {
    let text = format!(r#"{{"numRecords":1,"minValues":{{"c":{min}}},"maxValues":{{"c":{max}}}}}"#);
    let bounds = one(&text, data_type);
    (bounds.min, bounds.max)
}

#[test]
fn only_what_is_asked_for_is_read() {
    let text = r#"{"numRecords":3,"tightBounds":true,"minValues":{"a":1,"s":{"x":2,"y":"z"},"b":[1]},
        "maxValues":{"s":{"x":9},"a":5},"nullCount":{"a":0,"s":{"x":3}},"later":{"a":{}}}"#;
    let stats = parse(text, &[(&["s", "x"], DataType::Long), (&["a"], DataType::Integer), (&["q"], DataType::Long)]);
    assert_eq!(stats.num_records, Some(3));
    assert_eq!(
        stats.columns[0],
        ColumnBounds {
            may_be_null: true,
            may_have_value: false,
            may_be_nan: false,
            min: Some(Scalar::Long(2)),
            max: Some(Scalar::Long(9))
        }
    );
    assert_eq!((stats.columns[1].may_be_null, stats.columns[1].may_have_value), (false, true));
    assert_eq!((&stats.columns[1].min, &stats.columns[1].max), (&Some(Scalar::Long(1)), &Some(Scalar::Long(5))));
    assert_eq!(stats.columns[2], ColumnBounds::unknown(&DataType::Long));
}

#[test]
fn what_is_malformed_bounds_nothing() {
    for text in ["", "null", "[]", "{", r#"{"numRecords":3} x"#, r#"{"numRecords":-3,"minValues":7,"nullCount":null}"#]
    {
        let stats = parse(text, &[(&["c"], DataType::Long)]);
        assert_eq!((stats.num_records, &stats.columns[0]), (None, &ColumnBounds::unknown(&DataType::Long)), "{text}");
    }
    assert_eq!(ends("\"1\"", "1e99", DataType::Long), (None, None));
    assert_eq!(ends("1", "null", DataType::String), (None, None));
    assert_eq!(ends("\"x\"", "\"2020-13-01\"", DataType::Date), (None, None));
}

#[test]
fn doubtful_null_counts_are_not_used() {
    let over = one(r#"{"numRecords":3,"nullCount":{"c":4}}"#, DataType::Long);
    assert_eq!(over, ColumnBounds::unknown(&DataType::Long));
    let none = one(r#"{"nullCount":{"c":0}}"#, DataType::Long);
    assert_eq!((none.may_be_null, none.may_have_value), (false, true));
    let some = one(r#"{"nullCount":{"c":2}}"#, DataType::Long);
    assert_eq!((some.may_be_null, some.may_have_value), (true, true));
}

#[test]
fn decimals_never_pass_through_a_float() {
    let exact = DataType::Decimal(DecimalType::new(15, 2).unwrap());
    let d = |u| Some(Scalar::Decimal(u, 2));
    assert_eq!(ends("1234567890123.45", "9.1e2", exact.clone()), (d(123_456_789_012_345), d(91_000)));
    // Digits past the scale are rounded outwards.
    assert_eq!(ends("0.309", "0.301", exact.clone()), (d(30), d(31)));
    assert_eq!(ends("-0.301", "-0.309", exact), (d(-31), d(-30)));
    let (min, max) =
        ends("12345678901234567890.12", "1.2345678901234567e19", DataType::Decimal(DecimalType::new(38, 2).unwrap()));
    let (Some(Scalar::Decimal(min, 2)), Some(Scalar::Decimal(max, 2))) = (min, max) else { panic!("no ends") };
    let true_value = 1_234_567_890_123_456_789_012_i128;
    assert!(min <= true_value && true_value - min < 1_000_000, "{min}");
    assert!(max >= true_value && max - true_value < 1_000_000, "{max}");
}

#[test]
fn timestamps_are_widened_by_what_is_cut_off() {
    let t = |micros| Some(Scalar::Timestamp(micros));
    let (min, max) = ends("\"1970-01-01T00:00:01.123Z\"", "\"1970-01-01T02:00:01.123+02:00\"", DataType::Timestamp);
    assert_eq!((min, max), (t(1_123_000), t(1_124_000)));
    let (min, max) = ends("\"1969-12-31T23:59:59.123Z\"", "\"1970-01-01T00:00:00\"", DataType::Timestamp);
    assert_eq!((min, max), (t(-878_000), None));
    let (min, max) = ends("\"1970-01-01T00:00:00.001\"", "\"1970-01-01T00:00:00.001Z\"", DataType::TimestampNtz);
    assert_eq!((min, max), (Some(Scalar::TimestampNtz(1000)), Some(Scalar::TimestampNtz(2000))));
}

#[test]
fn floats_may_be_nan_beyond_their_maximum() {
    let bounds = one(r#"{"minValues":{"c":1},"maxValues":{"c":2.5}}"#, DataType::Double);
    assert!(bounds.may_be_nan);
    assert_eq!((bounds.min, bounds.max), (Some(Scalar::Double(1.0)), Some(Scalar::Double(2.5))));
    let (min, max) = ends("\"-Infinity\"", "\"NaN\"", DataType::Float);
    assert_eq!(min, Some(Scalar::Double(f64::NEG_INFINITY)));
    assert!(matches!(max, Some(Scalar::Double(v)) if v.is_nan()));
}

#[test]
fn the_row_count_alone() {
    assert_eq!(num_records(r#"{"minValues":{"a":{"b":1}},"numRecords":12}"#), Some(12));
    assert_eq!(num_records("{}"), None);
    for (before, after) in [
        (None, r#"{"numRecords":7}"#),
        (Some("no object"), r#"{"numRecords":7}"#),
        (Some(r#"{"numRecords":null,"minValues":{"d":1.10}}"#), r#"{"minValues":{"d":1.10},"numRecords":7}"#),
    ] {
        assert_eq!(with_num_records(before, 7).unwrap(), after);
    }
}

#[test]
fn ends_of_a_narrower_type_hold_for_the_wider_one() {
    let wide = f64::from(0.1_f32);
    assert_eq!(ends("0.1", "0.1", DataType::Float), (Some(Scalar::Double(wide)), Some(Scalar::Double(wide))));
    assert_eq!(ends("0.1", "0.1", DataType::Double), (Some(Scalar::Double(0.1)), Some(Scalar::Double(wide))));
    let low = f64::from(-0.1_f32);
    assert_eq!(ends("-0.1", "-0.1", DataType::Double), (Some(Scalar::Double(low)), Some(Scalar::Double(-0.1))));
    let long = Some(Scalar::Double(0.123_456_789_01));
    assert_eq!(ends("0.12345678901", "0.12345678901", DataType::Double), (long.clone(), long));
    assert_eq!(ends("1e300", "1e300", DataType::Double).1, Some(Scalar::Double(1e300)));
    let decimal = DataType::Decimal(DecimalType::new(12, 2).unwrap());
    assert_eq!(ends("-5", "7.5", decimal), (Some(Scalar::Decimal(-500, 2)), Some(Scalar::Decimal(750, 2))));
    let midnight = 86_400_000_000;
    let ends = ends("\"1970-01-02\"", "\"1970-01-02\"", DataType::TimestampNtz);
    assert_eq!(ends, (Some(Scalar::TimestampNtz(midnight)), Some(Scalar::TimestampNtz(midnight + 1000))));
}
