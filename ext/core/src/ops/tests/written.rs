//! On random rows and random predicates: statistics of files that we write bound every value, and pruning by them loses
//! no row.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatchOptions, StructArray};
use arrow::compute::concat;
use arrow::datatypes::{Int64Type, Schema as ArrowSchema};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use super::*;
use crate::action::Add;
use crate::expr::{CompareOp, Predicate};
use crate::scan::{Scan, ScanOptions};
use crate::schema::{ColumnPath, DataType, Field};
use crate::value::Scalar;
use crate::value::calendar::{parse_date, parse_timestamp};

const TYPES: [&str; 10] =
    ["boolean", "byte", "long", "float", "double", "decimal(38,10)", "string", "date", "timestamp", "timestamp_ntz"];

/// `id`, one column of every type, and a struct of the same.
fn all_types() -> StructType {
    let of = |(i, t): (usize, &&str)| Field::new(format!("c{i}"), DataType::from_name(t).unwrap(), true);
    let inner = StructType { fields: TYPES.iter().enumerate().map(of).collect() };
    let mut fields = vec![Field::new("id", DataType::Long, true)];
    fields.extend(inner.fields.clone());
    fields.push(Field::new("s", DataType::Struct(inner), true));
    StructType { fields }
}

fn random_value(rng: &mut StdRng, data_type: &DataType) -> Scalar {
    let n = rng.random_range(-3..4i64);
    let edge = rng.random_range(0..8) == 0;
    match data_type {
        DataType::Boolean => Scalar::Boolean(n > 0),
        DataType::Byte => Scalar::Long(if edge { [-128, 127][rng.random_range(0..2)] } else { n }),
        DataType::Long => Scalar::Long(if edge { [i64::MIN, i64::MAX][rng.random_range(0..2)] } else { (1 << 53) + n }),
        DataType::Float | DataType::Double => Scalar::Double(match rng.random_range(0..7) {
            0 => f64::NAN,
            1 => [f64::INFINITY, f64::NEG_INFINITY][rng.random_range(0..2)],
            2 => [-0.0, 0.0][rng.random_range(0..2)],
            _ => f64::from(n as f32 / 3.0),
        }),
        DataType::Decimal(_) => {
            let digits = 10i128.pow(37) + 12_345_678_901;
            Scalar::Decimal(if edge { digits * i128::from(n) } else { i128::from(n) * 10_000_000_001 }, 10)
        }
        DataType::String => {
            let piece = |rng: &mut StdRng| {
                ["", "a", "b", "~", "\u{7f}", "é", "\u{ffff}", "🦀", "\u{10ffff}", "\0", "\"\\"]
                    [rng.random_range(0..11)]
            };
            Scalar::String((0..rng.random_range(0..9)).map(|_| piece(rng)).collect())
        }
        DataType::Date => Scalar::Date(if edge { [-800_000, 3_000_000][rng.random_range(0..2)] } else { n as i32 }),
        // Within a few microseconds of where milliseconds begin, before 1970 too.
        DataType::Timestamp => Scalar::Timestamp(moment(rng, n, edge)),
        _ => Scalar::TimestampNtz(moment(rng, n, edge)),
    }
}

fn moment(rng: &mut StdRng, n: i64, edge: bool) -> i64 {
    if edge {
        return [i64::MIN + 5, -62_135_596_800_000_000, 253_402_300_799_999_999, i64::MAX - 5][rng.random_range(0..4)];
    }
    n * 1_000 + rng.random_range(-2..3)
}

fn column(values: &[Option<Scalar>], data_type: &DataType) -> ArrayRef {
    let singles: Vec<ArrayRef> = values.iter().map(|v| Scalar::repeat(v.as_ref(), data_type, 1).unwrap()).collect();
    concat(&singles.iter().map(|a| &**a as &dyn Array).collect::<Vec<_>>()).unwrap()
}

fn random_rows(rng: &mut StdRng, schema: &StructType, first_id: i64, count: usize) -> RecordBatch {
    let nulls = rng.random_range(0..4) == 0;
    let mut columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from_iter_values(first_id..first_id + count as i64))];
    for field in &schema.fields[1..] {
        let mut of = |data_type: &DataType| {
            let value = |_| (!nulls || rng.random()).then(|| random_value(rng, data_type));
            let values: Vec<Option<Scalar>> = (0..count).map(value).collect();
            column(&values, data_type)
        };
        columns.push(match &field.data_type {
            DataType::Struct(inner) => {
                let arrays = inner.fields.iter().map(|f| of(&f.data_type)).collect();
                let present = nulls.then(|| (0..count).map(|i| i % 3 > 0).collect::<Vec<bool>>().into());
                Arc::new(StructArray::new(inner.to_arrow_fields(), arrays, present))
            }
            data_type => of(data_type),
        });
    }
    let options = RecordBatchOptions::new().with_row_count(Some(count));
    RecordBatch::try_new_with_options(schema.to_arrow(), columns, &options).unwrap()
}

