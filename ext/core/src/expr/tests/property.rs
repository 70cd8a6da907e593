//! On random batches and random predicates: what pruning rules out never happens in the rows.

use std::fmt::Write;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;
use crate::stats::StatsColumns;
use crate::value::calendar::{format_date, format_timestamp};

const TYPES: [&str; 9] =
    ["byte", "long", "float", "double", "decimal(6,2)", "string", "date", "timestamp", "timestamp_ntz"];

fn schema() -> StructType {
    let field = |(i, t): (usize, &&str)| Field::new(format!("c{i}"), DataType::from_name(t).unwrap(), true);
    StructType { fields: TYPES.iter().enumerate().map(field).collect() }
}

/// Few distinct values, so that columns and literals meet.
fn random_value(rng: &mut StdRng, data_type: &DataType) -> Scalar {
    let n = rng.random_range(-4..5i64);
    match data_type {
        DataType::Byte | DataType::Long => Scalar::Long(n),
        DataType::Float | DataType::Double => match rng.random_range(0..8) {
            0 => Scalar::Double(f64::NAN),
            1 => Scalar::Double(if n > 0 { f64::INFINITY } else { f64::NEG_INFINITY }),
            2 => Scalar::Double(-0.0),
            _ => Scalar::Double(n as f64 / 2.0),
        },
        DataType::Decimal(_) => Scalar::Decimal(i128::from(n) * 50, 2),
        DataType::String => {
            let tail = ["", "a", "~", "\u{7f}", "é", "\u{10ffff}"][rng.random_range(0..6)];
            Scalar::String(format!("{}{tail}", "x".repeat(rng.random_range(30..34))))
        }
        DataType::Date => Scalar::Date(n as i32),
        DataType::Timestamp => Scalar::Timestamp(n * 500 + rng.random_range(0..3)),
        _ => Scalar::TimestampNtz(n * 500),
    }
}

fn random_predicate(rng: &mut StdRng, schema: &StructType, depth: u32) -> Predicate {
    let branch = if depth == 0 { rng.random_range(3..8) } else { rng.random_range(0..8) };
    let parts = |rng: &mut StdRng| -> Vec<Predicate> {
        (0..rng.random_range(1..4)).map(|_| random_predicate(rng, schema, depth - 1)).collect()
    };
    let field = &schema.fields[rng.random_range(0..schema.fields.len())];
    let column = || ColumnPath::from(field.name.as_str());
    let ops = [CompareOp::Eq, CompareOp::NotEq, CompareOp::Lt, CompareOp::LtEq, CompareOp::Gt, CompareOp::GtEq];
    match branch {
        0 => Predicate::And(parts(rng)),
        1 => Predicate::Or(parts(rng)),
        2 => Predicate::Not(Box::new(random_predicate(rng, schema, depth - 1))),
        3 => Predicate::IsNull(column()),
        4 => Predicate::IsNotNull(column()),
        5 => {
            let values = (0..rng.random_range(0..4)).map(|_| random_value(rng, &field.data_type)).collect();
            Predicate::In { column: column(), values }
        }
        _ => Predicate::Compare {
            column: column(),
            op: ops[rng.random_range(0..6)],
            value: match (&field.data_type, rng.random_range(0..4)) {
                (DataType::Byte | DataType::Long | DataType::Decimal(_), 0) => {
                    Scalar::Double(rng.random_range(-9..9) as f64 / 4.0)
                }
                (DataType::Float | DataType::Double, 0) => Scalar::Decimal(rng.random_range(-40..40), 1),
                (DataType::Date, 0) => Scalar::Timestamp(rng.random_range(-300_000_000_000..300_000_000_000)),
                (data_type, _) => random_value(rng, data_type),
            },
        },
    }
}

/// Statistics as Spark writes them, or as writers do that take them from Parquet footers, where NaN does not count.
fn stats_json(columns: &[Vec<Option<Scalar>>], schema: &StructType, rng: &mut StdRng) -> String {
    let (mut mins, mut maxs, mut nulls) = (String::new(), String::new(), String::new());
    for (field, values) in schema.fields.iter().zip(columns) {
        let count = values.iter().filter(|v| v.is_none()).count();
        let _ = write!(nulls, "{:?}:{count},", field.name);
        let skip_nan = rng.random_bool(0.5);
        let is_nan = |v: &&Scalar| matches!(v, Scalar::Double(v) if v.is_nan());
        let mut present: Vec<&Scalar> = values.iter().flatten().filter(|v| !skip_nan || !is_nan(v)).collect();
        present.sort_by(|a, b| a.compare(b).unwrap());
        if let (Some(min), Some(max)) = (present.first(), present.last())
            && rng.random_bool(0.9)
        {
            let _ = write!(mins, "{:?}:{},", field.name, stat(min, false));
            let _ = write!(maxs, "{:?}:{},", field.name, stat(max, true));
        }
    }
    let object = |text: &str| format!("{{{}}}", text.trim_end_matches(','));
    format!(
        r#"{{"numRecords":{},"minValues":{},"maxValues":{},"nullCount":{}}}"#,
        columns[0].len(),
        object(&mins),
        object(&maxs),
        object(&nulls)
    )
}

