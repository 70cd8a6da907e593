//! The live files of a version, newest first (Delta protocol, "Action Reconciliation").

mod adds;

use std::collections::{HashSet, VecDeque};
use std::fmt;

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};
use parquet::arrow::async_reader::ParquetRecordBatchStream;
use serde::Deserialize;

use self::adds::CheckpointAdds;
pub use self::adds::PartitionFilter;
use super::checkpoint;
use super::commit::{parse_lines, read};
use super::segment::Segment;
use crate::action::{Add, DeletionVectorDescriptor, FileKey, Remove};
use crate::error::{Error, Result};
use crate::path::{DataPath, parse_data_path};
use crate::storage::{ObjectMeta, ParquetFile, Storage, parquet_error};

/// Commits read at a time.
const READS_IN_FLIGHT: usize = 16;

/// What a replay gives out.
#[derive(Clone, Default)]
pub struct ReplayOptions {
    /// Whether statistics are wanted.
    pub stats: bool,
    /// Files that it refuses are left out before anything more is read of them.
    pub partitions: Option<PartitionFilter>,
}

/// A run over the live files of a version. Memory is bounded by the commits since the checkpoint, not by the table.
pub struct Replay {
    storage: Storage,
    options: ReplayOptions,
    commits: BoxStream<'static, Result<(u64, Vec<FileActionLine>)>>,
    parts: VecDeque<ObjectMeta>,
    open: Option<(ObjectMeta, ParquetRecordBatchStream<ParquetFile>)>,
    adds: CheckpointAdds,
    seen: HashSet<FileKey>,
    skipped: u64,
}

#[derive(Deserialize)]
struct FileActionLine {
    add: Option<Add>,
    remove: Option<Remove>,
}

impl Replay {
    /// A run over the files of `segment`.
    pub fn new(storage: &Storage, segment: &Segment, options: ReplayOptions) -> Self {
        let parts = segment.checkpoint().map(|c| c.parts.iter().cloned().collect()).unwrap_or_default();
        Self {
            storage: storage.clone(),
            commits: newest_first(storage, segment),
            parts,
            open: None,
            adds: CheckpointAdds::new(options.partitions.clone()),
            options,
            seen: HashSet::new(),
            skipped: 0,
        }
    }

    /// Live files that the partition filter has left out so far.
    pub fn skipped(&self) -> u64 {
        self.skipped + self.adds.skipped()
    }

    /// The next live files; none are left after `None`.
    pub async fn next(&mut self) -> Result<Option<Vec<Add>>> {
        loop {
            if let Some((version, lines)) = self.commits.try_next().await? {
                let adds = self.reconcile(lines).map_err(|e| e.with_version(version))?;
                if !adds.is_empty() {
                    return Ok(Some(adds));
                }
                continue;
            }
            let Some((part, batches)) = &mut self.open else {
                let Some(part) = self.parts.pop_front() else { return Ok(None) };
                let columns = CheckpointAdds::columns(self.options.stats);
                let batches = checkpoint::open(&self.storage, &part, columns).await?;
                self.open = Some((part, batches));
                continue;
            };
            match batches.try_next().await.map_err(|e| parquet_error(&part.key, e))? {
                None => self.open = None,
                Some(batch) => {
                    let root = self.storage.uri();
                    let unseen = |path: &str, dv: Option<&DeletionVectorDescriptor>| {
                        Ok(self.seen.is_empty() || !self.seen.contains(&file_key(root, path, dv)?))
                    };
                    let adds = self.adds.read(&batch, unseen);
                    let adds = adds.map_err(|e| e.context(format_args!("checkpoint {}", part.key)))?;
                    if !adds.is_empty() {
                        return Ok(Some(adds));
                    }
                }
            }
        }
    }

    /// The adds of one commit that nothing newer has replaced or removed.
    fn reconcile(&mut self, lines: Vec<FileActionLine>) -> Result<Vec<Add>> {
        let mut adds = Vec::new();
        for line in lines {
            if let Some(add) = line.add {
                let key = file_key(self.storage.uri(), &add.path, add.deletion_vector.as_ref())?;
                if self.seen.insert(key) {
                    match &self.options.partitions {
                        Some(wanted) if !wanted(&add.partition_values)? => self.skipped += 1,
                        _ => adds.push(add),
                    }
                }
            }
            if let Some(remove) = line.remove {
                self.seen.insert(file_key(self.storage.uri(), &remove.path, remove.deletion_vector.as_ref())?);
            }
        }
        Ok(adds)
    }
}

fn newest_first(storage: &Storage, segment: &Segment) -> BoxStream<'static, Result<(u64, Vec<FileActionLine>)>> {
    let storage = storage.clone();
    stream::iter(segment.commits().rev())
        .map(move |version| {
            let storage = storage.clone();
            let read = tokio::spawn(async move {
                let bytes = read(&storage, version).await?;
                Ok((version, parse_lines(&bytes, &storage, version)?))
            });
            async move { read.await.unwrap_or_else(|e| Err(Error::internal("reading a commit failed").with_source(e))) }
        })
        .buffered(READS_IN_FLIGHT)
        .boxed()
}

/// One spelling for each file: decoded, and relative where the file is inside the table.
pub fn file_key(root: &str, path: &str, deletion_vector: Option<&DeletionVectorDescriptor>) -> Result<FileKey> {
    let path = match parse_data_path(path)? {
        DataPath::Relative(key) => key,
        DataPath::Absolute(url) => match url.to_file_path() {
            Ok(file) => match file.strip_prefix(root) {
                Ok(inside) => inside.to_string_lossy().into_owned(),
                Err(_) => url.to_string(),
            },
            Err(()) => url.to_string(),
        },
    };
    Ok(FileKey { path, deletion_vector: deletion_vector.map(DeletionVectorDescriptor::unique_id) })
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replay({})", self.storage.uri())
    }
}

impl fmt::Debug for ReplayOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplayOptions {{ stats: {}, partitions: {} }}", self.stats, self.partitions.is_some())
    }
}
