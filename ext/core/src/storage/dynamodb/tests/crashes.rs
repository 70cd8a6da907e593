//! A writer dies at each of its requests, before it is done or after: a reader and the next writer find the same table.

use super::*;
use crate::storage::faults::Fault;

/// Most requests that a commit makes.
const REQUESTS: usize = 24;

/// What became of a commit of version 1 by a writer that dies at that request; `None` where it did not live to die.
async fn died(at: usize, fault: Fault) -> Option<(World, Result<PutOutcome>)> {
    let world = World::new();
    commit(&world.writer(), 0, "zero").await.unwrap();
    let (writer, made) = world.dying(at, fault);
    let told = commit(&writer, 1, "ours").await;
    (made.load(std::sync::atomic::Ordering::SeqCst) > at).then_some((world, told))
}

/// Holds what a writer was told against what is there.
fn check(told: &Result<PutOutcome>, is_ours: bool, when: &str) {
    match told {
        Ok(PutOutcome::Created(_)) => assert!(is_ours, "told that it committed, {when}"),
        Ok(PutOutcome::AlreadyExists) => assert!(!is_ours, "told that another was quicker, {when}"),
        Err(e) if e.wrote_nothing() => assert!(!is_ours, "told that nothing is written, {when}: {e}"),
        Ok(PutOutcome::Unsure) | Err(_) => {}
    }
}

#[tokio::test]
async fn a_reader_finds_what_was_committed() {
    let (mut committed, mut not) = (0, 0);
    for at in 0..REQUESTS {
        for fault in [Fault::Before, Fault::After] {
            let Some((world, told)) = died(at, fault).await else { continue };
            let when = format!("{fault:?} request {at}");
            let seen = versions(&world).await;
            let is_ours = seen == [0, 1];
            assert!(is_ours || seen == [0], "{when}: {seen:?}");
            check(&told, is_ours, &when);
            // Once it is there, it stays; once it is not there, it does not come by itself.
            assert_eq!(versions(&world).await, seen, "{when}");
            assert_eq!(world.text(1).await.as_deref(), is_ours.then_some("ours"), "{when}");
            if is_ours {
                assert_eq!(world.item(1).unwrap()["complete"]["S"], "true", "{when}");
            }
            *if is_ours { &mut committed } else { &mut not } += 1;
        }
    }
    assert!(committed > 3 && not > 3, "{committed} and {not}");
}

#[tokio::test]
async fn the_next_writer_goes_on_from_there() {
    for at in 0..REQUESTS {
        for fault in [Fault::Before, Fault::After] {
            let Some((world, told)) = died(at, fault).await else { continue };
            let when = format!("{fault:?} request {at}");
            let next = world.writer();
            let is_ours = commit(&next, 1, "next").await.unwrap() == PutOutcome::AlreadyExists;
            check(&told, is_ours, &when);
            assert_eq!(world.text(1).await.unwrap(), if is_ours { "ours" } else { "next" }, "{when}");
            assert!(commit(&next, 2, "next").await.unwrap().is_created(), "{when}");
            assert_eq!(versions(&world).await, [0, 1, 2], "{when}");
        }
    }
}

#[tokio::test]
async fn the_version_after_it_is_put_only_once_it_has_its_file() {
    for at in 0..REQUESTS {
        for fault in [Fault::Before, Fault::After] {
            let Some((world, _)) = died(at, fault).await else { continue };
            let when = format!("{fault:?} request {at}");
            // Without a look at the log: Spark does so too.
            let after = commit(&world.writer(), 2, "after").await;
            match world.item(1) {
                Some(_) => assert!(after.unwrap().is_created(), "{when}"),
                None => assert!(after.unwrap_err().wrote_nothing(), "{when}"),
            }
            let seen = versions(&world).await;
            assert!(seen == [0] || seen == [0, 1, 2], "{when}: {seen:?}");
        }
    }
}

#[tokio::test]
async fn two_that_finish_the_same_version_at_once_agree() {
    for at in 0..REQUESTS {
        let Some((world, _)) = died(at, Fault::After).await else { continue };
        let (one, other) = tokio::join!(versions(&world), versions(&world));
        assert_eq!(one, other, "request {at}");
    }
}

#[tokio::test]
async fn who_finishes_may_die_too() {
    for at in 0..REQUESTS {
        for then in 0..REQUESTS {
            let Some((world, told)) = died(at, Fault::After).await else { continue };
            let (second, _) = world.dying(then, Fault::Before);
            let _ = second.list("_delta_log", None).await;
            let seen = versions(&world).await;
            check(&told, seen == [0, 1], &format!("request {at}, then {then}"));
        }
    }
}