fn random_predicate(rng: &mut StdRng, schema: &StructType, depth: u32) -> Predicate {
    let at = rng.random_range(1..schema.fields.len());
    let (path, data_type) = match &schema.fields[at].data_type {
        DataType::Struct(inner) => {
            let field = &inner.fields[rng.random_range(0..inner.fields.len())];
            (ColumnPath::from("s").child(&field.name), field.data_type.clone())
        }
        data_type => (ColumnPath::from(schema.fields[at].name.as_str()), data_type.clone()),
    };
    let ops = [CompareOp::Eq, CompareOp::NotEq, CompareOp::Lt, CompareOp::LtEq, CompareOp::Gt, CompareOp::GtEq];
    let part = |rng: &mut StdRng| random_predicate(rng, schema, depth - 1);
    match if depth == 0 { rng.random_range(3..9) } else { rng.random_range(0..9) } {
        0 => Predicate::And(vec![part(rng), part(rng)]),
        1 => Predicate::Or(vec![part(rng), part(rng)]),
        2 => Predicate::Not(Box::new(part(rng))),
        3 => Predicate::IsNull(path),
        4 => Predicate::IsNotNull(path),
        5 => {
            let values = (0..rng.random_range(1..4)).map(|_| random_value(rng, &data_type)).collect();
            Predicate::In { column: path, values }
        }
        _ => Predicate::Compare { column: path, op: ops[rng.random_range(0..6)], value: random_value(rng, &data_type) },
    }
}

async fn batches(table: &Snapshot, options: ScanOptions) -> Vec<RecordBatch> {
    let mut stream = Scan::new(table.clone(), options).unwrap().stream(Context::default());
    let mut batches = Vec::new();
    while let Some(batch) = stream.next().await.unwrap() {
        batches.push(batch);
    }
    batches
}

fn ids(batch: &RecordBatch, kept: impl Fn(usize) -> bool) -> Vec<i64> {
    let ids = batch.column_by_name("id").unwrap().as_primitive::<Int64Type>();
    (0..ids.len()).filter(|&row| kept(row)).map(|row| ids.value(row)).collect()
}

async fn made(storage: &Storage, rng: &mut StdRng, options: &[(&str, &str)], partition_by: &[&str]) -> Snapshot {
    let table = NewTable {
        schema: all_types(),
        partition_by: partition_by.iter().map(|c| (*c).to_owned()).collect(),
        properties: options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<BTreeMap<_, _>>(),
        ..NewTable::default()
    };
    let mut table = create(storage, table, &Context::default(), &Clock::system()).await.unwrap();
    for file in 0..8 {
        let options = AppendOptions::default();
        let mut appender = Appender::begin(table, options, Context::default(), Clock::system()).await.unwrap();
        let count = rng.random_range(1..5);
        appender.write(random_rows(rng, &all_types(), file * 10, count)).await.unwrap();
        table = appender.finish().await.unwrap().snapshot;
    }
    table
}

#[tokio::test]
async fn pruning_loses_no_row_of_ours() {
    let mapped = &[("delta.columnMapping.mode", "name")][..];
    let prefix = &[("delta.dataSkippingStringPrefixLength", "3"), ("delta.dataSkippingNumIndexedCols", "-1")][..];
    let chosen = &[("delta.dataSkippingStatsColumns", "S.c8, `c6`, C9")][..];
    let (mut pruned, mut found) = (0, 0);
    for seed in 0..12 {
        let mut rng = StdRng::seed_from_u64(seed);
        let options = [&[][..], mapped, prefix, chosen][seed as usize % 4];
        let partition_by = [&[][..], &["c8"], &["c6"], &["c3", "c9"], &["c5"], &["c7"]][seed as usize % 6];
        let storage = Storage::in_memory().unwrap();
        let table = made(&storage, &mut rng, options, partition_by).await;
        let all = batches(&table, ScanOptions::default()).await;
        for _ in 0..20 {
            let predicate = random_predicate(&mut rng, &all_types(), 2);
            let bound = predicate.bind(&all_types()).unwrap();
            let mut wanted: Vec<i64> = Vec::new();
            for batch in &all {
                let plain = ArrowSchema::new(batch.schema_ref().fields().clone());
                let batch = RecordBatch::try_new(Arc::new(plain), batch.columns().to_vec()).unwrap();
                let holds = bound.filter(&batch).unwrap();
                wanted.extend(ids(&batch, |row| holds.is_valid(row) && holds.value(row)));
            }
            let options = ScanOptions { predicate: Some(predicate.clone()), ..ScanOptions::default() };
            let mut given: Vec<i64> = Vec::new();
            for batch in batches(&table, options.clone()).await {
                given.extend(ids(&batch, |_| true));
            }
            wanted.sort_unstable();
            given.sort_unstable();
            assert_eq!(given, wanted, "seed {seed}: {predicate:?}");
            let count = Scan::new(table.clone(), options).unwrap().count(&Context::default()).await.unwrap();
            assert_eq!(count, wanted.len() as u64, "seed {seed}: {predicate:?}");
            pruned += usize::from(wanted.is_empty());
            found += wanted.len();
        }
    }
    assert!(pruned > 12 && found > 120, "{pruned} predicates of nothing, {found} rows found");
}

