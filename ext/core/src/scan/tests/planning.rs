//! Which files are read, and what comes out of them.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, StringArray};
use arrow::datatypes::Int64Type;
use parquet::file::properties::WriterProperties;
use serde_json::json;

use super::table::{parquet, parquet_with, schema};
use super::*;

fn longs(name: &str, values: impl IntoIterator<Item = i64>) -> RecordBatch {
    let array: ArrayRef = Arc::new(Int64Array::from_iter_values(values));
    RecordBatch::try_from_iter([(name, array)]).unwrap()
}

fn stats(rows: i64, min: i64, max: i64) -> String {
    json!({"numRecords": rows, "minValues": {"id": min}, "maxValues": {"id": max}, "nullCount": {"id": 0}}).to_string()
}

/// Days 1 to 3; each has ids 10 × day to 10 × day + 9; the third has no statistics.
async fn partitioned() -> Table {
    let mut table = Table::new(&schema(&[("id", "long"), ("day", "date"), ("note", "string")]), &["day"]).await;
    for day in 1..=3i64 {
        // A column of the partition's name in the file does not count.
        let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(day * 10..day * 10 + 10));
        let liar: ArrayRef = Arc::new(StringArray::from(vec!["x"; 10]));
        let file = parquet(&RecordBatch::try_from_iter([("id", ids), ("day", liar)]).unwrap());
        let mut more = json!({"partitionValues": {"day": format!("1970-01-0{day}")}});
        if day < 3 {
            more["stats"] = json!(stats(10, day * 10, day * 10 + 9));
        }
        table.add(&format!("day=1970-01-0{day}/f.parquet"), file, more).await;
    }
    table
}

#[tokio::test]
async fn files_are_left_out_by_partition_then_by_stats() {
    let table = partitioned().await;
    let predicate = Predicate::And(vec![
        compare("day", CompareOp::GtEq, Scalar::String("1970-01-02".into())),
        compare("id", CompareOp::Gt, Scalar::Long(29)),
    ]);
    let scan = Scan::new(table.snapshot().await, wanted(predicate.clone())).unwrap();
    let plan = scan.explain(&Context::default()).await.unwrap();
    let files = [plan.total, plan.pruned_by_partition, plan.pruned_by_stats, plan.to_read].map(|c| c.files);
    assert_eq!(files, [3, 1, 1, 1]);
    let bytes = plan.pruned_by_partition.bytes + plan.pruned_by_stats.bytes + plan.to_read.bytes;
    assert!(plan.total.bytes > 0 && plan.total.bytes == bytes);
    assert_eq!(text(&table, wanted(predicate)).await.len(), 10);
    let mut listed = scan.files();
    let files = listed.next().await.unwrap().unwrap();
    let file = files.get(0).unwrap();
    assert_eq!((file.path(), file.rows()), ("day=1970-01-03/f.parquet", None));
    assert_eq!(file.partition().unwrap(), [("day".to_owned(), Some(Scalar::Date(2)))]);
    assert!(listed.next().await.unwrap().is_none());
}

#[tokio::test]
async fn files_of_many_commits_are_listed_in_few_calls() {
    let mut table = Table::new(&schema(&[("id", "long")]), &[]).await;
    for number in 0..1_005 {
        table.add(&format!("{number}.parquet"), Vec::new(), json!({})).await;
    }
    let mut listed = Scan::new(table.snapshot().await, ScanOptions::default()).unwrap().files();
    let mut calls = Vec::new();
    while let Some(files) = listed.next().await.unwrap() {
        calls.push(files.len());
    }
    assert_eq!(calls, [1_000, 5]);
    assert!(listed.next().await.unwrap().is_none());
}

#[tokio::test]
async fn partition_values_come_from_the_log() {
    let table = partitioned().await;
    let options =
        ScanOptions { predicate: Some(compare("id", CompareOp::Eq, Scalar::Long(20))), ..select(&["day", "id"]) };
    assert_eq!(text(&table, options).await, ["1970-01-02 20"]);
}

#[tokio::test]
async fn a_column_of_the_predicate_alone_does_not_come_out() {
    let table = partitioned().await;
    let options =
        ScanOptions { predicate: Some(compare("id", CompareOp::Lt, Scalar::Double(10.5))), ..select(&["day"]) };
    assert_eq!(text(&table, options).await, ["1970-01-01"]);
}

#[tokio::test]
async fn counting_reads_no_file_whose_rows_are_known() {
    let table = partitioned().await;
    for day in 1..=2 {
        table.storage.delete(&format!("day=1970-01-0{day}/f.parquet")).await.unwrap();
    }
    let count = async |options| Scan::new(table.snapshot().await, options).unwrap().count(&Context::default()).await;
    assert_eq!(count(ScanOptions::default()).await.unwrap(), 30);
    let by_day = compare("day", CompareOp::Lt, Scalar::Date(2));
    assert_eq!(count(wanted(by_day.clone())).await.unwrap(), 20);
    assert_eq!(count(ScanOptions { limit: Some(7), ..wanted(by_day) }).await.unwrap(), 7);
    let by_id = compare("id", CompareOp::GtEq, Scalar::Long(35));
    assert_eq!(count(wanted(by_id)).await.unwrap(), 5);
    assert!(count(wanted(compare("id", CompareOp::Eq, Scalar::Long(15)))).await.is_err());
}

