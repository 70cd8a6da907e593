mod checkpoints;
mod damaged;
mod listings;
pub(crate) mod parquet;
mod times;

use bytes::Bytes;

use super::*;
use crate::action::Add;
use crate::error::{Error, ErrorKind};
use crate::storage::Storage;

const FIRST: &str = r#"{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}
{"metaData":{"id":"t","format":{"provider":"parquet","options":{}},"schemaString":"{}","partitionColumns":[],"configuration":{"a":null}}}
"#;

async fn log(commits: &[&str]) -> Storage {
    let storage = Storage::in_memory().unwrap();
    for (version, text) in commits.iter().enumerate() {
        put(&storage, &commit_key(version as u64), text).await;
    }
    storage
}

async fn put(storage: &Storage, key: &str, text: &str) {
    storage.put(key, Bytes::from(text.to_owned())).await.unwrap();
}

fn add(path: &str) -> String {
    format!(r#"{{"add":{{"path":"{path}","partitionValues":{{}},"size":1,"modificationTime":0,"dataChange":true}}}}"#)
}

fn remove(path: &str) -> String {
    format!(r#"{{"remove":{{"path":"{path}","dataChange":true}}}}"#)
}

async fn live(storage: &Storage) -> Vec<String> {
    adds(storage, ReplayOptions::default()).await.unwrap().into_iter().map(|a| a.path).collect()
}

async fn adds(storage: &Storage, options: ReplayOptions) -> Result<Vec<Add>, Error> {
    let segment = Segment::load(storage, None).await?;
    let mut replay = Replay::new(storage, &segment, options);
    let mut adds = Vec::new();
    while let Some(more) = replay.next().await? {
        adds.extend(more);
    }
    Ok(adds)
}

async fn load_error(storage: &Storage, target: Option<u64>) -> Error {
    match Segment::load(storage, target).await {
        Err(e) => e,
        Ok(segment) => TableState::load(storage, segment).await.unwrap_err(),
    }
}

#[tokio::test]
async fn newest_action_of_a_file_wins() {
    let storage = log(&[FIRST, &add("a"), &format!("{}\n{}", remove("a"), add("b")), &add("a")]).await;
    assert_eq!(live(&storage).await, ["a", "b"]);
}

#[tokio::test]
async fn spelling_does_not_make_another_file() {
    let storage =
        log(&[FIRST, &add("x%20y"), &add("/test/z"), &format!("{}\n{}", remove("/test/x%20y"), remove("z"))]).await;
    assert_eq!(live(&storage).await, [""; 0]);
}

#[tokio::test]
async fn a_file_is_told_apart_by_its_deletion_vector() {
    let with_vector = r#"{"add":{"path":"a","partitionValues":{},"size":1,"modificationTime":0,"dataChange":true,"deletionVector":{"storageType":"u","pathOrInlineDv":"x","offset":1,"sizeInBytes":1,"cardinality":1}}}"#;
    let storage = log(&[FIRST, &add("a"), &format!("{}\n{with_vector}", remove("a"))]).await;
    assert_eq!(live(&storage).await, ["a"]);
}

#[tokio::test]
async fn lines_are_read_leniently_and_actions_unknown_are_skipped() {
    let text = format!("\u{feff}{}\r\n\r\n  \n{{\"somethingNew\":{{\"x\":1}}}}\n{}", add("a"), add("b"));
    let storage = log(&[FIRST, &text]).await;
    assert_eq!(live(&storage).await, ["a", "b"]);
}

#[tokio::test]
async fn a_commit_cut_short_is_an_error_that_names_it() {
    let storage = log(&[FIRST, r#"{"commitInfo":{"timest"#]).await;
    let error = load_error(&storage, None).await;
    assert_eq!((error.kind(), error.version()), (ErrorKind::CorruptTable, Some(1)));
    assert!(error.message().contains("00000000000000000001.json"), "{error}");
}

#[tokio::test]
async fn a_gap_is_an_error_that_names_the_version() {
    let storage = log(&[FIRST, &add("a"), &add("b"), &add("c")]).await;
    storage.delete(&commit_key(2)).await.unwrap();
    let error = load_error(&storage, None).await;
    assert_eq!(error.kind(), ErrorKind::CorruptTable);
    assert!(error.message().contains("version 2 is missing"), "{error}");
    assert_eq!(Segment::load(&storage, Some(1)).await.unwrap().version(), 1);
}

#[tokio::test]
async fn a_table_needs_protocol_and_metadata() {
    let storage = log(&[&add("a")]).await;
    assert!(load_error(&storage, None).await.message().contains("no protocol action"));
}

#[tokio::test]
async fn nothing_there_and_no_such_version() {
    let storage = Storage::in_memory().unwrap();
    assert_eq!(load_error(&storage, None).await.kind(), ErrorKind::TableNotFound);
    let storage = log(&[FIRST]).await;
    let error = load_error(&storage, Some(7)).await;
    assert_eq!((error.kind(), error.version()), (ErrorKind::TableNotFound, Some(7)));
}

#[tokio::test]
async fn a_hint_is_only_advice() {
    for hint in ["{", r#"{"version":9,"size":1}"#, r#"{"version":-1}"#] {
        let storage = log(&[FIRST, &add("a")]).await;
        put(&storage, "_delta_log/_last_checkpoint", hint).await;
        assert_eq!(Segment::load(&storage, None).await.unwrap().version(), 1, "{hint}");
    }
}

#[tokio::test]
async fn hostile_paths_are_refused() {
    for path in ["../../etc/passwd", "a/%2e%2e/%2e%2e/x", "_delta_log/00000000000000000000.json"] {
        let storage = log(&[FIRST, &add(path)]).await;
        let segment = Segment::load(&storage, None).await.unwrap();
        let error = Replay::new(&storage, &segment, ReplayOptions::default()).next().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CorruptTable, "{path}");
    }
}

#[tokio::test]
async fn a_newer_segment_reads_only_what_is_new() {
    let storage = log(&[FIRST, &add("a")]).await;
    let old = Segment::load(&storage, None).await.unwrap();
    assert_eq!(old.newer(&storage).await.unwrap(), Some(old.clone()));
    put(&storage, &commit_key(2), &add("b")).await;
    assert_eq!(old.newer(&storage).await.unwrap().unwrap().version(), 2);
    put(&storage, &commit_key(4), &add("c")).await;
    assert_eq!(old.newer(&storage).await.unwrap(), None);
}

#[tokio::test]
async fn transactions_are_the_newest_of_each_application() {
    let txn = |app: &str, version: i64| format!(r#"{{"txn":{{"appId":"{app}","version":{version}}}}}"#);
    let storage = log(&[FIRST, &txn("a", 1), &txn("b", 5), &txn("a", 2)]).await;
    let segment = Segment::load(&storage, None).await.unwrap();
    let (_, state) = TableState::load(&storage, segment).await.unwrap();
    assert_eq!(state.txn("a").map(|t| t.version), Some(2));
    assert_eq!(state.txn("b").map(|t| t.version), Some(5));
    assert_eq!(state.txn("c"), None);
}

#[test]
fn commit_times_grow() {
    assert_eq!(commit_times(&[(0, 10), (1, 5), (2, 5), (3, 40)]), [(0, 10), (1, 11), (2, 12), (3, 40)]);
}

#[tokio::test]
async fn lines_of_many_megabytes_are_read() {
    let stats = "x".repeat(20 << 20);
    let line = format!(
        r#"{{"add":{{"path":"big","partitionValues":{{}},"size":1,"modificationTime":0,"dataChange":true,"stats":"{stats}"}}}}"#
    );
    let storage = log(&[FIRST, &line]).await;
    assert_eq!(
        adds(&storage, ReplayOptions::default()).await.unwrap()[0].stats.as_ref().map(String::len),
        Some(20 << 20)
    );
}

#[tokio::test]
async fn junk_in_the_log_changes_nothing() {
    let storage = log(&[FIRST, &add("a")]).await;
    for name in [
        ".00000000000000000001.json.crc",
        "00000000000000000001.crc",
        "00000000000000000000.00000000000000000001.compacted.json",
        "00000000000000000002.json.tmp",
        "00000000000000000002.checkpoint.parquet",
        "00000000000000000003.checkpoint.0000000001.0000000002.parquet",
        "0000000000000000002.json",
        "_commit_2.json.tmp",
        "sub/00000000000000000002.json",
        "zzz",
    ] {
        put(&storage, &format!("_delta_log/{name}"), "").await;
    }
    assert_eq!(live(&storage).await, ["a"]);
    assert_eq!(Segment::load(&storage, None).await.unwrap().version(), 1);
}
