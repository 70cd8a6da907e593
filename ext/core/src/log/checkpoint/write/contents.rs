//! What goes into a checkpoint, and what came of it.

use super::layout::FileColumns;
use crate::action::{DomainMetadata, Metadata, Protocol, Txn};

/// What a checkpoint is to hold besides the files, and how it tells of these.
#[derive(Debug, Clone)]
pub struct NewCheckpoint {
    /// What readers and writers must understand.
    pub protocol: Protocol,
    /// Schema, partitioning, properties.
    pub metadata: Metadata,
    /// The newest transaction of each application.
    pub txns: Vec<Txn>,
    /// Domains that are not removed.
    pub domains: Vec<DomainMetadata>,
    /// What file actions tell.
    pub columns: FileColumns,
    /// Removes from then or before have expired; `None` keeps all.
    pub removes_after_ms: Option<i64>,
    /// Whether it has V2 content, and a name that only such checkpoints have.
    pub v2: bool,
    /// Whether one thread is to do all of it, so that others are not in the way of those who wait for an answer.
    pub gently: bool,
}

/// A checkpoint that is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenCheckpoint {
    /// Its version.
    pub version: u64,
    /// Its first file.
    pub key: String,
    /// Whether it has V2 content.
    pub v2: bool,
    /// Actions in it.
    pub actions: u64,
    /// Live files of the version.
    pub files: u64,
    /// Bytes of its files.
    pub bytes: u64,
    /// Bytes of the live files, where all of them say how many they have.
    pub table_bytes: Option<i64>,
}
