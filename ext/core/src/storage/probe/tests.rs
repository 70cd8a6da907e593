use std::sync::Arc;

use bytes::Bytes;

use super::*;
use crate::error::ErrorKind;
use crate::storage::faults::{Fault, Faulty, memory_store, probed};

const SCRATCH: &str = "put_if_absent _delta_log/.conditional-put";

fn faulty(judge: impl Fn(&str, &str) -> Fault + Send + Sync + 'static) -> Arc<Faulty> {
    Arc::new(Faulty::new(memory_store(), judge))
}

fn probes(store: &Faulty) -> usize {
    store.take_requests().iter().filter(|request| *request == SCRATCH).count()
}

async fn commit(store: &Arc<dyn Store>, version: u64) -> Result<PutOutcome> {
    store.put_if_absent(&format!("_delta_log/{version:020}.json"), Bytes::from_static(b"{}")).await
}

#[tokio::test]
async fn a_bucket_is_asked_once_and_the_next_process_asks_with_one_put() {
    let plain = faulty(|_, _| Fault::None);
    let first = probed(plain.clone(), "honest");
    assert!(commit(&first, 0).await.unwrap().is_created());
    assert_eq!(commit(&first, 0).await.unwrap(), PutOutcome::AlreadyExists);
    assert_eq!(probes(&plain), 2);
    commit(&probed(plain.clone(), "honest"), 1).await.unwrap();
    assert_eq!(probes(&plain), 0);
    // By another name, as if nothing were known: the scratch object is there.
    commit(&probed(plain.clone(), "honest, seen anew"), 2).await.unwrap();
    assert_eq!(probes(&plain), 1);
}

#[tokio::test]
async fn a_store_that_ignores_the_condition_is_refused_and_left_as_it_was() {
    let ignoring = faulty(|_, _| Fault::Unconditional);
    let store = probed(ignoring.clone(), "ignoring");
    for _ in 0..2 {
        let error = commit(&store, 0).await.unwrap_err();
        assert_eq!((error.kind(), error.wrote_nothing()), (ErrorKind::Configuration, true));
        assert!(error.to_string().contains("s3://ignoring/t ignores the condition"), "{error}");
        assert!(!store.holds_any("").await.unwrap());
    }
    assert_eq!(store.ready_to_commit().await.unwrap_err().kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn a_store_without_such_puts_is_refused() {
    let store = probed(faulty(|_, _| Fault::NotImplemented), "lacking");
    let error = store.ready_to_commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(error.to_string().contains("has no conditional puts"), "{error}");
}

#[tokio::test]
async fn a_failure_is_no_verdict() {
    let fails = Arc::new(AtomicBool::new(true));
    let judge = Arc::clone(&fails);
    let store = probed(
        faulty(move |name, _| match judge.load(Ordering::Relaxed) {
            true if name == "put_if_absent" => Fault::After,
            _ => Fault::None,
        }),
        "failing",
    );
    let error = commit(&store, 0).await.unwrap_err();
    assert_eq!((error.kind(), error.wrote_nothing()), (ErrorKind::StorageUnavailable, true));
    fails.store(false, Ordering::Relaxed);
    assert!(commit(&store, 0).await.unwrap().is_created());
}

#[tokio::test]
async fn the_first_data_begins_to_ask_and_reads_never_do() {
    let plain = faulty(|_, _| Fault::None);
    let store = probed(plain.clone(), "beside data");
    store.list("_delta_log", None).await.unwrap();
    assert!(store.get("x").await.is_err());
    assert_eq!(probes(&plain), 0);
    store.put("x.parquet", Bytes::from_static(b"x")).await.unwrap();
    store.put("y.parquet", Bytes::from_static(b"y")).await.unwrap();
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(probes(&plain), 2);
    store.ready_to_commit().await.unwrap();
    assert!(plain.take_requests().is_empty());
}

#[tokio::test]
async fn many_at_once_ask_once() {
    let plain = faulty(|_, _| Fault::None);
    let store = probed(plain.clone(), "many");
    let commits = (0..20).map(|version| commit(&store, version));
    for outcome in futures::future::join_all(commits).await {
        assert!(outcome.unwrap().is_created());
    }
    assert_eq!(probes(&plain), 2);
}

#[tokio::test]
async fn what_writers_by_dynamodb_leave_is_a_sign_of_them() {
    let plain = faulty(|_, _| Fault::None);
    let left = "_delta_log/.tmp/00000000000000000003.json.6fd0b4a4-5a0c-4a4e-9d3c-0d6f4f1a9a11";
    plain.put(left, Bytes::from_static(b"{}")).await.unwrap();
    let error = commit(&probed(plain.clone(), "signs"), 4).await.unwrap_err();
    assert_eq!((error.kind(), error.wrote_nothing()), (ErrorKind::Configuration, true));
    for word in ["s3://signs/t", "log_store: :dynamodb", "log_store: :conditional_put"] {
        assert!(error.to_string().contains(word), "{error}");
    }
    assert!(plain.head("_delta_log/00000000000000000004.json").await.is_err());
    plain.delete(left).await.unwrap();
    commit(&probed(plain.clone(), "signs"), 4).await.unwrap();
}
