//! Where the bytes go.

/// A place where a reader meets bytes that somebody else wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A commit.
    Commit,
    /// The schema in a `metaData` action.
    Schema,
    /// A classic checkpoint with no commits to fall back to.
    Checkpoint,
    /// A V2 checkpoint in JSON, with no commits to fall back to.
    JsonCheckpoint,
    /// A sidecar of a V2 checkpoint.
    Sidecar,
    /// `_last_checkpoint`.
    Hint,
    /// The statistics of a file.
    Statistics,
    /// A partition value of every type in turn.
    PartitionValue,
    /// A data file.
    DataFile,
    /// A file of deletion vectors.
    DeletionVector,
    /// The text of a deletion vector inside the log.
    InlineDeletionVector,
    /// A variant in a data file: the length of its metadata in one byte, its metadata, its value.
    Variant,
    /// The text of a predicate.
    Predicate,
    /// The JSON of a scan's task.
    Task,
    /// A commit of a table whose changes are asked for.
    Changes,
    /// Lines of JSON that are to be rows.
    Lines,
    /// The JSON of staged files, committed to a table that has their files.
    Staged,
}

impl Place {
    /// Every one.
    pub const ALL: &[Self] = &[
        Self::Commit,
        Self::Schema,
        Self::Checkpoint,
        Self::JsonCheckpoint,
        Self::Sidecar,
        Self::Hint,
        Self::Statistics,
        Self::PartitionValue,
        Self::DataFile,
        Self::DeletionVector,
        Self::InlineDeletionVector,
        Self::Variant,
        Self::Predicate,
        Self::Task,
        Self::Changes,
        Self::Lines,
        Self::Staged,
    ];
}
