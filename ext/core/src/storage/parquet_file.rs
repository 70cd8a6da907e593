//! A Parquet file in a store, as the Parquet crate wants to read it.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, TryFutureExt};
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use super::Storage;
use super::footer::{Footer, GUESS_BYTES, ReadRange};
use crate::error::{Error, Result};

/// Files up to this many bytes are fetched whole, with one request.
pub const WHOLE_FILE_BYTES: u64 = 1 << 20;

/// Reads ranges of one file; a small file is fetched once and read from memory.
#[derive(Debug, Clone)]
pub struct ParquetFile {
    storage: Storage,
    key: String,
    size: u64,
    held: Held,
}

/// What of the file is in memory.
#[derive(Debug, Clone)]
enum Held {
    Nothing,
    Whole(Bytes),
    /// By where it begins, in order.
    Ranges(Arc<[(u64, Bytes)]>),
}

impl Held {
    fn slice(&self, range: &Range<u64>) -> Option<Bytes> {
        let (start, bytes) = match self {
            Self::Nothing => return None,
            Self::Whole(bytes) => (0, bytes),
            Self::Ranges(held) => {
                let (start, bytes) =
                    held.get(held.partition_point(|(start, _)| *start <= range.start).checked_sub(1)?)?;
                (*start, bytes)
            }
        };
        let index = |at: u64| usize::try_from(at.checked_sub(start)?).ok();
        let (from, to) = (index(range.start)?, index(range.end)?);
        (from <= to && to <= bytes.len()).then(|| bytes.slice(from..to))
    }
}

impl ParquetFile {
    /// The file at `key`. A size that is not known (0) is asked for first.
    pub async fn open(storage: &Storage, key: &str, size: u64) -> Result<Self> {
        let size = if size == 0 { storage.head(key).await?.size } else { size };
        let whole = match size {
            0..=WHOLE_FILE_BYTES => Some(storage.get(key).await?),
            _ => None,
        };
        let size = whole.as_ref().map_or(size, |bytes| bytes.len() as u64);
        let held = whole.map_or(Held::Nothing, Held::Whole);
        Ok(Self { storage: storage.clone(), key: key.to_owned(), size, held })
    }

    /// Whether reading it takes the time of a network.
    pub fn is_remote(&self) -> bool {
        self.storage.is_remote() && matches!(self.held, Held::Nothing)
    }

    /// The same file with those ranges, which are in order, in memory.
    pub async fn holding(&self, ranges: Vec<Range<u64>>) -> Result<Self> {
        let read = self.read_all(ranges.clone()).await;
        let bytes = read.map_err(|e| parquet_error(&format!("data file {}", self.key), e))?;
        let held = ranges.iter().map(|range| range.start).zip(bytes).collect();
        Ok(Self { held: Held::Ranges(held), ..self.clone() })
    }

    async fn read(&self, range: Range<u64>) -> parquet::errors::Result<Bytes> {
        let mut parts = self.read_all(vec![range]).await?;
        Ok(parts.pop().unwrap_or_default())
    }

    async fn read_all(&self, ranges: Vec<Range<u64>>) -> parquet::errors::Result<Vec<Bytes>> {
        if ranges.iter().any(|r| r.start > r.end || r.end > self.size) {
            return Err(ParquetError::General("the footer points past the end of the file".to_owned()));
        }
        match ranges.iter().map(|range| self.held.slice(range)).collect() {
            Some(held) => Ok(held),
            None => self.storage.get_ranges(&self.key, &ranges).map_err(external).await,
        }
    }
}

/// Keeps the storage error, so that it can be taken out again.
fn external(error: Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

/// What a Parquet error means for the file `name`: a storage error as it was, else a corrupt file.
pub fn parquet_error(name: &str, error: ParquetError) -> Error {
    match error {
        ParquetError::External(source) => match source.downcast::<Error>() {
            Ok(error) => *error,
            Err(source) => corrupt(name).with_source(source),
        },
        error => corrupt(name).with_source(error),
    }
}

fn corrupt(name: &str) -> Error {
    Error::corrupt(format!("{name} is not a whole Parquet file"))
}

impl ReadRange for ParquetFile {
    fn read_range(&self, range: Range<u64>) -> BoxFuture<'_, parquet::errors::Result<Bytes>> {
        self.read(range).boxed()
    }
}

impl AsyncFileReader for ParquetFile {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, parquet::errors::Result<Bytes>> {
        self.read(range).boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, parquet::errors::Result<Vec<Bytes>>> {
        self.read_all(ranges).boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, parquet::errors::Result<Arc<ParquetMetaData>>> {
        async move {
            let reader = ParquetMetaDataReader::new()
                .with_prefetch_hint(Some(GUESS_BYTES as usize))
                .with_arrow_reader_options(options);
            let footer = Footer::fetch(&*self, self.size).await?;
            Ok(Arc::new(reader.load_and_finish(footer, self.size).await?))
        }
        .boxed()
    }
}
