//! Upkeep behind commits. The process has one background, so all of it is in one test.

use super::*;

async fn checkpoints(storage: &Storage) -> Vec<u64> {
    let log = storage.list("_delta_log", None).await.unwrap();
    log.iter()
        .filter_map(|f| f.key.strip_prefix("_delta_log/")?.strip_suffix(".checkpoint.parquet")?.parse().ok())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_due_versions_the_first_and_the_newest_get_one() {
    let storage = with(&json!({"delta.checkpointInterval": "1"}), &classic()).await;
    let mut snapshot = Snapshot::open(&storage, None).await.unwrap();
    after_commit(&snapshot, &clock());
    assert!(is_idle());
    set_background(true);
    for version in 1..=20 {
        commit(&storage, version, &[add(&format!("f{version}"))]).await;
        snapshot = snapshot.refresh().await.unwrap();
        after_commit(&snapshot, &clock());
    }
    set_background(false);
    idle().await;
    let written = checkpoints(&storage).await;
    assert_eq!(written.last(), Some(&20), "{written:?}");
    let done = take_done();
    let ours: Vec<_> = done.iter().filter(|d| d.table == snapshot.uri()).collect();
    assert_eq!(ours.len(), written.len());
    assert!(ours.iter().all(|d| d.result.is_ok()), "{ours:?}");
}
