//! Row ids and row commit versions.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array};
use parquet::file::properties::WriterProperties;
use serde_json::{Value, json};

use super::table::{parquet_with, schema};
use super::*;
use crate::deletion_vector::testing::inline;
use crate::error::ErrorKind;
use crate::log::commit_key;
use crate::log::tests::parquet::{Actions, numbers, text as log_text};
use crate::schema::StructType;

const ID_COLUMN: &str = "_row-id-col-1";
const VERSION_COLUMN: &str = "_row-commit-version-col-1";

async fn table(schema: &StructType) -> Table {
    let protocol = json!({"minReaderVersion": 1, "minWriterVersion": 7,
        "writerFeatures": ["rowTracking", "domainMetadata"]});
    let configuration = json!({"delta.enableRowTracking": "true",
        "delta.rowTracking.materializedRowIdColumnName": ID_COLUMN,
        "delta.rowTracking.materializedRowCommitVersionColumnName": VERSION_COLUMN});
    Table::with(protocol, schema, &[], configuration).await
}

type Values = Vec<Option<i64>>;

/// A file of those columns in row groups of two rows.
fn file(columns: &[(&str, Values)]) -> Vec<u8> {
    let arrays = columns.iter().map(|(name, v)| (*name, Arc::new(Int64Array::from(v.clone())) as ArrayRef));
    let batch = RecordBatch::try_from_iter_with_nullable(arrays.map(|(name, array)| (name, array, true))).unwrap();
    parquet_with(&batch, WriterProperties::builder().set_max_row_group_row_count(Some(2)).build())
}

fn ids(ids: std::ops::Range<i64>) -> Values {
    ids.map(Some).collect()
}

fn tracked(base: i64, version: i64) -> Value {
    json!({"baseRowId": base, "defaultRowCommitVersion": version})
}

#[tokio::test]
async fn ids_go_by_the_rows_number_in_the_file() {
    let mut table = table(&schema(&[("id", "long")])).await;
    table.add("2.parquet", file(&[("id", ids(10..15))]), tracked(5, 2)).await;
    let mut more = tracked(100, 7);
    more["deletionVector"] = inline(&[0, 3]);
    table.add("1.parquet", file(&[("id", ids(0..5))]), more).await;
    let all = select(&["_row_id", "id", "_row_commit_version"]);
    let expected = ["101 1 7", "102 2 7", "104 4 7", "5 10 2", "6 11 2", "7 12 2", "8 13 2", "9 14 2"];
    for batch_size in [1, 3, 100] {
        assert_eq!(text(&table, ScanOptions { batch_size, ..all.clone() }).await, expected);
    }
    assert_eq!(text(&table, ScanOptions { limit: Some(4), ..all.clone() }).await, expected[..4]);
    let predicate = Some(compare("id", CompareOp::GtEq, Scalar::Long(4)));
    assert_eq!(text(&table, ScanOptions { predicate, ..all }).await, expected[2..]);
    assert_eq!(text(&table, select(&["_row_id"])).await, ["101", "102", "104", "5", "6", "7", "8", "9"]);
    assert_eq!(text(&table, ScanOptions::default()).await, ["1", "2", "4", "10", "11", "12", "13", "14"]);
}

#[tokio::test]
async fn values_that_rows_brought_along_win() {
    let mut table = table(&schema(&[("id", "long")])).await;
    let stored =
        [(VERSION_COLUMN, vec![Some(3), None, Some(1)]), ("id", ids(0..3)), (ID_COLUMN, vec![None, Some(77), None])];
    table.add("1.parquet", file(&stored), tracked(10, 5)).await;
    assert_eq!(text(&table, select(&["id", "_row_id", "_row_commit_version"])).await, ["0 10 3", "1 77 5", "2 12 1"]);
    assert_eq!(text(&table, ScanOptions::default()).await, ["0", "1", "2"]);
    // Nothing is taken from the log where each row has its own.
    let stored = [("id", ids(3..4)), (ID_COLUMN, vec![Some(9)]), (VERSION_COLUMN, vec![Some(4)])];
    table.add("0.parquet", file(&stored), json!({})).await;
    let options = ScanOptions { limit: Some(1), ..select(&["_row_id", "_row_commit_version"]) };
    assert_eq!(text(&table, options).await, ["9 4"]);
}

#[tokio::test]
async fn checkpoints_are_asked_for_it() {
    let mut table = table(&schema(&[("id", "long")])).await;
    let bytes = file(&[("id", ids(0..2))]);
    let size = bytes.len() as i64;
    table.add("1.parquet", bytes, tracked(40, 3)).await;
    let first = table.storage.get(&commit_key(0)).await.unwrap();
    let lines: Vec<Value> = first.split(|b| *b == b'\n').map(|line| serde_json::from_slice(line).unwrap()).collect();
    table.commit(&lines).await;
    let add = vec![
        ("path", log_text(&["1.parquet"])),
        ("size", numbers(&[size])),
        ("baseRowId", numbers(&[50])),
        ("defaultRowCommitVersion", numbers(&[4])),
    ];
    let checkpoint = Actions::table().with("add", add).bytes();
    table.storage.put("_delta_log/00000000000000000001.checkpoint.parquet", checkpoint).await.unwrap();
    assert_eq!(text(&table, select(&["_row_id", "_row_commit_version"])).await, ["50 4", "51 4"]);
    assert_eq!(text(&table, ScanOptions { limit: Some(1), ..select(&["_row_id"]) }).await, ["50"]);
}

#[tokio::test]
async fn what_cannot_be_told_is_an_error() {
    for (more, word) in [(json!({}), "baseRowId"), (tracked(i64::MAX - 1, 1), "too great")] {
        let mut table = table(&schema(&[("id", "long")])).await;
        table.add("1.parquet", file(&[("id", ids(0..3))]), more).await;
        let error = rows(&table, select(&["_row_id"])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CorruptTable);
        assert!(error.message().contains(word) && error.message().contains("1.parquet"), "{error}");
        assert_eq!(text(&table, ScanOptions::default()).await, ["0", "1", "2"]);
    }
}

#[tokio::test]
async fn a_table_without_row_tracking_has_no_such_columns() {
    let plain = Table::new(&schema(&[("id", "long")]), &[]).await;
    for column in ["_row_id", "_row_commit_version"] {
        let error = Scan::new(plain.snapshot().await, select(&[column])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Argument);
        assert!(error.message().contains("delta.enableRowTracking"), "{error}");
    }
    let tracked = table(&schema(&[("id", "long")])).await;
    let by_id = wanted(compare("_row_id", CompareOp::Eq, Scalar::Long(1)));
    let error = Scan::new(tracked.snapshot().await, by_id).unwrap_err();
    assert!(error.message().contains("_row_id") && error.message().contains("selected"), "{error}");
}

#[tokio::test]
async fn a_column_of_the_users_own_by_that_name_is_what_is_meant() {
    let mut table = table(&schema(&[("_row_id", "long")])).await;
    table.add("1.parquet", file(&[("_row_id", vec![Some(5), None])]), tracked(0, 1)).await;
    assert_eq!(text(&table, select(&["_row_id", "_row_commit_version"])).await, ["5 1", " 1"]);
}
