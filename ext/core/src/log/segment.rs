//! Which files of the log make up a version (`protocol.md` calls it the log segment).

use std::ops::Range;

use super::LOG_FOLDER;
use super::commit::commit_key;
use super::hint::last_checkpoint_version;
use super::listing::{Checkpoint, Listing};
use super::tip::Tip;
use crate::error::{Error, ErrorKind, Result};
use crate::storage::{Storage, is_not_found};

/// The checkpoint to begin with and the commits that follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    checkpoint: Option<Checkpoint>,
    version: u64,
    /// The newest commit that a listing or our own put showed, or where there is none the checkpoint's first file. Commits
    /// that were only read may have followed it.
    tip: Option<Tip>,
}

impl Segment {
    /// The segment of `target`, or of the newest version. One listing where the hint is good. Over a network it is made beside
    /// the request for the hint, which a log of one page does without.
    pub async fn load(storage: &Storage, target: Option<u64>) -> Result<Self> {
        let (hint, short) = if storage.is_remote() {
            futures::try_join!(last_checkpoint_version(storage), storage.list_short(LOG_FOLDER))?
        } else {
            (last_checkpoint_version(storage).await?, None)
        };
        if let Some(files) = short {
            return Self::choose(&Listing::of(files), storage, target);
        }
        let hint = hint.filter(|v| target.is_none_or(|t| *v <= t));
        if let Some(from) = hint {
            let listing = Listing::read(storage, from).await?;
            // A hint that names a checkpoint which is not there says nothing: look at the whole log.
            if listing.has_checkpoint(from) {
                return Self::choose(&listing, storage, target);
            }
        }
        Self::choose(&Listing::read(storage, 0).await?, storage, target)
    }

    /// The newest segment at or after this one, from one listing of what is new; `None` where the log no longer holds
    /// this segment's version, so that everything must be read again.
    pub async fn newer(&self, storage: &Storage) -> Result<Option<Self>> {
        let listing = Listing::read(storage, self.version).await?;
        Ok(self.newer_in(&listing).map(|newer| {
            // One of this very version may have been written since.
            let newest = listing.newest_checkpoint(newer.version).filter(|c| c.version >= self.version);
            Self { checkpoint: newest.or_else(|| self.checkpoint.clone()), ..newer }
        }))
    }

    /// The same from one listing of everything that the segment is made of: log cleanup may have taken what it began
    /// with, and left a newer checkpoint for it.
    pub async fn renewed(&self, storage: &Storage) -> Result<Option<Self>> {
        let listing = Listing::read(storage, self.checkpoint.as_ref().map_or(0, |c| c.version)).await?;
        let renewed =
            self.newer_in(&listing).map(|newer| Self { checkpoint: listing.newest_checkpoint(newer.version), ..newer });
        Ok(renewed.filter(|r| r.commits().all(|v| listing.commits.contains_key(&v))))
    }

    /// The same version from a newer checkpoint, if the hint knows of one: a segment that only this process's commits have
    /// moved forward still begins with the one that it was opened from.
    pub(super) async fn closer(&self, storage: &Storage) -> Result<Option<Self>> {
        let storage = storage.afresh();
        let newer = self.commits();
        let Some(hint) = last_checkpoint_version(&storage).await?.filter(|hint| newer.contains(hint)) else {
            return Ok(None);
        };
        let listing = Listing::read(&storage, hint).await?;
        let checkpoint = listing.newest_checkpoint(self.version).filter(|c| newer.contains(&c.version));
        let is_there = listing.commits.contains_key(&self.version);
        Ok(checkpoint.filter(|_| is_there).map(|checkpoint| Self { checkpoint: Some(checkpoint), ..self.clone() }))
    }

    /// The newest version in a listing that goes back to this one, without its checkpoint.
    fn newer_in(&self, listing: &Listing) -> Option<Self> {
        let here = listing.tip(self.version).is_some() && self.tip.as_ref().is_none_or(|tip| listing.agrees(tip));
        let mut last = self.version;
        while listing.commits.contains_key(&(last + 1)) {
            last += 1;
        }
        let whole = here && listing.commits.range(last + 1..).next().is_none();
        whole.then(|| Self { checkpoint: None, version: last, tip: listing.tip(last).map(Tip::from) })
    }

