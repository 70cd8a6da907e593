use super::*;
use crate::error::{ConflictKind, ErrorKind};
use crate::log::commit_key;

#[tokio::test]
async fn rows_land_and_are_counted() {
    let storage = Storage::in_memory().unwrap();
    let base = table(&storage).await;
    let done = append(&base, &[1, 2, 3], None).await.unwrap();
    assert_eq!((done.snapshot.version(), done.rows, done.files, done.attempts, done.skipped), (1, 3, 1, 1, false));
    assert_eq!(live_rows(&Snapshot::open(&storage, None).await.unwrap()).await, 3);
}

#[tokio::test]
async fn an_append_from_an_old_handle_rides_over_what_came_since() {
    let storage = Storage::in_memory().unwrap();
    let old = table(&storage).await;
    for id in 0..5 {
        append(&old.refresh().await.unwrap(), &[id], None).await.unwrap();
    }
    let done = append(&old, &[9], None).await.unwrap();
    assert_eq!((done.snapshot.version(), done.attempts), (6, 2));
    assert_eq!(live_rows(&done.snapshot).await, 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_append_is_lost_under_contention() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::new(folder.path().to_str().unwrap(), Default::default()).unwrap();
    let base = table(&storage).await;
    let writers = (0..16).map(|writer| {
        let mut at = base.clone();
        tokio::spawn(async move {
            for i in 0..10 {
                at = append(&at, &[writer * 10 + i], None).await.unwrap().snapshot;
            }
        })
    });
    for writer in futures::future::join_all(writers).await {
        writer.unwrap();
    }
    let snapshot = Snapshot::open(&storage, None).await.unwrap();
    assert_eq!((snapshot.version(), live_rows(&snapshot).await), (160, 160));
}

#[tokio::test]
async fn no_rows_make_no_commit_unless_a_key_is_to_be_kept() {
    let storage = Storage::in_memory().unwrap();
    let base = table(&storage).await;
    let done = append(&base, &[], None).await.unwrap();
    assert_eq!((done.snapshot.version(), done.skipped), (0, true));
    let done = append(&base, &[], Some(AppTransaction::once("k"))).await.unwrap();
    assert_eq!((done.snapshot.version(), done.skipped), (1, false));
    assert!(append(&base, &[1], Some(AppTransaction::once("k"))).await.unwrap().skipped);
}

#[tokio::test]
async fn the_same_key_adds_once() {
    let storage = Storage::in_memory().unwrap();
    let base = table(&storage).await;
    let first = append(&base, &[1], Some(AppTransaction::once("job"))).await.unwrap();
    let again = append(&base, &[1], Some(AppTransaction::once("job"))).await.unwrap();
    assert_eq!((first.skipped, again.skipped, again.rows), (false, true, 0));
    assert_eq!((live_rows(&again.snapshot).await, stored_files(&storage).await), (1, 1));
}

#[tokio::test]
async fn a_key_used_while_we_were_writing_is_seen_at_the_conflict() {
    let storage = Storage::in_memory().unwrap();
    let base = table(&storage).await;
    let key = Some(AppTransaction::once("job"));
    let slow = begun(&base, &[1], key.clone(), &Context::default()).await.unwrap();
    append(&base, &[1], key).await.unwrap();
    let done = slow.finish().await.unwrap();
    assert!(done.skipped);
    assert_eq!((live_rows(&done.snapshot).await, stored_files(&storage).await), (1, 1));
}

#[tokio::test]
async fn transactions_never_go_backwards() {
    let storage = Storage::in_memory().unwrap();
    let base = table(&storage).await;
    let version = |version| Some(AppTransaction::Version { app_id: "etl".to_owned(), version });
    assert!(!append(&base, &[1], version(7)).await.unwrap().skipped);
    assert!(append(&base, &[1], version(7)).await.unwrap().skipped);
    assert!(append(&base, &[1], version(3)).await.unwrap().skipped);
    assert!(!append(&base, &[2], version(8)).await.unwrap().skipped);
}

async fn conflict_with(commit: &str) -> (ErrorKind, usize) {
    let storage = Storage::in_memory().unwrap();
    let base = table(&storage).await;
    let slow = begun(&base, &[1], None, &Context::default()).await.unwrap();
    storage.put(&commit_key(1), bytes::Bytes::from(commit.to_owned())).await.unwrap();
    let error = slow.finish().await.unwrap_err();
    assert_eq!(error.version(), Some(1));
    (error.kind(), stored_files(&storage).await)
}

#[tokio::test]
async fn a_change_of_schema_stops_the_append_and_leaves_no_file() {
    let metadata = r#"{"metaData":{"id":"x","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"other\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{}}}"#;
    assert_eq!(conflict_with(metadata).await, (ErrorKind::CommitConflict(ConflictKind::MetadataChanged), 0));
}

#[tokio::test]
async fn a_protocol_that_we_cannot_write_stops_the_append_and_leaves_no_file() {
    let protocol = r#"{"protocol":{"minReaderVersion":1,"minWriterVersion":7,"writerFeatures":["somethingNew"]}}"#;
    assert_eq!(conflict_with(protocol).await, (ErrorKind::CommitConflict(ConflictKind::ProtocolChanged), 0));
}

#[tokio::test]
async fn commits_hold_what_other_writers_ask_for() {
    let storage = Storage::in_memory().unwrap();
    let base = table(&storage).await;
    append(&base, &[1], None).await.unwrap();
    let text = storage.get(&commit_key(1)).await.unwrap();
    let first: serde_json::Value = serde_json::from_slice(text.split(|b| *b == b'\n').next().unwrap()).unwrap();
    let info = &first["commitInfo"];
    assert_eq!(info["isBlindAppend"], true);
    assert_eq!(info["readVersion"], 0);
    assert_eq!(info["operation"], "WRITE");
    assert_eq!(info["operationParameters"]["mode"], "Append");
    assert!(info["engineInfo"].as_str().unwrap().starts_with("deltalake"));
    assert_eq!(info["txnId"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn given_up_appends_leave_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::new(folder.path().to_str().unwrap(), Default::default()).unwrap();
    let base = table(&storage).await;
    drop(begun(&base, &[1, 2, 3], None, &Context::default()).await.unwrap());
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        if stored_files(&storage).await == 0 {
            break;
        }
    }
    assert_eq!(stored_files(&storage).await, 0);
    assert_eq!(base.refresh().await.unwrap().version(), 0);
}

#[tokio::test]
async fn a_commit_never_lands_below_a_log_that_was_cleaned_up() {
    let storage = Storage::in_memory().unwrap();
    let base = table(&storage).await;
    let idle = begun(&base, &[1], None, &Context::default()).await.unwrap();
    let mut newest = base.clone();
    for id in 0..4 {
        newest = append(&newest, &[id], None).await.unwrap().snapshot;
    }
    // What another engine's cleanup leaves once a checkpoint is there: version 1 is free again.
    storage.delete(&commit_key(1)).await.unwrap();
    let error = idle.aged().finish().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CorruptTable, "no checkpoint stands in for version 1 here: {error}");
    assert!(storage.head(&commit_key(1)).await.is_err());
    assert_eq!(stored_files(&storage).await, 4);
}

#[tokio::test]
async fn a_handle_that_was_left_alone_for_long_looks_first() {
    let storage = Storage::in_memory().unwrap();
    let old = table(&storage).await;
    append(&old, &[1], None).await.unwrap();
    let done = append(&old.aged(), &[2], None).await.unwrap();
    assert_eq!((done.snapshot.version(), done.attempts), (2, 1));
}
