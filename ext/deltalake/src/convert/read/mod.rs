//! Arrow batches as Ruby values.

mod downcast;
mod memo;
mod reader;
mod variant;

use arrow::record_batch::RecordBatch;
use deltalake_core::Error;
use deltalake_core::schema::Schema;
use magnus::{RArray, Ruby, Value};

use super::failure::Failure;
use super::fast;
use super::keys::RowKeys;
pub(super) use memo::{EPOCH_JULIAN_DAY, Memo};
use reader::{Fields, PAIRS};

/// The rows as an Array of Hash with Symbol keys. `schema` and `keys` are those of the batch's columns, in their order.
pub(crate) fn rows_from_batch(
    ruby: &Ruby,
    batch: &RecordBatch,
    schema: &Schema,
    keys: &RowKeys,
) -> Result<RArray, Failure> {
    check_width(batch, schema)?;
    let fields = Fields::new(batch.columns(), schema, keys)?;
    let mut memo = Memo::new(ruby)?;
    let rows = fast::array_new(batch.num_rows());
    let mut pairs = [fast::nil(); PAIRS];
    for row in 0..batch.num_rows() {
        fast::array_push(rows, fields.hash(row, &mut memo, &mut pairs)?);
    }
    memo.keep();
    finish(rows)
}

/// The columns as an Array of Arrays, one a column of the batch.
pub(crate) fn columns_from_batch(
    ruby: &Ruby,
    batch: &RecordBatch,
    schema: &Schema,
    keys: &RowKeys,
) -> Result<RArray, Failure> {
    check_width(batch, schema)?;
    let fields = Fields::new(batch.columns(), schema, keys)?;
    let columns = fast::array_new(batch.num_columns());
    let mut memo = Memo::new(ruby)?;
    for reader in fields.readers() {
        let values = fast::array_new(batch.num_rows());
        fast::array_push(columns, values);
        for row in 0..batch.num_rows() {
            fast::array_push(values, reader.value(row, &mut memo)?);
        }
    }
    memo.keep();
    finish(columns)
}

fn check_width(batch: &RecordBatch, schema: &Schema) -> Result<(), Error> {
    if batch.num_columns() == schema.fields.len() {
        return Ok(());
    }
    Err(Error::internal(format!(
        "a batch of {} columns came for a schema of {}",
        batch.num_columns(),
        schema.fields.len()
    )))
}

fn finish(array: Value) -> Result<RArray, Failure> {
    RArray::from_value(array).ok_or_else(|| Error::internal("Ruby made no Array").into())
}
