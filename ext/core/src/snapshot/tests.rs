use bytes::Bytes;

use super::*;
use crate::error::ErrorKind;
use crate::log::commit_key;

fn first(reader: &str, configuration: &str) -> String {
    format!(
        r#"{{"protocol":{reader}}}
{{"metaData":{{"id":"t","format":{{"provider":"parquet","options":{{}}}},"schemaString":"{{\"type\":\"struct\",\"fields\":[{{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{{}}}}]}}","partitionColumns":[],"configuration":{configuration}}}}}"#
    )
}

async fn table(commits: &[String]) -> Storage {
    let storage = Storage::in_memory().unwrap();
    for (version, text) in commits.iter().enumerate() {
        storage.put(&commit_key(version as u64), Bytes::from(text.clone())).await.unwrap();
    }
    storage
}

const PLAIN: &str = r#"{"minReaderVersion":1,"minWriterVersion":2}"#;

#[tokio::test]
async fn refresh_moves_forward_and_shares_what_did_not_change() {
    let storage = table(&[first(PLAIN, "{}")]).await;
    let old = Snapshot::open(&storage, None).await.unwrap();
    assert_eq!(old.refresh().await.unwrap().version(), 0);
    storage.put(&commit_key(1), Bytes::from_static(br#"{"txn":{"appId":"a","version":4}}"#)).await.unwrap();
    let new = old.refresh().await.unwrap();
    assert_eq!((old.version(), new.version()), (0, 1));
    assert_eq!((old.txn("a"), new.txn("a").map(|t| t.version)), (None, Some(4)));
    assert!(Arc::ptr_eq(&old.0.view, &new.0.view));
}

#[tokio::test]
async fn refresh_finds_a_table_made_anew() {
    let storage = table(&[first(PLAIN, "{}"), first(PLAIN, r#"{"x":"1"}"#)]).await;
    let old = Snapshot::open(&storage, None).await.unwrap();
    storage.delete(&commit_key(1)).await.unwrap();
    storage.put(&commit_key(0), Bytes::from(first(PLAIN, r#"{"new":"1"}"#))).await.unwrap();
    let new = old.refresh().await.unwrap();
    assert_eq!(new.version(), 0);
    assert!(new.metadata().configuration.contains_key("new"));
}

#[tokio::test]
async fn a_feature_that_is_missing_is_named_before_anything_is_read() {
    let protocol = r#"{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["catalogManaged"],"writerFeatures":["catalogManaged"]}"#;
    let error = Snapshot::open(&table(&[first(protocol, "{}")]).await, None).await.unwrap_err();
    assert_eq!((error.kind(), error.version()), (ErrorKind::UnsupportedFeature, Some(0)));
    assert!(error.message().contains("catalogManaged"));
    assert_eq!(error.table(), Some("/test"));
}

#[tokio::test]
async fn an_older_version_has_its_own_metadata() {
    let storage = table(&[first(PLAIN, "{}"), first(PLAIN, r#"{"x":"1"}"#)]).await;
    let old = Snapshot::open(&storage, Some(0)).await.unwrap();
    assert!(old.metadata().configuration.is_empty());
}
