//! What lies in a table's folder, held against its log.

use bytes::Bytes;

use super::*;

const DAY_MS: i64 = 86_400_000;

async fn overwritten(storage: &Storage) -> Snapshot {
    let base = append(&table(storage).await, &[1, 2], None).await.unwrap().snapshot;
    let mut appender = begun(&base, &[], None, &Context::default()).await.unwrap();
    appender.replacing(Overwrite::table()).unwrap();
    appender.write(rows(&[3])).await.unwrap();
    appender.finish().await.unwrap().snapshot
}

fn files(found: &Leftovers) -> [u64; 4] {
    [found.live, found.kept, found.young, found.orphans].map(|amount| amount.files)
}

#[tokio::test]
async fn what_is_of_no_version_is_told_from_what_is() {
    let storage = Storage::in_memory().unwrap();
    let snapshot = overwritten(&storage).await;
    for key in ["part-x.parquet", "country=DE/part-y.parquet", "_hidden/z", ".tmp", "_delta_log/odd"] {
        storage.put(key, Bytes::from_static(b"0123456789")).await.unwrap();
    }
    let now = Clock::system().now_ms();
    let found = leftovers(&snapshot, now, 1_000).await.unwrap();
    assert_eq!((files(&found), found.complete, found.missing), ([1, 1, 2, 0], true, 0));
    assert_eq!(found.young.bytes, 20);
    assert!(found.orphan_examples.is_empty());

    // A week later: the removed file has expired, too.
    let found = leftovers(&snapshot, now + 8 * DAY_MS, 1_000).await.unwrap();
    assert_eq!(files(&found), [1, 0, 0, 3]);
    assert!(found.orphan_examples.contains(&"country=DE/part-y.parquet".to_owned()));
}

#[tokio::test]
async fn what_is_committed_meanwhile_is_no_orphan() {
    let storage = Storage::in_memory().unwrap();
    let old = table(&storage).await;
    append(&old, &[1], None).await.unwrap();
    let found = leftovers(&old, Clock::system().now_ms(), 1_000).await.unwrap();
    assert_eq!(files(&found), [1, 0, 0, 0]);
}

#[tokio::test]
async fn files_that_are_gone_are_missed_only_where_all_was_looked_at() {
    let storage = Storage::in_memory().unwrap();
    let snapshot = append(&table(&storage).await, &[1], None).await.unwrap().snapshot;
    let adds = snapshot.replay(ReplayOptions::default()).next().await.unwrap().unwrap();
    storage.delete(&adds[0].path).await.unwrap();
    let found = leftovers(&snapshot, Clock::system().now_ms(), 1_000).await.unwrap();
    assert_eq!((found.missing, found.missing_examples), (1, vec![adds[0].path.clone()]));
    let found = leftovers(&snapshot, Clock::system().now_ms(), 1).await.unwrap();
    assert_eq!((found.missing, found.complete), (0, false));
}
