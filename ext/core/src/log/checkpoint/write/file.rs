//! A Parquet file of a checkpoint on its way to the store.

use std::sync::LazyLock;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::schema::types::ColumnPath;

use crate::error::{Error, Result};
use crate::storage::{Segments, Storage, Upload};

/// Who wrote the file, in its footer.
const CREATED_BY: &str = concat!("deltalake-ruby version ", env!("CARGO_PKG_VERSION"));

/// Rows of a row group, which is held in memory until it is full.
const ROW_GROUP_ROWS: usize = 64 << 10;

/// The same in bytes, for rows with long statistics.
const ROW_GROUP_BYTES: usize = 16 << 20;

/// Columns whose values are all different, or nearly: a dictionary would cost time and save nothing.
const UNIQUE: [&str; 6] =
    ["add.path", "add.stats", "add.size", "add.modificationTime", "remove.path", "remove.deletionTimestamp"];

static PROPERTIES: LazyLock<WriterPropertiesPtr> = LazyLock::new(|| {
    let mut properties = WriterProperties::builder()
        .set_created_by(CREATED_BY.to_owned())
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_max_row_group_bytes(Some(ROW_GROUP_BYTES));
    for column in UNIQUE {
        let path = ColumnPath::from(column.split('.').map(str::to_owned).collect::<Vec<_>>());
        properties = properties.set_column_dictionary_enabled(path, false);
    }
    properties.build().into()
});

/// Encodes rows and sends them as row groups fill.
pub(super) struct CheckpointFile {
    writer: ArrowWriter<Segments>,
    upload: Upload,
}

impl CheckpointFile {
    pub(super) fn new(storage: &Storage, key: &str, schema: &SchemaRef) -> Result<Self> {
        let options = ArrowWriterOptions::new()
            .with_properties(WriterProperties::clone(&PROPERTIES))
            .with_schema_root("spark_schema".to_owned())
            .with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(Segments::default(), SchemaRef::clone(schema), options);
        Ok(Self { writer: writer.map_err(encoding)?, upload: storage.upload(key)? })
    }

    pub(super) async fn write(&mut self, rows: &RecordBatch) -> Result<()> {
        self.writer.write(rows).map_err(encoding)?;
        self.send().await
    }

    /// Ends the row group, so that nobody who wants its rows decodes others.
    pub(super) async fn end_row_group(&mut self) -> Result<()> {
        self.writer.flush().map_err(encoding)?;
        self.send().await
    }

    /// Publishes the file; gives its bytes.
    pub(super) async fn finish(mut self) -> Result<u64> {
        self.writer.finish().map_err(encoding)?;
        self.send().await?;
        self.upload.finish().await
    }

    async fn send(&mut self) -> Result<()> {
        for bytes in self.writer.inner_mut().take() {
            self.upload.write(bytes).await?;
        }
        Ok(())
    }
}

fn encoding(e: ParquetError) -> Error {
    Error::internal("encoding a checkpoint failed").with_source(e)
}
