//! Tables in memory at addresses, and failures that are planned for them.

use super::*;
use crate::error::{ConflictKind, ErrorKind};
use crate::storage::StorageOptions;
use crate::storage::memory::{self, Failure, Planned, Work};

/// Planned failures are the process's: each test has a name of its own.
fn named(name: &str) -> Storage {
    memory::allow();
    Storage::new(&format!("memory://{name}/t"), StorageOptions::default()).unwrap()
}

fn plan(name: &str, of: Work, failure: Failure) {
    memory::fail_next(Planned { of, failure, times: 1, below: format!("memory://{name}/") });
}

async fn kind(base: &Snapshot, ids: &[i64]) -> ErrorKind {
    append(base, ids, None).await.unwrap_err().kind()
}

#[tokio::test]
async fn an_address_is_one_table_for_all_who_have_it() {
    let base = table(&named("shared")).await;
    append(&base, &[1, 2], None).await.unwrap();
    assert_eq!(live_rows(&Snapshot::open(&named("shared"), None).await.unwrap()).await, 2);
    assert!(Snapshot::open(&named("another"), None).await.is_err());
}

#[tokio::test]
async fn what_is_planned_comes_once_and_leaves_nothing_behind() {
    let storage = named("plans");
    let base = table(&storage).await;
    for (failure, wanted) in [
        (Failure::Conflict, ErrorKind::CommitConflict(ConflictKind::MetadataChanged)),
        (Failure::Throttling, ErrorKind::StorageUnavailable),
        (Failure::Denied, ErrorKind::PermissionDenied),
    ] {
        plan("plans", Work::Commit, failure);
        assert_eq!(kind(&base, &[1]).await, wanted);
    }
    plan("plans", Work::Write, Failure::Throttling);
    assert_eq!(kind(&base, &[1]).await, ErrorKind::StorageUnavailable);
    let done = append(&base, &[1], None).await.unwrap();
    assert_eq!((done.snapshot.version(), done.attempts, live_rows(&done.snapshot).await), (1, 1, 1));
    plan("plans", Work::ReadLog, Failure::Denied);
    assert_eq!(Snapshot::open(&storage, None).await.unwrap_err().kind(), ErrorKind::PermissionDenied);
}

#[tokio::test]
async fn a_lost_answer_is_found_out_about_unless_nothing_can_be() {
    let base = table(&named("lost")).await;
    plan("lost", Work::Commit, Failure::LostResponse);
    let done = append(&base, &[1], None).await.unwrap();
    assert_eq!((done.snapshot.version(), live_rows(&done.snapshot).await), (1, 1));
    plan("lost", Work::Commit, Failure::LostForGood);
    let context = Context::default();
    let appender = begun(&done.snapshot, &[2], None, &context).await.unwrap();
    let error = context.scope(appender.finish()).await.unwrap_err();
    assert_eq!((error.kind(), error.version()), (ErrorKind::CommitOutcomeUnknown, Some(2)));
    // The commit is there, and its rows are.
    let newest = Snapshot::open(&named("lost"), None).await.unwrap();
    assert_eq!((newest.version(), live_rows(&newest).await), (2, 2));
}
