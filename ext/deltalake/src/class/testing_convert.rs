//! Conversion with nothing around it, for the specs: `DeltaLake::Native::Testing::Batch` and `scalar`.

use arrow::array::RecordBatch;
use deltalake_core::Error;
use deltalake_core::ingest::OnUnknown;
use deltalake_core::schema::{DataType, Schema, StructType};
use magnus::{DataTypeFunctions, RArray, RModule, Ruby, TypedData, Value, prelude::*};

use super::call::define;
use crate::convert::{
    Failure, RowEncoder, RowKeys, columns_from_batch, rows_from_batch, scalar_from_ruby, scalar_to_ruby,
};
use crate::{native_function, native_method};

/// Rows that were encoded.
#[derive(TypedData)]
#[magnus(class = "DeltaLake::Native::Testing::Batch", free_immediately, size)]
struct Batch {
    batch: RecordBatch,
    schema: Schema,
    keys: RowKeys,
}

impl DataTypeFunctions for Batch {
    fn size(&self) -> usize {
        size_of::<Self>() + self.batch.get_array_memory_size()
    }
}

fn on_unknown(ignore: bool) -> OnUnknown {
    if ignore { OnUnknown::Ignore } else { OnUnknown::Raise }
}

impl Batch {
    fn finish(ruby: &Ruby, mut encoder: RowEncoder, schema: Schema) -> Result<Self, Failure> {
        let batch = encoder.finish_batch()?.batch;
        let keys = RowKeys::new(ruby, &schema);
        Ok(Self { batch, schema, keys })
    }

    fn encode(ruby: &Ruby, schema: String, rows: RArray, ignore: bool) -> Result<Self, magnus::Error> {
        let convert = || {
            let schema = StructType::from_json(&schema)?;
            let mut encoder = RowEncoder::new(ruby, &schema, &[])?;
            encoder.push(ruby, rows, 0, on_unknown(ignore))?;
            Self::finish(ruby, encoder, schema)
        };
        convert().map_err(|failure| failure.into_ruby(ruby))
    }

    /// The rows that fit, and the messages for those that do not.
    fn encode_each(
        ruby: &Ruby,
        schema: String,
        rows: RArray,
        messages: RArray,
        ignore: bool,
    ) -> Result<Self, magnus::Error> {
        let convert = || {
            let schema = StructType::from_json(&schema)?;
            let mut encoder = RowEncoder::new(ruby, &schema, &[])?;
            for index in 0..rows.len() {
                match encoder.push_row(ruby, rows.entry(index as isize)?, index as u64, on_unknown(ignore)) {
                    Ok(()) => {}
                    Err(Failure::Core(error)) => messages.push(error.message())?,
                    Err(failure) => return Err(failure),
                }
            }
            Self::finish(ruby, encoder, schema)
        };
        convert().map_err(|failure| failure.into_ruby(ruby))
    }

    /// How many rows each batch takes where batches end when they are full.
    fn slices(ruby: &Ruby, schema: String, rows: RArray) -> Result<Vec<usize>, magnus::Error> {
        let convert = || {
            let mut encoder = RowEncoder::new(ruby, &StructType::from_json(&schema)?, &[])?;
            let (mut from, mut taken) = (0, Vec::new());
            while from < rows.len() {
                let count = encoder.push_some(ruby, rows, from, from as u64, OnUnknown::Raise)?;
                if encoder.is_empty() || encoder.len() != count || encoder.finish_batch()?.batch.num_rows() != count {
                    return Err(Error::internal("the encoder miscounts its rows").into());
                }
                taken.push(count);
                from += count;
            }
            Ok(taken)
        };
        convert().map_err(|failure: Failure| failure.into_ruby(ruby))
    }

    fn rows(ruby: &Ruby, this: &Self) -> Result<RArray, magnus::Error> {
        rows_from_batch(ruby, &this.batch, &this.schema, &this.keys).map_err(|failure| failure.into_ruby(ruby))
    }

    fn columns(ruby: &Ruby, this: &Self) -> Result<RArray, magnus::Error> {
        columns_from_batch(ruby, &this.batch, &this.schema, &this.keys).map_err(|failure| failure.into_ruby(ruby))
    }
}

/// The literal's Rust form as text, and its Ruby value.
fn scalar(ruby: &Ruby, column: String, type_name: String, value: Value) -> Result<RArray, magnus::Error> {
    let convert = || {
        let scalar = scalar_from_ruby(ruby, &column, value, &DataType::from_name(&type_name)?)?;
        let pair = ruby.ary_new_capa(2);
        pair.push(format!("{scalar:?}"))?;
        pair.push(scalar_to_ruby(ruby, scalar.as_ref())?)?;
        Ok(pair)
    };
    convert().map_err(|failure: Failure| failure.into_ruby(ruby))
}

/// Adds to `DeltaLake::Native::Testing`.
pub(super) fn init(ruby: &Ruby, native: RModule) -> Result<(), magnus::Error> {
    let testing = native.define_module("Testing")?;
    testing.define_singleton_method("scalar", native_function!(scalar, 3))?;
    let batch = define::<Batch>(ruby, testing, "Batch")?;
    batch.define_singleton_method("encode", native_function!(Batch::encode, 3))?;
    batch.define_singleton_method("encode_each", native_function!(Batch::encode_each, 4))?;
    batch.define_singleton_method("slices", native_function!(Batch::slices, 2))?;
    batch.define_method("rows", native_method!(Batch::rows, 0))?;
    batch.define_method("columns", native_method!(Batch::columns, 0))?;
    Ok(())
}
