//! Batches as an Arrow C stream, whose callbacks others call: from any thread, with the GVL or without it, in a process
//! that may have been forked since. They touch nothing of Ruby, and no panic leaves them.

use std::ffi::{CString, c_char, c_int, c_void};
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::ptr::{self, NonNull};
use std::time::Duration;

use arrow::array::{Array, RecordBatch, StructArray};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow::ffi_stream::FFI_ArrowArrayStream;
use deltalake_core::context::Context;
use deltalake_core::{Error, ErrorKind, Result};
use futures::future::BoxFuture;

use super::error::message;
use super::fork::Owned;
use super::runtime;

/// Values of `errno` that the interface answers with.
const EIO: c_int = 5;
const EINVAL: c_int = 22;

/// The wait for a batch has no end of its own: the task ends, at its deadline or else.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Where batches come from.
pub(crate) trait Batches: Send + 'static {
    /// The next batch, or none.
    fn next(&mut self) -> BoxFuture<'_, Result<Option<RecordBatch>>>;
}

/// An `ArrowArrayStream` at a fixed address, released with this unless somebody has taken it from there.
pub(crate) struct ArrowCStream(NonNull<FFI_ArrowArrayStream>);

// SAFETY: the interface lets a stream be used by any thread, one at a time; the callbacks are ours and keep to that.
unsafe impl Send for ArrowCStream {}

impl ArrowCStream {
    /// A stream of `batches`, which are of `schema` but for the names inside of lists and maps.
    pub(crate) fn new(schema: SchemaRef, batches: impl Batches, ctx: Context) -> Result<Self> {
        // Looked at now, since a consumer could do nothing about it.
        c_schema(&schema)?;
        let state = State::Ready(Box::new(batches));
        let exported = Box::new(Exported { schema, ctx, state: Owned::new("Arrow stream", state), last_error: None });
        // SAFETY: the callbacks are those for `Exported`; the last of them frees it once and marks the stream released.
        let stream = unsafe {
            FFI_ArrowArrayStream::new_unchecked(
                Some(get_schema),
                Some(get_next),
                Some(get_last_error),
                Some(release),
                Box::into_raw(exported).cast::<c_void>(),
            )
        };
        Ok(Self(NonNull::from(Box::leak(Box::new(stream)))))
    }

    /// Where the struct is; `None` once it was taken or released.
    pub(crate) fn address(&self) -> Option<usize> {
        // SAFETY: allocated by `new`, freed by `drop`; who was given the address leaves a whole struct behind.
        let is_there = unsafe { self.0.as_ref() }.release().is_some();
        is_there.then_some(self.0.as_ptr() as usize)
    }

    /// Ends the stream unless somebody has taken it.
    pub(crate) fn release(&self) {
        // SAFETY: as in `address`; nobody else uses the struct that nobody has taken.
        drop(unsafe { FFI_ArrowArrayStream::from_raw(self.0.as_ptr()) });
    }
}

impl Drop for ArrowCStream {
    fn drop(&mut self) {
        // SAFETY: made by `Box` in `new`. Its own drop releases it where that has not been done.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

impl fmt::Debug for ArrowCStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ArrowCStream")
    }
}

/// What the stream's private data is.
struct Exported {
    schema: SchemaRef,
    ctx: Context,
    state: Owned<State>,
    last_error: Option<CString>,
}

enum State {
    Ready(Box<dyn Batches>),
    Ended,
    /// An error, or a call that never came back. A stream that has failed never looks like one that has ended.
    Failed,
}

impl Exported {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        let state = self.state.get_mut()?;
        let mut batches = match std::mem::replace(state, State::Failed) {
            State::Ready(batches) => batches,
            State::Ended => {
                *state = State::Ended;
                return Ok(None);
            }
            State::Failed => return Err(Error::argument("this Arrow stream has failed before: begin another one")),
        };
        let call = runtime::spawn(&self.ctx, async move {
            let batch = batches.next().await?;
            Ok((batches, batch))
        })?;
        let (batches, batch) = loop {
            call.signal().park(LOOK_AGAIN);
            if let Some(result) = call.take() {
                break result?;
            }
        };
        *state = if batch.is_some() { State::Ready(batches) } else { State::Ended };
        Ok(batch)
    }

    fn fail(&mut self, error: &Error) -> c_int {
        let text = message(error).replace('\0', "\u{fffd}");
        self.last_error = CString::new(text).ok();
        match error.kind() {
            ErrorKind::Storage | ErrorKind::PermissionDenied | ErrorKind::StorageUnavailable => EIO,
            _ => EINVAL,
        }
    }
}

fn c_schema(schema: &Schema) -> Result<FFI_ArrowSchema> {
    // The names become C strings, and where they cannot Arrow panics.
    if schema.flattened_fields().iter().any(|field| field.name().contains('\0')) {
        return Err(Error::unsupported(
            "a name of a column holds a NUL character, which an Arrow C stream cannot have",
        ));
    }
    FFI_ArrowSchema::try_from(schema)
        .map_err(|e| Error::internal("the columns cannot be put into an Arrow C stream").with_source(e))
}

/// Runs a callback's work on the stream's private data. A panic is an error like any other.
///
/// # Safety
/// `stream` is one of ours that is not released, and used by this thread alone.
unsafe fn on_exported(stream: *mut FFI_ArrowArrayStream, work: impl FnOnce(&mut Exported) -> Result<()>) -> c_int {
    // SAFETY: `private_data` is what `new` put there, until `release` is called.
    let exported = unsafe { &mut *(*stream).private_data().cast::<Exported>() };
    exported.last_error = None;
    match panic::catch_unwind(AssertUnwindSafe(|| work(exported).map_err(|error| exported.fail(&error)))) {
        Ok(Ok(())) => 0,
        Ok(Err(code)) => code,
        Err(_) => exported.fail(&Error::internal("a panic ended an Arrow stream; this is a bug in deltalake")),
    }
}

unsafe extern "C" fn get_schema(stream: *mut FFI_ArrowArrayStream, out: *mut FFI_ArrowSchema) -> c_int {
    // SAFETY: the caller keeps to the interface: `stream` is valid, and `out` is room for a struct.
    unsafe {
        on_exported(stream, |exported| {
            ptr::write(out, c_schema(&exported.schema)?);
            Ok(())
        })
    }
}

unsafe extern "C" fn get_next(stream: *mut FFI_ArrowArrayStream, out: *mut FFI_ArrowArray) -> c_int {
    // SAFETY: as in `get_schema`.
    unsafe {
        on_exported(stream, |exported| {
            let array = match exported.next()? {
                Some(batch) => FFI_ArrowArray::new(&StructArray::from(batch).to_data()),
                // A released array is the end of the stream.
                None => FFI_ArrowArray::empty(),
            };
            ptr::write(out, array);
            Ok(())
        })
    }
}

unsafe extern "C" fn get_last_error(stream: *mut FFI_ArrowArrayStream) -> *const c_char {
    // SAFETY: as in `on_exported`. The text lives until the next call on the stream, as the interface asks.
    let exported = unsafe { &*(*stream).private_data().cast::<Exported>() };
    exported.last_error.as_ref().map_or(ptr::null(), |text| text.as_ptr())
}

unsafe extern "C" fn release(stream: *mut FFI_ArrowArrayStream) {
    // SAFETY: called once, by who owns the stream; `new` made the private data with `Box`.
    let exported = unsafe {
        (*stream).set_release(None);
        Box::from_raw((*stream).set_private_data(ptr::null_mut()).cast::<Exported>())
    };
    let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(exported)));
}