    /// The same version without the checkpoint, which `error` came out of: from the one to take next, or from the commits
    /// alone. The error itself where it says nothing of the checkpoint, or where the log no longer reaches further back.
    pub(super) async fn instead(&self, storage: &Storage, error: Error) -> Result<Self> {
        let Some(damaged) = self.checkpoint.as_ref().filter(|_| error.kind() == ErrorKind::CorruptTable) else {
            return Err(error);
        };
        storage.forget();
        let listing = Listing::read(storage, 0).await?;
        let mut rest = listing.complete_checkpoints(self.version).skip_while(|c| c != damaged).skip(1);
        // Where it is gone by now, whatever is older does.
        let next =
            rest.next().or_else(|| listing.complete_checkpoints(damaged.version).find(|c| c.version < damaged.version));
        let segment = Self { checkpoint: next, ..self.clone() };
        match segment.commits().all(|v| listing.commits.contains_key(&v)) {
            true => Ok(segment),
            false => Err(error),
        }
    }

    fn choose(listing: &Listing, storage: &Storage, target: Option<u64>) -> Result<Self> {
        let Some(newest) = listing.newest() else {
            return Err(nothing(storage));
        };
        let version = target.unwrap_or(newest);
        if version > newest {
            return Err(Error::new(
                ErrorKind::TableNotFound,
                format!("there is no version {version} of {}: the newest is {newest}", storage.uri()),
            )
            .with_version(version));
        }
        let checkpoint = listing.newest_checkpoint(version);
        let segment = Self { checkpoint, version, tip: listing.tip(version).map(Tip::from) };
        match segment.commits().find(|v| !listing.commits.contains_key(v)) {
            None => Ok(segment),
            Some(missing) => Err(gap(listing, storage, missing, version)),
        }
    }

    /// The version that the segment makes up.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The same segment with the commit after it.
    pub fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }

    /// The same, whose newest commit was put with that answer.
    pub fn put(&self, size: u64, etag: String) -> Self {
        Self { tip: Some(Tip::put(self.version, size, etag)), ..self.clone() }
    }

    /// Whether it can be told from another table's in its place.
    pub fn is_told_apart(&self) -> bool {
        self.tip.is_some()
    }

    /// Whether the log still holds what the segment ends with. One request.
    pub async fn is_there(&self, storage: &Storage) -> Result<bool> {
        let last = commit_key(self.version);
        let tip = self.tip.as_ref().filter(|tip| tip.key == last || self.checkpoint_version() == Some(self.version));
        match storage.head(tip.map_or(&last, |tip| &tip.key)).await {
            Ok(found) => Ok(tip.is_none_or(|tip| tip.is(&found))),
            Err(e) if is_not_found(&e) => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// A new table's segment.
    pub fn first() -> Self {
        Self::alone(0)
    }

    /// A version of which the log is not known.
    pub fn alone(version: u64) -> Self {
        Self { checkpoint: None, version, tip: None }
    }

    /// Versions whose commits follow the checkpoint.
    pub fn commits(&self) -> Range<u64> {
        self.checkpoint.as_ref().map_or(0, |c| c.version + 1)..self.version + 1
    }

    /// The version of the checkpoint that it begins with, if it does.
    pub fn checkpoint_version(&self) -> Option<u64> {
        self.checkpoint.as_ref().map(|c| c.version)
    }

    pub(super) fn checkpoint(&self) -> Option<&Checkpoint> {
        self.checkpoint.as_ref()
    }
}

fn nothing(storage: &Storage) -> Error {
    Error::new(
        ErrorKind::TableNotFound,
        format!(
            "there is no Delta table at {}: no {LOG_FOLDER} folder with commits in it; DeltaLake.create makes one",
            storage.uri()
        ),
    )
}

fn gap(listing: &Listing, storage: &Storage, missing: u64, version: u64) -> Error {
    let earliest = listing.earliest().filter(|e| *e > version);
    match earliest {
        Some(earliest) => Error::new(
            ErrorKind::TableNotFound,
            format!(
                "version {version} of {} can no longer be read: its log was cleaned up, and the earliest version left is {earliest}",
                storage.uri()
            ),
        ),
        None => Error::corrupt(format!(
            "the log of {} has a gap: the commit of version {missing} is missing and version {version} needs it",
            storage.uri()
        )),
    }
    .with_version(version)
}
