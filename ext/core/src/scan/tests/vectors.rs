//! Files with deletion vectors.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, StringArray};
use arrow::datatypes::Int64Type;
use bytes::Bytes;
use parquet::file::properties::WriterProperties;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::table::{parquet_with, schema};
use super::*;
use crate::deletion_vector::testing::{framed, inline, portable};
use crate::error::ErrorKind;

/// Ids from `ids`, and the same as text, in row groups of `group` rows.
fn file(ids: Range<i64>, group: usize) -> Vec<u8> {
    let names: ArrayRef = Arc::new(StringArray::from_iter_values(ids.clone().map(|id| format!("n{id}"))));
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(ids));
    let batch = RecordBatch::try_from_iter([("id", ids), ("name", names)]).unwrap();
    parquet_with(&batch, WriterProperties::builder().set_max_row_group_row_count(Some(group)).build())
}

fn stats(ids: Range<i64>) -> String {
    json!({"numRecords": ids.end - ids.start, "minValues": {"id": ids.start}, "maxValues": {"id": ids.end - 1},
        "nullCount": {"id": 0}, "tightBounds": false})
    .to_string()
}

async fn table(files: &[(Vec<u8>, Value)]) -> Table {
    let mut table = Table::new(&schema(&[("id", "long"), ("name", "string")]), &[]).await;
    // The newest is read first.
    for (index, (bytes, more)) in files.iter().enumerate().rev() {
        table.add(&format!("{index}.parquet"), bytes.clone(), more.clone()).await;
    }
    table
}

async fn ids(table: &Table, options: ScanOptions) -> Vec<i64> {
    let rows = super::rows(table, options).await.unwrap();
    let ids: &[i64] = rows.column(0).as_primitive::<Int64Type>().values();
    if let Some(names) = rows.columns().get(1) {
        for (id, name) in ids.iter().zip(names.as_string::<i32>()) {
            assert_eq!(Some(format!("n{id}").as_str()), name);
        }
    }
    ids.to_vec()
}

#[tokio::test]
async fn rows_are_known_by_their_number_in_the_file() {
    // Deleted on both sides of each border, and the whole of the third row group.
    let deleted = [0, 99, 100, 101, 200, 250, 299, 300, 399, 450, 499].into_iter().chain(201..300);
    let mut deleted: Vec<u64> = deleted.collect();
    deleted.sort_unstable();
    deleted.dedup();
    let table =
        table(&[(file(0..500, 100), json!({"deletionVector": inline(&deleted), "stats": stats(0..500)}))]).await;
    let live: Vec<i64> = (0..500).filter(|id| deleted.binary_search(&(*id as u64)).is_err()).collect();
    for batch_size in [1, 7, 64, 100, 8192] {
        assert_eq!(ids(&table, ScanOptions { batch_size, ..ScanOptions::default() }).await, live);
    }
    let late = compare("id", CompareOp::GtEq, Scalar::Long(299));
    let expected: Vec<i64> = live.iter().copied().filter(|id| *id >= 299).collect();
    assert_eq!(ids(&table, wanted(late)).await, expected);
    assert!(ids(&table, wanted(compare("id", CompareOp::Eq, Scalar::Long(250)))).await.is_empty());
}

#[tokio::test]
async fn files_tell_what_is_deleted() {
    let with = |stats: Option<String>| {
        let mut more = json!({"deletionVector": inline(&[1, 2, 3])});
        if let Some(stats) = stats {
            more["stats"] = json!(stats);
        }
        (file(0..10, 10), more)
    };
    let table =
        table(&[with(Some(stats(0..10))), with(None), with(Some(stats(0..2))), (file(0..10, 10), json!({}))]).await;
    let scan = Scan::new(table.snapshot().await, ScanOptions::default()).unwrap();
    let files = scan.files().next().await.unwrap().unwrap();
    let rows: Vec<_> = files.iter().map(|f| (f.rows(), f.deleted_rows())).collect();
    assert_eq!(rows, [(Some(7), 3), (None, 3), (None, 3), (None, 0)]);
}

