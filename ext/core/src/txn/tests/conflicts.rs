//! Each rule both ways: what stops a commit, and the nearest thing that does not.

use super::*;
use crate::action::{DomainMetadata, Metadata, Protocol};
use crate::expr::{CompareOp, Predicate};
use crate::schema::{ColumnPath, StructType};
use crate::value::Scalar;

/// What becomes of `ours` where `theirs` came first.
async fn after(features: &[&str], properties: Value, ours: Transaction, theirs: &[Value]) -> Result<Outcome> {
    let mut table = Table::new(features, properties).await;
    table.commit(&[json!({"add": add("old", "a")}), json!({"add": add("other", "b")})]).await;
    let base = table.snapshot().await;
    table.commit(theirs).await;
    commit_now(&base, ours).await
}

async fn plain(ours: Transaction, theirs: &[Value]) -> Result<Outcome> {
    after(&[], json!({}), ours, theirs).await
}

fn kind(result: Result<Outcome>) -> Option<ConflictKind> {
    match result {
        Ok(outcome) => {
            assert_eq!((outcome.snapshot.version(), outcome.attempts, outcome.skipped), (3, 2, false));
            None
        }
        Err(error) => {
            assert_eq!(error.version(), Some(2), "{error}");
            assert!(error.is_retryable());
            match error.kind() {
                ErrorKind::CommitConflict(kind) => Some(kind),
                other => panic!("{other:?}: {error}"),
            }
        }
    }
}

fn partition(value: &str) -> Reads {
    Reads::Where(Predicate::Compare {
        column: ColumnPath::from("p"),
        op: CompareOp::Eq,
        value: Scalar::String(value.to_owned()),
    })
}

fn protocol(features: &[&str]) -> Value {
    json!({"protocol": {"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": features}})
}

fn our_metadata() -> Metadata {
    serde_json::from_value(metadata(SCHEMA, json!({"mine": "1"}))["metaData"].clone()).unwrap()
}

#[tokio::test]
async fn a_protocol_is_ridden_over_where_what_was_prepared_still_fits() {
    let legacy = ["appendOnly", "invariants"];
    let more = |feature: &'static str| [legacy.as_slice(), &[feature]].concat();
    assert_eq!(kind(plain(adding("new"), &[protocol(&more("domainMetadata"))]).await), None);
    for feature in ["generatedColumns", "somethingNew"] {
        let theirs = [protocol(&more(feature))];
        assert_eq!(kind(plain(adding("new"), &theirs).await), Some(ConflictKind::ProtocolChanged), "{feature}");
    }
    let fewer = [protocol(&["appendOnly"])];
    assert_eq!(kind(plain(adding("new"), &fewer).await), Some(ConflictKind::ProtocolChanged));
    let ours: Protocol = serde_json::from_value(protocol(&more("changeDataFeed"))["protocol"].clone()).unwrap();
    let ours = Transaction { protocol: Some(ours), ..adding("new") };
    assert_eq!(
        kind(plain(ours, &[protocol(&more("domainMetadata"))]).await),
        Some(ConflictKind::ProtocolChanged),
        "both change it"
    );
}

#[tokio::test]
async fn metadata_is_ridden_over_where_rows_and_files_stay_as_good() {
    let other = SCHEMA.replace("long", "string");
    for (theirs, blind, removes) in [
        (metadata(SCHEMA, json!({"mine": "2", "delta.logRetentionDuration": "interval 1 day"})), None, None),
        (metadata(SCHEMA, json!({"delta.enableChangeDataFeed": "true"})), None, Some(ConflictKind::MetadataChanged)),
        (
            metadata(SCHEMA, json!({"delta.constraints.c": "id > 0"})),
            Some(ConflictKind::MetadataChanged),
            Some(ConflictKind::MetadataChanged),
        ),
        (metadata(&other, json!({})), Some(ConflictKind::MetadataChanged), Some(ConflictKind::MetadataChanged)),
    ] {
        assert_eq!(kind(plain(adding("new"), std::slice::from_ref(&theirs)).await), blind, "{theirs}");
        let ours = removing("old", Reads::Nothing);
        assert_eq!(kind(plain(ours, std::slice::from_ref(&theirs)).await), removes, "{theirs}");
    }
    let ours = || Transaction { metadata: Some(our_metadata()), ..adding("new") };
    let theirs = [metadata(SCHEMA, json!({"theirs": "2"}))];
    assert_eq!(kind(plain(ours(), &theirs).await), Some(ConflictKind::MetadataChanged), "both change it");
    assert_eq!(kind(plain(ours(), &[json!({"add": add("x", "a")})]).await), None);
}

