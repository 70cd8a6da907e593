//! One data file being written: rows wait until there are enough to encode, bytes go out as row groups fill.

use std::sync::Arc;

use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use tokio::task::yield_now;

use super::WriteOptions;
use super::encode::Encoder;
use super::layout::Layout;
use super::stats::{Indexed, StatsCollector};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::properties::TableProperties;
use crate::storage::{Storage, Upload};

/// Rows or bytes that wait before they are encoded, so that a batch of a few rows costs no encoder.
const STAGED_ROWS: usize = 16 << 10;
const STAGED_BYTES: usize = 4 << 20;

/// Bytes of a small array besides what Arrow counts: what the allocator adds to each of its parts.
const ARRAY_OVERHEAD: usize = 96;

/// Rows encoded at a time: between them the file may end, and the task may be cancelled.
const ENCODED_ROWS: usize = 32 << 10;

/// What all files of one writer share.
pub(super) struct Shared {
    pub(super) layout: Layout,
    pub(super) indexed: Indexed,
    pub(super) properties: Arc<TableProperties>,
    pub(super) options: WriteOptions,
    pub(super) storage: Storage,
    pub(super) context: Context,
}

/// A data file that takes rows.
pub(super) struct OpenFile {
    shared: Arc<Shared>,
    key: String,
    staged: Vec<RecordBatch>,
    staged_rows: usize,
    staged_bytes: usize,
    encoder: Option<Encoder>,
    upload: Option<Upload>,
    stats: StatsCollector,
    sent: u64,
}

/// A data file whose rows are all encoded, and the bytes of it that are still to be sent.
pub(super) struct EncodedFile {
    pub(super) key: String,
    pub(super) stats: String,
    /// Bytes of the whole file.
    pub(super) size: u64,
    /// Where bytes were sent before.
    pub(super) upload: Option<Upload>,
    pub(super) tail: Vec<Bytes>,
}

impl OpenFile {
    pub(super) fn new(shared: Arc<Shared>, key: String) -> Self {
        let stats = StatsCollector::new(&shared.indexed);
        Self {
            shared,
            key,
            staged: Vec::new(),
            staged_rows: 0,
            staged_bytes: 0,
            encoder: None,
            upload: None,
            stats,
            sent: 0,
        }
    }

    /// Takes rows in the file's columns. Gives back those that are too many for this file.
    pub(super) async fn push(&mut self, batch: RecordBatch) -> Result<Option<RecordBatch>> {
        if batch.num_rows() < STAGED_ROWS && self.staged_rows + batch.num_rows() < STAGED_ROWS {
            self.staged_rows += batch.num_rows();
            self.staged_bytes += batch.get_array_memory_size() + batch.num_columns() * ARRAY_OVERHEAD;
            self.staged.push(batch);
            if self.staged_bytes < STAGED_BYTES {
                return Ok(None);
            }
            self.encode_staged()?;
            self.send().await?;
            return Ok(None);
        }
        self.encode_staged()?;
        let mut start = 0;
        while start < batch.num_rows() {
            if start > 0 && self.is_full() {
                return Ok(Some(batch.slice(start, batch.num_rows() - start)));
            }
            let rows = ENCODED_ROWS.min(batch.num_rows() - start);
            self.encode(&batch.slice(start, rows))?;
            self.send().await?;
            yield_now().await;
            start += rows;
        }
        Ok(None)
    }

    /// Whether the file has the size that was aimed at.
    pub(super) fn is_full(&self) -> bool {
        let size = self.encoder.as_ref().map_or(0, Encoder::file_size);
        size >= self.shared.options.target_file_size
    }

    /// Bytes of memory held, roughly.
    pub(super) fn memory(&self) -> usize {
        self.staged_bytes + self.encoder.as_ref().map_or(0, Encoder::memory)
    }

    /// Encodes what is left.
    pub(super) fn finish(mut self) -> Result<EncodedFile> {
        self.encode_staged()?;
        let tail = match self.encoder.take() {
            Some(encoder) => encoder.finish()?,
            None => return Err(Error::internal("a data file without rows was begun")),
        };
        Ok(EncodedFile {
            size: self.sent + total(&tail),
            key: self.key,
            stats: self.stats.to_json(),
            upload: self.upload,
            tail,
        })
    }

    fn encode_staged(&mut self) -> Result<()> {
        let staged = std::mem::take(&mut self.staged);
        (self.staged_rows, self.staged_bytes) = (0, 0);
        match staged.as_slice() {
            [] => Ok(()),
            [only] => self.encode(only),
            several => {
                let whole = concat_batches(self.shared.layout.arrow(), several)
                    .map_err(|e| Error::internal("joining batches failed").with_source(e))?;
                self.encode(&whole)
            }
        }
    }

    fn encode(&mut self, batch: &RecordBatch) -> Result<()> {
        self.stats.update(batch)?;
        let encoder = match &mut self.encoder {
            Some(encoder) => encoder,
            none => none.insert(Encoder::new(
                self.shared.layout.arrow().clone(),
                self.shared.properties.compression,
                self.shared.options.row_group_bytes,
                batch,
            )?),
        };
        encoder.write(batch)
    }

    /// Sends the row groups that are encoded.
    async fn send(&mut self) -> Result<()> {
        let ready = self.encoder.as_mut().map(Encoder::take).unwrap_or_default();
        // A file that is not yet a row group long may end small: its upload then needs no parts.
        if ready.is_empty() {
            return Ok(());
        }
        self.sent += total(&ready);
        let upload = match &mut self.upload {
            Some(upload) => upload,
            none => none.insert(self.shared.storage.upload(&self.key)?),
        };
        self.shared.context.limit(write_all(upload, ready)).await
    }
}

impl EncodedFile {
    /// Sends the rest, and publishes the file.
    pub(super) async fn publish(self, shared: &Shared) -> Result<()> {
        let publish = async {
            let mut upload = match self.upload {
                Some(upload) => upload,
                None => shared.storage.upload(&self.key)?,
            };
            write_all(&mut upload, self.tail).await?;
            upload.finish().await.map(|_| ())
        };
        shared.context.limit(publish).await
    }
}

async fn write_all(upload: &mut Upload, segments: Vec<Bytes>) -> Result<()> {
    for segment in segments {
        upload.write(segment).await?;
    }
    Ok(())
}

fn total(segments: &[Bytes]) -> u64 {
    segments.iter().map(|s| s.len() as u64).sum()
}
