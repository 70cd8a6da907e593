//! What is ruled out inside of files, and on random tables that it never is a row that counts.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array,
    Int32Array, Int64Array, RecordBatch, StringArray, StructArray, TimestampMicrosecondArray,
};
use arrow::compute::{concat_batches, filter_record_batch};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;

use super::{Kept, prune};
use crate::context::Context;
use crate::expr::{CompareOp, Predicate};
use crate::scan::open::OpenFile;
use crate::scan::plan::{Planner, Rules};
use crate::scan::task::ScanTask;
use crate::scan::tests::table::{Table, schema};
use crate::scan::{Scan, ScanOptions};
use crate::schema::{DataType, Field, StructType, UTC};
use crate::value::Scalar;

async fn rows(table: &Table, predicate: Option<Predicate>, batch_size: usize) -> RecordBatch {
    let options = ScanOptions { predicate, batch_size, ..ScanOptions::default() };
    let scan = Scan::new(table.snapshot().await, options).unwrap();
    let mut stream = scan.stream(Context::default());
    let mut batches = Vec::new();
    while let Some(batch) = stream.next().await.unwrap() {
        batches.push(batch);
    }
    concat_batches(scan.arrow_schema(), &batches).unwrap()
}

/// What is kept of the only file of the table.
async fn kept(table: &Table, predicate: Predicate) -> Vec<Kept> {
    let snapshot = table.snapshot().await;
    let predicate = Arc::new(predicate.bind(snapshot.schema()).unwrap());
    let rules = Arc::new(Rules::new(None, &snapshot, None));
    let names: Vec<String> = snapshot.schema().names().map(str::to_owned).collect();
    let task = ScanTask::new(snapshot.clone(), &names, Some(predicate), 100, None);
    let mut planned = Planner::new(&snapshot, &rules, None, true).next().await.unwrap().unwrap();
    let mut file = planned.pop().unwrap();
    let add = file.add.clone();
    file.filter = true;
    let mut open = OpenFile::open(&task, file).await.unwrap();
    prune(&task, &add, &|name| name == "part", &open.file, &mut open.metadata, &open.read).await.unwrap()
}

fn sql(text: &str) -> Predicate {
    Predicate::Sql(text.to_owned())
}

fn parquet(batch: &RecordBatch, properties: WriterProperties) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// 1,000 rows in groups of 250 and pages of 50: `x` counts up, `s` is text of it, `k` is scattered.
async fn ordered(properties: impl Fn(&mut Option<parquet::file::properties::WriterPropertiesBuilder>)) -> Table {
    let mut table = Table::new(&schema(&[("x", "long"), ("s", "string"), ("k", "long")]), &[]).await;
    let x: ArrayRef = Arc::new(Int64Array::from_iter_values(0..1000));
    let s: ArrayRef = Arc::new(StringArray::from_iter_values((0..1000).map(|i| format!("{i:04}{}", "p".repeat(30)))));
    let k: ArrayRef = Arc::new(Int64Array::from_iter_values((0..1000i64).map(|i| i * 7919 % 1000 * 2)));
    let batch = RecordBatch::try_from_iter([("x", x), ("s", s), ("k", k)]).unwrap();
    let mut builder = Some(
        WriterProperties::builder()
            .set_max_row_group_row_count(Some(250))
            .set_data_page_row_count_limit(50)
            .set_write_batch_size(10)
            .set_dictionary_enabled(false),
    );
    properties(&mut builder);
    table.add("f.parquet", parquet(&batch, builder.unwrap().build()), json!({})).await;
    table
}

#[tokio::test]
async fn groups_and_pages_are_ruled_out() {
    use Kept::{All, Nothing, Rows};
    let table = ordered(|_| {}).await;
    let one = |range| Rows(std::iter::once(range).collect());
    let cases = [
        ("x >= 750", vec![Nothing, Nothing, Nothing, All]),
        ("x < 0", vec![Nothing, Nothing, Nothing, Nothing]),
        ("x IN (5, 510)", vec![one(0..50), Nothing, one(0..50), Nothing]),
        ("x = 120 OR x = 20", vec![Rows(vec![0..50, 100..150]), Nothing, Nothing, Nothing]),
        ("s LIKE '0749%'", vec![Nothing, Nothing, one(200..250), Nothing]),
        ("x + 1 > 0", vec![All, All, All, All]),
        ("NOT (x < 300 OR k = 3)", vec![Nothing, one(50..250), All, All]),
        ("x IS NULL", vec![Nothing, Nothing, Nothing, Nothing]),
    ];
    for (text, expected) in cases {
        assert_eq!(kept(&table, sql(text)).await, expected, "{text}");
        let all = rows(&table, None, 64).await;
        let bound = sql(text).bind(table.snapshot().await.schema()).unwrap();
        let wanted = filter_record_batch(&all, &bound.filter(&all).unwrap()).unwrap();
        assert_eq!(rows(&table, Some(sql(text)), 64).await, wanted, "{text}");
    }
}

