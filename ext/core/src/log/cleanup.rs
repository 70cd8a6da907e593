//! Deleting the part of the log that has expired (Delta protocol, "Metadata Cleanup").
//!
//! Everything from the newest complete checkpoint on that is not after the cutoff stays, the commit of its version
//! included. Nothing is deleted that has no name of the protocol's, and the oldest goes first: whoever stops in the
//! middle leaves a log that is shorter, and no gap in what can be read.

use std::collections::HashSet;

use futures::{StreamExt, TryStreamExt, pin_mut, stream};

use super::LOG_FOLDER;
use super::checkpoint::{Top, file_actions, read_table_actions};
use super::history::commit_times;
use super::listing::{Checkpoint, Listing};
use super::name::LogFile;
use super::partial::Partial;
use crate::error::{Error, Result};
use crate::path::Root;
use crate::storage::{ObjectMeta, Storage};

/// How long a sidecar that nothing names may be one whose checkpoint is still being written.
const SIDECAR_GRACE_MS: i64 = 86_400_000;

/// Checkpoints looked into at a time.
const READS_IN_FLIGHT: usize = 8;

/// What a cleanup did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Files deleted.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Whether more has expired than was deleted at once.
    pub more: bool,
}

/// Deletes what has expired before `cutoff_ms`, at most `limit` files.
pub async fn clean_log(storage: &Storage, cutoff_ms: i64, now_ms: i64, limit: usize) -> Result<Cleaned> {
    let storage = &storage.afresh();
    let files = Listing::files(storage, 0).await?;
    let listing = Listing::of(files.clone());
    let mut cleaned = Cleaned::default();
    let Some(anchor) = anchor(storage, &listing, cutoff_ms)? else { return Ok(cleaned) };
    let expired = expired(files, anchor.version);
    if !expired.is_empty() {
        check(storage, &anchor).await?;
    }
    for file in &expired {
        if !cleaned.delete(storage, file, limit).await? {
            return Ok(cleaned);
        }
    }
    clean_sidecars(storage, now_ms, limit, &mut cleaned).await?;
    Ok(cleaned)
}

impl Cleaned {
    /// Whether it was deleted; false once there have been enough.
    async fn delete(&mut self, storage: &Storage, file: &ObjectMeta, limit: usize) -> Result<bool> {
        if self.files >= limit as u64 {
            self.more = true;
            return Ok(false);
        }
        storage.delete(&file.key).await?;
        self.files += 1;
        self.bytes += file.size;
        Ok(true)
    }
}

/// The newest complete checkpoint that is not after the last commit of the time. Times are made to grow from version to
/// version, so that a clock that went back does not make a commit in the middle seem older than those before it.
fn anchor(storage: &Storage, listing: &Listing, cutoff_ms: i64) -> Result<Option<Checkpoint>> {
    let files: Vec<(u64, i64)> = listing.commits.iter().map(|(version, file)| (*version, file.modified_ms)).collect();
    let last = commit_times(&files).into_iter().take_while(|(_, ms)| *ms <= cutoff_ms).last();
    let Some(anchor) = last.and_then(|(version, _)| listing.newest_checkpoint(version)) else { return Ok(None) };
    let newest = listing.newest().unwrap_or(anchor.version);
    match (anchor.version + 1..=newest).find(|version| !listing.commits.contains_key(version)) {
        None => Ok(Some(anchor)),
        Some(missing) if listing.newest_checkpoint(newest).is_some_and(|c| c.version >= missing) => Ok(Some(anchor)),
        Some(missing) => Err(Error::corrupt(format!(
            "the log of {} has a gap, the commit of version {missing} is missing: nothing of it is cleaned up",
            storage.uri()
        ))),
    }
}

/// What every later version will be read from must be good before anything that it replaces goes.
async fn check(storage: &Storage, anchor: &Checkpoint) -> Result<()> {
    let mut partial = Partial::default();
    read_table_actions(storage, anchor, &mut partial).await?;
    partial.complete(storage, anchor.version)?;
    let files = file_actions(storage, anchor.clone(), &Root::new(storage.uri()));
    pin_mut!(files);
    while files.try_next().await?.is_some() {}
    Ok(())
}

/// Files of versions before `anchor`, in the order in which they may go: of one version the commit before the
/// checkpoint, so that the newest of what is left has all that it needs.
fn expired(files: Vec<ObjectMeta>, anchor: u64) -> Vec<ObjectMeta> {
    let named = files.into_iter().filter_map(|file| Some((LogFile::parse(&file.key)?, file)));
    let mut expired: Vec<_> = named.filter(|(name, _)| name.version() < anchor).collect();
    expired.sort_by_key(|(name, _)| (name.version(), name.is_checkpoint()));
    expired.into_iter().map(|(_, file)| file).collect()
}

/// Deletes sidecars that no checkpoint names. Where one cannot be read, all stay: it may name any.
async fn clean_sidecars(storage: &Storage, now_ms: i64, limit: usize, cleaned: &mut Cleaned) -> Result<()> {
    let mut sidecars = storage.list(&format!("{LOG_FOLDER}/_sidecars"), None).await?;
    sidecars
        .retain(|file| file.key.ends_with(".parquet") && file.modified_ms < now_ms.saturating_sub(SIDECAR_GRACE_MS));
    if sidecars.is_empty() {
        return Ok(());
    }
    // After the sidecars: a checkpoint that is new by now names none that was old and without a name before.
    let log = storage.list(LOG_FOLDER, None).await?;
    let root = Root::new(storage.uri());
    let checkpoints = log.into_iter().filter_map(|file| match LogFile::parse(&file.key)? {
        LogFile::ClassicCheckpoint(version) | LogFile::UuidCheckpoint(version) => Some((version, file)),
        _ => None,
    });
    let mut tops = stream::iter(checkpoints.filter(|(_, file)| file.size > 0))
        .map(|(version, file)| {
            let root = &root;
            async move { Top::open(storage, &file, version, root).await }
        })
        .buffer_unordered(READS_IN_FLIGHT);
    let mut named = HashSet::new();
    while let Some(top) = tops.next().await {
        match top {
            Ok(top) => named.extend(top.sidecars.into_iter().map(|sidecar| sidecar.key)),
            Err(_) => return Ok(()),
        }
    }
    for file in sidecars.iter().filter(|file| !named.contains(&file.key)) {
        if !cleaned.delete(storage, file, limit).await? {
            break;
        }
    }
    Ok(())
}