/// The numbers of the decimal columns as texts: digits do not survive a float.
fn quoted_decimals(stats: &str) -> String {
    let mut parts = stats.split("\"c5\":");
    let mut out = parts.next().unwrap().to_owned();
    for part in parts {
        let end = part.find([',', '}']).unwrap();
        out += &format!("\"c5\":\"{}\"{}", &part[..end], &part[end..]);
    }
    out
}

/// Whether a bound of a file lets the value be there.
fn bounds(bound: &Value, value: &Scalar, lower: bool) -> bool {
    use std::cmp::Ordering;
    let order = match (value, bound) {
        (Scalar::Long(v), bound) => bound.as_i64().unwrap().cmp(v),
        (Scalar::Double(v), bound) if v.is_nan() => return lower || bound.is_null(),
        (Scalar::Double(v), bound) => bound.as_f64().unwrap().partial_cmp(v).unwrap(),
        (Scalar::Decimal(v, scale), bound) => {
            let text = bound.as_str().unwrap();
            let (unscaled, exact) = crate::value::decimal::parse_floor(text, *scale).unwrap();
            assert!(exact, "{text}");
            unscaled.cmp(v)
        }
        (Scalar::String(v), bound) => bound.as_str().unwrap().cmp(v),
        (Scalar::Date(v), bound) => parse_date(bound.as_str().unwrap()).unwrap().cmp(&i64::from(*v)),
        (Scalar::Timestamp(v) | Scalar::TimestampNtz(v), bound) => {
            let text = bound.as_str().unwrap();
            let (micros, offset) = parse_timestamp(text).unwrap();
            assert_eq!(offset, matches!(value, Scalar::Timestamp(_)).then_some(0), "{text}");
            // Milliseconds are cut off: readers look a millisecond further.
            (if lower { micros } else { micros + 999 }).cmp(v)
        }
        other => panic!("{other:?}"),
    };
    if lower { order != Ordering::Greater } else { order != Ordering::Less }
}

fn check(add: &Add, rows: &RecordBatch, stats: [&Value; 3], fields: &StructType, prefix: Option<&StructArray>) {
    for field in &fields.fields {
        let array = match prefix {
            None => rows.column_by_name(&field.name).unwrap(),
            Some(parent) => parent.column_by_name(&field.name).unwrap(),
        };
        let [min, max, nulls] = stats.map(|s| &s[&field.name]);
        if let DataType::Struct(inner) = &field.data_type {
            check(add, rows, [min, max, nulls], inner, Some(array.as_struct()));
            continue;
        }
        let hidden = |row: usize| prefix.is_some_and(|parent| parent.is_null(row));
        let values: Vec<Option<Scalar>> = (0..array.len())
            .map(|row| Scalar::from_array(array, row, &field.data_type).unwrap().filter(|_| !hidden(row)))
            .collect();
        let null = values.iter().filter(|v| v.is_none()).count() as u64;
        let told = nulls.as_u64().or_else(|| nulls.as_str().and_then(|text| text.parse().ok()));
        assert_eq!(told, Some(null), "{}", add.path);
        for value in values.into_iter().flatten() {
            assert!(min.is_null() || bounds(min, &value, true), "{value:?} is below {min}");
            assert!(max.is_null() || bounds(max, &value, false), "{value:?} is above {max}");
        }
    }
}

#[tokio::test]
async fn statistics_bound_every_value() {
    let (schema, mut bounded) = (all_types(), 0);
    for seed in 100..109 {
        let mut rng = StdRng::seed_from_u64(seed);
        let storage = Storage::in_memory().unwrap();
        let limit = ["1", "3", "32"][seed as usize % 3];
        let options = [("delta.dataSkippingNumIndexedCols", "-1"), ("delta.dataSkippingStringPrefixLength", limit)];
        let table = made(&storage, &mut rng, &options, &[]).await;
        let all = batches(&table, ScanOptions::default()).await;
        let mut replay = table.replay(ReplayOptions { stats: true, ..ReplayOptions::default() });
        while let Some(adds) = replay.next().await.unwrap() {
            for add in adds {
                let stats: Value = serde_json::from_str(&quoted_decimals(add.stats.as_deref().unwrap())).unwrap();
                let first = stats["minValues"]["id"].as_i64().unwrap();
                let rows = all.iter().find(|batch| ids(batch, |_| true).first() == Some(&first)).unwrap();
                assert_eq!(stats["numRecords"].as_u64(), Some(rows.num_rows() as u64));
                check(&add, rows, ["minValues", "maxValues", "nullCount"].map(|key| &stats[key]), &schema, None);
                bounded += stats["maxValues"].as_object().unwrap().len();
            }
        }
    }
    assert!(bounded > 250, "{bounded} bounds");
}
