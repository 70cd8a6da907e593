//! Parquet encoding of one data file (Delta protocol, "Delta Data Type to Parquet Type Mappings").

use std::collections::HashSet;

use arrow::array::{Array, ArrayRef, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use arrow::row::{RowConverter, SortField};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use crate::error::{Error, Result};
use crate::storage::Segments;

/// Who wrote the file, in its footer.
const CREATED_BY: &str = concat!("deltalake-ruby version ", env!("CARGO_PKG_VERSION"));

/// Rows of a row group at most.
const ROW_GROUP_ROWS: usize = 1 << 20;

/// Files whose first rows are fewer have no dictionaries: each costs a page, and small pages do not repay it.
const DICTIONARY_ROWS: usize = 64;

/// Row groups of fewer bytes are filled by some rows at a time: how large rows get is known only once some are encoded.
const SMALL_ROW_GROUP: usize = 16 << 20;
const ROWS_AT_A_TIME: usize = 1 << 10;

/// Values looked at to tell whether a column repeats itself.
const SAMPLE: usize = 1024;

/// Memory of a column's encoder besides what it reports: contexts of the codec, and buffers of pages.
const COLUMN_OVERHEAD: usize = 64 << 10;

/// Encodes batches into the bytes of a Parquet file.
pub(super) struct Encoder {
    writer: ArrowWriter<Segments>,
    columns: usize,
    rows_at_a_time: usize,
}

impl Encoder {
    /// For a file whose first rows are `first`.
    pub(super) fn new(
        schema: SchemaRef,
        compression: Compression,
        row_group_bytes: usize,
        first: &RecordBatch,
    ) -> Result<Self> {
        let columns = schema.flattened_fields().len();
        let options = ArrowWriterOptions::new()
            .with_properties(properties(compression, row_group_bytes, first)?)
            .with_schema_root("spark_schema".to_owned())
            .with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(Segments::default(), schema, options).map_err(encoding)?;
        let rows_at_a_time = if row_group_bytes < SMALL_ROW_GROUP { ROWS_AT_A_TIME } else { usize::MAX };
        Ok(Self { writer, columns, rows_at_a_time })
    }

    /// Encodes the rows of `batch`; row groups that are full become bytes to take.
    pub(super) fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut start = 0;
        while start < batch.num_rows() {
            let rows = self.rows_at_a_time.min(batch.num_rows() - start);
            self.writer.write(&batch.slice(start, rows)).map_err(encoding)?;
            start += rows;
        }
        Ok(())
    }

    /// Bytes that are ready to be sent.
    pub(super) fn take(&mut self) -> Vec<Bytes> {
        self.writer.inner_mut().take()
    }

    /// Bytes that the file would have if it ended now, roughly.
    pub(super) fn file_size(&self) -> u64 {
        (self.writer.bytes_written() + self.writer.in_progress_size()) as u64
    }

    /// Bytes of memory held, roughly.
    pub(super) fn memory(&self) -> usize {
        let open = if self.writer.in_progress_rows() > 0 { self.columns * COLUMN_OVERHEAD } else { 0 };
        self.writer.memory_size() + self.writer.inner().waiting_bytes() + open
    }

    /// Ends the file and gives its last bytes.
    pub(super) fn finish(mut self) -> Result<Vec<Bytes>> {
        self.writer.finish().map_err(encoding)?;
        self.writer.sync().map_err(|e| Error::internal("ending a Parquet file failed").with_source(e))?;
        Ok(self.take())
    }
}

fn properties(compression: Compression, row_group_bytes: usize, first: &RecordBatch) -> Result<WriterProperties> {
    let mut properties = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(compression)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_max_row_group_bytes(Some(row_group_bytes));
    if first.num_rows() < DICTIONARY_ROWS {
        return Ok(properties.set_dictionary_enabled(false).build());
    }
    for (field, column) in first.schema_ref().fields().iter().zip(first.columns()) {
        if !field.data_type().is_nested() && !repeats(column)? {
            let path = ColumnPath::from(vec![field.name().clone()]);
            properties = properties.set_column_dictionary_enabled(path, false);
        }
    }
    Ok(properties.build())
}

/// Whether a sample of the values is not nearly all different, so that a dictionary pays.
fn repeats(column: &ArrayRef) -> Result<bool> {
    let failed = |e| Error::internal("sampling a column failed").with_source(e);
    let step = column.len().div_ceil(SAMPLE).max(1);
    let indices: UInt32Array = (0..column.len() as u32).step_by(step).collect();
    let sample = take(column, &indices, None).map_err(failed)?;
    let converter = RowConverter::new(vec![SortField::new(column.data_type().clone())]).map_err(failed)?;
    let rows = converter.convert_columns(std::slice::from_ref(&sample)).map_err(failed)?;
    let different: HashSet<&[u8]> = rows.iter().map(|row| row.data()).collect();
    Ok(different.len() * 100 < sample.len() * 97)
}

fn encoding(e: ParquetError) -> Error {
    Error::internal("encoding a Parquet file failed").with_source(e)
}
