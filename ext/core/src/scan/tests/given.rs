//! Files that are not found by the log.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array};
use arrow::datatypes::Int64Type;
use futures::StreamExt;
use futures::stream;
use parquet::file::properties::WriterProperties;
use serde_json::{from_value, json};

use super::table::{parquet_with, schema};
use super::*;
use crate::action::{Add, DeletionVectorDescriptor};
use crate::deletion_vector::testing::inline;

fn vector(rows: &[u64]) -> DeletionVectorDescriptor {
    from_value(inline(rows)).unwrap()
}

/// Ids from 0 to 299 in row groups of 50, and a column that is in no file.
async fn files(deleted: Option<&[u64]>, only: Option<&[u64]>) -> (Table, FileSet) {
    let mut table = Table::new(&schema(&[("id", "long"), ("kind", "string")]), &[]).await;
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..300));
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(50)).build();
    let file = parquet_with(&RecordBatch::try_from_iter([("id", ids)]).unwrap(), properties);
    let stats = json!({"numRecords": 300}).to_string();
    table.add("a.parquet", file, json!({"stats": stats})).await;
    let add = Add {
        path: "a.parquet".to_owned(),
        partition_values: [("kind".to_owned(), Some("made".to_owned()))].into(),
        stats: Some(stats),
        deletion_vector: deleted.map(vector),
        ..Add::default()
    };
    let scan = FileScan { add, only: only.map(vector), constants: Arc::new(["kind".to_owned()]) };
    let set = FileSet::new(table.snapshot().await, move || stream::iter([Ok(vec![scan.clone()])]).boxed());
    (table, set)
}

async fn ids(files: &FileSet, options: ScanOptions) -> Vec<i64> {
    let scan = files.scan(options).unwrap();
    let batches = read(&scan).await.unwrap();
    let found: Vec<i64> =
        batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect();
    assert_eq!(scan.count(&Context::default()).await.unwrap(), found.len() as u64);
    found
}

#[tokio::test]
async fn some_rows_alone() {
    // At borders of row groups, in some of them, and deleted ones among them.
    let only = [0u64, 49, 50, 51, 149, 150, 299];
    for (deleted, expected) in [
        (None, vec![0, 49, 50, 51, 149, 150, 299]),
        (Some(&[49u64, 51, 200][..]), vec![0, 50, 149, 150, 299]),
        (Some(&only[..]), vec![]),
    ] {
        let (_table, files) = files(deleted, Some(&only)).await;
        for batch_size in [1, 7, 64, 8192] {
            assert_eq!(ids(&files, ScanOptions { batch_size, ..select(&["id"]) }).await, expected);
        }
        for limit in [0, 1, 2, 100] {
            let first = ids(&files, ScanOptions { limit: Some(limit), ..select(&["id"]) }).await;
            assert_eq!(first, expected[..expected.len().min(limit as usize)]);
        }
        let late = ScanOptions { predicate: Some(compare("id", CompareOp::Gt, Scalar::Long(50))), ..select(&["id"]) };
        assert_eq!(ids(&files, late).await, expected.iter().copied().filter(|id| *id > 50).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn no_rows_alone_is_none_and_no_vector_is_all() {
    let (_table, files) = files(None, Some(&[])).await;
    assert!(ids(&files, select(&["id"])).await.is_empty());
    let (_table, files) = self::files(Some(&[1, 298]), None).await;
    let all = ids(&files, select(&["id"])).await;
    assert_eq!((all.len(), all.contains(&1), all.contains(&298)), (298, false, false));
}

#[tokio::test]
async fn constants_are_columns_of_the_file() {
    let (_table, files) = files(None, Some(&[7, 8])).await;
    let rows = read(&files.scan(select(&["kind", "id"])).unwrap()).await.unwrap();
    assert_eq!(rows.iter().flat_map(texts).collect::<Vec<_>>(), ["made 7", "made 8"]);
    let kind = |value: &str| ScanOptions {
        predicate: Some(compare("kind", CompareOp::Eq, Scalar::String(value.into()))),
        ..select(&["id"])
    };
    assert_eq!(ids(&files, kind("made")).await, [7, 8]);
    assert!(ids(&files, kind("other")).await.is_empty());
}

#[tokio::test]
async fn a_vector_of_rows_that_the_file_does_not_have_is_an_error() {
    let (_table, files) = files(None, Some(&[300])).await;
    assert!(read(&files.scan(ScanOptions::default()).unwrap()).await.is_err());
}