#[tokio::test]
async fn bloom_filters_rule_out_what_they_do_not_have() {
    let plain = ordered(|_| {}).await;
    let bloom = ordered(|b| *b = b.take().map(|b| b.set_bloom_filter_enabled(true))).await;
    // Odd numbers are within the bounds of every group and in none; a filter may be wrong about a few.
    let mut left_out = 0;
    for odd in (501..601).step_by(2) {
        assert_eq!(kept(&plain, sql(&format!("k = {odd}"))).await.iter().filter(|k| **k == Kept::Nothing).count(), 0);
        for text in [format!("k = {odd}"), format!("NOT k <> {odd} AND s > '0'"), format!("k IN ({odd})")] {
            left_out += kept(&bloom, sql(&text)).await.iter().filter(|k| **k == Kept::Nothing).count();
        }
    }
    assert!(left_out > 4 * 50 * 3 * 9 / 10, "{left_out}");
    let nothing = vec![Kept::Nothing; 4];
    assert_eq!(kept(&bloom, sql("s = '0500q'")).await, nothing);
    assert_ne!(kept(&bloom, sql("k = 502")).await, nothing);
    assert_eq!(rows(&bloom, Some(sql("k = 502")), 64).await.num_rows(), 1);
    assert_eq!(kept(&bloom, sql("k <> 501")).await, vec![Kept::All; 4]);
}

#[tokio::test]
async fn statistics_that_are_missing_rule_out_nothing() {
    let table = ordered(|b| *b = b.take().map(|b| b.set_statistics_enabled(EnabledStatistics::None))).await;
    assert_eq!(kept(&table, sql("x < 0")).await, vec![Kept::All; 4]);
}

const TYPES: [&str; 13] = [
    "byte",
    "integer",
    "long",
    "float",
    "double",
    "decimal(5,2)",
    "decimal(30,3)",
    "string",
    "binary",
    "date",
    "timestamp",
    "timestamp_ntz",
    "boolean",
];

fn value(rng: &mut StdRng, data_type: &DataType, around: i64) -> Scalar {
    let n = around + rng.random_range(-3..4);
    let extreme = rng.random_range(0..40);
    match data_type {
        DataType::Boolean => Scalar::Boolean(n % 2 == 0),
        DataType::Byte => Scalar::Long(if extreme == 0 { -128 } else { n }),
        DataType::Integer => Scalar::Long(if extreme == 0 { i32::MIN.into() } else { n }),
        DataType::Long => Scalar::Long(match extreme {
            0 => i64::MIN,
            1 => i64::MAX,
            _ => n,
        }),
        DataType::Float | DataType::Double => Scalar::Double(match extreme {
            0..5 => f64::NAN,
            5 => f64::INFINITY,
            6 => f64::NEG_INFINITY,
            7..10 => -0.0,
            _ => n as f64 / 2.0,
        }),
        DataType::Decimal(d) => Scalar::Decimal(i128::from(n) * 25, d.scale()),
        DataType::String => {
            let tail = ["", "a", "~", "é", "\u{10ffff}"][rng.random_range(0..5)];
            Scalar::String(match extreme {
                0 => String::new(),
                1..20 => format!("{}{tail}", "x".repeat(62 + (n.rem_euclid(4)) as usize)),
                _ => format!("{n}{tail}"),
            })
        }
        DataType::Binary => Scalar::Binary(vec![n as u8; rng.random_range(0..3)]),
        DataType::Date => Scalar::Date(n as i32 * 100),
        DataType::Timestamp => Scalar::Timestamp(n * 40_000_000_000 + rng.random_range(0..3)),
        _ => Scalar::TimestampNtz(n * 40_000_000_000),
    }
}

