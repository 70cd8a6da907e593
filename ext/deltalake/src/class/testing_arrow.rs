//! Arrow streams that the specs need: slow ones, and ones that fail in every way.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use deltalake_core::context::Context;
use deltalake_core::{Error, ErrorKind, Result};
use futures::FutureExt;
use futures::future::BoxFuture;
use magnus::{RModule, Ruby, prelude::*};

use super::arrow_stream::NativeArrowStream;
use super::testing::Probe;
use crate::bridge::{ArrowCStream, Batches};
use crate::native_function;

/// One batch of one row after a wait, then what `end` says.
struct Source {
    wait: Duration,
    end: String,
    left: bool,
    schema: Arc<Schema>,
    _probe: Probe,
}

impl Batches for Source {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<RecordBatch>>> {
        let batch = async {
            tokio::time::sleep(self.wait).await;
            if std::mem::take(&mut self.left) {
                let column = Arc::new(Int64Array::from(vec![1]));
                let batch = RecordBatch::try_new(Arc::clone(&self.schema), vec![column]);
                return batch.map(Some).map_err(|e| Error::internal("no batch").with_source(e));
            }
            self.ended()
        };
        batch.boxed()
    }
}

impl Source {
    #[allow(clippy::panic)]
    fn ended(&self) -> Result<Option<RecordBatch>> {
        match self.end.as_str() {
            "panic" => panic!("in a batch"),
            "error" => Err(Error::new(ErrorKind::StorageUnavailable, "the store is\0away").with_table("memory:///t")),
            _ => Ok(None),
        }
    }
}

fn arrow_stream(
    ruby: &Ruby,
    name: String,
    seconds: f64,
    end: String,
    deadline: Option<f64>,
) -> std::result::Result<NativeArrowStream, magnus::Error> {
    let schema = Arc::new(Schema::new(vec![Field::new(name, DataType::Int64, true)]));
    let ctx = Context::new(deadline.map(Duration::from_secs_f64));
    let wait = Duration::from_secs_f64(seconds);
    let source = Source { wait, end, left: true, schema: Arc::clone(&schema), _probe: Probe::new() };
    NativeArrowStream::new(ruby, ArrowCStream::new(schema, source, ctx))
}

/// Adds to `DeltaLake::Native::Testing`.
pub(super) fn init(_ruby: &Ruby, native: RModule) -> std::result::Result<(), magnus::Error> {
    let testing: RModule = native.const_get("Testing")?;
    testing.define_singleton_method("arrow_stream", native_function!(arrow_stream, 4))?;
    Ok(())
}
