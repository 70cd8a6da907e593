//! Commits to stores of which it is not known whether they may be committed to.

use super::*;
use crate::error::ErrorKind;
use crate::storage::faults::{Fault, Faulty, memory_store, probed};

/// A table whose store begins to do `fault` to conditional puts, and forgets what was found out of it.
async fn turned(bucket: &str, fault: Fault) -> (Arc<Faulty>, Snapshot) {
    let memory = memory_store();
    table(&Storage::for_test(Arc::clone(&memory)).unwrap()).await;
    let judge = move |name: &str, _: &str| if name == "put_if_absent" { fault } else { Fault::None };
    let store = Arc::new(Faulty::new(memory, judge));
    let storage = Storage::for_test(probed(store.clone(), bucket)).unwrap();
    (store, Snapshot::open(&storage, None).await.unwrap())
}

#[tokio::test]
async fn a_store_that_ignores_conditions_gets_no_commit_and_keeps_no_file() {
    for (bucket, fault) in [("ignoring appends", Fault::Unconditional), ("lacking appends", Fault::NotImplemented)] {
        let (store, base) = turned(bucket, fault).await;
        let error = append(&base, &[1], None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        let storage = Storage::for_test(store).unwrap();
        assert_eq!(stored_files(&storage).await, 0);
        assert_eq!(storage.list("_delta_log", None).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn nor_is_a_table_made_there() {
    let store = Arc::new(Faulty::new(memory_store(), |_, _| Fault::Unconditional));
    let storage = Storage::for_test(probed(store, "ignoring tables")).unwrap();
    let error = create(&storage, new_table(), &Context::default(), &Clock::system()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(storage.list("_delta_log", None).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_probe_that_fails_is_a_failure_of_the_store() {
    let (store, base) = turned("failing appends", Fault::Before).await;
    let error = append(&base, &[1], None).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::StorageUnavailable, true));
    assert_eq!(stored_files(&Storage::for_test(store).unwrap()).await, 0);
}

#[tokio::test]
async fn an_append_asks_beside_its_upload() {
    let (store, base) = turned("honest appends", Fault::None).await;
    append(&base, &[1], None).await.unwrap();
    let first: Vec<String> = store.take_requests();
    assert_eq!(first.iter().filter(|r| r.contains(".conditional-put")).count(), 2, "{first:?}");
    append(&base, &[2], None).await.unwrap();
    let second: Vec<String> = store.take_requests();
    let puts = second.iter().filter(|r| r.starts_with("put")).count();
    assert!(!second.iter().any(|r| r.contains(".conditional-put") || r.starts_with("holds_any")), "{second:?}");
    assert_eq!(puts, 3, "data, a version that is taken, a version that is not: {second:?}");
}
