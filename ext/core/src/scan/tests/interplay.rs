//! Deletion vectors, column mapping, widened types, pruning, row ids, limits and batch sizes together, by chance, against a
//! plain model.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, Int64Array, StringArray};
use arrow::datatypes::{Field as ArrowField, Int64Type, Schema as ArrowSchema};
use parquet::arrow::PARQUET_FIELD_ID_META_KEY;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::table::parquet_with;
use super::*;
use crate::deletion_vector::testing::inline;
use crate::schema::StructType;

#[derive(Debug, Clone, PartialEq)]
struct Row {
    row_id: i64,
    id: Option<i64>,
    name: Option<String>,
    part: Option<String>,
}

/// The table's mode, and which columns it has under which names.
struct Shape {
    mode: &'static str,
    physical: [&'static str; 3],
}

impl Shape {
    fn random(rng: &mut StdRng) -> Self {
        let mode = *["none", "name", "id"].choose(rng).unwrap();
        // Each physical name is another column's logical one.
        Self { mode, physical: if mode == "none" { ["id", "name", "part"] } else { ["name", "part", "id"] } }
    }

    async fn table(&self) -> Table {
        let field = |(index, name, data_type): (usize, &str, &str)| {
            let metadata = match self.mode {
                "none" => json!({}),
                _ => {
                    json!({"delta.columnMapping.physicalName": self.physical[index], "delta.columnMapping.id": index + 1})
                }
            };
            json!({"name": name, "type": data_type, "nullable": true, "metadata": metadata})
        };
        let fields = [(0, "id", "long"), (1, "name", "string"), (2, "part", "string")].map(field);
        let schema = StructType::from_json(&json!({"type": "struct", "fields": fields}).to_string()).unwrap();
        let features = ["columnMapping", "deletionVectors"];
        let protocol = json!({"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features,
            "writerFeatures": ["columnMapping", "deletionVectors", "rowTracking", "domainMetadata"]});
        let configuration = json!({"delta.columnMapping.mode": self.mode, "delta.enableRowTracking": "true"});
        Table::with(protocol, &schema, &["part"], configuration).await
    }

    /// A file of those rows, and its `add`.
    fn file(&self, rows: &[Row], rng: &mut StdRng) -> (Vec<u8>, Value) {
        let ids = rows.iter().map(|r| r.id);
        let ids: ArrayRef = match rng.random_bool(0.3) {
            true => Arc::new(Int32Array::from_iter(ids.map(|id| id.map(|id| id as i32)))),
            false => Arc::new(Int64Array::from_iter(ids)),
        };
        let names: ArrayRef = Arc::new(StringArray::from_iter(rows.iter().map(|r| r.name.as_deref())));
        let mut columns = vec![(0, ids), (1, names)];
        if rng.random_bool(0.5) {
            columns.reverse();
        }
        let field = |(index, array): &(usize, ArrayRef)| {
            let metadata = match self.mode {
                "id" => HashMap::from([(PARQUET_FIELD_ID_META_KEY.to_owned(), (index + 1).to_string())]),
                _ => HashMap::new(),
            };
            // With ids the names of a file mean nothing.
            let name = if self.mode == "id" { format!("c{index}") } else { self.physical[*index].to_owned() };
            ArrowField::new(name, array.data_type().clone(), true).with_metadata(metadata)
        };
        let schema = Arc::new(ArrowSchema::new(columns.iter().map(field).collect::<Vec<_>>()));
        let batch = RecordBatch::try_new(schema, columns.into_iter().map(|(_, array)| array).collect()).unwrap();
        let group = (*[7, 100, 1000, 10_000].choose(rng).unwrap()).max(rows.len() / 30);
        let properties = WriterProperties::builder()
            .set_max_row_group_row_count(Some(group))
            .set_data_page_row_count_limit(*[5, 64, 20_000].choose(rng).unwrap())
            .set_write_batch_size(16)
            .set_bloom_filter_enabled(rng.random_bool(0.5))
            .set_statistics_enabled(
                *[EnabledStatistics::None, EnabledStatistics::Chunk, EnabledStatistics::Page].choose(rng).unwrap(),
            );
        let bytes = parquet_with(&batch, properties.build());
        let partition = HashMap::from([(self.physical[2], rows[0].part.clone())]);
        let mut add = json!({"partitionValues": partition, "baseRowId": rows[0].row_id, "defaultRowCommitVersion": 1});
        if rng.random_bool(0.7) {
            add["stats"] = json!(self.stats(rows));
        }
        (bytes, add)
    }

