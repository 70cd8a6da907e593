//! Growing buffers in Arrow's layout that can also shrink, so that a refused row leaves nothing behind. The next batch
//! begins with the room that the last one took.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::StringArray;
use arrow::array::{ArrayRef, ArrowPrimitiveType, BinaryArray, BooleanArray, BooleanBufferBuilder, PrimitiveArray};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType as Arrow, ToByteSlice};

use crate::error::Error;
use crate::ingest::Misfit;

/// What `values` held.
fn emptied<T>(values: &mut Vec<T>) -> Vec<T> {
    let room = values.len();
    std::mem::replace(values, Vec::with_capacity(room))
}

/// Which values are not null.
pub struct Validity(BooleanBufferBuilder);

impl Validity {
    /// Nothing yet.
    pub fn new() -> Self {
        Self(BooleanBufferBuilder::new(0))
    }

    /// Appends a value.
    #[inline]
    pub fn push(&mut self, valid: bool) {
        self.0.append(valid);
    }

    /// Drops all values after the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// Values so far.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// What there is, as Arrow has it; nothing is left.
    pub fn finish(&mut self) -> Option<NullBuffer> {
        Some(NullBuffer::new(self.0.finish())).filter(|nulls| nulls.null_count() > 0)
    }
}

/// Values of a fixed width.
pub struct Primitive<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    validity: Validity,
}

impl<T: ArrowPrimitiveType> Primitive<T> {
    /// Nothing yet.
    pub fn new() -> Self {
        Self { values: Vec::new(), validity: Validity::new() }
    }

    /// Appends a value.
    #[inline]
    pub fn push(&mut self, value: T::Native) {
        self.values.push(value);
        self.validity.push(true);
    }

    /// Appends a null.
    #[inline]
    pub fn push_null(&mut self) {
        self.values.push(T::Native::default());
        self.validity.push(false);
    }

    /// Drops all values after the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.values.truncate(len);
        self.validity.truncate(len);
    }

    /// Values so far.
    #[inline]
    pub fn len(&self) -> usize {
        self.validity.len()
    }

    /// Bytes of the values.
    pub fn bytes(&self) -> usize {
        self.values.len() * size_of::<T::Native>()
    }

    /// Whether one of the values from number `from` on comes twice.
    pub fn repeats(&self, from: usize) -> bool {
        let mut seen = HashSet::new();
        !self.values[from..].iter().all(|value| seen.insert(value.to_byte_slice()))
    }

    /// As an array of `data_type`, whose physical form is that of `T`.
    pub fn finish(&mut self, data_type: Arrow) -> ArrayRef {
        let values = ScalarBuffer::from(emptied(&mut self.values));
        Arc::new(PrimitiveArray::<T>::new(values, self.validity.finish()).with_data_type(data_type))
    }
}

/// Booleans.
pub struct Bits {
    values: BooleanBufferBuilder,
    validity: Validity,
}

impl Bits {
    /// Nothing yet.
    pub fn new() -> Self {
        Self { values: BooleanBufferBuilder::new(0), validity: Validity::new() }
    }

    /// Appends a value.
    #[inline]
    pub fn push(&mut self, value: bool) {
        self.values.append(value);
        self.validity.push(true);
    }

    /// Appends a null.
    pub fn push_null(&mut self) {
        self.values.append(false);
        self.validity.push(false);
    }

    /// Drops all values after the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.values.truncate(len);
        self.validity.truncate(len);
    }

    /// Values so far.
    pub fn len(&self) -> usize {
        self.validity.len()
    }

    /// Bytes of the values.
    pub fn bytes(&self) -> usize {
        self.values.len() / 8
    }

    /// What there is, as Arrow has it; nothing is left.
    pub fn finish(&mut self) -> ArrayRef {
        Arc::new(BooleanArray::new(self.values.finish(), self.validity.finish()))
    }
}

/// Where each value of a column of varying length ends.
pub struct Offsets(Vec<i32>);

impl Offsets {
    /// Nothing yet.
    pub fn new() -> Self {
        Self(vec![0])
    }

