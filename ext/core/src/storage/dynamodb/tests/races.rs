//! Many writers at once, whose answers get lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::FutureExt;

use super::*;
use crate::storage::faults::Fault;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_writers_each_version_is_won_by_one() {
    for lost in [0, 11, 17] {
        let world = World::new();
        let writers = (0..8).map(|number| {
            let world = world.clone();
            tokio::spawn(async move {
                let made = AtomicUsize::new(number);
                // A request in `lost` has no answer, or is not made.
                let writer = world.faulty(move |_| match made.fetch_add(1, Ordering::SeqCst) {
                    n if lost > 0 && n % lost == 0 => [Fault::Before, Fault::After][n / lost % 2],
                    _ => Fault::None,
                });
                let mut won = Vec::new();
                let (mut version, mut tries) = (0, 0);
                while won.len() < 5 {
                    tries += 1;
                    assert!(tries < 10_000, "writer {number} does not get on");
                    let text = format!("{number}/{}", won.len());
                    match commit(&writer, version, &text).await {
                        Ok(PutOutcome::Created(_)) => won.push(version),
                        Ok(PutOutcome::AlreadyExists | PutOutcome::Unsure)
                            if world.text(version).await.as_deref() == Some(&text) =>
                        {
                            won.push(version);
                        }
                        Ok(PutOutcome::AlreadyExists | PutOutcome::Unsure) => {}
                        Err(_) => continue,
                    }
                    version += 1;
                }
                won
            })
        });
        let mut won = Vec::new();
        for writer in writers.collect::<Vec<_>>() {
            won.extend(writer.await.unwrap());
        }
        won.sort_unstable();
        assert_eq!(won, (0..40).collect::<Vec<u64>>(), "with a fault in {lost}");
        assert_eq!(versions(&world).await.len(), 40);
        let mut texts = Vec::new();
        for version in 0..40 {
            texts.push(world.text(version).await.unwrap());
        }
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), 40, "a commit is there twice");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_listing_never_misses_what_was_committed_before_it() {
    let world = World::new();
    let newest = Arc::new(AtomicUsize::new(0));
    let writer = {
        let (world, newest) = (world.clone(), Arc::clone(&newest));
        tokio::spawn(async move {
            // Half of them stop once the entry is there.
            for version in 0..60 {
                let writer =
                    world.faulty(move |request| match request.starts_with("put_if_absent") && version % 2 == 1 {
                        true => Fault::Before,
                        false => Fault::None,
                    });
                assert!(commit(&writer, version, "x").await.unwrap().is_created());
                newest.store(version as usize, Ordering::SeqCst);
            }
        })
    };
    while !writer.is_finished() {
        let before = newest.load(Ordering::SeqCst);
        let seen = versions(&world).await;
        let last = seen.last().map_or(0, |version| *version as usize);
        assert!(last >= before, "{last} was listed after {before} had been committed");
        assert!(seen.iter().copied().eq(0..seen.len() as u64), "{seen:?}");
    }
    writer.await.unwrap();
}

#[tokio::test]
async fn the_version_before_may_be_finished_while_a_commit_looks_for_it() {
    let world = World::new();
    let stopped = world.faulty(|request| match request.starts_with("put_if_absent") {
        true => Fault::Before,
        false => Fault::None,
    });
    assert!(commit(&stopped, 0, "zero").await.unwrap().is_created());
    assert_eq!(world.text(0).await, None);

    // The file is looked for first, and is there when the entry is read.
    let reader = world.clone();
    let next = world.faulty(move |request| {
        if request == "GetItem" {
            let name = "_delta_log/00000000000000000000.json";
            let put = reader.objects.put_if_absent(name, Bytes::from_static(b"zero"));
            assert!(put.now_or_never().is_some(), "a store in memory does not wait");
            reader.put_item("s3://bucket/t", 0, ".tmp/gone", true);
        }
        Fault::None
    });
    assert!(commit(&next, 1, "one").await.unwrap().is_created());
    assert_eq!(versions(&world).await, [0, 1]);
}
