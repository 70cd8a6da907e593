use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::storage::faults::{Fault, Faulty, memory_store};

async fn one_file(storage: &Storage) -> WrittenFiles {
    let mut writer = writer(&two_columns(), &["p"], storage, None);
    writer.write(batch(&two_columns(), vec![longs([1, 2]), texts(vec![Some("x"), Some("y")])])).await.unwrap();
    writer.finish().await.unwrap()
}

async fn empty_soon(storage: &Storage) -> bool {
    for _ in 0..200 {
        if keys(storage).await.is_empty() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    false
}

#[tokio::test]
async fn files_that_no_commit_took_are_deleted() {
    let storage = Storage::in_memory().unwrap();
    let written = one_file(&storage).await;
    assert_eq!(keys(&storage).await.len(), 2);
    written.delete().await.unwrap();
    assert!(keys(&storage).await.is_empty());

    drop(one_file(&storage).await);
    assert!(empty_soon(&storage).await);
}

#[tokio::test]
async fn files_that_a_commit_took_stay() {
    let storage = Storage::in_memory().unwrap();
    let adds = one_file(&storage).await.into_adds();
    let mut kept = one_file(&storage).await;
    kept.keep();
    drop(kept);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!((adds.len(), keys(&storage).await.len()), (2, 4));
}

#[tokio::test]
async fn a_writer_that_is_dropped_or_aborted_leaves_nothing() {
    let storage = Storage::in_memory().unwrap();
    let options = WriteOptions { target_file_size: 1, max_buffered_bytes: 1, row_group_bytes: 1, folder: None };
    for abort in [true, false] {
        let mut writer = writer(&two_columns(), &["p"], &storage, Some(options.clone()));
        for _ in 0..3 {
            let values = texts((0..40_000).map(|i| Some(if i % 2 == 0 { "x" } else { "y" })).collect());
            writer.write(batch(&two_columns(), vec![longs(0..40_000), values])).await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(!keys(&storage).await.is_empty());
        if abort {
            writer.abort().await;
            assert!(keys(&storage).await.is_empty());
        } else {
            drop(writer);
            assert!(empty_soon(&storage).await);
        }
    }
}

#[tokio::test]
async fn a_failed_upload_is_told_and_leaves_nothing() {
    let puts = Arc::new(AtomicUsize::new(0));
    let store = {
        let puts = Arc::clone(&puts);
        Faulty::new(memory_store(), move |operation, _| {
            if operation == "put" && puts.fetch_add(1, Ordering::SeqCst) == 1 { Fault::Before } else { Fault::None }
        })
    };
    let storage = Storage::for_test(Arc::new(store)).unwrap();
    let mut writer = writer(&two_columns(), &["p"], &storage, None);
    let values = vec![Some("x"), Some("y"), Some("z")];
    writer.write(batch(&two_columns(), vec![longs([1, 2, 3]), texts(values)])).await.unwrap();
    let error = writer.finish().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageUnavailable);
    assert!(empty_soon(&storage).await);
}
