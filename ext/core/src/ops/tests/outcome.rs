//! The outcome told is the truth, whatever the store does to the commit.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

use super::*;
use crate::context::CommitGate;
use crate::error::ErrorKind;
use crate::storage::faults::{Fault, Faulty, memory_store};

/// A store that does `fault` to the first `times` puts of a commit after the table is made.
fn faulty(fault: Fault, times: u32) -> Storage {
    let seen = AtomicU32::new(0);
    let judge = move |name: &str, key: &str| {
        let is_ours = name == "put_if_absent" && !key.ends_with("00000000000000000000.json");
        if is_ours && seen.fetch_add(1, Ordering::SeqCst) < times { fault } else { Fault::None }
    };
    Storage::for_test(Arc::new(Faulty::new(memory_store(), judge))).unwrap()
}

#[tokio::test]
async fn a_lost_answer_is_looked_up() {
    let storage = faulty(Fault::After, 1);
    let done = append(&table(&storage).await, &[1, 2], None).await.unwrap();
    assert_eq!((done.snapshot.version(), done.attempts, done.rows), (1, 1, 2));
    assert_eq!(live_rows(&done.snapshot.refresh().await.unwrap()).await, 2);
}

#[tokio::test]
async fn a_put_that_never_arrived_is_made_again() {
    let storage = faulty(Fault::Before, 3);
    let done = append(&table(&storage).await, &[1, 2], None).await.unwrap();
    assert_eq!(live_rows(&done.snapshot.refresh().await.unwrap()).await, 2);
    assert_eq!(done.snapshot.refresh().await.unwrap().version(), 1);
}

#[tokio::test]
async fn after_a_lost_put_and_a_conflict_the_files_are_still_in_the_commit() {
    let storage = faulty(Fault::Before, 1);
    let base = table(&storage).await;
    let slow = begun(&base, &[1], None, &Context::default()).await.unwrap();
    let other = r#"{"commitInfo":{"txnId":"another"}}"#;
    storage.put("_delta_log/00000000000000000001.json", bytes::Bytes::from_static(other.as_bytes())).await.unwrap();
    let done = slow.finish().await.unwrap();
    assert_eq!((done.snapshot.version(), live_rows(&done.snapshot).await), (2, 1));
}

#[tokio::test]
async fn an_outcome_that_stays_unknown_is_told_so_and_no_file_is_deleted() {
    let storage = faulty(Fault::Before, u32::MAX);
    let base = table(&storage).await;
    let context = Context::new(Some(Duration::from_millis(200)));
    let error = begun(&base, &[1], None, &context).await.unwrap().finish().await.unwrap_err();
    assert_eq!((error.kind(), error.version()), (ErrorKind::CommitOutcomeUnknown, Some(1)));
    assert_eq!(stored_files(&storage).await, 1);
}

/// An append whose commit is in flight.
async fn in_flight(base: &Snapshot) -> (Arc<CommitGate>, JoinHandle<Result<Appended>>) {
    let context = Context::default();
    let appender = begun(base, &[1], None, &context).await.unwrap();
    let gate = Arc::clone(context.gate());
    let finishing = tokio::spawn(appender.finish());
    while gate.in_flight().is_none() && !finishing.is_finished() {
        tokio::task::yield_now().await;
    }
    (gate, finishing)
}

#[tokio::test]
async fn an_interrupted_wait_does_not_stop_the_put() {
    let storage = Storage::in_memory().unwrap();
    let base = table(&storage).await;
    let (gate, finishing) = in_flight(&base).await;
    finishing.abort();
    gate.idle().await;
    let snapshot = base.refresh().await.unwrap();
    assert_eq!((snapshot.version(), live_rows(&snapshot).await, stored_files(&storage).await), (1, 1, 1));
}

/// Whoever stops waiting as soon as no commit is in flight any more is told the truth, and no file of it is gone.
async fn interrupted_once_idle(judge: impl Fn(&str, &str) -> Fault + Send + Sync + 'static) {
    let store = Faulty::new(memory_store(), move |name, key| match key.ends_with("00000000000000000001.json") {
        true => judge(name, key),
        false => Fault::None,
    });
    let storage = Storage::for_test(Arc::new(store)).unwrap();
    let base = table(&storage).await;
    let (gate, finishing) = in_flight(&base).await;
    gate.idle().await;
    finishing.abort();
    assert_eq!(finishing.await.unwrap().unwrap().rows, 1);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let snapshot = base.refresh().await.unwrap();
    assert_eq!((snapshot.version(), live_rows(&snapshot).await, stored_files(&storage).await), (1, 1, 1));
}

#[tokio::test]
async fn a_put_that_the_client_made_twice_is_in_flight_until_it_is_known_whose_the_version_is() {
    interrupted_once_idle(|name, _| match name {
        "put_if_absent" => Fault::Twice,
        "get" => Fault::Slow(Duration::from_millis(50)),
        _ => Fault::None,
    })
    .await;
}

#[tokio::test]
async fn so_is_one_that_was_made_again_after_a_look_that_failed() {
    let (puts, looks) = (AtomicU32::new(0), AtomicU32::new(0));
    interrupted_once_idle(move |name, _| match name {
        "put_if_absent" if puts.fetch_add(1, Ordering::SeqCst) == 0 => Fault::After,
        "get" if looks.fetch_add(1, Ordering::SeqCst) == 0 => Fault::Before,
        "get" => Fault::Slow(Duration::from_millis(50)),
        _ => Fault::None,
    })
    .await;
}
