//! Each request of a checkpoint and of a cleanup fails in turn, before it is done and after.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::storage::faults::{Fault, Faulty, memory_store};

/// A store whose request of that number has the fault, counted from when the counter was last set to 0.
fn faulty(at: usize, fault: Fault) -> (Storage, Arc<AtomicUsize>, Arc<Faulty>) {
    let requests = Arc::new(AtomicUsize::new(usize::MAX / 2));
    let count = Arc::clone(&requests);
    let judge = move |_: &str, _: &str| match count.fetch_add(1, Ordering::SeqCst) == at {
        true => fault,
        false => Fault::None,
    };
    let faulty = Arc::new(Faulty::new(memory_store(), judge));
    (Storage::for_test(faulty.clone()).unwrap(), requests, faulty)
}

fn quiet(requests: &AtomicUsize) {
    requests.store(usize::MAX / 2, Ordering::SeqCst);
}

async fn fill(storage: &Storage, properties: &Value, protocol: &Value) {
    storage.put(&commit_key(0), table(properties, protocol).into()).await.unwrap();
    commit(storage, 1, &[full_add("a"), add("b")]).await;
    let many: Vec<Value> = (0..100).map(|n| add(&format!("f{n}"))).collect();
    commit(storage, 2, &many).await;
}

#[tokio::test]
async fn a_checkpoint_that_fails_anywhere_leaves_the_table_as_it_was() {
    let policy = json!({"delta.checkpointPolicy": "v2"});
    for (properties, protocol) in [(json!({}), classic()), (policy, v2())] {
        for fault in [Fault::Before, Fault::After] {
            let mut failed = 0;
            for at in 0.. {
                let (storage, requests, _) = faulty(at, fault);
                fill(&storage, &properties, &protocol).await;
                let snapshot = Snapshot::open(&storage, None).await.unwrap();
                let expected = files(&snapshot).await;
                requests.store(0, Ordering::SeqCst);
                let result = checkpoint(&snapshot, &clock()).await;
                let made = requests.load(Ordering::SeqCst);
                quiet(&requests);
                failed += usize::from(result.is_err());
                let again = Snapshot::open(&storage, None).await.unwrap();
                same_table(&snapshot, &again);
                assert_eq!(files(&again).await, expected, "request {at}");
                if result.is_ok() {
                    assert_eq!(again.checkpoint_version(), Some(2), "request {at}");
                }
                // The next one goes through, and the table is whole without its commits.
                commit(&storage, 3, &[]).await;
                let next = again.refresh().await.unwrap();
                checkpoint(&next, &clock()).await.unwrap().unwrap();
                wipe_commits(&storage, 3).await;
                assert_eq!(files(&Snapshot::open(&storage, None).await.unwrap()).await, expected, "request {at}");
                if at >= made {
                    break;
                }
            }
            assert!(failed > 5, "{failed} requests failed");
        }
    }
}

#[tokio::test]
async fn a_cleanup_that_fails_anywhere_leaves_a_whole_log() {
    for fault in [Fault::Before, Fault::After] {
        let mut failed = 0;
        for at in 0.. {
            let (storage, requests, _) = faulty(at, fault);
            fill(&storage, &json!({"delta.logRetentionDuration": "interval 0 days"}), &classic()).await;
            commit(&storage, 3, &[add("last")]).await;
            for version in [1, 3] {
                let snapshot = Snapshot::open(&storage, Some(version)).await.unwrap();
                checkpoint(&snapshot, &clock()).await.unwrap().unwrap();
            }
            let snapshot = Snapshot::open(&storage, None).await.unwrap();
            let expected = files(&snapshot).await;
            let in_a_week = Clock::from_fn(|| Clock::system().now_ms() + 7 * DAY_MS);
            requests.store(0, Ordering::SeqCst);
            let result = clean(&snapshot, &in_a_week, 100).await;
            let made = requests.load(Ordering::SeqCst);
            quiet(&requests);
            failed += usize::from(result.is_err());
            let again = Snapshot::open(&storage, None).await.unwrap();
            assert_eq!(files(&again).await, expected, "request {at}");
            // No commit is gone before an older one.
            let left = storage.list("_delta_log", None).await.unwrap();
            let commits: Vec<u64> = left
                .iter()
                .filter_map(|f| f.key.strip_prefix("_delta_log/")?.strip_suffix(".json")?.parse().ok())
                .collect();
            let first = commits[0];
            assert_eq!(commits, (first..4).collect::<Vec<_>>(), "request {at}");
            clean(&again, &in_a_week, 100).await.unwrap();
            assert_eq!(files(&Snapshot::open(&storage, None).await.unwrap()).await, expected);
            assert!(storage.get(&commit_key(2)).await.is_err());
            if at >= made {
                break;
            }
        }
        assert!(failed > 5, "{failed} requests failed");
    }
}