fn stat(value: &Scalar, is_max: bool) -> String {
    let mut text = String::new();
    match value {
        Scalar::Long(v) => return v.to_string(),
        Scalar::Double(v) if v.is_nan() => text.push_str("NaN"),
        Scalar::Double(v) if v.is_infinite() => text.push_str(if *v > 0.0 { "Infinity" } else { "-Infinity" }),
        Scalar::Double(v) => return format!("{v:?}"),
        Scalar::Decimal(v, _) => return format!("{}", *v as f64 / 100.0),
        Scalar::String(v) => {
            text = v.chars().take(32).collect();
            if is_max && v.chars().count() > 32 {
                text.push('\u{10ffff}');
            }
        }
        Scalar::Date(v) => format_date(i64::from(*v), &mut text),
        Scalar::Timestamp(v) => {
            format_timestamp(*v, 'T', 3, &mut text);
            text.push('Z');
        }
        Scalar::TimestampNtz(v) => format_timestamp(*v, 'T', 3, &mut text),
        other => panic!("no statistics for {other:?}"),
    }
    serde_json::to_string(&text).unwrap()
}

fn array(values: &[Option<Scalar>], data_type: &DataType) -> ArrayRef {
    let parts: Vec<ArrayRef> = values.iter().map(|v| Scalar::repeat(v.as_ref(), data_type, 1).unwrap()).collect();
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    arrow::compute::concat(&parts).unwrap()
}

#[test]
fn pruning_rules_out_only_what_does_not_happen() {
    let seed = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(rand::random::<u64>);
    println!("SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let schema = schema();
    let (mut pruned, mut certain) = (0, 0);
    for _ in 0..1500 {
        let rows = rng.random_range(1..6);
        let null_rate = [0.0, 0.0, 0.3, 1.0][rng.random_range(0..4)];
        let one_value = rng.random_bool(0.3);
        let columns: Vec<Vec<Option<Scalar>>> = schema
            .fields
            .iter()
            .map(|f| {
                let mut value = || (!rng.random_bool(null_rate)).then(|| random_value(&mut rng, &f.data_type));
                if one_value { vec![value(); rows] } else { (0..rows).map(|_| value()).collect() }
            })
            .collect();
        let arrays = columns.iter().zip(&schema.fields).map(|(v, f)| array(v, &f.data_type)).collect();
        let batch = RecordBatch::try_new(schema.to_arrow(), arrays).unwrap();
        let stats = stats_json(&columns, &schema, &mut rng);
        for _ in 0..20 {
            let predicate = random_predicate(&mut rng, &schema, 2);
            let bound = predicate.bind(&schema).unwrap();
            let result = bound.filter(&batch).unwrap();
            let happens = |wanted| result.iter().any(|v| v == wanted);
            let wanted = StatsColumns::new(bound.columns().iter().map(|c| (c.path.names(), &c.data_type)));
            let parsed = wanted.parse(&stats);
            let from_stats = bound.outcomes(&parsed.columns);
            let context = || format!("SEED={seed}\n{predicate:?}\n{stats}\n{columns:?}");
            assert!(from_stats.true_ || !happens(Some(true)), "{}", context());
            assert!(from_stats.false_ || !happens(Some(false)), "{}", context());
            assert!(from_stats.unknown || !happens(None), "{}", context());
            pruned += u32::from(!from_stats.true_);
            if one_value {
                let index = |c: &BoundColumn| schema.index_of(c.name()).unwrap();
                let exact: Vec<ColumnBounds> =
                    bound.columns().iter().map(|c| ColumnBounds::exactly(columns[index(c)][0].as_ref())).collect();
                let outcomes = bound.outcomes(&exact);
                let happened =
                    Outcomes { true_: happens(Some(true)), false_: happens(Some(false)), unknown: happens(None) };
                assert_eq!(outcomes, happened, "{}", context());
                certain += 1;
            }
        }
    }
    assert!(pruned > 3000 && certain > 3000, "pruned {pruned}, certain {certain}: the test tests too little");
}
