//! What no commit may hold.

use super::*;

async fn refused(properties: Value, ours: Transaction) -> Error {
    let table = Table::new(&[], properties).await;
    let error = commit_now(&table.snapshot().await, ours).await.unwrap_err();
    assert_eq!(table.snapshot().await.version(), 0);
    error
}

#[tokio::test]
async fn a_file_is_named_once() {
    let twice = Transaction { adds: vec![add("x%20y", "a"), add("/test/x%20y", "a")], ..adding("") };
    assert!(refused(json!({}), twice).await.message().contains("twice"));
    let both = Transaction { adds: vec![add("x", "a")], ..removing("x", Reads::Nothing) };
    assert!(refused(json!({}), both).await.message().contains("twice"));
}

#[tokio::test]
async fn append_only_tables_lose_no_rows_and_may_move_them() {
    let on = || json!({"delta.appendOnly": "true"});
    let error = refused(on(), removing("x", Reads::Nothing)).await;
    assert_eq!(error.kind(), ErrorKind::ConstraintViolation);
    let table = Table::new(&[], on()).await;
    let moved = Transaction {
        adds: vec![Add { data_change: false, ..add("y", "a") }],
        removes: vec![Remove::of(add("x", "a"), 1, false)],
        ..Transaction::new(CommitInfo::new(Operation::Optimize))
    };
    commit_now(&table.snapshot().await, moved).await.unwrap();
    let info = &table.lines(1).await[0]["commitInfo"];
    assert_eq!(info["isolationLevel"], "SnapshotIsolation");
}

#[tokio::test]
async fn a_table_that_becomes_append_only_meanwhile_keeps_its_rows() {
    let mut table = Table::new(&[], json!({})).await;
    let base = table.snapshot().await;
    table.commit(&[metadata(SCHEMA, json!({"delta.appendOnly": "true"}))]).await;
    let error = commit_now(&base, removing("x", Reads::Nothing)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConstraintViolation);
}

#[tokio::test]
async fn a_protocol_has_its_lists_or_none() {
    let protocol = |json: Value| Some(serde_json::from_value(json).unwrap());
    for wrong in [
        json!({"minReaderVersion": 1, "minWriterVersion": 7}),
        json!({"minReaderVersion": 1, "minWriterVersion": 2, "writerFeatures": []}),
        json!({"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["timestampNtz"], "writerFeatures": []}),
    ] {
        let ours = Transaction { protocol: protocol(wrong), ..adding("x") };
        assert_eq!(refused(json!({}), ours).await.kind(), ErrorKind::Internal);
    }
}

#[tokio::test]
async fn metadata_that_cannot_be_is_never_committed() {
    let broken = SCHEMA.replace("long", "nothing");
    let metadata = serde_json::from_value(metadata(&broken, json!({}))["metaData"].clone()).unwrap();
    refused(json!({}), Transaction { metadata: Some(metadata), ..adding("x") }).await;
}
