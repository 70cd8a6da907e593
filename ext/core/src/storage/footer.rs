//! The footer of a Parquet file, looked at before the Parquet crate does: it walks schemas by recursion, and a schema that
//! is nested deeply enough ends the process.

use std::ops::Range;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use parquet::arrow::async_reader::MetadataFetch;
use parquet::errors::{ParquetError, Result};

use super::thrift::schema_depth;

/// Bytes of the tail that are fetched in the hope that the footer is in them.
pub(super) const GUESS_BYTES: u64 = 64 << 10;

/// How deep groups may lie in each other. A table's schema has no room for half of it.
const MAX_DEPTH: usize = 300;

/// The length of the metadata, and the magic number.
const END_BYTES: u64 = 8;

/// What a footer is read from.
pub(super) trait ReadRange {
    /// Those bytes of the file.
    fn read_range(&self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>>;
}

/// The end of a file, and the file for what is before it.
pub(super) struct Footer<'a, F> {
    file: &'a F,
    start: u64,
    bytes: Bytes,
}

impl<'a, F: ReadRange> Footer<'a, F> {
    /// Fetches it with one request, or two where it is large. What is no footer at all is left to the Parquet crate.
    pub(super) async fn fetch(file: &'a F, size: u64) -> Result<Self> {
        let start = size.saturating_sub(GUESS_BYTES);
        let tail = file.read_range(start..size).await?;
        let this = Self { file, start, bytes: tail };
        let Some(metadata) = this.metadata_range(size) else { return Ok(this) };
        let missing = metadata.start..this.start.max(metadata.start);
        let this = if missing.is_empty() {
            this
        } else {
            let front = file.read_range(missing).await?;
            Self { file, start: metadata.start, bytes: [front, this.bytes].concat().into() }
        };
        match this.slice(metadata).map(|bytes| schema_depth(&bytes)) {
            Some(Some(depth)) if depth <= MAX_DEPTH => Ok(this),
            Some(Some(_)) => Err(general("its schema is nested more deeply than any table's can be")),
            _ => Err(general("its footer is damaged")),
        }
    }

    fn metadata_range(&self, size: u64) -> Option<Range<u64>> {
        let end = size.checked_sub(END_BYTES)?;
        let last = self.slice(end..size)?;
        let (length, magic) = last.split_first_chunk::<4>()?;
        let start = end.checked_sub(u32::from_le_bytes(*length).into())?;
        (magic == b"PAR1").then_some(start..end)
    }

    fn slice(&self, range: Range<u64>) -> Option<Bytes> {
        let index = |at: u64| at.checked_sub(self.start).and_then(|at| usize::try_from(at).ok());
        let (from, to) = (index(range.start)?, index(range.end)?);
        (from <= to && to <= self.bytes.len()).then(|| self.bytes.slice(from..to))
    }
}

impl<F: ReadRange + Sync> MetadataFetch for Footer<'_, F> {
    fn fetch(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        match self.slice(range.clone()) {
            Some(bytes) => std::future::ready(Ok(bytes)).boxed(),
            None => self.file.read_range(range),
        }
    }
}

fn general(what: &str) -> ParquetError {
    ParquetError::General(what.to_owned())
}
