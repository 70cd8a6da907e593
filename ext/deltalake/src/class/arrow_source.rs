//! `DeltaLake::Native::ArrowSource`: batches out of an Arrow C stream of anybody's.

use std::sync::Arc;

use arrow::array::{Array, MutableArrayData, RecordBatch, RecordBatchOptions, make_array};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use deltalake_core::ingest::{ArrowRows, OnUnknown};
use deltalake_core::schema::StructType;
use deltalake_core::{Error, Result};
use magnus::{Module, Object, RHash, RModule, Ruby};

use super::call::{Exclusive, define};
use crate::bridge::{Foreign, ForeignStream, to_ruby_error, without_gvl};
use crate::convert::{RowKeys, rows_from_batch};
use crate::{native_function, native_method};

type Outcome<T> = std::result::Result<T, magnus::Error>;

#[magnus::wrap(class = "DeltaLake::Native::ArrowSource", free_immediately, size)]
pub(super) struct NativeArrowSource(Exclusive<Foreign<ForeignStream>>);

#[magnus::wrap(class = "DeltaLake::Native::ArrowBatch", free_immediately, size)]
pub(super) struct NativeArrowBatch {
    rows: usize,
    batch: Exclusive<Foreign<RecordBatch>>,
}

pub(super) fn init(ruby: &Ruby, native: RModule) -> Outcome<()> {
    let source = define::<NativeArrowSource>(ruby, native, "ArrowSource")?;
    source.define_singleton_method("take", native_function!(NativeArrowSource::take, 1))?;
    source.define_method("next", native_method!(NativeArrowSource::next, 0))?;
    source.define_method("close", native_method!(NativeArrowSource::close, 0))?;
    let batch = define::<NativeArrowBatch>(ruby, native, "ArrowBatch")?;
    batch.define_method("rows", native_method!(NativeArrowBatch::rows, 0))?;
    batch.define_method("row", native_method!(NativeArrowBatch::row, 1))?;
    batch.define_method("close", native_method!(NativeArrowBatch::close, 0))?;
    Ok(())
}

impl NativeArrowSource {
    fn take(ruby: &Ruby, address: usize) -> Outcome<Self> {
        Foreign::<ForeignStream>::bury();
        let stream = ForeignStream::take(address).map_err(|e| to_ruby_error(ruby, e))?;
        Ok(Self(Exclusive::new("Arrow stream", Foreign::new(stream))))
    }

    pub(super) fn schema(&self, ruby: &Ruby) -> Outcome<SchemaRef> {
        self.call(ruby, ForeignStream::schema)
    }

    /// The next batch; may take as long as the producer likes.
    fn next(ruby: &Ruby, this: &Self) -> Outcome<Option<NativeArrowBatch>> {
        Ok(this.call(ruby, ForeignStream::next)?.map(NativeArrowBatch::new))
    }

    fn close(_ruby: &Ruby, this: &Self) -> Outcome<()> {
        if let Ok(Some(stream)) = this.0.take() {
            this.0.close();
            stream.release();
        }
        this.0.close();
        Ok(())
    }

    fn call<T>(&self, ruby: &Ruby, work: impl FnOnce(&mut ForeignStream) -> Result<T>) -> Outcome<T> {
        let closed = || Error::argument("this Arrow stream was closed");
        let taken = self.0.take().and_then(|stream| stream.ok_or_else(closed));
        let mut stream = taken.map_err(|e| to_ruby_error(ruby, e))?;
        let done = without_gvl(ruby, || stream.get_mut().ok_or_else(closed).and_then(work));
        self.0.put(stream);
        // Where it was closed meanwhile.
        Foreign::<ForeignStream>::bury();
        done
    }
}

impl NativeArrowBatch {
    fn new(batch: RecordBatch) -> Self {
        let rows = batch.num_rows();
        Self { rows, batch: Exclusive::new("Arrow batch", Foreign::new(batch)) }
    }

    fn rows(_ruby: &Ruby, this: &Self) -> Outcome<usize> {
        Ok(this.rows)
    }

    /// A row as a Hash, without the columns whose types Delta lacks.
    fn row(ruby: &Ruby, this: &Self, index: usize) -> Outcome<RHash> {
        let shown = this.with(ruby, |batch| {
            let schema = Arc::new(StructType::from_arrow(batch.schema_ref().fields()));
            let rows = ArrowRows::new(batch.schema_ref(), Arc::clone(&schema), OnUnknown::Ignore)?;
            Ok((rows.convert(&part(batch, index, 1)?, index as u64)?, schema))
        });
        let (batch, schema) = shown?;
        let rows = rows_from_batch(ruby, &batch, &schema, &RowKeys::new(ruby, &schema));
        rows.map_err(|e| e.into_ruby(ruby))?.entry(0)
    }

    /// Gives the producer's memory back.
    fn close(_ruby: &Ruby, this: &Self) -> Outcome<()> {
        if let Ok(Some(batch)) = this.batch.take() {
            batch.release();
        }
        this.batch.close();
        Ok(())
    }

    /// Some of the rows as rows of a table, in memory of our own.
    pub(super) fn convert(
        &self,
        ruby: &Ruby,
        rows: &ArrowRows,
        from: usize,
        count: usize,
        first_row: u64,
    ) -> Outcome<RecordBatch> {
        self.with(ruby, |batch| rows.convert(&copied(&part(batch, from, count)?)?, first_row))
    }

    fn with<T>(&self, ruby: &Ruby, work: impl FnOnce(&RecordBatch) -> Result<T>) -> Outcome<T> {
        let closed = || Error::argument("this Arrow batch was closed");
        let taken = self.batch.take().and_then(|batch| batch.ok_or_else(closed));
        let batch = taken.map_err(|e| to_ruby_error(ruby, e))?;
        let done = without_gvl(ruby, || batch.get().ok_or_else(closed).and_then(work));
        self.batch.put(batch);
        done
    }
}

fn part(batch: &RecordBatch, from: usize, count: usize) -> Result<RecordBatch> {
    if from.checked_add(count).is_none_or(|end| end > batch.num_rows()) {
        return Err(Error::internal("rows past the end of an Arrow batch"));
    }
    Ok(batch.slice(from, count))
}

/// The same rows in memory that is not the producer's: it must not be released by our own threads.
fn copied(batch: &RecordBatch) -> Result<RecordBatch> {
    let columns = batch.columns().iter().map(|column| {
        let data = column.to_data();
        let mut copy = MutableArrayData::new(vec![&data], false, data.len());
        copy.try_extend(0, 0, data.len())?;
        Ok(make_array(copy.freeze()))
    });
    let columns = columns.collect::<std::result::Result<_, ArrowError>>();
    let columns = columns.map_err(|e| Error::argument("the Arrow rows cannot be copied").with_source(e))?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(batch.schema(), columns, &options)
        .map_err(|e| Error::internal("the copied columns make no batch").with_source(e))
}
