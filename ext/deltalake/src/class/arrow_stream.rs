//! `DeltaLake::Native::ArrowStream`: an Arrow C stream until somebody takes it.

use arrow::array::RecordBatch;
use deltalake_core::Result;
use deltalake_core::context::Context;
use deltalake_core::scan::{Scan, ScanStream};
use futures::FutureExt;
use futures::future::BoxFuture;
use magnus::{Error, Module, RModule, Ruby};

use super::call::define;
use crate::bridge::{ArrowCStream, Batches, to_ruby_error};
use crate::convert::with_arrow_names;
use crate::native_method;

#[magnus::wrap(class = "DeltaLake::Native::ArrowStream", free_immediately, size)]
pub(super) struct NativeArrowStream(ArrowCStream);

pub(super) fn init(ruby: &Ruby, native: RModule) -> std::result::Result<(), Error> {
    let class = define::<NativeArrowStream>(ruby, native, "ArrowStream")?;
    class.define_method("address", native_method!(NativeArrowStream::address, 0))?;
    class.define_method("release", native_method!(NativeArrowStream::release, 0))?;
    Ok(())
}

/// The batches of a scan.
struct Scanned(ScanStream);

impl Batches for Scanned {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<RecordBatch>>> {
        self.0.next().boxed()
    }
}

impl NativeArrowStream {
    pub(super) fn of_scan(ruby: &Ruby, scan: &Scan, ctx: Context) -> std::result::Result<Self, Error> {
        Self::new(
            ruby,
            ArrowCStream::new(with_arrow_names(scan.arrow_schema()), Scanned(scan.stream(ctx.clone())), ctx),
        )
    }

    pub(super) fn new(ruby: &Ruby, stream: Result<ArrowCStream>) -> std::result::Result<Self, Error> {
        stream.map(Self).map_err(|e| to_ruby_error(ruby, e))
    }

    fn address(_ruby: &Ruby, this: &Self) -> std::result::Result<Option<usize>, Error> {
        Ok(this.0.address())
    }

    fn release(_ruby: &Ruby, this: &Self) -> std::result::Result<(), Error> {
        this.0.release();
        Ok(())
    }
}
