//! Ruby rows as Arrow batches, strictly by the table's schema.

mod column;
mod context;
mod nested;
mod number;
mod row;
mod text;
mod time;
mod variant;

use std::sync::Arc;

use arrow::datatypes::SchemaRef as ArrowSchemaRef;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use deltalake_core::Error;
use deltalake_core::ingest::OnUnknown;
use deltalake_core::schema::Schema;
use deltalake_core::write::RowBatch;
use magnus::{RArray, RHash, Ruby, Value};

use super::classes::Classes;
use super::failure::{Failure, Refusal};
use super::{fast, keys::RowKeys};
use context::Context;
pub(super) use number::decimal_number;
use row::Record;
pub(super) use text::text;
pub(super) use time::{Counted, days, instant, wall_clock};

#[cfg(feature = "testing")]
/// Bytes of buffers after which [`RowEncoder::push_some`] asks for the batch to be finished.
const FULL: usize = 32 << 20;

/// Collects rows, a column at a time in Arrow's own layout, until a batch is asked for.
pub(crate) struct RowEncoder {
    schema: ArrowSchemaRef,
    record: Record,
    rows: usize,
}

impl RowEncoder {
    /// An encoder of rows for a table of that schema, which fills in the columns at the positions of `filled`.
    pub(crate) fn new(ruby: &Ruby, schema: &Schema, filled: &[usize]) -> Result<Self, Error> {
        let record = Record::new(schema, &RowKeys::new(ruby, schema))?.telling_absent(filled);
        let mut schema = schema.clone();
        filled.iter().for_each(|&position| schema.fields[position].nullable = true);
        Ok(Self { schema: schema.to_arrow(), record, rows: 0 })
    }

    /// Rows since the last batch.
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are no rows since the last batch.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Bytes that the rows since the last batch hold.
    pub(crate) fn bytes(&self) -> usize {
        self.record.bytes()
    }

    /// Adds all rows; `first_row_index` is the number of the first in messages. After an error the rows before the bad one
    /// are in, and neither that one nor those after it.
    pub(crate) fn push(
        &mut self,
        ruby: &Ruby,
        rows: RArray,
        first_row_index: u64,
        on_unknown: OnUnknown,
    ) -> Result<(), Failure> {
        self.push_until(ruby, rows, 0, first_row_index, on_unknown, usize::MAX).map(drop)
    }

    /// Adds rows from position `from` on, and stops early where the batch is large enough; returns how many it took.
    /// `first_row_index` is the number of the row at `from`.
    #[cfg(feature = "testing")]
    pub(crate) fn push_some(
        &mut self,
        ruby: &Ruby,
        rows: RArray,
        from: usize,
        first_row_index: u64,
        on_unknown: OnUnknown,
    ) -> Result<usize, Failure> {
        self.push_until(ruby, rows, from, first_row_index, on_unknown, FULL)
    }

    /// Adds one row, or leaves the encoder as it was: another row can follow one that was refused.
    #[cfg(feature = "testing")]
    pub(crate) fn push_row(
        &mut self,
        ruby: &Ruby,
        row: Value,
        index: u64,
        on_unknown: OnUnknown,
    ) -> Result<(), Failure> {
        let context = Context { ruby, classes: Classes::get(ruby)?, on_unknown };
        self.push_with(&context, row, index)
    }

    fn push_until(
        &mut self,
        ruby: &Ruby,
        rows: RArray,
        from: usize,
        first_row_index: u64,
        on_unknown: OnUnknown,
        full: usize,
    ) -> Result<usize, Failure> {
        let context = Context { ruby, classes: Classes::get(ruby)?, on_unknown };
        let mut taken = 0;
        // The length is asked for each time: code of the rows' own may shorten the Array.
        while from + taken < fast::array_len(rows) {
            self.push_with(&context, fast::array_entry(rows, from + taken), first_row_index + taken as u64)?;
            taken += 1;
            if taken % 64 == 0 && self.bytes() >= full {
                break;
            }
        }
        Ok(taken)
    }

    #[inline]
    fn push_with(&mut self, context: &Context<'_>, row: Value, index: u64) -> Result<(), Failure> {
        let pushed = match RHash::from_value(row) {
            Some(hash) => self.record.append(context, hash),
            None => Err(Refusal::expected("a Hash", row)),
        };
        match pushed {
            Ok(()) => {
                self.rows += 1;
                Ok(())
            }
            Err(refusal) => {
                self.record.truncate(self.rows);
                Err(refusal.in_row(index))
            }
        }
    }

    /// Forgets the rows after the first `rows` since the last batch.
    pub(crate) fn truncate(&mut self, rows: usize) {
        if rows < self.rows {
            self.record.truncate(rows);
            self.rows = rows;
        }
    }

    /// The rows since the last batch, as a batch in the table's Arrow schema.
    pub(crate) fn finish_batch(&mut self) -> Result<RowBatch, Error> {
        let rows = std::mem::take(&mut self.rows);
        let absent = self.record.finish_absent();
        let columns = self.record.finish()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)
            .map_err(|e| Error::internal("the rows make no Arrow batch").with_source(e))?;
        Ok(RowBatch { batch, absent })
    }
}
