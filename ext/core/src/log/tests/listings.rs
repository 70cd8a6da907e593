//! Listings of a folder that others write into meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::FutureExt;

use super::*;
use crate::log::listing::Listing;
use crate::storage::faults::{Fault, Faulty, memory_store};

/// A log of four versions. Its `torn` listings show the last commit without the one before it; before the second listing
/// three more versions come.
async fn torn(torn: &'static [usize]) -> Storage {
    let (store, listings) = (memory_store(), AtomicUsize::new(0));
    for version in 0..4 {
        store.put(&commit_key(version), FIRST.into()).await.unwrap();
    }
    let inner = Arc::clone(&store);
    let judge = move |name: &str, _: &str| {
        let nth = if name == "list" { listings.fetch_add(1, Ordering::Relaxed) } else { usize::MAX };
        if nth == 1 {
            (4..7).for_each(|version| {
                inner.put(&commit_key(version), FIRST.into()).now_or_never().unwrap().unwrap();
            });
        }
        if torn.contains(&nth) { Fault::Torn } else { Fault::None }
    };
    Storage::for_test(Arc::new(Faulty::new(store, judge))).unwrap()
}

#[tokio::test]
async fn commits_that_come_meanwhile_are_no_gap() {
    let listing = Listing::read(&torn(&[0]).await, 0).await.unwrap();
    assert!(listing.commits.into_keys().eq(0..7));
}

#[tokio::test]
async fn nor_are_those_that_come_while_it_is_looked_at_again() {
    let listing = Listing::read(&torn(&[0, 1]).await, 0).await.unwrap();
    assert!(listing.commits.into_keys().eq(0..5));
}

#[tokio::test]
async fn a_cleanup_beside_a_writer_finds_no_gap() {
    let storage = torn(&[0]).await;
    put(&storage, "_delta_log/00000000000000000000.checkpoint.parquet", "as far as a listing goes").await;
    assert_eq!(clean_log(&storage, i64::MAX, i64::MAX, 9).await.unwrap(), Cleaned::default());
}

#[tokio::test]
async fn a_gap_that_stays_is_one() {
    let storage = torn(&[]).await;
    storage.delete(&commit_key(1)).await.unwrap();
    let listing = Listing::read(&storage, 0).await.unwrap();
    assert!(listing.commits.into_keys().eq([0, 2, 3, 4, 5, 6]));
}
