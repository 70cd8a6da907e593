//! SQL text as a predicate: what it lowers to, what that prunes, and that it filters as an expression does.

use super::*;
use crate::expr::node::Node;

fn schema() -> StructType {
    let types = [
        ("i", DataType::Integer),
        ("s", DataType::String),
        ("day", DataType::Date),
        ("t", DataType::Timestamp),
        ("n", DataType::TimestampNtz),
        ("m", decimal(10, 2)),
        ("ok", DataType::Boolean),
        ("wide", decimal(38, 20)),
    ];
    StructType { fields: types.into_iter().map(|(name, t)| Field::new(name, t, true)).collect() }
}

fn bind(text: &str) -> BoundPredicate {
    Predicate::Sql(text.to_owned()).bind(&schema()).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn is_plain(node: &Node) -> bool {
    match node {
        Node::And(parts) | Node::Or(parts) => parts.iter().all(is_plain),
        Node::Not(inner) => is_plain(inner),
        other => !matches!(other, Node::Computed(_)),
    }
}

#[test]
fn simple_conditions_are_those_that_statistics_answer() {
    for text in [
        "i = 5",
        "5 < i",
        "i IN (1, 2)",
        "i BETWEEN 1 AND 2 + 3",
        "i IS NULL",
        "NOT (i > -1 OR s IS NOT NULL)",
        "ok",
        "NOT ok",
        "ok IS TRUE",
        "i <=> 5",
        "i <=> NULL",
        "i = NULL",
        "s LIKE 'abc%'",
        "s NOT LIKE 'abc'",
        "startswith(s, 'abc')",
        "CAST(t AS DATE) = '2024-02-29'",
        "to_date(t) >= date '2024-02-29'",
        "year(day) = 2024",
        "year(t) < 2024",
        "day > timestamp '2024-02-29 12:00:00'",
        "t < date '2024-02-29'",
        "m = '12.5'",
        "i = '5'",
        "day = '2024-02-29'",
        "day > date_add(date '2024-02-29', 7)",
        "true",
        "i IN (1, NULL)",
        "n > timestamp '2024-02-29 00:00:00'",
    ] {
        assert!(is_plain(&bind(text).root), "{text}: {:?}", bind(text).root);
    }
    for text in ["i + 1 > 5", "upper(s) = 'A'", "s LIKE 'a%b'", "month(day) = 2", "i = m"] {
        assert!(!is_plain(&bind(text).root), "{text}");
    }
}

#[test]
fn prefixes_are_bounded_on_both_sides() {
    let may_match = |text: &str, min: &str, max: &str| {
        let mut bounds = ColumnBounds::exactly(Some(&Scalar::String(min.to_owned())));
        bounds.max = Some(Scalar::String(max.to_owned()));
        bind(text).outcomes(&[bounds]).true_
    };
    assert!(may_match("s LIKE 'abc%'", "abb", "abd"));
    assert!(!may_match("s LIKE 'abc%'", "abd", "abe"));
    assert!(!may_match("s LIKE 'abc%x'", "aa", "abb"));
    assert!(may_match("s LIKE '\u{10ffff}%'", "b", "\u{10ffff}\u{10ffff}"));
    assert!(!may_match("s LIKE 'a\u{10ffff}%'", "b", "c"));
    assert!(!may_match("s LIKE '\u{d7ff}%'", "\u{e000}", "\u{e001}"));
}

#[test]
fn conditions_on_columns_of_one_value_are_computed() {
    let bound = bind("month(day) = 2 AND upper(s) = 'DE'");
    let outcome = |day: Option<i32>, s: &str| {
        let day = day.map(Scalar::Date);
        let bounds = [ColumnBounds::exactly(day.as_ref()), ColumnBounds::exactly(Some(&Scalar::String(s.to_owned())))];
        bound.outcomes(&bounds)
    };
    assert!(outcome(Some(19_782), "de").always_true());
    assert!(!outcome(Some(19_722), "de").true_);
    assert!(!outcome(Some(19_782), "fr").true_);
    assert!(!outcome(None, "de").true_ && outcome(None, "de").unknown);
    let overflow = bind("i + 1 > 0");
    assert!(overflow.outcomes(&[ColumnBounds::exactly(Some(&Scalar::Long(i32::MAX.into())))]).true_);
}

#[test]
fn lowering_changes_no_outcome() {
    let day = [None, Some(19_722), Some(19_723), Some(19_782), Some(20_088), Some(20_089)];
    let micros: Vec<Option<i64>> =
        day.iter().map(|d| d.map(|d| i64::from(d) * 86_400_000_000 + i64::from(d % 2))).collect();
    let text = [None, Some("abc"), Some("abcd"), Some("abd"), Some("ab"), Some("")];
    // 2^53 + 1 and what is next to 0.3 are no doubles of their own.
    let (one, tenth) = (10i128.pow(20), 10i128.pow(19));
    let wide = vec![
        None,
        Some(9_007_199_254_740_993 * one),
        Some(3 * tenth + 1),
        Some(3 * tenth),
        Some(3 * tenth - 1),
        Some(0),
    ];
    let schema = schema();
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(arrow::array::Int32Array::from(vec![None, Some(-1), Some(0), Some(5), Some(6), Some(7)])),
        Arc::new(arrow::array::StringArray::from(text.to_vec())),
        Arc::new(arrow::array::Date32Array::from(day.to_vec())),
        Arc::new(arrow::array::TimestampMicrosecondArray::from(micros.clone()).with_timezone("UTC")),
        Arc::new(arrow::array::TimestampMicrosecondArray::from(micros)),
        Arc::new(
            arrow::array::Decimal128Array::from(vec![None, Some(1250), Some(0), Some(-1), Some(1251), Some(99)])
                .with_precision_and_scale(10, 2)
                .unwrap(),
        ),
        Arc::new(BooleanArray::from(vec![None, Some(true), Some(false), None, Some(true), Some(false)])),
        Arc::new(arrow::array::Decimal128Array::from(wide).with_precision_and_scale(38, 20).unwrap()),
    ];
    let batch = RecordBatch::try_new(schema.to_arrow(), arrays).unwrap();
    for text in [
        "i = 5",
        "5 <= i",
        "i IN (0, 7)",
        "i NOT IN (0, NULL)",
        "i BETWEEN 0 AND 5",
        "i <=> NULL",
        "NOT (i <=> 5)",
        "ok",
        "ok IS FALSE",
        "ok IS NOT TRUE",
        "s LIKE 'abc%'",
        "s NOT LIKE 'ab_%'",
        "s LIKE 'ab'",
        "startswith(s, '')",
        "CAST(t AS DATE) <> '2024-02-29'",
        "CAST(n AS DATE) <= '2024-02-29'",
        "to_date(t) > date '2024-01-01'",
        "year(day) = 2024",
        "year(t) <> 2024",
        "year(n) >= 2024",
        "2024 > year(day)",
        "m > '12.5'",
        "m = 12.5",
        "CAST(m AS DOUBLE) <= 12.5D",
        "CAST(wide AS DOUBLE) = 9007199254740992D",
        "CAST(wide AS DOUBLE) > 0.3D",
        "CAST(wide AS DOUBLE) <=> 0.3D",
        "CAST(wide AS DOUBLE) BETWEEN 0.3D AND 1D",
        "wide <> '0.3'",
        "wide = 9007199254740992D",
        "wide >= 0.3D",
        "wide IN (0.3D, 7D)",
        "day > timestamp '2024-02-29 00:00:01'",
        "t <= date '2024-01-01'",
        "n > timestamp '2024-01-01 00:00:00Z'",
        "i > 1.5",
        "NOT (i > 5 AND s LIKE 'a%')",
        "i = NULL OR ok",
    ] {
        let lowered = bind(text).filter(&batch).unwrap();
        let computed = Expr::parse(text).unwrap().bind(&schema).unwrap().evaluate(&batch).unwrap();
        let computed: Vec<Option<bool>> = arrow::array::AsArray::as_boolean(&computed).iter().collect();
        assert_eq!(lowered.iter().collect::<Vec<_>>(), computed, "{text}");
    }
}

