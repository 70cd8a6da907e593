//! Whatever request of a change or of a creation fails, before or after it was done, what is told is the truth.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::*;
use crate::error::ErrorKind;
use crate::storage::faults::{Fault, Faulty, memory_store};

/// A store that does `fault` to the request of that number, and counts them all, once it is told to begin.
fn store(fault: Fault, number: usize) -> (Storage, Arc<AtomicUsize>) {
    let seen = Arc::new(AtomicUsize::new(usize::MAX / 2));
    let counter = Arc::clone(&seen);
    let judge = move |_: &str, _: &str| {
        if counter.fetch_add(1, Ordering::SeqCst) == number { fault } else { Fault::None }
    };
    (Storage::for_test(Arc::new(Faulty::new(memory_store(), judge))).unwrap(), seen)
}

fn changes() -> Vec<Change> {
    let text = r#"[{"change":"set_properties","properties":{"delta.columnMapping.mode":"name"}},
        {"change":"rename_column","column":"country","to":"land"},
        {"change":"add_constraint","name":"c","expression":"id > 0"}]"#;
    Change::list_from_json(text).unwrap()
}

#[tokio::test]
async fn of_a_change() {
    for fault in [Fault::Before, Fault::After] {
        for number in 0.. {
            let (storage, seen) = store(fault, number);
            let base = append(&table(&storage).await, &[1, 2], None).await.unwrap().snapshot;
            seen.store(0, Ordering::SeqCst);
            let context = Context::new(Some(Duration::from_secs(5)));
            let told = alter(base.clone(), &changes(), None, &context, &Clock::system()).await;
            let requests = seen.swap(usize::MAX / 2, Ordering::SeqCst);
            let now = Snapshot::open(&storage, None).await.unwrap();
            let is_there = now.schema().field("land").is_some();
            assert_eq!(now.metadata().configuration.contains_key("delta.constraints.c"), is_there);
            match told {
                Ok(done) => {
                    assert!(is_there, "request {number}: told as done, and it is not");
                    assert_eq!(done.snapshot.version(), now.version());
                }
                Err(e) if e.kind() == ErrorKind::CommitOutcomeUnknown => {}
                Err(e) => assert!(!is_there, "request {number}: told as failed, and it is there: {e}"),
            }
            assert!(now.version() <= 2, "request {number}: committed twice");
            if number >= requests {
                assert!(number > 2, "a change makes a few requests");
                break;
            }
        }
    }
}

#[tokio::test]
async fn of_a_creation() {
    for fault in [Fault::Before, Fault::After] {
        for number in 0.. {
            let (storage, seen) = store(fault, number);
            seen.store(0, Ordering::SeqCst);
            let context = Context::new(Some(Duration::from_secs(5)));
            let told = create(&storage, new_table(), &context, &Clock::system()).await;
            let requests = seen.swap(usize::MAX / 2, Ordering::SeqCst);
            let is_there = exists(&storage).await.unwrap();
            match told {
                Ok(made) => {
                    let now = Snapshot::open(&storage, None).await.unwrap();
                    assert_eq!(made.metadata().id, now.metadata().id, "request {number}");
                }
                Err(e) if e.kind() == ErrorKind::CommitOutcomeUnknown => {}
                Err(e) => assert!(!is_there, "request {number}: told as failed, and it is there: {e}"),
            }
            if number >= requests {
                assert!(number > 0);
                break;
            }
        }
    }
}