#[tokio::test]
async fn a_limit_ends_the_reading() {
    let table = partitioned().await;
    table.storage.delete("day=1970-01-01/f.parquet").await.unwrap();
    // The newest files come first; only the oldest is gone.
    assert_eq!(text(&table, ScanOptions { limit: Some(20), ..select(&["id"]) }).await.len(), 20);
    let none = Scan::new(table.snapshot().await, ScanOptions { limit: Some(0), ..select(&["id"]) }).unwrap();
    assert!(read(&none).await.unwrap().is_empty());
    assert!(rows(&table, ScanOptions::default()).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn row_groups_and_files_come_in_order() {
    let mut table = Table::new(&schema(&[("id", "long")]), &[]).await;
    let files = 5;
    let rows = 200_000;
    for file in (0..files).rev() {
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(30_000)).build();
        let bytes = parquet_with(&longs("id", file * rows..(file + 1) * rows), properties);
        table.add(&format!("{file}.parquet"), bytes, json!({})).await;
    }
    let scan = Scan::new(table.snapshot().await, ScanOptions { batch_size: 1000, ..ScanOptions::default() }).unwrap();
    let mut expected = 0;
    for batch in read(&scan).await.unwrap() {
        assert!(batch.num_rows() <= 1000);
        let ids: &Int64Array = batch.column(0).as_any().downcast_ref().unwrap();
        for id in ids.values() {
            assert_eq!(*id, expected);
            expected += 1;
        }
    }
    assert_eq!(expected, files * rows);
}

#[tokio::test]
async fn large_rows_make_small_batches() {
    let mut table = Table::new(&schema(&[("s", "string")]), &[]).await;
    let values: ArrayRef = Arc::new(StringArray::from_iter_values((0..64).map(|_| "x".repeat(1 << 20))));
    let batch = RecordBatch::try_from_iter([("s", values)]).unwrap();
    // In a dictionary all of them take the room of one.
    table.add("1.parquet", parquet(&batch), json!({})).await;
    let scan = Scan::new(table.snapshot().await, ScanOptions::default()).unwrap();
    let batches = read(&scan).await.unwrap();
    assert!(batches.len() >= 4 && batches.iter().all(|b| b.num_rows() <= 16), "{} batches", batches.len());
}

#[tokio::test]
async fn mistakes_in_columns() {
    let table = partitioned().await;
    let message = async |options| Scan::new(table.snapshot().await, options).unwrap_err().message().to_owned();
    assert_eq!(message(select(&["idd"])).await, "there is no column idd: the table has id, day, note");
    assert_eq!(message(select(&["id", "id"])).await, "column id is selected twice");
    assert!(message(wanted(Predicate::IsNull("x".into()))).await.contains("id, day, note"));
}

#[tokio::test]
async fn no_files_and_no_columns() {
    let table = Table::new(&schema(&[("id", "long")]), &[]).await;
    assert_eq!(rows(&table, ScanOptions::default()).await.unwrap().num_rows(), 0);
    let table = partitioned().await;
    let scan = Scan::new(table.snapshot().await, select(&[])).unwrap();
    let total: usize = read(&scan).await.unwrap().iter().map(RecordBatch::num_rows).sum();
    assert_eq!(total, 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn columns_decoded_side_by_side_stay_in_step() {
    let mut table = Table::new(&schema(&[("c", "long"), ("id", "long"), ("s", "string"), ("b", "long")]), &[]).await;
    let rows = 150_000;
    let id: ArrayRef = Arc::new(Int64Array::from_iter_values(0..rows));
    let double: ArrayRef = Arc::new(Int64Array::from_iter_values((0..rows).map(|v| v * 2)));
    let name: ArrayRef = Arc::new(StringArray::from_iter_values((0..rows).map(|v| v.to_string())));
    let file = RecordBatch::try_from_iter([("s", name), ("id", id), ("b", double.clone()), ("c", double)]).unwrap();
    table.add("1.parquet", parquet(&file), json!({})).await;
    let filter = compare("c", CompareOp::GtEq, Scalar::Long(100_000));
    for (predicate, first) in [(None, 0), (Some(filter), 50_000)] {
        let options = ScanOptions { predicate, batch_size: 1000, ..select(&["id", "b", "s"]) };
        let read = super::rows(&table, options).await.unwrap();
        let long = |column: usize| read.column(column).as_primitive::<Int64Type>().values();
        assert_eq!(read.num_rows() as i64, rows - first);
        for (row, id) in (first..rows).enumerate() {
            assert_eq!((long(0)[row], long(1)[row]), (id, id * 2));
            assert_eq!(read.column(2).as_string::<i32>().value(row), id.to_string());
        }
    }
}

#[tokio::test]
async fn a_column_of_an_unknown_type_is_refused_and_the_others_are_read() {
    let mut schema = schema(&[("id", "long")]);
    schema.fields.push(crate::schema::Field::new("q", crate::schema::DataType::Unknown("quaternion".to_owned()), true));
    let mut table = Table::new(&schema, &[]).await;
    table.add("f.parquet", parquet(&longs("id", 1..=3)), json!({})).await;
    let snapshot = table.snapshot().await;
    assert_eq!(snapshot.schema().to_json(), schema.to_json());
    let all = Scan::new(snapshot.clone(), ScanOptions::default()).unwrap();
    let error = read(&all).await.unwrap_err();
    assert_eq!(error.kind(), crate::error::ErrorKind::UnsupportedFeature);
    assert!(error.message().contains("column q is of type quaternion"), "{error}");
    assert_eq!(all.count(&Context::default()).await.unwrap(), 3);
    let columns = Some(vec!["id".to_owned()]);
    assert_eq!(text(&table, ScanOptions { columns: columns.clone(), ..ScanOptions::default() }).await, ["1", "2", "3"]);
    let predicate = Some(Predicate::IsNull("q".into()));
    let hidden = Scan::new(snapshot.clone(), ScanOptions { columns, predicate, ..ScanOptions::default() }).unwrap();
    assert!(read(&hidden).await.is_err());
    assert!(snapshot.check_appendable().is_err());
}
