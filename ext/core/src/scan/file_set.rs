//! Files that somebody has found already, read as those of a table are.

use std::fmt;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream;

use super::given::{FileScan, FileScans, FileSource};
use super::{Scan, ScanOptions};
use crate::action::Add;
use crate::error::Result;
use crate::snapshot::Snapshot;

/// Given files, and the snapshot as whose they are read. Cheap to clone.
#[derive(Clone)]
pub struct FileSet {
    snapshot: Snapshot,
    source: FileSource,
}

impl FileSet {
    /// Files that `source` finds whenever they are read.
    pub fn new(snapshot: Snapshot, source: impl Fn() -> FileScans + Send + Sync + 'static) -> Self {
        Self { snapshot, source: Arc::new(source) }
    }

    /// Files that are known.
    pub fn of(snapshot: Snapshot, files: Vec<Add>) -> Self {
        let files: Arc<[Add]> = files.into();
        let source = move || stream::iter([Ok(files.iter().cloned().map(FileScan::from).collect())]).boxed();
        Self::new(snapshot, source)
    }

    /// Gives schema, partition columns and address; its own files do not count.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// A plan to read the files. As [`Scan::new`].
    pub fn scan(&self, options: ScanOptions) -> Result<Scan> {
        Scan::over(self.snapshot.clone(), options, Some(Arc::clone(&self.source)))
    }
}

impl fmt::Debug for FileSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileSet({} at {})", self.snapshot.uri(), self.snapshot.version())
    }
}
