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
    assert_eq!((old.txn("a", 0), new.txn("a", 0).map(|t| t.version)), (None, Some(4)));
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

#[tokio::test]
async fn transactions_expire_where_the_table_says_so() {
    let txn = |app: &str, at: &str| format!(r#"{{"txn":{{"appId":"{app}","version":1{at}}}}}"#);
    let lines =
        [txn("old", r#","lastUpdated":1000"#), txn("new", r#","lastUpdated":1001"#), txn("undated", "")].join("\n");
    let kept = |configuration: &'static str| {
        let lines = lines.clone();
        async move {
            let snapshot = Snapshot::open(&table(&[first(PLAIN, configuration), lines]).await, None).await.unwrap();
            let apps = ["new", "old", "undated"].into_iter();
            let kept: Vec<&str> = apps.filter(|a| snapshot.txn(a, 3_601_000).is_some()).collect();
            assert_eq!(snapshot.txns().count(), 3);
            kept
        }
    };
    assert_eq!(kept("{}").await, ["new", "old", "undated"]);
    assert_eq!(kept(r#"{"delta.setTransactionRetentionDuration":"interval 1 hour"}"#).await, ["new"]);
    assert_eq!(kept(r#"{"delta.setTransactionRetentionDuration":"a while"}"#).await, ["new", "old", "undated"]);
}

#[tokio::test]
async fn a_removed_domain_is_gone_and_the_newest_configuration_counts() {
    let domain = |name: &str, configuration: &str, removed: bool| {
        format!(r#"{{"domainMetadata":{{"domain":"{name}","configuration":"{configuration}","removed":{removed}}}}}"#)
    };
    let commits = [
        first(PLAIN, "{}"),
        [domain("a", "1", false), domain("b", "1", false)].join("\n"),
        [domain("a", "2", false), domain("b", "1", true)].join("\n"),
    ];
    let storage = table(&commits).await;
    let opened = Snapshot::open(&storage, None).await.unwrap();
    let refreshed = Snapshot::open(&storage, Some(0)).await.unwrap().refresh().await.unwrap();
    for snapshot in [opened, refreshed] {
        assert_eq!(snapshot.domain_metadata().collect::<Vec<_>>(), [("a", "2")]);
    }
}