#[tokio::test]
async fn counting_takes_off_the_deleted() {
    let more = json!({"deletionVector": inline(&[1, 2, 3]), "stats": stats(0..10)});
    let known = table(&[(file(0..10, 10), more)]).await;
    known.storage.delete("0.parquet").await.unwrap();
    let count = async |table: &Table, options| {
        Scan::new(table.snapshot().await, options).unwrap().count(&Context::default()).await
    };
    assert_eq!(count(&known, ScanOptions::default()).await.unwrap(), 7);
    // What the log says of rows can be too little to be true, or missing.
    for stats in [stats(0..2), "{}".to_owned(), String::new()] {
        let more = json!({"deletionVector": inline(&[1, 2, 3]), "stats": stats});
        let unknown = table(&[(file(0..10, 3), more)]).await;
        assert_eq!(count(&unknown, ScanOptions::default()).await.unwrap(), 7);
        assert_eq!(count(&unknown, ScanOptions { limit: Some(5), ..ScanOptions::default() }).await.unwrap(), 5);
        let some = compare("id", CompareOp::Lt, Scalar::Long(5));
        assert_eq!(count(&unknown, wanted(some)).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn a_limit_counts_live_rows() {
    let half: Vec<u64> = (0..5).collect();
    let more = |ids: Range<i64>| json!({"deletionVector": inline(&half), "stats": stats(ids)});
    let table = table(&[(file(0..10, 10), more(0..10)), (file(10..20, 10), more(10..20))]).await;
    for limit in 0..=10 {
        let read = ids(&table, ScanOptions { limit: Some(limit), ..ScanOptions::default() }).await;
        let live: Vec<i64> = (5..10).chain(15..20).take(limit as usize).collect();
        assert_eq!(read, live);
    }
    table.storage.delete("1.parquet").await.unwrap();
    assert_eq!(ids(&table, ScanOptions { limit: Some(5), ..ScanOptions::default() }).await, [5, 6, 7, 8, 9]);
}

#[tokio::test]
async fn a_vector_that_is_gone_or_damaged_is_named() {
    let bitmap = portable(&[1]);
    let descriptor = json!({"storageType": "u", "pathOrInlineDv": "ab^-aqEH.-t@S}K{vb[*k^", "offset": 1,
        "sizeInBytes": bitmap.len(), "cardinality": 1});
    let table = table(&[(file(0..3, 10), json!({"deletionVector": descriptor}))]).await;
    let key = "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin";
    let error = super::rows(&table, ScanOptions::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.version()), (ErrorKind::FileNotFound, Some(1)));
    for part in ["0.parquet", key, "vacuum"] {
        assert!(error.message().contains(part), "{part} is not in {error}");
    }
    let mut blob = [&[1][..], &framed(&bitmap)].concat();
    table.storage.put(key, Bytes::from(blob.clone())).await.unwrap();
    assert_eq!(ids(&table, ScanOptions::default()).await, [0, 2]);
    blob[10] ^= 1;
    table.storage.put(key, Bytes::from(blob)).await.unwrap();
    let error = super::rows(&table, ScanOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CorruptTable);
    assert!(error.message().contains("0.parquet") && error.message().contains("checksum"), "{error}");
}

#[tokio::test]
async fn a_vector_outside_of_the_table() {
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("dv 1.bin");
    let bitmap = portable(&[1]);
    std::fs::write(&path, [&[1][..], &framed(&bitmap)].concat()).unwrap();
    let descriptor = json!({"storageType": "p", "pathOrInlineDv": url::Url::from_file_path(&path).unwrap().as_str(),
        "offset": 1, "sizeInBytes": bitmap.len(), "cardinality": 1});
    let table = table(&[(file(0..3, 10), json!({"deletionVector": descriptor}))]).await;
    assert_eq!(ids(&table, ScanOptions::default()).await, [0, 2]);
}

#[tokio::test]
async fn a_vector_for_another_file_is_refused() {
    let table = table(&[(file(0..10, 3), json!({"deletionVector": inline(&[10])}))]).await;
    let error = super::rows(&table, ScanOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CorruptTable);
    assert!(error.message().contains("row 10") && error.message().contains("10 rows"), "{error}");
}

/// Statistics of files with vectors bound what was there before the deletions.
#[tokio::test]
async fn statistics_are_outer_bounds() {
    let null_count = |nulls: u64| {
        json!({"numRecords": 4, "minValues": {"id": 0}, "maxValues": {"id": 3}, "nullCount": {"id": 0, "name": nulls},
            "tightBounds": false})
        .to_string()
    };
    for nulls in [0, 4, 2] {
        let names: ArrayRef = Arc::new(StringArray::from_iter((0..4).map(|i| (i >= nulls).then(|| format!("n{i}")))));
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..4));
        let batch = RecordBatch::try_from_iter([("id", column), ("name", names)]).unwrap();
        let bytes = parquet_with(&batch, WriterProperties::builder().build());
        // With two nulls the vector deletes both.
        let more = json!({"deletionVector": inline(&[0, 1]), "stats": null_count(nulls)});
        let table = table(&[(bytes, more)]).await;
        let read = async |predicate| text(&table, ScanOptions { predicate: Some(predicate), ..select(&["id"]) }).await;
        let (null, some): (&[&str], &[&str]) = if nulls == 4 { (&["2", "3"], &[]) } else { (&[], &["2", "3"]) };
        assert_eq!(read(Predicate::IsNull("name".into())).await, null, "{nulls}");
        assert_eq!(read(Predicate::IsNotNull("name".into())).await, some, "{nulls}");
        assert!(read(compare("id", CompareOp::Lt, Scalar::Long(2))).await.is_empty());
    }
}

