//! One Parquet file of a checkpoint.

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, RowFilter, RowSelection};
use parquet::arrow::async_reader::{AsyncFileReader, ParquetRecordBatchStream, ParquetRecordBatchStreamBuilder};
use parquet::basic::Type as Physical;
use parquet::schema::types::SchemaDescriptor;

use super::piece::{self, Piece};
use crate::error::{Error, Result};
use crate::storage::{ObjectMeta, ParquetFile, Storage, is_not_found, parquet_error, reader_metadata, reader_options};

/// Rows decoded at a time.
const BATCH_ROWS: usize = 8192;

/// A file whose footer is read.
pub(in crate::log) struct Part {
    key: String,
    file: ParquetFile,
    metadata: ArrowReaderMetadata,
}

impl Part {
    /// Reads the footer. A file that is gone is as bad as a damaged one: both make the checkpoint useless.
    pub(in crate::log) async fn open(storage: &Storage, meta: &ObjectMeta) -> Result<Self> {
        let key = meta.key.clone();
        let gone = |e: Error| match is_not_found(&e) {
            true => Error::corrupt(format!("checkpoint file {key} of {} is gone", storage.uri())).with_source(e),
            false => e,
        };
        let mut file = ParquetFile::open(storage, &key, meta.size).await.map_err(gone)?;
        let options = reader_options();
        let read = async { reader_metadata(file.get_metadata(Some(&options)).await?) };
        let metadata = AssertUnwindSafe(read).catch_unwind().await.map_err(|_| panicked(&key))?;
        let metadata = metadata.map_err(|e| gone(parquet_error(&key, e)))?;
        Ok(Self { key, file, metadata })
    }

    pub(in crate::log) fn key(&self) -> &str {
        &self.key
    }

    /// Whether the file has a column of that name; a name may reach into a struct, as in `add.path`.
    pub(in crate::log) fn has(&self, column: &str) -> bool {
        !self.leaves_of(column).is_empty()
    }

    /// Whether some instants are stored as `INT96`, which carries no zone and is always UTC.
    pub(in crate::log) fn has_int96(&self) -> bool {
        self.schema().columns().iter().any(|c| c.physical_type() == Physical::INT96)
    }

    /// Row groups in which one of those columns may have a value, as far as the footer tells.
    pub(in crate::log) fn row_groups_with(&self, columns: &[&str]) -> Vec<usize> {
        let leaves: Vec<usize> = columns.iter().flat_map(|c| self.leaves_of(c)).collect();
        let groups = self.metadata.metadata().row_groups();
        let may_have =
            |group: usize| leaves.iter().any(|leaf| self.nulls(group, *leaf) != Some(rows_of(groups, group)));
        (0..groups.len()).filter(|group| may_have(*group)).collect()
    }

    /// Whether each row that has a value in column `this` has one in `other` too, as far as the footer tells.
    pub(in crate::log) fn always_with(&self, this: &str, other: &str) -> bool {
        let nulls = |column: &str, group: usize| match self.leaves_of(column)[..] {
            [leaf] => self.nulls(group, leaf),
            _ => None,
        };
        (0..self.metadata.metadata().num_row_groups())
            .all(|group| nulls(other, group).is_some_and(|n| nulls(this, group).is_some_and(|t| n <= t)))
    }

    /// The same with what it takes to read large row groups in pieces.
    pub(in crate::log) async fn located(self) -> Self {
        let Self { key, file, metadata } = self;
        let looked = AssertUnwindSafe(piece::located(&file, metadata.clone())).catch_unwind().await;
        Self { metadata: looked.unwrap_or(metadata), key, file }
    }

    /// What is decoded at a time, of row groups in which one of `signs` may have a value, where `columns` are read.
    pub(in crate::log) fn pieces(&self, signs: &[&str], columns: &[&str]) -> Vec<Piece> {
        let leaves: Vec<usize> = columns.iter().flat_map(|c| self.leaves_of(c)).collect();
        let pieces = |group| piece::pieces(self.metadata.metadata(), group, &leaves, BATCH_ROWS);
        self.row_groups_with(signs).into_iter().flat_map(pieces).collect()
    }

    /// Rows of a piece.
    pub(in crate::log) fn rows_of(&self, piece: &Piece) -> usize {
        piece.len(self.metadata.metadata())
    }

    /// Batches of a piece with those columns only, as far as the file has them.
    pub(in crate::log) fn stream_piece(
        &self,
        columns: &[&str],
        piece: &Piece,
        filter: Option<RowFilter>,
    ) -> Result<ParquetRecordBatchStream<ParquetFile>> {
        self.select(columns, vec![piece.group], piece.selection(self.metadata.metadata()), filter)
    }

    /// Batches of some row groups with those columns only, as far as the file has them.
    pub(in crate::log) fn stream(
        &self,
        columns: &[&str],
        row_groups: Vec<usize>,
    ) -> Result<ParquetRecordBatchStream<ParquetFile>> {
        self.select(columns, row_groups, None, None)
    }

    fn select(
        &self,
        columns: &[&str],
        row_groups: Vec<usize>,
        rows: Option<RowSelection>,
        filter: Option<RowFilter>,
    ) -> Result<ParquetRecordBatchStream<ParquetFile>> {
        let mut builder = ParquetRecordBatchStreamBuilder::new_with_metadata(self.file.clone(), self.metadata.clone())
            .with_projection(self.mask(columns))
            .with_row_groups(row_groups)
            .with_batch_size(BATCH_ROWS);
        if let Some(rows) = rows {
            builder = builder.with_row_selection(rows);
        }
        if let Some(filter) = filter {
            builder = builder.with_row_filter(filter);
        }
        builder.build().map_err(|e| parquet_error(&self.key, e))
    }

    pub(in crate::log) fn mask(&self, columns: &[&str]) -> ProjectionMask {
        ProjectionMask::leaves(self.schema(), columns.iter().flat_map(|c| self.leaves_of(c)))
    }

    fn schema(&self) -> &SchemaDescriptor {
        self.metadata.metadata().file_metadata().schema_descr()
    }

    fn leaves_of(&self, column: &str) -> Vec<usize> {
        let wanted: Vec<&str> = column.split('.').collect();
        let leads = |parts: &[String]| parts.len() >= wanted.len() && wanted.iter().zip(parts).all(|(w, p)| w == p);
        let leaves = self.schema().columns().iter().enumerate();
        leaves.filter(|(_, leaf)| leads(leaf.path().parts())).map(|(index, _)| index).collect()
    }

    fn nulls(&self, group: usize, leaf: usize) -> Option<u64> {
        self.metadata.metadata().row_group(group).columns().get(leaf)?.statistics()?.null_count_opt()
    }
}

fn rows_of(groups: &[parquet::file::metadata::RowGroupMetaData], group: usize) -> u64 {
    u64::try_from(groups[group].num_rows()).unwrap_or(0)
}

/// What a panic of the Parquet reader is to the caller: the file made it.
pub(in crate::log) fn panicked(key: &str) -> Error {
    Error::corrupt(format!("checkpoint file {key} is damaged: the Parquet reader gave up on it"))
}