    fn stats(&self, rows: &[Row]) -> String {
        let ids: Vec<i64> = rows.iter().filter_map(|r| r.id).collect();
        let names: Vec<&String> = rows.iter().filter_map(|r| r.name.as_ref()).collect();
        let [id, name, _] = self.physical;
        json!({"numRecords": rows.len(), "tightBounds": false,
            "minValues": {id: ids.iter().min(), name: names.iter().min()},
            "maxValues": {id: ids.iter().max(), name: names.iter().max()},
            "nullCount": {id: rows.len() - ids.len(), name: rows.len() - names.len()}})
        .to_string()
    }
}

/// Rows of one file: values that come in order, now and then not.
fn some_rows(first_id: i64, rng: &mut StdRng) -> Vec<Row> {
    let count = rng.random_range(1..2500);
    let part = rng.random_bool(0.8).then(|| format!("p{}", rng.random_range(0..3)));
    let jumpy = rng.random_bool(0.3);
    let row = |index: i64, rng: &mut StdRng| {
        let value = if jumpy { rng.random_range(0..5000) } else { index };
        Row {
            row_id: first_id + index,
            id: rng.random_bool(0.95).then_some(value),
            name: rng.random_bool(0.95).then(|| format!("n{}", value / 10)),
            part: part.clone(),
        }
    };
    (0..count).map(|index| row(index, rng)).collect()
}

fn deleted_rows(count: usize, rng: &mut StdRng) -> Vec<u64> {
    let share = *[0.0, 0.001, 0.1, 0.9].choose(rng).unwrap();
    let run = rng.random_range(0..count as u64)..rng.random_range(0..=count as u64);
    (0..count as u64).filter(|row| run.contains(row) || rng.random_bool(share)).collect()
}

fn random_predicate(rng: &mut StdRng, depth: u32) -> Predicate {
    let id = |rng: &mut StdRng| Scalar::Long(rng.random_range(-5..5005));
    let name = |rng: &mut StdRng| Scalar::String(format!("n{}", rng.random_range(-1..300)));
    match rng.random_range(0..if depth == 0 { 7 } else { 10 }) {
        0 => compare("id", CompareOp::Lt, id(rng)),
        1 => compare("id", CompareOp::GtEq, id(rng)),
        2 => compare("id", CompareOp::Eq, id(rng)),
        3 => Predicate::In { column: "id".into(), values: (0..4).map(|_| id(rng)).collect() },
        4 => compare("name", CompareOp::Eq, name(rng)),
        5 => Predicate::IsNull((*["id", "name", "part"].choose(rng).unwrap()).into()),
        6 => compare("part", CompareOp::NotEq, Scalar::String(format!("p{}", rng.random_range(0..4)))),
        7 => Predicate::And(vec![random_predicate(rng, depth - 1), random_predicate(rng, depth - 1)]),
        8 => Predicate::Or(vec![random_predicate(rng, depth - 1), random_predicate(rng, depth - 1)]),
        _ => Predicate::Not(Box::new(random_predicate(rng, depth - 1))),
    }
}

fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let parts: Vec<_> = parts.collect();
    if parts.contains(&Some(false)) { Some(false) } else { (!parts.contains(&None)).then_some(true) }
}

/// SQL's three values: `None` is unknown.
fn holds(predicate: &Predicate, row: &Row) -> Option<bool> {
    let cell = |column: &crate::schema::ColumnPath| match column.names()[0].as_str() {
        "id" => row.id.map(Scalar::Long),
        "name" => row.name.clone().map(Scalar::String),
        _ => row.part.clone().map(Scalar::String),
    };
    match predicate {
        Predicate::Compare { column, op, value } => cell(column).map(|cell| {
            let order = cell.compare(value).unwrap();
            match op {
                CompareOp::Lt => order.is_lt(),
                CompareOp::GtEq => order.is_ge(),
                CompareOp::Eq => order.is_eq(),
                CompareOp::NotEq => order.is_ne(),
                other => panic!("{other:?}"),
            }
        }),
        Predicate::In { column, values } => {
            cell(column).map(|cell| values.iter().any(|v| cell.compare(v).unwrap().is_eq()))
        }
        Predicate::IsNull(column) => Some(cell(column).is_none()),
        Predicate::And(parts) => all(parts.iter().map(|part| holds(part, row))),
        Predicate::Or(parts) => all(parts.iter().map(|part| holds(part, row).map(|held| !held))).map(|held| !held),
        Predicate::Not(inner) => holds(inner, row).map(|held| !held),
        other => panic!("{other:?}"),
    }
}

