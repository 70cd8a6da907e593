//! Files that are gone or damaged, and streams that are given up.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, Int64Array, StringArray};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;

use super::table::{parquet, schema};
use super::*;
use crate::error::ErrorKind;

fn file(rows: i64) -> Vec<u8> {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
    let names: ArrayRef = Arc::new(StringArray::from_iter_values((0..rows).map(|i| format!("name {i}"))));
    parquet(&RecordBatch::try_from_iter([("id", ids), ("name", names)]).unwrap())
}

async fn table(bytes: Vec<u8>, more: serde_json::Value) -> Table {
    let mut table = Table::new(&schema(&[("id", "long"), ("name", "string")]), &[]).await;
    table.add("a b.parquet", bytes, json!({"path": "a%20b.parquet"})).await;
    if more != json!({}) {
        table.add("c.parquet", file(3), more).await;
    }
    table
}

#[tokio::test]
async fn a_file_that_is_gone_is_named() {
    let table = table(file(10), json!({})).await;
    table.storage.delete("a b.parquet").await.unwrap();
    let error = rows(&table, ScanOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileNotFound);
    for part in ["a b.parquet", "version 1", "vacuum"] {
        assert!(error.message().contains(part), "{part} is not in {error}");
    }
    assert_eq!((error.version(), error.table()), (Some(1), Some(table.storage.uri())));
}

#[tokio::test]
async fn a_wrong_size_in_the_log_does_no_harm() {
    let big = file(300_000);
    assert!(big.len() > 1 << 20);
    for size in [0, 100, big.len() as u64 - 1, big.len() as u64 + 5_000_000] {
        let mut table = Table::new(&schema(&[("id", "long")]), &[]).await;
        table.add("1.parquet", big.clone(), json!({"size": size})).await;
        assert_eq!(rows(&table, ScanOptions::default()).await.unwrap().num_rows(), 300_000, "size {size}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_is_an_error_and_never_a_panic() {
    let whole = file(1000);
    let seed = rand::random::<u64>();
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let mut refused = 0;
    for round in 0..60 {
        let mut bytes = whole.clone();
        match round % 3 {
            0 => bytes.truncate(rng.random_range(0..whole.len())),
            1 => {
                let tail = whole.len() - rng.random_range(1..1500);
                bytes[tail] ^= 1 << rng.random_range(0..8);
            }
            _ => {
                let at = rng.random_range(0..whole.len());
                bytes[at] = rng.random();
            }
        }
        let table = table(bytes, json!({})).await;
        let scan = Scan::new(table.snapshot().await, ScanOptions::default()).unwrap();
        let read = tokio::time::timeout(Duration::from_secs(60), read(&scan)).await.unwrap();
        if let Err(error) = read {
            assert_eq!(error.kind(), ErrorKind::CorruptTable, "seed {seed}: {error:?}");
            assert!(error.message().contains("a b.parquet"), "seed {seed}: {error}");
            refused += 1;
        }
    }
    assert!(refused >= 20, "{refused}");
}

#[tokio::test]
async fn an_error_ends_the_stream_after_what_came_before() {
    let table = table(b"PAR1 not really PAR1".to_vec(), json!({"path": "c.parquet"})).await;
    let scan = Scan::new(table.snapshot().await, ScanOptions::default()).unwrap();
    let mut stream = scan.stream(Context::default());
    assert_eq!(stream.next().await.unwrap().unwrap().num_rows(), 3);
    assert!(stream.next().await.is_err());
    assert!(stream.next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_dropped_stream_leaves_no_task() {
    let mut table = Table::new(&schema(&[("id", "long")]), &[]).await;
    for i in 0..10 {
        table.add(&format!("{i}.parquet"), file(100_000), json!({})).await;
    }
    let scan = Scan::new(table.snapshot().await, ScanOptions { batch_size: 100, ..select(&["id"]) }).unwrap();
    let metrics = tokio::runtime::Handle::current().metrics();
    let before = metrics.num_alive_tasks();
    let mut stream = scan.stream(Context::default());
    stream.next().await.unwrap().unwrap();
    assert!(metrics.num_alive_tasks() > before);
    drop(stream);
    for _ in 0..100 {
        if metrics.num_alive_tasks() == before {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} tasks are left", metrics.num_alive_tasks() - before);
}

#[tokio::test]
async fn a_deadline_ends_the_stream() {
    let table = table(file(10), json!({})).await;
    let scan = Scan::new(table.snapshot().await, ScanOptions::default()).unwrap();
    let mut stream = scan.stream(Context::new(Some(Duration::ZERO)));
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(stream.next().await.unwrap_err().kind(), ErrorKind::DeadlineExceeded);
    assert!(stream.next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_file_outside_of_the_table_is_read_from_there() {
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("a b.parquet");
    std::fs::write(&path, file(4)).unwrap();
    let url = url::Url::from_file_path(&path).unwrap();
    let table = table(file(10), json!({"path": url.as_str(), "size": file(4).len()})).await;
    assert!(!path.starts_with(table.folder.path()));
    assert_eq!(rows(&table, ScanOptions::default()).await.unwrap().num_rows(), 14);
    std::fs::remove_file(&path).unwrap();
    let error = rows(&table, ScanOptions::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileNotFound);
    assert!(error.message().contains("a b.parquet is gone"), "{error}");
    let stranger = super::faults::table(file(10), json!({"path": "https://example.com/x.parquet"})).await;
    assert_eq!(rows(&stranger, ScanOptions::default()).await.unwrap_err().kind(), ErrorKind::UnsupportedFeature);
}
