//! Batches out of an Arrow C stream of anybody's. Its callbacks may block, may be Ruby code that asks for the GVL, and may
//! say anything: they are called on a thread of Ruby's without the GVL, what they say is checked before it is used, and
//! what they gave is released on such a thread too, never by a garbage collection and never on our own threads.

use std::any::Any;
use std::ffi::CStr;
use std::fmt;
use std::ptr;
use std::sync::{Arc, Mutex};

use arrow::array::{Array, RecordBatch, RecordBatchOptions, StructArray, layout};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi_and_data_type};
use arrow::ffi_stream::FFI_ArrowArrayStream;
use deltalake_core::{Error, Result};

use super::fork::Owned;

/// Types inside of types, at most: who walks them recurses.
const MAX_DEPTH: usize = 100;
/// Fields of a schema, nested ones too, at most.
const MAX_FIELDS: usize = 100_000;
/// Rows of a batch and elements of its lists, at most. A count past it is a lie.
const MAX_LENGTH: usize = 1 << 40;

/// What code of others must release. Dropped by a garbage collection, it waits for [`Foreign::bury`].
pub(crate) struct Foreign<T: Any + Send>(Option<T>);

/// With the process that each is of: no other may release it.
static DEAD: Mutex<Vec<Owned<Box<dyn Any + Send>>>> = Mutex::new(Vec::new());

impl<T: Any + Send> Foreign<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Some(value))
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }

    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        self.0.as_mut()
    }

    /// Releases it now: for threads of Ruby's that may run any code.
    pub(crate) fn release(mut self) {
        drop(self.0.take());
        Self::bury();
    }

    /// Releases what garbage collections left.
    pub(crate) fn bury() {
        // Only tried, since a fork may copy it while it is held.
        let dead = DEAD.try_lock().map(|mut dead| std::mem::take(&mut *dead));
        drop(dead);
    }
}

impl<T: Any + Send> Drop for Foreign<T> {
    fn drop(&mut self) {
        let Some(value) = self.0.take() else { return };
        match DEAD.try_lock() {
            Ok(mut dead) => dead.push(Owned::new("Arrow stream", Box::new(value))),
            Err(_) => std::mem::forget(value),
        }
    }
}

/// An Arrow C stream that was taken from its producer.
pub(crate) struct ForeignStream {
    stream: FFI_ArrowArrayStream,
    schema: Option<SchemaRef>,
    failed: bool,
}

// SAFETY: the interface lets a stream be used by any thread, one at a time; `&mut` sees to that.
unsafe impl Send for ForeignStream {}

impl fmt::Debug for ForeignStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ForeignStream")
    }
}

impl ForeignStream {
    /// Takes the stream whose struct is at `address`: the producer's is marked as released.
    pub(crate) fn take(address: usize) -> Result<Self> {
        let place = address as *mut FFI_ArrowArrayStream;
        if place.is_null() || !place.is_aligned() {
            return Err(Error::argument(format!("{address} is not the address of an Arrow C stream")));
        }
        // SAFETY: whoever hands over an Arrow C stream vouches for the address; the interface has no other proof.
        let stream = unsafe { FFI_ArrowArrayStream::from_raw(place) };
        if stream.release().is_none() {
            return Err(Error::argument("this Arrow stream was taken or released already: ask for another one"));
        }
        Ok(Self { stream, schema: None, failed: false })
    }

    /// The columns of all batches.
    pub(crate) fn schema(&mut self) -> Result<SchemaRef> {
        if let Some(schema) = &self.schema {
            return Ok(Arc::clone(schema));
        }
        let get_schema = self.stream.get_schema().ok_or_else(|| broken("it has no get_schema"))?;
        let mut out = FFI_ArrowSchema::empty();
        // SAFETY: the callback belongs to the stream, which is not released; `out` is room for a struct.
        let code = unsafe { get_schema(&raw mut self.stream, &raw mut out) };
        self.succeeded(code)?;
        let mut fields = 0;
        check_schema(&out, 0, &mut fields)?;
        let schema = Schema::try_from(&out).map_err(|e| broken("its schema cannot be read").with_source(e))?;
        let schema = Arc::new(schema);
        self.schema = Some(Arc::clone(&schema));
        Ok(schema)
    }

    /// The next batch, or none.
    pub(crate) fn next(&mut self) -> Result<Option<RecordBatch>> {
        if self.failed {
            return Err(Error::argument("this Arrow stream has failed before: ask for another one"));
        }
        let schema = self.schema()?;
        // Whatever leaves this before its end, a panic too, has failed.
        self.failed = true;
        let get_next = self.stream.get_next().ok_or_else(|| broken("it has no get_next"))?;
        let mut out = FFI_ArrowArray::empty();
        // SAFETY: as in `schema`.
        let code = unsafe { get_next(&raw mut self.stream, &raw mut out) };
        self.succeeded(code)?;
        let batch = if out.is_released() { None } else { Some(imported(out, &schema)?) };
        self.failed = false;
        Ok(batch)
    }

