//! Rows to data files: partitioning, Parquet encoding, statistics, streaming upload.

mod cleanup;
mod clustering;
mod encode;
mod file;
mod layout;
mod rows;
mod rules;
mod split;
mod stats;
#[cfg(test)]
mod tests;
mod writer;
mod written;

use crate::properties::TableProperties;

pub use rows::RowBatch;
pub(crate) use rules::EmptyIsNull;
pub use rules::{RowRules, identity_columns};
pub use writer::FileWriter;
pub use written::WrittenFiles;

/// Bytes of a row group where a table does not say, and at least.
const ROW_GROUP_BYTES: usize = 64 << 20;
const LEAST_ROW_GROUP_BYTES: usize = 64 << 10;

/// Row groups of a file that is as large as it should be: their numbers have 15 bits.
const MOST_ROW_GROUPS: usize = 1 << 13;

/// Bytes that wait in memory.
const BUFFERED_BYTES: usize = 128 << 20;

/// How large files and buffers get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteOptions {
    /// Bytes at which a file ends and the next one begins.
    pub target_file_size: u64,
    /// Bytes that all open files may hold in memory before the largest is ended early.
    pub max_buffered_bytes: usize,
    /// Encoded bytes at which a row group ends.
    pub row_group_bytes: usize,
    /// Folder below the table's root; that itself where `None`.
    pub folder: Option<&'static str>,
}

impl WriteOptions {
    /// What a table's properties ask for.
    pub fn new(properties: &TableProperties) -> Self {
        let bytes = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let file = bytes(properties.target_file_size);
        // A group is no larger than its file, and a file has no more groups than readers can number.
        let fitted = |wanted: usize| wanted.min(file).max(LEAST_ROW_GROUP_BYTES).max(file / MOST_ROW_GROUPS);
        let row_group_bytes = properties.row_group_bytes.map_or(ROW_GROUP_BYTES, |wanted| fitted(bytes(wanted)));
        Self {
            target_file_size: properties.target_file_size,
            max_buffered_bytes: BUFFERED_BYTES.max(row_group_bytes.saturating_add(ROW_GROUP_BYTES)),
            row_group_bytes,
            folder: None,
        }
    }
}