#[test]
fn sql_stands_beside_other_conditions() {
    let both = Predicate::And(vec![
        Predicate::Sql("I + 0 > 1".to_owned()),
        Predicate::Compare { column: "i".into(), op: CompareOp::Lt, value: Scalar::Long(9) },
    ]);
    let bound = both.bind(&schema()).unwrap();
    assert_eq!(bound.column_names(), ["i"]);
    let error = Predicate::Sql("i + ".to_owned()).bind(&schema()).unwrap_err();
    assert!(error.message().starts_with("an expression is missing at the end (line 1, column 5)\n  i +\n"));
}

#[test]
fn rows_that_other_parts_rule_out_do_not_fail() {
    let schema = schema();
    let arrays: Vec<ArrayRef> = schema
        .fields
        .iter()
        .map(|f| match f.name.as_str() {
            "i" => Arc::new(arrow::array::Int32Array::from(vec![i32::MAX, 1])) as ArrayRef,
            _ => arrow::array::new_null_array(&f.data_type.to_arrow(), 2),
        })
        .collect();
    let batch = RecordBatch::try_new(schema.to_arrow(), arrays).unwrap();
    assert!(bind("i + 1 > 0").filter(&batch).is_err());
    let kept = |text: &str| bind(text).filter(&batch).unwrap().iter().collect::<Vec<_>>();
    assert_eq!(kept("i < 10 AND i + 1 > 0"), [Some(false), Some(true)]);
    assert_eq!(kept("i >= 10 OR i + 1 > 0"), [Some(true), Some(true)]);
    assert_eq!(kept("NOT (i >= 10 OR i + 1 > 0)"), [Some(false), Some(false)]);
}

