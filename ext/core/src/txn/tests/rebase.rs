//! What depends on the version that a commit gets.

use std::sync::atomic::{AtomicI64, Ordering};

use super::*;
use crate::action::Metadata;

const TRACKING: [&str; 2] = ["domainMetadata", "rowTracking"];

async fn at(base: &Snapshot, transaction: Transaction, now: i64) -> Result<Outcome> {
    commit(base.clone(), transaction, &Context::default(), &Clock::from_fn(move || now)).await
}

fn own_time(lines: &[Value]) -> i64 {
    lines[0]["commitInfo"]["inCommitTimestamp"].as_i64().unwrap()
}

#[tokio::test]
async fn times_grow_from_commit_to_commit_whatever_the_clock_says() {
    let mut table = Table::new(&["inCommitTimestamp"], json!({"delta.enableInCommitTimestamps": "true"})).await;
    table.commit(&[json!({"commitInfo": {"inCommitTimestamp": 1_000, "timestamp": 0}})]).await;
    let base = table.snapshot().await;
    let one = at(&base, adding("a"), 5).await.unwrap().snapshot;
    let two = at(&one, adding("b"), 5_000).await.unwrap().snapshot;
    at(&two, adding("c"), 4_000).await.unwrap();
    let mut times = Vec::new();
    for version in 2..5 {
        times.push(own_time(&table.lines(version).await));
    }
    assert_eq!(times, [1_001, 5_000, 5_001]);
    assert!(table.lines(2).await[0]["commitInfo"].to_string().contains("inCommitTimestamp"));
}

#[tokio::test]
async fn a_time_is_greater_than_that_of_a_winner() {
    let mut table = Table::new(&["inCommitTimestamp"], json!({"delta.enableInCommitTimestamps": "true"})).await;
    table.commit(&[json!({"commitInfo": {"inCommitTimestamp": 10}})]).await;
    let base = table.snapshot().await;
    table.commit(&[json!({"commitInfo": {"inCommitTimestamp": 9_000}})]).await;
    at(&base, adding("a"), 20).await.unwrap();
    assert_eq!(own_time(&table.lines(3).await), 9_001);
}

#[tokio::test]
async fn a_commit_that_turns_times_on_says_since_when() {
    let table = Table::new(&["inCommitTimestamp"], json!({})).await;
    let base = table.snapshot().await;
    let on = metadata(SCHEMA, json!({"delta.enableInCommitTimestamps": "true"}));
    let on: Metadata = serde_json::from_value(on["metaData"].clone()).unwrap();
    let late = i64::MAX / 2;
    let done = at(&base, Transaction { metadata: Some(on), ..adding("a") }, late).await.unwrap();
    let configuration = &done.snapshot.metadata().configuration;
    assert_eq!(configuration["delta.inCommitTimestampEnablementVersion"].as_deref(), Some("1"));
    assert_eq!(configuration["delta.inCommitTimestampEnablementTimestamp"], Some(late.to_string()));
    assert_eq!(own_time(&table.lines(1).await), late);
    let next = at(&done.snapshot, adding("b"), 1).await.unwrap();
    assert_eq!(next.snapshot.in_commit_timestamp(), Some(late + 1));
}

#[tokio::test]
async fn a_commit_without_the_time_that_the_next_one_needs_stops_it() {
    let table = Table::new(&["inCommitTimestamp"], json!({"delta.enableInCommitTimestamps": "true"})).await;
    let error = at(&table.snapshot().await, adding("a"), 1).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CorruptTable);
}

fn ids(lines: &[Value]) -> Vec<(i64, i64)> {
    let adds = lines.iter().map(|l| &l["add"]).filter(|a| !a.is_null());
    adds.map(|a| (a["baseRowId"].as_i64().unwrap(), a["defaultRowCommitVersion"].as_i64().unwrap())).collect()
}