    /// Ends a value at `end`; an error past what Arrow's offsets can count.
    #[inline]
    pub fn push(&mut self, end: usize) -> Result<(), Misfit> {
        let end = i32::try_from(end).map_err(|_| {
            Misfit::because("with the rows before it the value is past 2 GiB: append fewer rows at once")
        })?;
        self.0.push(end);
        Ok(())
    }

    /// Ends a value that holds nothing.
    #[inline]
    pub fn push_empty(&mut self) {
        self.0.push(self.end_of(self.0.len() - 1) as i32);
    }

    /// Shrinks to `len` values and says where the last of them ends.
    pub fn truncate(&mut self, len: usize) -> usize {
        self.0.truncate(len + 1);
        self.end_of(len)
    }

    /// Values so far.
    pub fn len(&self) -> usize {
        self.0.len() - 1
    }

    /// Where the newest value ends.
    pub fn last(&self) -> usize {
        self.end_of(self.len())
    }

    /// Where value number `len` ends, the first being 1.
    fn end_of(&self, len: usize) -> usize {
        self.0.get(len).map_or(0, |&end| end as usize)
    }

    /// What there is, as Arrow has it; nothing is left.
    pub fn finish(&mut self) -> OffsetBuffer<i32> {
        OffsetBuffer::new(ScalarBuffer::from(std::mem::replace(&mut self.0, vec![0])))
    }
}

/// Texts or byte strings.
pub struct Bytes {
    data: Vec<u8>,
    offsets: Offsets,
    validity: Validity,
}

impl Bytes {
    /// Nothing yet.
    pub fn new() -> Self {
        Self { data: Vec::new(), offsets: Offsets::new(), validity: Validity::new() }
    }

    /// Appends a value.
    #[inline]
    pub fn push(&mut self, value: &[u8]) -> Result<(), Misfit> {
        self.offsets.push(self.data.len() + value.len())?;
        self.data.extend_from_slice(value);
        self.validity.push(true);
        Ok(())
    }

    /// Appends a null.
    #[inline]
    pub fn push_null(&mut self) {
        self.offsets.push_empty();
        self.validity.push(false);
    }

    /// Drops all values after the first `len`.
    pub fn truncate(&mut self, len: usize) {
        let end = self.offsets.truncate(len);
        self.data.truncate(end);
        self.validity.truncate(len);
    }

    /// Values so far.
    #[inline]
    pub fn len(&self) -> usize {
        self.validity.len()
    }

    /// Bytes of the values.
    pub fn bytes(&self) -> usize {
        self.data.len() + self.offsets.len() * size_of::<i32>()
    }

    /// The first text from number `from` on that was there before, counted from `from` too.
    pub fn repeated(&self, from: usize) -> Option<String> {
        let mut seen = HashSet::new();
        let ends = &self.offsets.0[from..];
        let texts = ends.windows(2).map(|w| &self.data[w[0] as usize..w[1] as usize]);
        texts.into_iter().find(|text| !seen.insert(*text)).map(|text| String::from_utf8_lossy(text).into_owned())
    }

    /// The values as texts, which callers have checked; nothing is left.
    pub fn finish_text(&mut self) -> Result<ArrayRef, Error> {
        let (offsets, data, nulls) = self.parts();
        let array = StringArray::try_new(offsets, data, nulls)
            .map_err(|e| Error::internal("the texts make no Arrow array").with_source(e))?;
        Ok(Arc::new(array))
    }

    /// The values as byte strings; nothing is left.
    pub fn finish_binary(&mut self) -> Result<ArrayRef, Error> {
        let (offsets, data, nulls) = self.parts();
        let array = BinaryArray::try_new(offsets, data, nulls)
            .map_err(|e| Error::internal("the byte strings make no Arrow array").with_source(e))?;
        Ok(Arc::new(array))
    }

    fn parts(&mut self) -> (OffsetBuffer<i32>, Buffer, Option<NullBuffer>) {
        (self.offsets.finish(), Buffer::from_vec(emptied(&mut self.data)), self.validity.finish())
    }
}
