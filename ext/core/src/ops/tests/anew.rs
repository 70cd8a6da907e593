//! A table that was dropped while a snapshot of it was held, and what is in its place.

use std::time::Duration;

use super::*;
use crate::action::{CommitInfo, Operation};
use crate::error::{ConflictKind, Error, ErrorKind};
use crate::log::commit_key;
use crate::txn::{Reads, Transaction, commit};

/// A table of three versions, the last two of them ours.
async fn held(storage: &Storage) -> Snapshot {
    let first = append(&table(storage).await, &[1], None).await.unwrap().snapshot;
    append(&first, &[2], None).await.unwrap().snapshot
}

async fn drop_table(storage: &Storage) {
    for object in storage.walk(1_000).await.unwrap().objects {
        storage.delete(&object.key).await.unwrap();
    }
}

/// Another table in the place of the first, of so many commits after its first one.
async fn another(storage: &Storage, commits: u64) -> Snapshot {
    drop_table(storage).await;
    let mut other = table(storage).await;
    for _ in 0..commits {
        other = append(&other, &[7], None).await.unwrap().snapshot;
    }
    other
}

async fn overwrite(base: &Snapshot) -> Result<Appended> {
    let mut appender = begun(base, &[], None, &Context::default()).await?;
    appender.replacing(Overwrite::table())?;
    appender.write(rows(&[3])).await?;
    appender.finish().await
}

fn is_conflict(error: &Error) -> bool {
    error.kind() == ErrorKind::CommitConflict(ConflictKind::MetadataChanged)
}

#[tokio::test]
async fn a_refresh_of_what_was_committed_here_finds_the_other_table() {
    for commits in 0..4 {
        let storage = Storage::in_memory().unwrap();
        let held = held(&storage).await;
        let other = another(&storage, commits).await;
        let found = held.refresh().await.unwrap();
        assert_eq!((found.version(), &found.metadata().id), (commits, &other.metadata().id));
        assert!(found.supersedes(&held) && !held.supersedes(&found));
    }
}

#[tokio::test]
async fn nothing_is_committed_into_the_other_table() {
    for commits in 0..4 {
        let storage = Storage::in_memory().unwrap();
        let held = held(&storage).await.quiet();
        let other = another(&storage, commits).await;
        let appended = append(&held, &[3], None).await.unwrap_err();
        let overwritten = overwrite(&held).await.unwrap_err();
        assert!(is_conflict(&appended) && is_conflict(&overwritten), "{appended} {overwritten}");
        // What was written in vain is deleted behind the call.
        for _ in 0..100 {
            if stored_files(&storage).await as u64 > commits {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        assert_eq!(stored_files(&storage).await as u64, commits);
        assert_eq!(other.refresh().await.unwrap().version(), commits);
    }
}

#[tokio::test]
async fn nothing_is_committed_where_there_is_no_table_any_more() {
    let storage = Storage::in_memory().unwrap();
    let held = held(&storage).await.quiet();
    drop_table(&storage).await;
    assert_eq!(append(&held, &[3], None).await.unwrap_err().kind(), ErrorKind::TableNotFound);
    assert!(storage.walk(1_000).await.unwrap().objects.is_empty());
}

#[tokio::test]
async fn a_log_that_was_put_back_takes_appends_and_overwrites_of_what_it_has() {
    for overwrites in [false, true] {
        let storage = Storage::in_memory().unwrap();
        let held = held(&storage).await.quiet();
        storage.delete(&commit_key(2)).await.unwrap();
        let done = if overwrites { overwrite(&held).await } else { append(&held, &[3], None).await }.unwrap();
        let rows = if overwrites { 1 } else { 2 };
        assert_eq!((done.snapshot.version(), live_rows(&done.snapshot).await), (2, rows));
    }
}

#[tokio::test]
async fn what_read_a_version_that_was_lost_is_not_committed() {
    let storage = Storage::in_memory().unwrap();
    let held = held(&storage).await.quiet();
    storage.delete(&commit_key(2)).await.unwrap();
    let info = CommitInfo::new(Operation::Write);
    let read = Transaction { reads: Reads::Table, ..Transaction::new(info) };
    let error = commit(held, read, &Context::default(), &Clock::system()).await.unwrap_err();
    assert!(is_conflict(&error) && error.message().contains("put back"), "{error}");
}

#[tokio::test]
async fn a_version_whose_name_log_cleanup_made_free_is_not_written_again() {
    let storage = Storage::in_memory().unwrap();
    let first = append(&table(&storage).await, &[1], None).await.unwrap().snapshot;
    let newest = append(&first, &[2], None).await.unwrap().snapshot;
    newest.write_checkpoint(0, false).await.unwrap();
    for version in 0..2 {
        storage.delete(&commit_key(version)).await.unwrap();
    }
    let done = append(&first.quiet(), &[3], None).await.unwrap();
    assert_eq!((done.snapshot.version(), live_rows(&done.snapshot).await), (3, 3));
}

#[tokio::test]
async fn a_table_that_is_still_there_is_committed_to_as_ever() {
    let storage = Storage::in_memory().unwrap();
    let held = held(&storage).await;
    let newer = append(&held, &[3], None).await.unwrap().snapshot;
    assert!(held.quiet().is_there().await.unwrap());
    assert_eq!(append(&held.quiet(), &[4], None).await.unwrap().snapshot.version(), newer.version() + 1);
    assert!(Snapshot::open(&storage, None).await.unwrap().quiet().is_there().await.unwrap());
}
