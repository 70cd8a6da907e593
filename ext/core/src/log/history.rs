//! Who committed what and when; and which version was the newest at a time (Delta protocol, "In-Commit Timestamps").

use futures::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::commit::read_table_actions;
use super::listing::{Checkpoint, Listing};
use crate::error::{Error, ErrorKind, Result};
use crate::properties::TableProperties;
use crate::storage::Storage;

/// Commits read at a time.
const READS_IN_FLIGHT: usize = 16;

/// One commit's provenance.
#[derive(Debug, Clone)]
pub struct CommitRecord {
    /// Its version.
    pub version: u64,
    /// Milliseconds since the Unix epoch, as [`version_at`] goes by: the commit's own time where it has one, else the file's.
    pub timestamp_ms: i64,
    /// `commitInfo` as it came, if there is one.
    pub info: Option<Box<RawValue>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Times {
    in_commit_timestamp: Option<i64>,
}

/// The newest commits that the log still holds, newest first, at most `limit`, from `up_to` down.
pub async fn history(storage: &Storage, up_to: u64, limit: Option<usize>) -> Result<Vec<CommitRecord>> {
    let listing = Listing::read(storage, 0).await?;
    let mut times = file_times(&listing, up_to);
    times.retain(|(version, _)| listing.commits.contains_key(version));
    let wanted = times.into_iter().rev().take(limit.unwrap_or(usize::MAX));
    stream::iter(wanted)
        .map(|(version, file_ms)| async move {
            let lines = read_table_actions(storage, version).await?;
            let info = lines.into_iter().find_map(|line| line.commit_info);
            let times: Times = info.as_ref().and_then(|i| serde_json::from_str(i.get()).ok()).unwrap_or_default();
            let timestamp_ms = times.in_commit_timestamp.unwrap_or(file_ms);
            Ok(CommitRecord { version, timestamp_ms, info })
        })
        .buffered(READS_IN_FLIGHT)
        .try_collect()
        .await
}

/// The newest version that was there at `at_ms`. `properties` are those of the newest version.
///
/// A commit's time is its file's, made to grow from version to version; or the one inside it, where the table keeps
/// in-commit timestamps from that version on.
pub async fn version_at(storage: &Storage, properties: &TableProperties, at_ms: i64) -> Result<u64> {
    let listing = Listing::read(storage, 0).await?;
    let earliest = earliest(&listing, storage)?;
    let mut times = file_times(&listing, u64::MAX);
    times.retain(|(version, _)| *version >= earliest);
    let found = match own_times_from(properties) {
        None => last_at(&times, at_ms),
        Some(from) => {
            let first = listing.commits.range(earliest..).next().map_or(from, |(version, _)| *version).max(from);
            let split = times.partition_point(|(version, _)| *version < first);
            match newest_by_own_time(storage, &times[split..], at_ms).await? {
                Some(version) => Some(version),
                None => last_at(&times[..split], at_ms),
            }
        }
    };
    found.ok_or_else(|| {
        Error::new(
            ErrorKind::TableNotFound,
            format!(
                "{} has no version as old as that: its earliest that can be read is version {earliest}, of {}",
                storage.uri(),
                times.first().map_or_else(|| "an unknown time".to_owned(), |(_, ms)| iso(*ms))
            ),
        )
    })
}

/// The first version that can be read.
pub async fn earliest_version(storage: &Storage) -> Result<u64> {
    earliest(&Listing::read(storage, 0).await?, storage)
}

fn earliest(listing: &Listing, storage: &Storage) -> Result<u64> {
    listing
        .earliest()
        .ok_or_else(|| Error::new(ErrorKind::TableNotFound, format!("there is no Delta table at {}", storage.uri())))
}

fn own_times_from(properties: &TableProperties) -> Option<u64> {
    properties.in_commit_timestamps.then(|| properties.in_commit_timestamp_from.unwrap_or(0))
}

/// The versions up to `last` and when they were made, as far as files of the log tell.
pub(super) fn file_times(listing: &Listing, last: u64) -> Vec<(u64, i64)> {
    // Log cleanup may leave a checkpoint without its commit: then the file's time is all there is.
    let earliest = listing.earliest().unwrap_or(0);
    let checkpoint = listing.newest_checkpoint(earliest).filter(|c| !listing.commits.contains_key(&c.version));
    let next = listing.commits.range(earliest..).next().map_or(i64::MAX, |(_, file)| file.modified_ms);
    let of = |c: &Checkpoint| Some((c.version, c.parts.first()?.modified_ms.min(next.saturating_sub(1))));
    let commits = listing.commits.iter().map(|(version, file)| (*version, file.modified_ms));
    let mut files: Vec<(u64, i64)> = commits.chain(checkpoint.as_ref().and_then(of)).collect();
    files.sort_unstable();
    let mut times = commit_times(&files);
    times.retain(|(version, _)| *version <= last);
    times
}

/// File times made to grow by a millisecond at least from version to version.
pub fn commit_times(files: &[(u64, i64)]) -> Vec<(u64, i64)> {
    let mut last = i64::MIN;
    files
        .iter()
        .map(|(version, ms)| {
            last = if last == i64::MIN { *ms } else { (*ms).max(last + 1) };
            (*version, last)
        })
        .collect()
}

fn last_at(times: &[(u64, i64)], at_ms: i64) -> Option<u64> {
    let after = times.partition_point(|(_, ms)| *ms <= at_ms);
    after.checked_sub(1).map(|at| times[at].0)
}

/// Binary search over commits, whose own times grow.
async fn newest_by_own_time(storage: &Storage, commits: &[(u64, i64)], at_ms: i64) -> Result<Option<u64>> {
    let (mut low, mut high) = (0, commits.len());
    while low < high {
        let middle = low + (high - low) / 2;
        if commit_timestamp(storage, commits[middle].0).await? <= at_ms {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low.checked_sub(1).map(|at| commits[at].0))
}

/// A commit's own time, for tables that keep one.
pub async fn commit_timestamp(storage: &Storage, version: u64) -> Result<i64> {
    let lines = read_table_actions(storage, version).await?;
    let info = lines.into_iter().find_map(|line| line.commit_info);
    let times: Option<Times> = info.and_then(|i| serde_json::from_str(i.get()).ok());
    times.and_then(|t| t.in_commit_timestamp).ok_or_else(|| {
        Error::corrupt(format!("the commit of version {version} has no inCommitTimestamp, which this table asks for"))
            .with_version(version)
    })
}

fn iso(ms: i64) -> String {
    chrono::DateTime::from_timestamp_millis(ms).map_or_else(|| format!("{ms} ms"), |t| t.to_rfc3339())
}
