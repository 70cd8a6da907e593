//! The Arrow schema that a Parquet file is read with.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Schema, TimeUnit};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::Type as Physical;
use parquet::errors::Result;
use parquet::file::metadata::ParquetMetaData;
use parquet::schema::types::SchemaDescriptor;

/// Options for every file: what some Arrow writer left in the footer about its own types is not looked at.
pub fn reader_options() -> ArrowReaderOptions {
    ArrowReaderOptions::new().with_skip_arrow_metadata(true)
}

/// Readable metadata. `INT96` is read in microseconds: nanoseconds, the default, wrap outside of 1677 to 2262.
pub fn reader_metadata(metadata: Arc<ParquetMetaData>) -> Result<ArrowReaderMetadata> {
    let plain = ArrowReaderMetadata::try_new(Arc::clone(&metadata), reader_options())?;
    let leaves = metadata.file_metadata().schema_descr();
    if leaves.columns().iter().all(|c| c.physical_type() != Physical::INT96) {
        return Ok(plain);
    }
    let mut hint = Hint { leaves, next: 0 };
    let fields: Vec<FieldRef> = plain.schema().fields().iter().map(|f| hint.field(f)).collect();
    ArrowReaderMetadata::try_new(metadata, reader_options().with_schema(Arc::new(Schema::new(fields))))
}

/// Walks Arrow's leaves along with Parquet's, which come in the same order.
struct Hint<'a> {
    leaves: &'a SchemaDescriptor,
    next: usize,
}

impl Hint<'_> {
    fn field(&mut self, field: &FieldRef) -> FieldRef {
        Arc::new(Field::clone(field).with_data_type(self.data_type(field.data_type())))
    }

    fn data_type(&mut self, data_type: &DataType) -> DataType {
        match data_type {
            DataType::Struct(fields) => DataType::Struct(fields.iter().map(|f| self.field(f)).collect()),
            DataType::List(element) => DataType::List(self.field(element)),
            DataType::Map(entries, sorted) => DataType::Map(self.field(entries), *sorted),
            leaf => {
                let index = self.next;
                self.next += 1;
                match self.leaves.columns().get(index) {
                    Some(column) if column.physical_type() == Physical::INT96 => {
                        DataType::Timestamp(TimeUnit::Microsecond, None)
                    }
                    _ => leaf.clone(),
                }
            }
        }
    }
}
