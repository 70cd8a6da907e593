//! `DeltaLake::Native::Stream`: the rows of a scan, some at a time.

use std::mem::size_of;

use arrow::array::RecordBatch;
use deltalake_core::context::Context;
use deltalake_core::scan::{Scan, ScanStream};
use deltalake_core::schema::SchemaRef;
use magnus::{DataTypeFunctions, Error, Module, RArray, RHash, RModule, Ruby, TypedData};

use super::call::{Exclusive, asked, define};
use crate::bridge::{MemoryGuard, block_on, to_ruby_error};
use crate::convert::{Failure, RowKeys, columns_from_batch, rows_from_batch};
use crate::native_method;

#[derive(TypedData)]
#[magnus(class = "DeltaLake::Native::Stream", free_immediately, size)]
pub(super) struct NativeStream {
    schema: SchemaRef,
    keys: RowKeys,
    ctx: Context,
    state: Exclusive<State>,
}

struct State {
    stream: ScanStream,
    /// What is left of the batch that rows are being taken from.
    rest: Option<Rest>,
}

struct Rest {
    batch: RecordBatch,
    memory: MemoryGuard,
}

impl DataTypeFunctions for NativeStream {
    fn size(&self) -> usize {
        let rest = self.state.peek(|state| state.rest.as_ref().map_or(0, |rest| rest.memory.bytes()));
        size_of::<Self>() + rest.unwrap_or_default()
    }
}

pub(super) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = define::<NativeStream>(ruby, native, "Stream")?;
    class.define_method("next", native_method!(NativeStream::next, 1))?;
    class.define_method("next_columns", native_method!(NativeStream::next_columns, 1))?;
    class.define_method("asked", native_method!(NativeStream::asked, 0))?;
    class.define_method("close", native_method!(NativeStream::close, 0))?;
    Ok(())
}

impl NativeStream {
    pub(super) fn new(ruby: &Ruby, scan: &Scan, ctx: Context) -> Result<Self, Error> {
        let schema = scan.schema().clone();
        let keys = RowKeys::new(ruby, &schema);
        let state = State { stream: scan.stream(ctx.clone()), rest: None };
        Ok(Self { schema, keys, ctx, state: Exclusive::new("stream", state) })
    }

    fn next(ruby: &Ruby, this: &Self, max_rows: usize) -> Result<Option<RArray>, Error> {
        this.take_rows(ruby, max_rows, |batch| rows_from_batch(ruby, batch, &this.schema, &this.keys))
    }

    fn next_columns(ruby: &Ruby, this: &Self, max_rows: usize) -> Result<Option<RArray>, Error> {
        this.take_rows(ruby, max_rows, |batch| columns_from_batch(ruby, batch, &this.schema, &this.keys))
    }

    /// Data files that were opened, and what was asked of the store.
    fn asked(ruby: &Ruby, this: &Self) -> Result<(u64, RHash), Error> {
        Ok((this.ctx.meter().files(), asked(ruby, &this.ctx)?))
    }

    fn close(_ruby: &Ruby, this: &Self) -> Result<(), Error> {
        this.state.close();
        Ok(())
    }

    /// Converts the next rows, at most `max_rows`, waiting for a batch where none is at hand.
    fn take_rows(
        &self,
        ruby: &Ruby,
        max_rows: usize,
        convert: impl FnOnce(&RecordBatch) -> Result<RArray, Failure>,
    ) -> Result<Option<RArray>, Error> {
        self.ctx.check().map_err(|e| to_ruby_error(ruby, e))?;
        let Some(mut state) = self.state.take().map_err(|e| to_ruby_error(ruby, e))? else { return Ok(None) };
        let rest = match state.rest.take() {
            Some(rest) => rest,
            None => {
                let mut stream = state.stream;
                let (stream, batch) = block_on(ruby, &self.ctx, async move {
                    let batch = stream.next().await?;
                    Ok((stream, batch))
                })?;
                state = State { stream, rest: None };
                let Some(batch) = batch else {
                    self.state.close();
                    return Ok(None);
                };
                let memory = MemoryGuard::new(ruby, batch.get_array_memory_size());
                Rest { batch, memory }
            }
        };
        let count = max_rows.clamp(1, rest.batch.num_rows().max(1));
        let rows = convert(&rest.batch.slice(0, count)).map_err(|e| e.into_ruby(ruby))?;
        let left = rest.batch.num_rows().saturating_sub(count);
        if left > 0 {
            state.rest = Some(Rest { batch: rest.batch.slice(count, left), memory: rest.memory });
        }
        self.state.put(state);
        Ok(Some(rows))
    }
}
