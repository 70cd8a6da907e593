//! Which version was the newest at a time.

use std::fs::File;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;

use super::parquet::Actions;
use super::*;
use crate::properties::TableProperties;
use crate::storage::StorageOptions;

/// A table on disk; each commit with the time of its file and, if it has one, its own.
async fn table(folder: &std::path::Path, commits: &[(u64, Option<i64>)]) -> Storage {
    let storage = Storage::new(folder.to_str().unwrap(), StorageOptions::default()).unwrap();
    for (version, (file_ms, own)) in commits.iter().enumerate() {
        let own = own.map_or(String::new(), |ms| format!("\"inCommitTimestamp\":{ms},"));
        let text = format!("{{\"commitInfo\":{{{own}\"operation\":\"WRITE\"}}}}\n");
        let key = commit_key(version as u64);
        storage.put(&key, Bytes::from(text)).await.unwrap();
        set_time(folder, &key, *file_ms);
    }
    storage
}

fn set_time(folder: &std::path::Path, key: &str, ms: u64) {
    let file = File::options().write(true).open(folder.join(key)).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_millis(ms)).unwrap();
}

fn properties(pairs: &[(&str, &str)]) -> TableProperties {
    TableProperties::new(&pairs.iter().map(|(k, v)| ((*k).to_owned(), Some((*v).to_owned()))).collect()).unwrap()
}

#[tokio::test]
async fn file_times_count_up_to_the_version_that_has_times_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let late = 9_000_000_000;
    let commits =
        [(1_000, None), (2_000, None), (3_000, None), (late, Some(10_000)), (late, Some(20_000)), (5, Some(30_000))];
    let storage = table(folder.path(), &commits).await;
    let boundary =
        properties(&[("delta.enableInCommitTimestamps", "true"), ("delta.inCommitTimestampEnablementVersion", "3")]);
    for (at, version) in [(1_000, 0), (2_999, 1), (9_999, 2), (10_000, 3), (19_999, 3), (29_999, 4), (i64::MAX, 5)] {
        assert_eq!(version_at(&storage, &boundary, at).await.unwrap(), version, "at {at}");
    }
    let error = version_at(&storage, &boundary, 999).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TableNotFound);
    assert!(error.message().contains("version 0, of 1970-01-01T00:00:01"), "{error}");
}

#[tokio::test]
async fn a_commit_without_the_time_that_it_should_have_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let storage = table(folder.path(), &[(1, Some(1)), (2, None), (3, Some(3))]).await;
    let always = properties(&[("delta.enableInCommitTimestamps", "true")]);
    let error = version_at(&storage, &always, 2).await.unwrap_err();
    assert_eq!((error.kind(), error.version()), (ErrorKind::CorruptTable, Some(1)));
}

#[tokio::test]
async fn a_checkpoint_without_its_commit_has_a_time_too() {
    let folder = tempfile::tempdir().unwrap();
    let storage = table(folder.path(), &[(1_000, None), (2_000, None), (3_000, None)]).await;
    let key = "_delta_log/00000000000000000001.checkpoint.parquet";
    storage.put(key, Actions::table().bytes()).await.unwrap();
    for version in 0..2 {
        storage.delete(&commit_key(version)).await.unwrap();
    }
    // Written late: still before the commit that follows.
    for (file_ms, at, version) in [(2_100, 2_100, 1), (60_000, 2_999, 1), (60_000, 3_000, 2)] {
        set_time(folder.path(), key, file_ms);
        assert_eq!(version_at(&storage, &properties(&[]), at).await.unwrap(), version, "at {at}");
    }
    let error = version_at(&storage, &properties(&[]), 1_000).await.unwrap_err();
    assert!(error.message().contains("earliest that can be read is version 1"), "{error}");
}

#[tokio::test]
async fn a_log_of_one_checkpoint_is_a_version_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let storage = table(folder.path(), &[]).await;
    storage.put("_delta_log/00000000000000000007.checkpoint.parquet", Actions::table().bytes()).await.unwrap();
    assert_eq!(version_at(&storage, &properties(&[]), i64::MAX).await.unwrap(), 7);
}
