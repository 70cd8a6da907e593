//! Which files of the log make up a version (`protocol.md` calls it the log segment).

use std::collections::BTreeMap;
use std::ops::Range;

use super::LOG_FOLDER;
use super::hint::last_checkpoint_version;
use super::name::LogFile;
use crate::error::{Error, ErrorKind, Result};
use crate::storage::{ObjectMeta, Storage};

/// The checkpoint to begin with and the commits that follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    checkpoint: Option<Checkpoint>,
    version: u64,
    /// The newest commit that a listing showed, or where there is none the checkpoint's first file. Commits of this process
    /// may have followed it.
    tip: Option<ObjectMeta>,
}

/// A complete checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checkpoint {
    pub(super) version: u64,
    pub(super) parts: Vec<ObjectMeta>,
}

impl Checkpoint {
    /// Whether it has a name that only V2 checkpoints have.
    pub(super) fn has_v2_name(&self) -> bool {
        matches!(self.parts.first().and_then(|p| LogFile::parse(&p.key)), Some(LogFile::UuidCheckpoint(_)))
    }
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
            return Listing::of(files).choose(storage, target);
        }
        let hint = hint.filter(|v| target.is_none_or(|t| *v <= t));
        if let Some(from) = hint {
            let listing = Listing::read(storage, from).await?;
            // A hint that names a checkpoint which is not there says nothing: look at the whole log.
            if listing.has_checkpoint(from) {
                return listing.choose(storage, target);
            }
        }
        Listing::read(storage, 0).await?.choose(storage, target)
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
        whole.then(|| Self { checkpoint: None, version: last, tip: listing.tip(last).cloned() })
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

    /// The version that the segment makes up.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The same segment with the commit after it.
    pub fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }

    /// Whether a listing has shown something of it.
    pub fn is_listed(&self) -> bool {
        self.tip.is_some()
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

/// What a listing of the log shows from some version on.
pub(super) struct Listing {
    /// It shows nothing of older versions.
    from: u64,
    pub(super) commits: BTreeMap<u64, ObjectMeta>,
    checkpoints: BTreeMap<u64, Found>,
}

#[derive(Default)]
struct Found {
    classic: Option<ObjectMeta>,
    /// By how many parts there should be, then by part.
    parts: BTreeMap<u32, BTreeMap<u32, ObjectMeta>>,
    /// By name, as listed.
    v2: Vec<ObjectMeta>,
}

impl Listing {
    pub(super) async fn read(storage: &Storage, from: u64) -> Result<Self> {
        let after = (from > 0).then(|| format!("{LOG_FOLDER}/{from:020}"));
        Ok(Self { from, ..Self::of(storage.list(LOG_FOLDER, after.as_deref()).await?) })
    }

    /// What those files are.
    pub(super) fn of(files: Vec<ObjectMeta>) -> Self {
        let mut listing = Self { from: 0, commits: BTreeMap::new(), checkpoints: BTreeMap::new() };
        for file in files {
            match LogFile::parse(&file.key) {
                Some(LogFile::Commit(version)) => {
                    listing.commits.insert(version, file);
                }
                // An empty checkpoint is what an interrupted writer leaves on some stores.
                Some(_) if file.size == 0 => {}
                Some(LogFile::ClassicCheckpoint(version)) => listing.found(version).classic = Some(file),
                Some(LogFile::CheckpointPart { version, part, total }) => {
                    listing.found(version).parts.entry(total).or_default().insert(part, file);
                }
                Some(LogFile::UuidCheckpoint(version)) => listing.found(version).v2.push(file),
                Some(LogFile::Checksum(_) | LogFile::Compacted { .. }) | None => {}
            }
        }
        listing
    }

    fn found(&mut self, version: u64) -> &mut Found {
        self.checkpoints.entry(version).or_default()
    }

    pub(super) fn has_checkpoint(&self, version: u64) -> bool {
        self.checkpoints.get(&version).is_some_and(Found::is_complete)
    }

    /// What tells this version from the same one of another table.
    fn tip(&self, version: u64) -> Option<&ObjectMeta> {
        self.commits.get(&version).or_else(|| {
            let found = self.checkpoints.get(&version)?;
            let part = || found.parts.values().next_back().and_then(|parts| parts.values().next());
            found.v2.last().or_else(part).or(found.classic.as_ref())
        })
    }

    /// Whether a file that was listed before is still the same: another size or time is another table, made in the place
    /// of the one before. What the listing does not reach back to cannot be told.
    fn agrees(&self, before: &ObjectMeta) -> bool {
        let version = LogFile::parse(&before.key).map(|file| file.version());
        version.is_some_and(|version| version < self.from || self.tip(version) == Some(before))
    }

    /// The newest complete checkpoint up to `target`; incomplete sets of parts do not count.
    pub(super) fn newest_checkpoint(&self, target: u64) -> Option<Checkpoint> {
        self.complete_checkpoints(target).next()
    }

    /// All complete checkpoints up to `target`, the one to take first.
    fn complete_checkpoints(&self, target: u64) -> impl Iterator<Item = Checkpoint> {
        let versions = self.checkpoints.range(..=target).rev();
        versions.flat_map(|(v, found)| found.complete().map(|parts| Checkpoint { version: *v, parts }))
    }

    /// The newest version that a commit or a checkpoint is of.
    pub(super) fn newest(&self) -> Option<u64> {
        let newest_commit = self.commits.keys().next_back().copied();
        newest_commit.max(self.newest_checkpoint(u64::MAX).map(|c| c.version))
    }

    /// The first version that can be read: the first complete checkpoint, or 0 where the log goes back that far.
    pub(super) fn earliest(&self) -> Option<u64> {
        if self.commits.contains_key(&0) {
            return Some(0);
        }
        self.checkpoints.iter().find(|(_, found)| found.is_complete()).map(|(version, _)| *version)
    }

    fn choose(&self, storage: &Storage, target: Option<u64>) -> Result<Segment> {
        let Some(newest) = self.newest() else {
            return Err(self.nothing(storage));
        };
        let version = target.unwrap_or(newest);
        if version > newest {
            return Err(Error::new(
                ErrorKind::TableNotFound,
                format!("there is no version {version} of {}: the newest is {newest}", storage.uri()),
            )
            .with_version(version));
        }
        let checkpoint = self.newest_checkpoint(version);
        let segment = Segment { checkpoint, version, tip: self.tip(version).cloned() };
        match segment.commits().find(|v| !self.commits.contains_key(v)) {
            None => Ok(segment),
            Some(missing) => Err(self.gap(storage, missing, version)),
        }
    }

    fn nothing(&self, storage: &Storage) -> Error {
        Error::new(
            ErrorKind::TableNotFound,
            format!(
                "there is no Delta table at {}: no {LOG_FOLDER} folder with commits in it; DeltaLake.create makes one",
                storage.uri()
            ),
        )
    }

    fn gap(&self, storage: &Storage, missing: u64, version: u64) -> Error {
        let earliest = self.earliest().filter(|e| *e > version);
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
}

impl Found {
    /// The files of each complete checkpoint of the version, the one to take first: names of V2 checkpoints before sets
    /// of parts, of which more parts win, before the classic name, as other readers have it.
    fn complete(&self) -> impl Iterator<Item = Vec<ObjectMeta>> {
        let v2 = self.v2.iter().rev().map(|file| vec![file.clone()]);
        let whole = self.parts.iter().rev().filter(|(total, parts)| parts.len() == **total as usize);
        let whole = whole.map(|(_, parts)| parts.values().cloned().collect());
        v2.chain(whole).chain(self.classic.clone().map(|file| vec![file]))
    }

    fn is_complete(&self) -> bool {
        self.complete().next().is_some()
    }
}