async fn read_rows(table: &Table, options: ScanOptions) -> Vec<Row> {
    rows_of(&super::rows(table, options).await.unwrap())
}

/// The same through parts that have crossed processes.
async fn read_tasks(table: &Table, options: ScanOptions, target_bytes: u64) -> Vec<Row> {
    let scan = Scan::new(table.snapshot().await, options.clone()).unwrap();
    let mut rows = Vec::new();
    for task in scan.tasks(target_bytes, &Context::default()).await.unwrap() {
        let task = FileTask::from_json(&task.to_json().unwrap()).unwrap();
        let scan = task.into_files(&table.storage).unwrap().scan(options.clone()).unwrap();
        for batch in read(&scan).await.unwrap() {
            rows.extend(rows_of(&batch));
        }
    }
    rows
}

fn rows_of(batch: &RecordBatch) -> Vec<Row> {
    let long = |column: usize, row: usize| {
        let array = batch.column(column).as_primitive::<Int64Type>();
        array.is_valid(row).then(|| array.value(row))
    };
    let text = |column: usize, row: usize| {
        let array = batch.column(column).as_string::<i32>();
        array.is_valid(row).then(|| array.value(row).to_owned())
    };
    let row = |i| Row { row_id: long(2, i).unwrap(), id: long(0, i), name: text(3, i), part: text(1, i) };
    (0..batch.num_rows()).map(row).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_tables_against_a_plain_model() {
    let seed = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(rand::random::<u64>);
    println!("SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    for _ in 0..20 {
        let shape = Shape::random(&mut rng);
        let mut table = shape.table().await;
        let mut live: Vec<Vec<Row>> = Vec::new();
        for index in 0..rng.random_range(1..5i64) {
            let rows = some_rows(index * 10_000, &mut rng);
            let (bytes, mut add) = shape.file(&rows, &mut rng);
            let deleted = if rng.random_bool(0.7) { deleted_rows(rows.len(), &mut rng) } else { Vec::new() };
            if rng.random_bool(0.5) || !deleted.is_empty() {
                add["deletionVector"] = inline(&deleted);
            }
            table.add(&format!("{index}.parquet"), bytes, add).await;
            let numbered = rows.into_iter().enumerate();
            let kept = numbered.filter(|(number, _)| deleted.binary_search(&(*number as u64)).is_err());
            live.push(kept.map(|(_, row)| row).collect());
        }
        // The newest file comes first.
        let live: Vec<Row> = live.into_iter().rev().flatten().collect();
        for _ in 0..12 {
            let predicate = rng.random_bool(0.9).then(|| random_predicate(&mut rng, 2));
            let limit = rng.random_bool(0.4).then(|| rng.random_range(0..3000));
            let batch_size = *[1, 3, 17, 64, 1000, 8192].choose(&mut rng).unwrap();
            let options = ScanOptions {
                predicate: predicate.clone(),
                limit,
                batch_size,
                ..select(&["id", "part", "_row_id", "name"])
            };
            let most = limit.map_or(usize::MAX, |limit| limit as usize);
            let wanted = |row: &&Row| predicate.as_ref().is_none_or(|p| holds(p, row) == Some(true));
            let expected: Vec<Row> = live.iter().filter(wanted).take(most).cloned().collect();
            let read = read_rows(&table, options.clone()).await;
            assert_eq!(read.len(), expected.len(), "SEED={seed} {options:?}");
            assert_eq!(read, expected, "SEED={seed} {options:?}");
            if limit.is_none() && rng.random_bool(0.3) {
                let read = read_tasks(&table, options.clone(), rng.random_range(1..50_000)).await;
                assert_eq!(read, expected, "SEED={seed} tasks of {options:?}");
            }
        }
    }
}