fn mark(lines: &[Value]) -> Vec<String> {
    let domains = lines.iter().map(|l| &l["domainMetadata"]).filter(|d| d["domain"] == "delta.rowTracking");
    domains.map(|d| d["configuration"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn new_rows_have_ids_above_all_others() {
    let table = Table::new(&TRACKING, json!({})).await;
    let ours = || Transaction { adds: vec![add("a", "a"), add("b", "a")], ..adding("") };
    let one = commit_now(&table.snapshot().await, ours()).await.unwrap().snapshot;
    let lines = table.lines(1).await;
    assert_eq!((ids(&lines), mark(&lines)), (vec![(0, 1), (10, 1)], vec![r#"{"rowIdHighWaterMark":19}"#.to_owned()]));
    commit_now(&one, adding("c")).await.unwrap();
    assert_eq!(ids(&table.lines(2).await), [(20, 2)]);
}

#[tokio::test]
async fn ids_move_past_those_of_winners() {
    let mut table = Table::new(&TRACKING, json!({})).await;
    let base = table.snapshot().await;
    let domain =
        json!({"domain": "delta.rowTracking", "configuration": "{\"rowIdHighWaterMark\":99}", "removed": false});
    table.commit(&[json!({"domainMetadata": domain})]).await;
    let known = Add { base_row_id: Some(5), default_row_commit_version: Some(0), ..add("again", "a") };
    let ours = Transaction { adds: vec![add("new", "a"), known], ..adding("") };
    commit_now(&base, ours).await.unwrap();
    let lines = table.lines(2).await;
    assert_eq!((ids(&lines), mark(&lines)), (vec![(100, 2), (5, 0)], vec![r#"{"rowIdHighWaterMark":109}"#.to_owned()]));
}

#[tokio::test]
async fn suspended_tracking_gives_no_ids() {
    let table = Table::new(&TRACKING, json!({"delta.rowTrackingSuspended": "true"})).await;
    commit_now(&table.snapshot().await, adding("a")).await.unwrap();
    assert!(table.lines(1).await.iter().all(|l| l["add"]["baseRowId"].is_null() && l["domainMetadata"].is_null()));
}

#[tokio::test]
async fn rows_whose_number_is_not_known_cannot_be_tracked() {
    let table = Table::new(&TRACKING, json!({})).await;
    let ours = Transaction { adds: vec![Add { stats: None, ..add("a", "a") }], ..adding("") };
    assert!(commit_now(&table.snapshot().await, ours).await.unwrap_err().message().contains("row tracking"));
}

#[tokio::test]
async fn domains_of_others_stay() {
    let mut table = Table::new(&["domainMetadata"], json!({})).await;
    table.commit(&[json!({"domainMetadata": {"domain": "theirs", "configuration": "x", "removed": false}})]).await;
    commit_now(&table.snapshot().await, adding("a")).await.unwrap();
    assert_eq!(table.snapshot().await.domain_metadata().collect::<Vec<_>>(), [("theirs", "x")]);
}

#[tokio::test]
async fn a_commit_says_what_it_was_made_from() {
    let table = Table::new(&[], json!({})).await;
    let base = table.snapshot().await;
    commit_now(&base, adding("a")).await.unwrap();
    commit_now(&base, removing("a", Reads::Table)).await.unwrap_err();
    commit_now(&table.snapshot().await, removing("a", Reads::Table)).await.unwrap();
    let info = |lines: Vec<Value>| lines[0]["commitInfo"].clone();
    let (one, two) = (info(table.lines(1).await), info(table.lines(2).await));
    assert_eq!(
        (&one["isBlindAppend"], &one["readVersion"], &one["isolationLevel"]),
        (&json!(true), &json!(0), &json!("Serializable"))
    );
    assert_eq!((&two["isBlindAppend"], &two["readVersion"]), (&json!(false), &json!(1)));
    let removed = &table.lines(2).await[1]["remove"];
    assert_eq!(
        (&removed["extendedFileMetadata"], &removed["size"], &removed["partitionValues"]["p"]),
        (&json!(true), &json!(1), &json!("a"))
    );
}

#[tokio::test]
async fn keys_expire_as_the_table_says() {
    let retention = json!({"delta.setTransactionRetentionDuration": "interval 1 hour"});
    let table = Table::new(&[], retention).await;
    let now = std::sync::Arc::new(AtomicI64::new(1_000));
    let told = std::sync::Arc::clone(&now);
    let clock = Clock::from_fn(move || told.load(Ordering::SeqCst));
    let run = async |path: &str| {
        let ours = Transaction { txn: Some(AppTransaction::once("k")), ..adding(path) };
        commit(table.snapshot().await, ours, &Context::default(), &clock).await.unwrap().skipped
    };
    assert!(!run("a").await);
    now.store(3_600_000, Ordering::SeqCst);
    assert!(run("b").await);
    now.store(3_601_001, Ordering::SeqCst);
    assert!(!run("c").await);
}
