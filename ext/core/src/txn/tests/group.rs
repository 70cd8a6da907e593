//! Commits that several callers share.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::storage::faults::{Fault, Faulty, memory_store};

async fn slow_table() -> (Table, Arc<Faulty>) {
    let faulty =
        Arc::new(Faulty::new(memory_store(), |name, key| match (name, key.ends_with("00000000000000000000.json")) {
            ("put_if_absent", false) => Fault::Slow(Duration::from_millis(20)),
            _ => Fault::None,
        }));
    let mut table = Table { storage: Storage::for_test(faulty.clone()).unwrap(), version: 0 };
    let protocol = json!({"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}});
    table.commit(&[protocol, metadata(SCHEMA, json!({}))]).await;
    (table, faulty)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_appends_share_few_commits_and_each_has_its_outcome() {
    let (table, _) = slow_table().await;
    let (base, group) = (table.snapshot().await, GroupCommits::default());
    let calls = (0..64).map(|i| {
        let (base, group) = (base.clone(), group.clone());
        tokio::spawn(async move {
            // Every key is given to two of them.
            let txn = Some(AppTransaction::once(&format!("key-{}", i / 2)));
            let ours = Transaction { txn, ..adding(&format!("file-{i}")) };
            group.commit(base, ours, &Context::default(), &Clock::system()).await
        })
    });
    let outcomes: Vec<Outcome> =
        futures::future::join_all(calls).await.into_iter().map(|c| c.unwrap().unwrap()).collect();
    assert_eq!(outcomes.iter().filter(|o| o.skipped).count(), 32);
    let newest = table.snapshot().await;
    assert!(newest.version() < 16, "{} commits", newest.version());
    let mut replay = newest.replay(Default::default());
    let mut files = 0;
    while let Some(adds) = replay.next().await.unwrap() {
        files += adds.len();
    }
    assert_eq!(files, 32);
    assert_eq!(newest.txns().count(), 32);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_in_conflict_drops_out_and_the_others_go_on() {
    let (mut table, _) = slow_table().await;
    let (base, group) = (table.snapshot().await, GroupCommits::default());
    table.commit(&[json!({"txn": {"appId": "etl", "version": 3}})]).await;
    table.commit(&[json!({"txn": {"appId": "once:done", "version": 1}})]).await;
    let run = |name: &'static str, txn: Option<AppTransaction>| {
        let (base, group) = (base.clone(), group.clone());
        let ours = Transaction { txn, ..adding(name) };
        tokio::spawn(async move { group.commit(base, ours, &Context::default(), &Clock::system()).await })
    };
    let behind = run("a", Some(AppTransaction::Version { app_id: "etl".to_owned(), version: 5 }));
    let done = run("b", Some(AppTransaction::once("done")));
    let fine = run("c", Some(AppTransaction::once("new")));
    let late = {
        let (base, group) = (base.clone(), group.clone());
        let context = Context::new(Some(Duration::ZERO));
        tokio::spawn(async move { group.commit(base, adding("d"), &context, &Clock::system()).await })
    };
    let error = behind.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CommitConflict(ConflictKind::ConcurrentTransaction));
    assert!(done.await.unwrap().unwrap().skipped);
    assert!(!fine.await.unwrap().unwrap().skipped);
    assert_eq!(late.await.unwrap().unwrap_err().kind(), ErrorKind::DeadlineExceeded);
    let text = format!("{:?}", table.lines(3).await);
    assert!(text.contains("\"c\"") && !text.contains("\"path\": String(\"a\")"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_caller_who_stops_waiting_stops_nobody_else() {
    let (table, _) = slow_table().await;
    let (base, group) = (table.snapshot().await, GroupCommits::default());
    let calls: Vec<_> = (0..8)
        .map(|i| {
            let (base, group) = (base.clone(), group.clone());
            tokio::spawn(async move {
                group.commit(base, adding(&format!("file-{i}")), &Context::default(), &Clock::system()).await
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(5)).await;
    calls[0].abort();
    calls[5].abort();
    for (i, call) in calls.into_iter().enumerate() {
        match (i, call.await) {
            (0 | 5, _) => {}
            (_, outcome) => assert!(!outcome.unwrap().unwrap().skipped),
        }
    }
}

#[tokio::test]
async fn what_does_more_than_to_add_is_committed_on_its_own() {
    let (table, _) = slow_table().await;
    let group = GroupCommits::default();
    let base = table.snapshot().await;
    let ours = removing("x", Reads::Table);
    let done = group.commit(base, ours, &Context::default(), &Clock::system()).await.unwrap();
    assert_eq!(done.snapshot.version(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_deadline_holds_while_others_commit_and_what_it_tells_is_true() {
    let (table, _) = slow_table().await;
    let (base, group) = (table.snapshot().await, GroupCommits::default());
    let calls: Vec<_> = (0..40)
        .map(|i| {
            let (base, group) = (base.clone(), group.clone());
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(i)).await;
                let context = Context::new(Some(Duration::from_millis(1 + i % 30)));
                group.commit(base, adding(&format!("file-{i}")), &context, &Clock::system()).await
            })
        })
        .collect();
    let mut landed = Vec::new();
    for (i, call) in calls.into_iter().enumerate() {
        match call.await.unwrap() {
            Ok(_) => landed.push(format!("file-{i}")),
            Err(e) => assert_eq!(e.kind(), ErrorKind::DeadlineExceeded, "{e}"),
        }
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut replay = table.snapshot().await.replay(Default::default());
    let mut found = Vec::new();
    while let Some(adds) = replay.next().await.unwrap() {
        found.extend(adds.into_iter().map(|add| add.path));
    }
    found.sort();
    landed.sort();
    assert_eq!(found, landed);
}