/// Row groups, batches, predicates, limits and vectors by chance, against a plain filter.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_tables_against_a_plain_model() {
    let seed = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(rand::random::<u64>);
    println!("SEED={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    for _ in 0..25 {
        let (mut files, mut live) = (Vec::new(), Vec::new());
        for index in 0..rng.random_range(1..4) {
            let rows = rng.random_range(1..3000);
            let range = index * 10_000..index * 10_000 + rows;
            let group = *[1usize, 10, 100, 999, 5000].choose(&mut rng).unwrap();
            let bytes = file(range.clone(), group.max(rows as usize / 50));
            let mut more = json!({});
            if rng.random_bool(0.7) {
                more["stats"] = json!(stats(range.clone()));
            }
            let share = *[0.0, 0.01, 0.1, 0.5, 0.99, 1.0].choose(&mut rng).unwrap();
            let run = rng.random_range(0..rows as u64)..rng.random_range(0..=rows as u64);
            let is_deleted = |rng: &mut StdRng, row: &u64| run.contains(row) || rng.random_bool(share);
            let deleted: Vec<u64> = (0..rows as u64).filter(|row| is_deleted(&mut rng, row)).collect();
            if rng.random_bool(0.8) {
                more["deletionVector"] = inline(&deleted);
                live.extend(range.filter(|id| deleted.binary_search(&((id - index * 10_000) as u64)).is_err()));
            } else {
                live.extend(range);
            }
            files.push((bytes, more));
        }
        let table = table(&files).await;
        for _ in 0..8 {
            let value = rng.random_range(-10..30_010);
            let predicate = match rng.random_range(0..4) {
                0 => None,
                1 => Some((CompareOp::Lt, value)),
                2 => Some((CompareOp::GtEq, value)),
                _ => Some((CompareOp::NotEq, *live.choose(&mut rng).unwrap_or(&value))),
            };
            let keep = |id: &i64| match predicate {
                None => true,
                Some((CompareOp::Lt, value)) => *id < value,
                Some((CompareOp::GtEq, value)) => *id >= value,
                Some((_, value)) => *id != value,
            };
            let limit = rng.random_bool(0.5).then(|| rng.random_range(0..4000));
            let options = ScanOptions {
                predicate: predicate.map(|(op, value)| compare("id", op, Scalar::Long(value))),
                limit,
                batch_size: rng.random_range(1..2000),
                ..ScanOptions::default()
            };
            let most = limit.map_or(usize::MAX, |limit| limit as usize);
            let expected: Vec<i64> = live.iter().copied().filter(keep).take(most).collect();
            assert_eq!(ids(&table, options.clone()).await, expected, "SEED={seed} {options:?}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_computed_of_deleted_rows_is_no_error() {
    let table = table(&[(file(0..6, 1 << 20), json!({"deletionVector": inline(&[1, 3, 5])}))]).await;
    let above = |id: i64| wanted(Predicate::Sql(format!("id * {} >= 0", i64::MAX / id)));
    let error = super::rows(&table, above(3)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Argument, "{error}");
    assert_eq!(ids(&table, above(4)).await, [0, 2, 4]);
    let some = format!("id * {} > 9 AND id <> 2", i64::MAX / 4);
    assert_eq!(ids(&table, wanted(Predicate::Sql(some))).await, [4]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_decoded_side_by_side_keep_their_rows() {
    let rows = 150_000;
    let deleted: Vec<u64> = (0..rows as u64).filter(|row| row % 7 == 3 || (80_000..90_000).contains(row)).collect();
    let table = table(&[(file(0..rows, 1 << 20), json!({"deletionVector": inline(&deleted)}))]).await;
    let expected: Vec<i64> = (0..rows).filter(|id| id % 7 != 3 && !(80_000..90_000).contains(id)).collect();
    assert_eq!(ids(&table, ScanOptions { batch_size: 1000, ..ScanOptions::default() }).await, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn a_tenth_of_the_rows_deleted() {
    let rows = 2_000_000;
    let deleted: Vec<u64> = (0..rows as u64).filter(|row| row.wrapping_mul(2_654_435_761) % 10 == 3).collect();
    let whole = file(0..rows, 1 << 20);
    for more in [json!({}), json!({"deletionVector": inline(&deleted)})] {
        let table = table(&[(whole.clone(), more.clone())]).await;
        for _ in 0..3 {
            let started = std::time::Instant::now();
            let scan = Scan::new(table.snapshot().await, ScanOptions::default()).unwrap();
            let read: usize = read(&scan).await.unwrap().iter().map(RecordBatch::num_rows).sum();
            println!("{read} rows in {:?}", started.elapsed());
        }
    }
}
