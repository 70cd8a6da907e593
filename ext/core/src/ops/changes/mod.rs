//! Which rows changed over a range of versions (Delta protocol, "Add CDC File", "Change Data Files").

mod derive;
mod schema;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::value::RawValue;

use self::derive::Derivation;
use self::schema::{check_readable_as, feed_snapshot};
use crate::action::TableActionLine;
use crate::context;
use crate::error::{Error, ErrorKind, Result};
use crate::log::{commit_files, earliest_version, read_change_lines, read_table_actions, version_at};
use crate::scan::{FileScan, FileScans, FileSet};
use crate::snapshot::Snapshot;
use crate::storage::Storage;

/// Commits read at a time.
const READS_IN_FLIGHT: usize = 16;

/// Commits whose files are known ahead of those that are read.
const COMMITS_AHEAD: usize = 2;

const ENABLED: &str = "delta.enableChangeDataFeed";

/// An end of a range of versions. Both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// This version.
    Version(u64),
    /// The first version at or after the time where a range begins, the last one up to it where it ends; milliseconds
    /// since the Unix epoch.
    Time(i64),
}

/// A version, and when it was made.
#[derive(Debug, Clone, Copy)]
struct Commit {
    version: u64,
    timestamp_ms: i64,
}

/// The changes from `from` to `to`, or to the version of `newest`, which gives the table.
///
/// Rows come in the order of the versions. They have the columns of the last version, and
/// [those of a feed](crate::schema::CHANGE_TYPE). Everything that is to be refused is refused here, before any row is read.
pub async fn changes(newest: &Snapshot, from: Point, to: Option<Point>) -> Result<FileSet> {
    let found = find(newest, from, to).await;
    found.map_err(|e| e.with_table(newest.uri()))
}

async fn find(newest: &Snapshot, from: Point, to: Option<Point>) -> Result<FileSet> {
    let storage = newest.storage();
    let to = match to {
        None => newest.version(),
        Some(Point::Version(version)) => version,
        Some(Point::Time(ms)) => version_at(storage, newest.properties(), ms).await?,
    };
    let from = match from {
        Point::Version(version) => version,
        Point::Time(ms) => first_from(newest, ms).await?,
    };
    if from > to {
        return Err(Error::argument(format!(
            "there are no versions from {from} to {to}: the first is after the last; the table stands at version {}",
            newest.version()
        )));
    }
    let files = commit_files(storage, from, to).await?;
    let (last, commits) = check(storage, &files).await?;
    let commits: Arc<[Commit]> = commits.into();
    let feed = feed_snapshot(&last)?;
    let derivation = Arc::new(Derivation::new(&feed));
    let storage = storage.clone();
    Ok(FileSet::new(feed, move || files_of(&storage, &commits, &derivation)))
}

/// The first version that was made at `ms` or later.
async fn first_from(newest: &Snapshot, ms: i64) -> Result<u64> {
    match version_at(newest.storage(), newest.properties(), ms.saturating_sub(1)).await {
        Ok(before) => Ok(before.saturating_add(1)),
        Err(e) if e.kind() == ErrorKind::TableNotFound => earliest_version(newest.storage()).await,
        Err(e) => Err(e),
    }
}

/// Reads what each commit says of the table: the feed must be on, and every schema must fit the last.
async fn check(storage: &Storage, files: &[(u64, i64)]) -> Result<(Snapshot, Vec<Commit>)> {
    let Some((first, _)) = files.first() else { return Err(Error::internal("a range of versions is empty")) };
    let mut snapshot = Snapshot::open(storage, Some(*first)).await?;
    let mut seen = vec![snapshot.clone()];
    let mut commits = Vec::with_capacity(files.len());
    let mut reads = stream::iter(files.iter().copied())
        .map(|(version, file_ms)| {
            let storage = storage.clone();
            let read = context::spawn(async move { read_table_actions(&storage, version).await });
            async move {
                let lines = read.await.map_err(|e| Error::internal("reading a commit failed").with_source(e))??;
                Ok::<_, Error>((version, file_ms, lines))
            }
        })
        .buffered(READS_IN_FLIGHT);
    while let Some((version, file_ms, lines)) = reads.try_next().await? {
        if version > *first {
            snapshot = snapshot.advance(&lines)?;
            if lines.iter().any(|line| line.metadata.is_some() || line.protocol.is_some()) {
                seen.push(snapshot.clone());
            }
        }
        check_enabled(&snapshot)?;
        commits.push(Commit { version, timestamp_ms: own_time(&snapshot, &lines)?.unwrap_or(file_ms) });
    }
    for earlier in &seen {
        check_readable_as(earlier, &snapshot).map_err(|e| e.with_version(earlier.version()))?;
    }
    Ok((snapshot, commits))
}

fn check_enabled(snapshot: &Snapshot) -> Result<()> {
    let value = snapshot.metadata().configuration.get(ENABLED).and_then(|v| v.as_deref());
    if value.is_some_and(|v| v.eq_ignore_ascii_case("true")) {
        return Ok(());
    }
    let version = snapshot.version();
    Err(Error::new(
        ErrorKind::Configuration,
        format!(
            "the changes of version {version} cannot be told: the table property {ENABLED} is not true there; set it, \
             and begin with a version that has it"
        ),
    )
    .with_version(version))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Times {
    in_commit_timestamp: Option<i64>,
}

/// The commit's own time, where the table keeps them (Delta protocol, "In-Commit Timestamps").
fn own_time(snapshot: &Snapshot, lines: &[TableActionLine]) -> Result<Option<i64>> {
    if !snapshot.properties().in_commit_timestamps {
        return Ok(None);
    }
    let info = lines.iter().find_map(|line| line.commit_info.as_deref()).map(RawValue::get);
    let times: Option<Times> = info.and_then(|text| serde_json::from_str(text).ok());
    let version = snapshot.version();
    times.and_then(|t| t.in_commit_timestamp).map(Some).ok_or_else(|| {
        Error::corrupt(format!("the commit of version {version} has no inCommitTimestamp, which this table asks for"))
            .with_version(version)
    })
}

/// The files of the commits, as they are wanted.
fn files_of(storage: &Storage, commits: &Arc<[Commit]>, derivation: &Arc<Derivation>) -> FileScans {
    let (storage, derivation, commits) = (storage.clone(), Arc::clone(derivation), Arc::clone(commits));
    stream::iter(0..commits.len())
        .map(move |at| {
            let (storage, derivation, commit) = (storage.clone(), Arc::clone(&derivation), commits[at]);
            async move {
                let lines = read_change_lines(&storage, commit.version).await?;
                let files: Result<Vec<FileScan>> = derivation.files(lines, commit.version, commit.timestamp_ms);
                files.map_err(|e| e.with_version(commit.version))
            }
        })
        .buffered(COMMITS_AHEAD)
        .boxed()
}