fn column(data_type: &DataType, values: &[Option<Scalar>]) -> ArrayRef {
    macro_rules! array {
        ($array:ty, $($kind:ident)|+ => $convert:expr) => {
            values
                .iter()
                .map(|v| match v {
                    $(Some(Scalar::$kind(v)) => Some($convert(v.clone())),)+
                    _ => None,
                })
                .collect::<$array>()
        };
    }
    match data_type {
        DataType::Boolean => Arc::new(array!(BooleanArray, Boolean => |v| v)),
        DataType::Byte => Arc::new(array!(Int8Array, Long => |v| v as i8)),
        DataType::Integer => Arc::new(array!(Int32Array, Long => |v| v as i32)),
        DataType::Long => Arc::new(array!(Int64Array, Long => |v| v)),
        DataType::Float => Arc::new(array!(Float32Array, Double => |v| v as f32)),
        DataType::Double => Arc::new(array!(Float64Array, Double => |v| v)),
        DataType::String => Arc::new(array!(StringArray, String => |v: String| v)),
        DataType::Binary => Arc::new(array!(BinaryArray, Binary => |v: Vec<u8>| v)),
        DataType::Date => Arc::new(array!(Date32Array, Date => |v| v)),
        DataType::Timestamp => Arc::new(array!(TimestampMicrosecondArray, Timestamp => |v| v).with_timezone(UTC)),
        DataType::TimestampNtz => Arc::new(array!(TimestampMicrosecondArray, TimestampNtz => |v| v)),
        DataType::Decimal(d) => {
            let unscaled = values.iter().map(|v| match v {
                Some(Scalar::Decimal(v, _)) => Some(*v),
                _ => None,
            });
            let array = unscaled.collect::<Decimal128Array>();
            Arc::new(array.with_precision_and_scale(d.precision(), d.scale() as i8).unwrap())
        }
        other => panic!("{other}"),
    }
}

/// As SQL writes it.
fn literal(value: &Scalar) -> String {
    match value {
        Scalar::Boolean(v) => v.to_string(),
        Scalar::Long(v) => v.to_string(),
        Scalar::Double(v) if v.is_finite() => format!("{v:?}D"),
        Scalar::Double(v) => format!("CAST('{v}' AS DOUBLE)"),
        Scalar::Decimal(v, scale) => {
            let mut text = String::new();
            crate::value::format_decimal(*v, *scale, &mut text);
            text
        }
        Scalar::String(v) => format!("'{v}'"),
        Scalar::Binary(v) => format!("X'{}'", v.iter().map(|b| format!("{b:02x}")).collect::<String>()),
        Scalar::Date(v) => format!("date_add(date '1970-01-01', {v})"),
        Scalar::Timestamp(v) => format!("timestamp '1970-01-01 00:00:00' + interval {v} microseconds"),
        Scalar::TimestampNtz(v) => format!("timestamp_ntz '1970-01-01 00:00:00' + interval {v} microseconds"),
    }
}

fn predicate(rng: &mut StdRng, schema: &StructType, depth: u32) -> Predicate {
    let field = &schema.fields[rng.random_range(0..schema.fields.len() - 1)];
    let (name, data_type) = (field.name.clone(), &field.data_type);
    let around = rng.random_range(-20..21);
    let any = |rng: &mut StdRng| value(rng, data_type, around);
    match rng.random_range(if depth == 0 { 3 } else { 0 }..13) {
        0 => Predicate::And((0..rng.random_range(1..4)).map(|_| predicate(rng, schema, depth - 1)).collect()),
        1 => Predicate::Or((0..rng.random_range(1..4)).map(|_| predicate(rng, schema, depth - 1)).collect()),
        2 => Predicate::Not(Box::new(predicate(rng, schema, depth - 1))),
        3 => Predicate::IsNull(name.as_str().into()),
        4 => Predicate::In { column: name.as_str().into(), values: (0..3).map(|_| any(rng)).collect() },
        5 => sql(&format!("{name} <=> {}", literal(&any(rng)))),
        6 => sql(&format!("{name} BETWEEN {} AND {}", literal(&any(rng)), literal(&any(rng)))),
        7 => sql(&format!("coalesce({name}, {0}) <> {0}", literal(&any(rng)))),
        8 => sql("s.inner > 2 OR s.inner IS NULL AND NOT (s IS NULL)"),
        9 => sql(["c7 LIKE 'xx%'", "c7 LIKE '1%a'", "upper(c7) = '1A'", "NOT c7 LIKE '-%'"][rng.random_range(0..4)]),
        10 => {
            let parts = ["CAST(c10 AS DATE) >= '1970-01-02'", "year(c9) < 1970", "part = 'b'", "upper(part) <> 'A'"];
            sql(parts[rng.random_range(0..4)])
        }
        _ => {
            let ops = [CompareOp::Eq, CompareOp::NotEq, CompareOp::Lt, CompareOp::LtEq, CompareOp::Gt, CompareOp::GtEq];
            Predicate::Compare { column: name.as_str().into(), op: ops[rng.random_range(0..6)], value: any(rng) }
        }
    }
}

fn table_schema() -> StructType {
    let named = |(i, t): (usize, &&str)| Field::new(format!("c{i}"), DataType::from_name(t).unwrap(), true);
    let inner = StructType { fields: vec![Field::new("inner", DataType::Long, true)] };
    let mut fields: Vec<Field> = TYPES.iter().enumerate().map(named).collect();
    fields.push(Field::new("part", DataType::String, true));
    fields.push(Field::new("s", DataType::Struct(inner), true));
    StructType { fields }
}

