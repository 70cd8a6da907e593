//! The live files of a version, newest first (Delta protocol, "Action Reconciliation").

mod adds;
mod checkpoint;
mod filter;
mod options;

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;

use self::checkpoint::{Reading, read_adds};
pub use self::filter::PartitionFilter;
pub use self::options::ReplayOptions;
use super::commit::{commit_key, parse_lines, read};
use super::segment::Segment;
use crate::action::{Add, FileKey, Remove};
use crate::context;
use crate::error::{Error, Result};
use crate::path::Root;
use crate::storage::Storage;

/// Commits read at a time.
const READS_IN_FLIGHT: usize = 16;

/// Commits that cost more to read than a look for a newer checkpoint.
const MANY_COMMITS: usize = 64;

/// A run over the live files of a version. Memory is bounded by the commits since the checkpoint, not by the table.
pub struct Replay {
    storage: Storage,
    segment: Segment,
    root: Root,
    options: ReplayOptions,
    commits: BoxStream<'static, Result<(u64, Vec<FileActionLine>)>>,
    /// The checkpoint's files, once the commits are through.
    checkpoint: Option<BoxStream<'static, Result<Vec<Add>>>>,
    /// Batches of the checkpoint that were given out.
    given: usize,
    /// Whether it is worth a look for a newer checkpoint first.
    is_long: bool,
    seen: Arc<HashSet<FileKey>>,
}

#[derive(Deserialize)]
struct FileActionLine {
    add: Option<Add>,
    remove: Option<Remove>,
}

impl Replay {
    /// A run over the files of `segment`.
    pub fn new(storage: &Storage, segment: &Segment, options: ReplayOptions) -> Self {
        Self {
            storage: storage.clone(),
            segment: segment.clone(),
            root: Root::new(storage.uri()),
            options,
            commits: newest_first(storage, segment.commits()),
            checkpoint: None,
            given: 0,
            is_long: segment.commits().count() > MANY_COMMITS,
            seen: Arc::default(),
        }
    }

    /// The next live files; none are left after `None`.
    pub async fn next(&mut self) -> Result<Option<Vec<Add>>> {
        if std::mem::take(&mut self.is_long)
            && let Some(closer) = self.segment.closer(&self.storage).await?
        {
            self.commits = newest_first(&self.storage, closer.commits());
            self.segment = closer;
        }
        loop {
            if let Some((version, lines)) = self.commits.try_next().await? {
                let adds = self.reconcile(lines).map_err(|e| e.with_version(version))?;
                if !adds.is_empty() {
                    return Ok(Some(adds));
                }
                continue;
            }
            let Some(batches) = &mut self.checkpoint else {
                let Some(batches) = self.read_checkpoint(Arc::clone(&self.seen)) else { return Ok(None) };
                self.checkpoint = Some(batches);
                continue;
            };
            match batches.try_next().await {
                Ok(None) => return Ok(None),
                Ok(Some(adds)) => {
                    self.given += 1;
                    if !adds.is_empty() {
                        return Ok(Some(adds));
                    }
                }
                Err(e) => self.fall_back(e).await?,
            }
        }
    }

    fn read_checkpoint(&self, seen: Arc<HashSet<FileKey>>) -> Option<BoxStream<'static, Result<Vec<Add>>>> {
        let checkpoint = self.segment.checkpoint()?.clone();
        let (options, root) = (self.options.clone(), self.root.clone());
        Some(read_adds(&self.storage, checkpoint, Reading { options, root, seen }))
    }

    /// Goes on without the damaged checkpoint. What it has given out is read again, for the keys of its files: keeping
    /// them all along would cost memory for every table.
    async fn fall_back(&mut self, error: Error) -> Result<()> {
        let text = error.to_string();
        let older = self.segment.instead(&self.storage, error).await?;
        let again = self.read_checkpoint(Arc::clone(&self.seen));
        let mut again = again.unwrap_or_else(|| stream::empty().boxed());
        let seen = Arc::make_mut(&mut self.seen);
        for _ in 0..self.given {
            let adds = again.try_next().await?.ok_or_else(|| Error::corrupt(text.clone()))?;
            for add in adds {
                seen.insert(self.root.key(&add.path, add.deletion_vector.as_ref())?);
            }
        }
        let replayed = self.segment.commits().start;
        self.commits = newest_first(&self.storage, older.commits().start..replayed);
        (self.segment, self.checkpoint, self.given) = (older, None, 0);
        Ok(())
    }

    /// The adds of one commit that nothing newer has replaced or removed.
    fn reconcile(&mut self, lines: Vec<FileActionLine>) -> Result<Vec<Add>> {
        let mut adds = Vec::new();
        let seen = Arc::make_mut(&mut self.seen);
        for line in lines {
            if let Some(add) = line.add {
                let is_new = seen.insert(self.root.key(&add.path, add.deletion_vector.as_ref())?);
                let is_wanted = || self.options.partitions.as_ref().map_or(Ok(true), |w| w(&add.partition_values));
                if is_new && is_wanted()? {
                    adds.push(add);
                }
            }
            if let Some(remove) = line.remove {
                seen.insert(self.root.key(&remove.path, remove.deletion_vector.as_ref())?);
            }
        }
        Ok(adds)
    }
}

fn newest_first(storage: &Storage, versions: Range<u64>) -> BoxStream<'static, Result<(u64, Vec<FileActionLine>)>> {
    let storage = storage.clone();
    stream::iter(versions.rev())
        .map(move |version| {
            let storage = storage.clone();
            let read = context::spawn(async move {
                let bytes = read(&storage, version).await?;
                Ok((version, parse_lines(&bytes, &storage, &commit_key(version), version)?))
            });
            async move { read.await.unwrap_or_else(|e| Err(Error::internal("reading a commit failed").with_source(e))) }
        })
        .buffered(READS_IN_FLIGHT)
        .boxed()
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Replay({})", self.storage.uri())
    }
}
