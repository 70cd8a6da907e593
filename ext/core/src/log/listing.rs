//! What the log's folder holds (Delta protocol, "Delta Log Entries", "Checkpoints").

use std::collections::BTreeMap;

use super::LOG_FOLDER;
use super::name::LogFile;
use super::tip::Tip;
use crate::error::Result;
use crate::storage::{ObjectMeta, Storage};

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
        Ok(Self { from, ..Self::of(Self::files(storage, from).await?) })
    }

    /// The files of the log from `from` on, with no version before the newest that came too late to be seen.
    ///
    /// A disk shows a folder bit by bit: of two commits that come meanwhile, the second may be seen and the first not. So
    /// a gap is looked at again: all that came before what the first look showed is in the second.
    pub(super) async fn files(storage: &Storage, from: u64) -> Result<Vec<ObjectMeta>> {
        let after = (from > 0).then(|| format!("{LOG_FOLDER}/{from:020}"));
        let files = storage.list(LOG_FOLDER, after.as_deref()).await?;
        let versions = commit_versions(&files);
        let Some(newest) = versions.last().filter(|_| gap(&versions).is_some()) else { return Ok(files) };
        let mut files = storage.list(LOG_FOLDER, after.as_deref()).await?;
        let mut versions = commit_versions(&files);
        versions.retain(|version| version >= newest);
        if let Some(late) = gap(&versions) {
            files.retain(|file| LogFile::parse(&file.key).is_none_or(|name| name.version() < late));
        }
        Ok(files)
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
    pub(super) fn tip(&self, version: u64) -> Option<&ObjectMeta> {
        self.commits.get(&version).or_else(|| {
            let found = self.checkpoints.get(&version)?;
            let part = || found.parts.values().next_back().and_then(|parts| parts.values().next());
            found.v2.last().or_else(part).or(found.classic.as_ref())
        })
    }

    /// Whether a file that was there before is still the same: another one is another table's, made in the place of the
    /// one before. What the listing does not reach back to cannot be told.
    pub(super) fn agrees(&self, before: &Tip) -> bool {
        let version = LogFile::parse(&before.key).map(|file| file.version());
        version.is_some_and(|version| version < self.from || self.tip(version).is_some_and(|found| before.is(found)))
    }

    /// The newest complete checkpoint up to `target`; incomplete sets of parts do not count.
    pub(super) fn newest_checkpoint(&self, target: u64) -> Option<Checkpoint> {
        self.complete_checkpoints(target).next()
    }

    /// All complete checkpoints up to `target`, the one to take first.
    pub(super) fn complete_checkpoints(&self, target: u64) -> impl Iterator<Item = Checkpoint> {
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

/// In their order.
fn commit_versions(files: &[ObjectMeta]) -> Vec<u64> {
    let mut versions: Vec<u64> = files
        .iter()
        .filter_map(|file| match LogFile::parse(&file.key)? {
            LogFile::Commit(version) => Some(version),
            _ => None,
        })
        .collect();
    versions.sort_unstable();
    versions
}

/// The first version missing between two of them.
fn gap(versions: &[u64]) -> Option<u64> {
    versions.windows(2).find(|pair| pair[1] > pair[0] + 1).map(|pair| pair[0] + 1)
}