    fn succeeded(&mut self, code: i32) -> Result<()> {
        if code == 0 {
            return Ok(());
        }
        let text = self.stream.get_last_error().and_then(|get_last_error| {
            // SAFETY: as in `schema`; the text lives until the next call on the stream.
            let text = unsafe { get_last_error(&raw mut self.stream) };
            // SAFETY: a text that is there ends with NUL.
            (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
        });
        let text = text.filter(|t| !t.is_empty()).unwrap_or_else(|| "no text".to_owned());
        Err(Error::argument(format!("the Arrow stream failed (error {code}): {text}")))
    }
}

fn broken(what: impl fmt::Display) -> Error {
    Error::argument(format!("the Arrow stream breaks the C interface: {what}"))
}

/// Bounds how deep and how wide a schema is before anything walks it.
fn check_schema(schema: &FFI_ArrowSchema, depth: usize, fields: &mut usize) -> Result<()> {
    *fields += 1;
    // Their number is a signed one in the struct.
    let children = schema.children().size_hint().0;
    if depth > MAX_DEPTH || *fields > MAX_FIELDS || children > MAX_FIELDS {
        return Err(broken("its schema is too deep or too wide"));
    }
    schema.children().chain(schema.dictionary()).try_for_each(|child| check_schema(child, depth + 1, fields))
}

fn imported(array: FFI_ArrowArray, schema: &Schema) -> Result<RecordBatch> {
    let data_type = DataType::Struct(schema.fields().clone());
    check_array(&array, &data_type)?;
    // SAFETY: the counts were checked against the type; that buffers are as long as the counts say is the producer's word.
    let data = unsafe { from_ffi_and_data_type(array, data_type) }
        .and_then(|data| data.validate_full().map(|()| data))
        .map_err(|e| broken("a batch is malformed").with_source(e))?;
    let rows = StructArray::from(data);
    if rows.null_count() > 0 {
        return Err(broken("a batch has rows that are null"));
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    RecordBatch::try_new_with_options(Arc::new(schema.clone()), rows.into_parts().1, &options)
        .map_err(|e| broken("a batch is not of the stream's schema").with_source(e))
}

/// Checks what Arrow's import takes for granted: how many buffers and children there are, and that counts are counts.
fn check_array(array: &FFI_ArrowArray, data_type: &DataType) -> Result<()> {
    if array.len() > MAX_LENGTH || array.offset() > MAX_LENGTH {
        return Err(broken(format_args!("an array of {data_type} has an absurd length")));
    }
    let layout = layout(data_type);
    let fixed = layout.buffers.len() + usize::from(layout.can_contain_null_mask);
    let buffers = array.num_buffers();
    let enough = if layout.variadic { buffers > fixed && buffers < MAX_FIELDS } else { buffers == fixed };
    if !enough {
        return Err(broken(format_args!("an array of {data_type} has {buffers} buffers")));
    }
    if layout.variadic {
        check_variadic(array, buffers - fixed - 1)?;
    }
    let children = children(data_type);
    if array.num_children() != children.len() {
        return Err(broken(format_args!("an array of {data_type} has {} children", array.num_children())));
    }
    children.into_iter().enumerate().try_for_each(|(i, child)| check_array(array.child(i), child))?;
    match (array.dictionary(), data_type) {
        (Some(values), DataType::Dictionary(_, value_type)) => check_array(values, value_type),
        (None, DataType::Dictionary(..)) | (Some(_), _) => {
            Err(broken("a dictionary is where none belongs, or missing"))
        }
        (None, _) => Ok(()),
    }
}

/// The lengths of the buffers of a view array are themselves in its last buffer.
fn check_variadic(array: &FFI_ArrowArray, count: usize) -> Result<()> {
    let lengths = array.buffer(array.num_buffers() - 1).cast::<i64>();
    if count == 0 {
        return Ok(());
    }
    if lengths.is_null() || !lengths.is_aligned() {
        return Err(broken("a view array has no lengths of its buffers"));
    }
    // SAFETY: the interface has one length a buffer there.
    let lengths = (0..count).map(|i| unsafe { ptr::read(lengths.add(i)) });
    if lengths.into_iter().any(|length| usize::try_from(length).map_or(true, |l| l > MAX_LENGTH)) {
        return Err(broken("a view array has a buffer of absurd length"));
    }
    Ok(())
}

fn children(data_type: &DataType) -> Vec<&DataType> {
    match data_type {
        DataType::List(f)
        | DataType::LargeList(f)
        | DataType::ListView(f)
        | DataType::LargeListView(f)
        | DataType::FixedSizeList(f, _)
        | DataType::Map(f, _) => vec![f.data_type()],
        DataType::Struct(fields) => fields.iter().map(|f| f.data_type()).collect(),
        DataType::Union(fields, _) => fields.iter().map(|(_, f)| f.data_type()).collect(),
        DataType::RunEndEncoded(ends, values) => vec![ends.data_type(), values.data_type()],
        _ => Vec::new(),
    }
}
