//! Scans in parts.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};
use serde_json::{Value, json};

use super::table::{parquet, schema};
use super::*;
use crate::error::ErrorKind;

/// Ten ids in each of the files of one day.
async fn table(days: i64) -> Table {
    let mut table = Table::new(&schema(&[("id", "long"), ("day", "date")]), &["day"]).await;
    for day in 1..=days {
        let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(day * 10..day * 10 + 10));
        let file = parquet(&RecordBatch::try_from_iter([("id", ids)]).unwrap());
        let stats = json!({"numRecords": 10, "minValues": {"id": day * 10}, "maxValues": {"id": day * 10 + 9}});
        let more = json!({"partitionValues": {"day": format!("1970-01-{day:02}")}, "stats": stats.to_string(),
            "tags": {"a": "b"}});
        table.add(&format!("{day}.parquet"), file, more).await;
    }
    table
}

async fn tasks(scan: &Scan, target_bytes: u64) -> Vec<FileTask> {
    let made = scan.tasks(target_bytes, &Context::default()).await.unwrap();
    made.iter().map(|task| FileTask::from_json(&task.to_json().unwrap()).unwrap()).collect()
}

async fn rows_of(table: &Table, task: FileTask, options: ScanOptions) -> Vec<String> {
    let scan = task.into_files(&table.storage).unwrap().scan(options).unwrap();
    read(&scan).await.unwrap().iter().flat_map(texts).collect()
}

#[tokio::test]
async fn parts_give_each_row_once_at_their_version() {
    let mut table = table(9).await;
    let options = wanted(Predicate::And(vec![
        compare("day", CompareOp::GtEq, Scalar::Date(2)),
        compare("id", CompareOp::NotEq, Scalar::Long(55)),
    ]));
    let scan = Scan::new(table.snapshot().await, options.clone()).unwrap();
    let mut expected = text(&table, options.clone()).await;
    let size = scan.explain(&Context::default()).await.unwrap().to_read.bytes / 7;
    let parts = tasks(&scan, 2 * size + size / 2).await;
    assert_eq!(parts.iter().map(FileTask::file_count).collect::<Vec<_>>(), [2, 2, 2, 1]);
    assert!(parts.iter().all(|part| part.version == 9 && part.bytes() > size / 2));
    assert_eq!(tasks(&scan, 1).await.len(), 7);
    assert_eq!(tasks(&scan, u64::MAX).await.len(), 1);
    table.commit(&[json!({"remove": {"path": "3.parquet", "dataChange": true}})]).await;
    let mut found = Vec::new();
    for part in parts {
        found.extend(rows_of(&table, part, options.clone()).await);
    }
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(found.len(), 79 - 10);
}

#[tokio::test]
async fn a_part_counts_without_reading_and_can_be_narrowed() {
    let table = table(3).await;
    let scan = Scan::new(table.snapshot().await, ScanOptions::default()).unwrap();
    let task = tasks(&scan, u64::MAX).await.remove(0);
    let files = task.into_files(&table.storage).unwrap();
    table.storage.delete("3.parquet").await.unwrap();
    assert_eq!(files.scan(ScanOptions::default()).unwrap().count(&Context::default()).await.unwrap(), 30);
    let first = wanted(compare("day", CompareOp::Lt, Scalar::Date(2)));
    let found = read(&files.scan(first).unwrap()).await.unwrap();
    assert_eq!(found.iter().map(RecordBatch::num_rows).collect::<Vec<_>>(), [10, 10]);
}

#[tokio::test]
async fn parts_are_small() {
    let table = table(2).await;
    let scan = Scan::new(table.snapshot().await, ScanOptions::default()).unwrap();
    let json: Value = serde_json::from_str(&tasks(&scan, u64::MAX).await[0].to_json().unwrap()).unwrap();
    let file = &json["files"][0];
    assert_eq!(file["stats"], r#"{"numRecords":10}"#);
    assert!(file.get("tags").is_none());
    assert!(json["metaData"].get("name").is_none());
}

#[tokio::test]
async fn an_empty_table_has_no_parts() {
    let table = table(0).await;
    assert!(tasks(&Scan::new(table.snapshot().await, ScanOptions::default()).unwrap(), 1).await.is_empty());
}

#[tokio::test]
async fn a_limit_cannot_be_split_nor_a_part() {
    let table = table(2).await;
    let limited = ScanOptions { limit: Some(3), ..ScanOptions::default() };
    let scan = Scan::new(table.snapshot().await, limited).unwrap();
    assert_eq!(scan.tasks(1, &Context::default()).await.unwrap_err().kind(), ErrorKind::Argument);
    let whole = Scan::new(table.snapshot().await, ScanOptions::default()).unwrap();
    let part = tasks(&whole, 1).await.remove(0).into_files(&table.storage).unwrap();
    let again = part.scan(ScanOptions::default()).unwrap().tasks(1, &Context::default()).await;
    assert_eq!(again.unwrap_err().kind(), ErrorKind::Argument);
}

#[tokio::test]
async fn broken_parts_are_errors() {
    let table = table(1).await;
    let scan = Scan::new(table.snapshot().await, ScanOptions::default()).unwrap();
    let good: Value = serde_json::from_str(&tasks(&scan, 1).await[0].to_json().unwrap()).unwrap();
    let kind = async |at: &str, value: Value| {
        let mut broken = good.clone();
        *broken.pointer_mut(at).unwrap() = value;
        let made = FileTask::from_json(&broken.to_string()).and_then(|task| task.into_files(&table.storage));
        let scan = made.and_then(|files| files.scan(ScanOptions::default()));
        match scan {
            Ok(scan) => read(&scan).await.unwrap_err().kind(),
            Err(e) => e.kind(),
        }
    };
    for (at, value, expected) in [
        ("/version", json!(-1), ErrorKind::Argument),
        ("/version", json!(u64::MAX), ErrorKind::Argument),
        ("/files", json!({}), ErrorKind::Argument),
        ("/files/0/path", json!(7), ErrorKind::Argument),
        ("/files/0/path", json!("../x"), ErrorKind::CorruptTable),
        ("/files/0/path", json!("gone"), ErrorKind::FileNotFound),
        ("/files/0/partitionValues/day", json!("never"), ErrorKind::CorruptTable),
        ("/protocol/minReaderVersion", json!(99), ErrorKind::UnsupportedFeature),
        ("/metaData/schemaString", json!("{"), ErrorKind::CorruptTable),
        ("/metaData/partitionColumns", json!(["x"]), ErrorKind::CorruptTable),
    ] {
        assert_eq!(kind(at, value.clone()).await, expected, "{at} {value}");
    }
    for text in ["", "[]", "{}", "null", &"[".repeat(100_000)] {
        assert_eq!(FileTask::from_json(text).unwrap_err().kind(), ErrorKind::Argument);
    }
}