#[test]
fn predicates_cross_processes_as_json() {
    let every = [
        Scalar::Boolean(true),
        Scalar::Long(i64::MIN),
        Scalar::Double(f64::NEG_INFINITY),
        Scalar::Decimal(-(10i128.pow(38) - 1), 38),
        text("\u{0}\u{10ffff}"),
        Scalar::Binary(vec![0, 255]),
        Scalar::Date(i32::MIN),
        Scalar::Timestamp(i64::MAX),
        Scalar::TimestampNtz(-1),
    ];
    let path = || ColumnPath::new(vec!["a.b".to_owned(), "c".to_owned()]);
    let predicate = Predicate::And(vec![
        Predicate::Always,
        Predicate::Or(vec![Predicate::Never, Predicate::Not(Box::new(Predicate::IsNull(path())))]),
        Predicate::IsNotNull(path()),
        Predicate::Compare { column: path(), op: CompareOp::GtEq, value: Scalar::Double(-0.0) },
        Predicate::In { column: path(), values: every.to_vec() },
        Predicate::Sql("a = 'it''s'".to_owned()),
    ]);
    let json = serde_json::to_string(&predicate).unwrap();
    assert_eq!(serde_json::from_str::<Predicate>(&json).unwrap(), predicate);
    let nan = serde_json::to_string(&Scalar::Double(f64::NAN)).unwrap();
    assert!(matches!(serde_json::from_str(&nan).unwrap(), Scalar::Double(v) if v.is_nan()));
    let bomb = format!("{}\"never\"{}", r#"{"not":"#.repeat(100_000), "}".repeat(100_000));
    assert!(serde_json::from_str::<Predicate>(&bomb).is_err());
    assert!(serde_json::from_str::<Scalar>(r#"{"decimal":["1",39]}"#).is_err());
}