#[tokio::test]
async fn columns_that_come_with_rows_ride_over_no_more_than_the_rows_do() {
    let found = SCHEMA.replace("\"id\"", "\"more\"");
    let found = StructType::from_json(&found).unwrap();
    for (theirs, blind, removes) in [
        (json!({"mine": "2", "delta.logRetentionDuration": "interval 1 day"}), None, None),
        (json!({"delta.enableChangeDataFeed": "true"}), None, Some(ConflictKind::MetadataChanged)),
        (json!({"delta.rowTrackingSuspended": "true"}), None, Some(ConflictKind::MetadataChanged)),
    ] {
        for (ours, expected) in [(adding("new"), blind), (removing("old", Reads::Nothing), removes)] {
            let mut table = Table::new(&[], json!({})).await;
            table.commit(&[json!({"add": add("old", "a")})]).await;
            let base = table.snapshot().await;
            table.commit(&[metadata(SCHEMA, theirs.clone())]).await;
            let columns = NewColumns::new(&base, None, &found).unwrap();
            assert!(columns.is_some());
            assert_eq!(kind(commit_now(&base, Transaction { columns, ..ours }).await), expected, "{theirs}");
        }
    }
}

#[tokio::test]
async fn a_domain_is_changed_by_one() {
    let domain = |name: &str| DomainMetadata { domain: name.to_owned(), configuration: "1".to_owned(), removed: false };
    let ours = || Transaction { domains: vec![domain("d")], ..adding("new") };
    let theirs = |name: &str| [json!({"domainMetadata": {"domain": name, "configuration": "1", "removed": false}})];
    let features = ["domainMetadata"];
    let run = async |name: &str| kind(after(&features, json!({}), ours(), &theirs(name)).await);
    assert_eq!(run("d").await, Some(ConflictKind::DomainMetadata));
    assert_eq!(run("other").await, None);
}

#[tokio::test]
async fn an_application_s_transactions_come_one_after_the_other() {
    let ours = || {
        let txn = Some(AppTransaction::Version { app_id: "etl".to_owned(), version: 5 });
        Transaction { txn, ..adding("new") }
    };
    let theirs = |app: &str, version: i64| [json!({"txn": {"appId": app, "version": version}})];
    assert_eq!(kind(plain(ours(), &theirs("etl", 4)).await), Some(ConflictKind::ConcurrentTransaction));
    assert_eq!(kind(plain(ours(), &theirs("other", 4)).await), None);
    for version in [5, 6] {
        let done = plain(ours(), &theirs("etl", version)).await.unwrap();
        assert_eq!((done.skipped, done.snapshot.version()), (true, 2));
    }
}

#[tokio::test]
async fn adds_count_where_they_were_read() {
    let theirs = |p: &str| [json!({"add": add("x", p)})];
    let run = async |reads: Reads, p: &str| kind(plain(removing("old", reads), &theirs(p)).await);
    assert_eq!(run(Reads::Nothing, "a").await, None);
    assert_eq!(run(Reads::Table, "b").await, Some(ConflictKind::ConcurrentAppend));
    assert_eq!(run(partition("a"), "a").await, Some(ConflictKind::ConcurrentAppend));
    assert_eq!(run(partition("a"), "b").await, None);
    let above = |n: i64| {
        Reads::Where(Predicate::Compare { column: ColumnPath::from("id"), op: CompareOp::Gt, value: Scalar::Long(n) })
    };
    let stats = r#"{"numRecords":1,"minValues":{"id":1},"maxValues":{"id":7},"nullCount":{"id":0}}"#;
    let theirs = [json!({"add": Add { stats: Some(stats.to_owned()), ..add("x", "a") }})];
    assert_eq!(kind(plain(removing("old", above(6)), &theirs).await), Some(ConflictKind::ConcurrentAppend));
    assert_eq!(kind(plain(removing("old", above(7)), &theirs).await), None);
}

