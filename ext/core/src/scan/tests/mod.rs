mod faults;
mod given;
mod interplay;
mod legacy;
mod mapping;
mod nested;
mod planning;
mod row_tracking;
pub(in crate::scan) mod table;
mod tasks;
mod variant;
mod vectors;
mod widening;
mod wild;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::util::display::{ArrayFormatter, FormatOptions};

use self::table::Table;
use super::*;
use crate::expr::CompareOp;
use crate::value::Scalar;

async fn read(scan: &Scan) -> Result<Vec<RecordBatch>> {
    let mut stream = scan.stream(Context::default());
    let mut batches = Vec::new();
    while let Some(batch) = stream.next().await? {
        assert!(batch.num_rows() > 0, "an empty batch");
        assert_eq!(&batch.schema(), scan.arrow_schema());
        batches.push(batch);
    }
    Ok(batches)
}

/// All rows as one batch.
async fn rows(table: &Table, options: ScanOptions) -> Result<RecordBatch> {
    let scan = Scan::new(table.snapshot().await, options)?;
    let batches = read(&scan).await?;
    let rows = concat_batches(scan.arrow_schema(), &batches).unwrap();
    assert_eq!(scan.count(&Context::default()).await?, rows.num_rows() as u64, "count");
    Ok(rows)
}

/// Cells as text, row by row; nulls are empty.
async fn text(table: &Table, options: ScanOptions) -> Vec<String> {
    texts(&rows(table, options).await.unwrap())
}

fn texts(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::new();
    let columns: Vec<_> = batch.columns().iter().map(|c| ArrayFormatter::try_new(c, &options).unwrap()).collect();
    let row = |i| columns.iter().map(|c| c.value(i).to_string()).collect::<Vec<_>>().join(" ");
    (0..batch.num_rows()).map(row).collect()
}

fn compare(column: &str, op: CompareOp, value: Scalar) -> Predicate {
    Predicate::Compare { column: column.into(), op, value }
}

fn wanted(predicate: Predicate) -> ScanOptions {
    ScanOptions { predicate: Some(predicate), ..ScanOptions::default() }
}

fn select(columns: &[&str]) -> ScanOptions {
    ScanOptions { columns: Some(columns.iter().map(|c| (*c).to_owned()).collect()), ..ScanOptions::default() }
}
