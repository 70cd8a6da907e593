//! Files to be read, and who finds them if not the log.

use std::sync::Arc;

use futures::stream::BoxStream;

use crate::action::{Add, DeletionVectorDescriptor};
use crate::error::Result;

/// A file to be read, with what is known of it.
#[derive(Debug, Clone)]
pub struct FileScan {
    /// The file, as a log would name it. Rows that its deletion vector deletes are left out.
    pub add: Add,
    /// Where set, only rows that this vector deletes are read.
    pub only: Option<DeletionVectorDescriptor>,
    /// Columns besides the partition columns that have one value in the file: it is among the partition values.
    pub constants: Arc<[String]>,
}

impl From<Add> for FileScan {
    fn from(add: Add) -> Self {
        Self { add, only: None, constants: Arc::default() }
    }
}

/// Files in the order in which they are to be read, some at a time.
pub type FileScans = BoxStream<'static, Result<Vec<FileScan>>>;

/// Begins the files anew for each run over them.
pub(super) type FileSource = Arc<dyn Fn() -> FileScans + Send + Sync>;