#[tokio::test]
async fn blind_adds_do_not_count_in_write_serializable_tables() {
    let theirs = |blind: bool| [json!({"commitInfo": {"isBlindAppend": blind}}), json!({"add": add("x", "a")})];
    let properties = |level: &str| json!({"delta.isolationLevel": level});
    let run = async |level: &str, blind: bool, ours: Transaction| {
        kind(after(&[], properties(level), ours, &theirs(blind)).await)
    };
    let ours = || removing("old", Reads::Table);
    assert_eq!(run("Serializable", true, ours()).await, Some(ConflictKind::ConcurrentAppend));
    assert_eq!(run("WriteSerializable", true, ours()).await, None);
    assert_eq!(run("WriteSerializable", false, ours()).await, Some(ConflictKind::ConcurrentAppend));
    let changing = Transaction { metadata: Some(our_metadata()), ..ours() };
    assert_eq!(run("WriteSerializable", true, changing).await, Some(ConflictKind::ConcurrentAppend));
}

#[tokio::test]
async fn commits_that_move_rows_only_ride_over_adds() {
    let moving = || Transaction {
        adds: vec![Add { data_change: false, ..add("new", "a") }],
        removes: vec![Remove::of(add("old", "a"), 1, false)],
        reads: partition("a"),
        ..Transaction::new(CommitInfo::new(Operation::Optimize))
    };
    assert_eq!(kind(plain(moving(), &[json!({"add": add("x", "a")})]).await), None);
    let theirs = [json!({"remove": Remove::of(add("old", "a"), 1, true)})];
    assert_eq!(kind(plain(moving(), &theirs).await), Some(ConflictKind::ConcurrentDeleteDelete));
}

#[tokio::test]
async fn removes_count_against_what_was_read_and_removed() {
    let theirs = |path: &str| [json!({"remove": Remove::of(add(path, "a"), 1, false)})];
    let reading = || Transaction { read_files: vec!["old".to_owned()], ..adding("new") };
    assert_eq!(kind(plain(reading(), &theirs("old")).await), Some(ConflictKind::ConcurrentDeleteRead));
    assert_eq!(kind(plain(reading(), &theirs("other")).await), None);
    let whole = Transaction { reads: Reads::Table, ..adding("new") };
    assert_eq!(kind(plain(whole, &theirs("other")).await), Some(ConflictKind::ConcurrentDeleteRead));
    let both = || removing("old", Reads::Nothing);
    assert_eq!(kind(plain(both(), &theirs("old")).await), Some(ConflictKind::ConcurrentDeleteDelete));
    assert_eq!(kind(plain(both(), &theirs("/test/old")).await), Some(ConflictKind::ConcurrentDeleteDelete));
    assert_eq!(kind(plain(both(), &theirs("other")).await), None);
    assert_eq!(kind(plain(adding("new"), &theirs("old")).await), None, "a blind append reads nothing");
}

#[tokio::test]
async fn the_first_commit_in_conflict_is_the_one_that_is_told() {
    let mut table = Table::new(&[], json!({})).await;
    let base = table.snapshot().await;
    table.commit(&[json!({"commitInfo": {}})]).await;
    table.commit(&[json!({"add": add("x", "a")})]).await;
    table.commit(&[json!({"remove": Remove::of(add("old", "a"), 1, true)})]).await;
    let error = commit_now(&base, removing("old", Reads::Table)).await.unwrap_err();
    assert_eq!((error.kind(), error.version()), (ErrorKind::CommitConflict(ConflictKind::ConcurrentAppend), Some(2)));
}

#[tokio::test]
async fn a_table_left_alone_for_long_is_looked_at_commit_by_commit() {
    let mut table = Table::new(&[], json!({})).await;
    let base = table.snapshot().await.aged();
    table.commit(&[json!({"add": add("x", "b")})]).await;
    let fits = commit_now(&base, removing("old", partition("a"))).await.unwrap();
    assert_eq!((fits.snapshot.version(), fits.attempts), (2, 1));
    let error = commit_now(&base, removing("other", Reads::Table)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CommitConflict(ConflictKind::ConcurrentAppend));
}
