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
pub use rules::{RowRules, identity_columns};
pub use writer::FileWriter;
pub use written::WrittenFiles;

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
        Self {
            target_file_size: properties.target_file_size,
            max_buffered_bytes: 128 << 20,
            row_group_bytes: 64 << 20,
            folder: None,
        }
    }
}