/// Values that drift from row to row, so that groups and pages have bounds of their own.
fn batch(rng: &mut StdRng, schema: &StructType, count: usize) -> RecordBatch {
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    for field in schema.fields.iter().filter(|f| f.name != "part") {
        let nulls = [0.0, 0.1, 0.9, 1.0][rng.random_range(0..4)];
        let skipped = rng.random_bool(0.1);
        let mut draw = |data_type: &DataType, row: usize| {
            let around = row as i64 * 40 / count as i64 - 20;
            (!rng.random_bool(nulls)).then(|| value(rng, data_type, around))
        };
        let array = match &field.data_type {
            DataType::Struct(inner) => {
                let values: Vec<_> = (0..count).map(|row| draw(&DataType::Long, row)).collect();
                let valid: Vec<bool> = (0..count).map(|row| row % 5 != 0).collect();
                let array = column(&DataType::Long, &values);
                Arc::new(StructArray::new(inner.to_arrow_fields(), vec![array], Some(valid.into()))) as ArrayRef
            }
            // Some files have no such column.
            _ if skipped => continue,
            data_type => column(data_type, &(0..count).map(|row| draw(data_type, row)).collect::<Vec<_>>()),
        };
        columns.push((field.name.clone(), array));
    }
    RecordBatch::try_from_iter(columns).unwrap()
}

fn properties(rng: &mut StdRng, rows: usize) -> WriterProperties {
    let statistics = [EnabledStatistics::Page, EnabledStatistics::Page, EnabledStatistics::Chunk];
    let truncated = [None, Some(1), Some(8), Some(64)];
    WriterProperties::builder()
        .set_max_row_group_row_count(Some(rng.random_range(1..=rows)))
        .set_data_page_row_count_limit(rng.random_range(1..30))
        .set_write_batch_size(rng.random_range(1..10))
        .set_dictionary_enabled(rng.random_bool(0.5))
        .set_statistics_enabled(statistics[rng.random_range(0..3)])
        .set_statistics_truncate_length(truncated[rng.random_range(0..4)])
        .set_column_index_truncate_length(truncated[rng.random_range(0..4)])
        .set_bloom_filter_enabled(rng.random_bool(0.4))
        .build()
}

/// One table and some predicates; gives how many row groups were looked at, and how many were not read whole.
async fn check(seed: u64) -> (usize, usize) {
    let mut rng = StdRng::seed_from_u64(seed);
    let schema = table_schema();
    let mut table = Table::new(&schema, &["part"]).await;
    for file in 0..rng.random_range(1..4) {
        let count = rng.random_range(1..200);
        let batch = batch(&mut rng, &schema, count);
        let bytes = parquet(&batch, properties(&mut rng, count));
        let part = [json!("a"), json!("b"), json!(null)][rng.random_range(0..3)].clone();
        table.add(&format!("f{file}.parquet"), bytes, json!({"partitionValues": {"part": part}})).await;
    }
    let all = rows(&table, None, 1000).await;
    let (mut groups, mut ruled_out) = (0, 0);
    for _ in 0..8 {
        let predicate = predicate(&mut rng, &schema, 2);
        let bound = predicate.bind(&schema).unwrap_or_else(|e| panic!("seed {seed}: {predicate:?}: {e}"));
        let conditions = bound.filter(&all).unwrap();
        let wanted = filter_record_batch(&all, &conditions).unwrap();
        let found = rows(&table, Some(predicate.clone()), rng.random_range(1..100)).await;
        assert_eq!(found, wanted, "seed {seed}: {predicate:?}");
        let opposite = Predicate::Not(Box::new(predicate.clone()));
        let false_rows = rows(&table, Some(opposite), 50).await.num_rows();
        let unknown = conditions.iter().filter(Option::is_none).count();
        assert_eq!(found.num_rows() + false_rows + unknown, all.num_rows(), "seed {seed}: {predicate:?}");
        for kept in kept(&table, predicate).await {
            groups += 1;
            ruled_out += usize::from(kept != Kept::All);
        }
    }
    (groups, ruled_out)
}

/// `PRUNING_TABLES` and `PRUNING_SEED` make it long, or repeat what failed.
#[tokio::test]
async fn pruned_rows_are_those_of_an_unpruned_scan() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seed = number("PRUNING_SEED").unwrap_or_else(|| rand::rng().random_range(0..1 << 40));
    let tables = number("PRUNING_TABLES").unwrap_or(25);
    println!("PRUNING_SEED={seed} PRUNING_TABLES={tables}");
    let (mut groups, mut ruled_out) = (0, 0);
    for table in 0..tables {
        let (more, not_whole) = check(seed.wrapping_add(table)).await;
        groups += more;
        ruled_out += not_whole;
    }
    println!("{ruled_out} of {groups} row groups were not read whole");
    assert!(tables < 20 || ruled_out * 10 > groups, "{ruled_out} of {groups} is no pruning");
}
