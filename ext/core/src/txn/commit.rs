//! The commit loop.

use std::time::Duration;

use bytes::Bytes;

use super::attempt::{Attempt, Tried, unknown};
use super::backoff::Backoff;
use super::compose::{Composed, compose};
use super::conflict::cleaned_up;
use super::member::Member;
use super::outcome::Outcome;
use super::transaction::Transaction;
use super::validate::check_append_only;
use super::winners::{Next, Winners};
use crate::action::CommitInfo;
use crate::clock::Clock;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::snapshot::{Snapshot, SnapshotCache};
use crate::upkeep::after_commit;
use crate::write::WrittenFiles;

/// Commits `transaction`, which was prepared from `base`, on top of `base` or of any later version that allows it. Blind
/// appends are never stopped by other appends; it is tried with jittered backoff until the deadline of `context`.
///
/// Whatever the result, it is the truth: files are deleted only where it is sure that no commit names them.
pub async fn commit(base: Snapshot, transaction: Transaction, context: &Context, clock: &Clock) -> Result<Outcome> {
    let uri = base.uri().to_owned();
    let committed = async {
        let mut member = Member::new(&base, transaction, context.clone())?;
        let base = match member.begins_from(&base) {
            Ok(base) => base,
            Err(e) => {
                member.end(Err(e.again())).await;
                return Err(e);
            }
        };
        let mut alone = [member];
        commit_all(base, &mut alone, |members| members[0].info().clone(), clock).await;
        let [Member { result, .. }] = alone;
        result.unwrap_or_else(|| Err(Error::internal("a commit ended without a result")))
    };
    committed.await.map_err(|e| e.with_table(uri))
}

/// Commits all of `members` that can be, in one commit, whose provenance is what `info` says of those that are in it. Each
/// gets its own result.
pub(super) async fn commit_all(
    mut base: Snapshot,
    members: &mut [Member],
    info: fn(&[Member]) -> CommitInfo,
    clock: &Clock,
) {
    let mut backoff = Backoff::default();
    let mut attempts = 0;
    loop {
        match current(base, members, attempts).await {
            Ok(newest) => base = newest,
            Err(e) => return fail_all(members, e).await,
        }
        for member in active(members) {
            settle(member, &base, attempts, clock).await;
        }
        if active(members).next().is_none() {
            return;
        }
        if let Err(e) = ready(&base, members).await {
            return fail_all(members, e).await;
        }
        attempts += 1;
        let info = info(members);
        let txn_id = info.txn_id.clone();
        let Composed { body, after } = match compose(&base, info, members, clock).await {
            Ok(composed) => composed,
            Err(e) => return fail_all(members, e).await,
        };
        match put(&base, members, &body, &txn_id).await {
            Tried::Ours(etag) => {
                let after = after.put(body.len() as u64, etag);
                SnapshotCache::process().learn(&after);
                after_commit(&after, clock);
                return succeed_all(members, &after, attempts);
            }
            Tried::Failed(e) => return fail_all(members, e).await,
            Tried::Unknown(e) => return leave_all(members, &e),
            Tried::Theirs => {}
        }
        let contested = base.version() + 1;
        match over_winners(&base, members, &txn_id).await {
            (_, Ok(Next::Ours(after))) => {
                SnapshotCache::process().learn(&after);
                after_commit(&after, clock);
                return succeed_all(members, &after, attempts);
            }
            (_, Ok(Next::Nothing(newest))) => base = newest,
            (_, Ok(Next::Theirs(last))) => base = last.after,
            // The version may be ours, put by a request that the client made twice.
            (reached, Err(e)) if reached < contested && !base.storage().errors_are_final().unwrap_or(false) => {
                return leave_all(members, &unknown(contested, &txn_id, e));
            }
            (_, Err(e)) => return fail_all(members, e).await,
        }
        backoff.wait().await;
    }
}

fn active(members: &mut [Member]) -> impl Iterator<Item = &mut Member> {
    members.iter_mut().filter(|m| m.is_active())
}

async fn put(base: &Snapshot, members: &mut [Member], body: &Bytes, txn_id: &str) -> Tried {
    let take = |m: &mut Member| std::mem::replace(&mut m.transaction.files, WrittenFiles::none());
    let files = active(members).map(take).collect();
    let contexts = members.iter().filter(|m| m.is_active()).map(|m| m.context.clone()).collect();
    let (storage, version) = (base.storage(), base.version() + 1);
    let (tried, files) = Attempt { storage, contexts, version, body, txn_id }.run(files).await;
    for (member, files) in active(members).zip(files) {
        member.transaction.files = files;
    }
    tried
}

/// Ends a member that has nothing to commit, or must not, on top of `base`.
async fn settle(member: &mut Member, base: &Snapshot, attempts: u32, clock: &Clock) {
    let done = member.transaction.txn.as_ref().is_some_and(|txn| txn.is_done(base, clock.now_ms()));
    if done || member.is_done_by_others() {
        return member.end(Ok(Outcome { snapshot: base.clone(), attempts, skipped: true })).await;
    }
    let allowed = base
        .check_appendable()
        .and_then(|()| check_append_only(base, &member.transaction))
        .and_then(|()| member.context.check());
    if let Err(e) = allowed {
        return member.end(Err(e)).await;
    }
    if (member.given_up)() {
        member.end(Err(Error::internal("nobody waits for this commit any more"))).await;
    }
}

/// Moves over the winners, and ends the members that are in conflict with one. Tells how far it got.
async fn over_winners(base: &Snapshot, members: &mut [Member], txn_id: &str) -> (u64, Result<Next>) {
    let with_files = active(members).any(|m| m.conflicts.need_files());
    let mut winners = Winners::after(base, with_files, txn_id);
    let mut reached = base.version();
    loop {
        let winner = match winners.next().await {
            Ok(Next::Theirs(winner)) => winner,
            other => return (reached, other),
        };
        reached = winner.after.version();
        for member in active(members) {
            if let Err(e) = member.ride_over(&winner) {
                member.end(Err(e)).await;
            }
        }
        if active(members).next().is_none() {
            return (reached, Ok(Next::Theirs(winner)));
        }
    }
}

/// The context that has the most time.
fn longest(members: &mut [Member]) -> Context {
    let longest = active(members).max_by_key(|m| m.context.remaining().unwrap_or(Duration::MAX));
    longest.map(|m| m.context.clone()).unwrap_or_default()
}

/// Whether the store may be committed to.
async fn ready(base: &Snapshot, members: &mut [Member]) -> Result<()> {
    longest(members).limit(base.storage().ready_to_commit()).await
}

/// `base`, or the newest version where nothing may be put after `base` unseen: in the place of a table that was dropped a
/// commit would go into another one by the schema of the first, or come after versions that the other has not.
async fn current(base: Snapshot, members: &mut [Member], attempts: u32) -> Result<Snapshot> {
    let is_current = !base.is_stale() && (attempts > 0 || longest(members).limit(base.is_there()).await?);
    if is_current { Ok(base) } else { catch_up(&base, members).await }
}

/// The newest version, found by a listing; members that do not fit it are ended.
async fn catch_up(base: &Snapshot, members: &mut [Member]) -> Result<Snapshot> {
    let newest = longest(members).limit(base.refresh()).await?;
    if newest.is_kin_of(base)
        && newest.version() > base.version()
        && active(members).any(|m| m.conflicts.need_commits())
    {
        let (reached, walked) = over_winners(base, members, "").await;
        walked?;
        if reached < newest.version() && active(members).next().is_some() {
            return Err(cleaned_up(reached + 1));
        }
        return Ok(newest);
    }
    for member in active(members) {
        if let Err(e) =
            member.conflicts.check_lineage(base, &newest).and_then(|()| member.conflicts.check_states(base, &newest))
        {
            member.end(Err(e)).await;
        }
    }
    Ok(newest)
}

fn succeed_all(members: &mut [Member], after: &Snapshot, attempts: u32) {
    for member in active(members) {
        member.end_and_keep(Ok(Outcome { snapshot: after.clone(), attempts, skipped: false }));
    }
}

async fn fail_all(members: &mut [Member], error: Error) {
    for member in active(members) {
        member.end(Err(error.again())).await;
    }
}

/// Ends all with their files left where they are.
fn leave_all(members: &mut [Member], error: &Error) {
    for member in active(members) {
        member.end_and_keep(Err(error.again()));
    }
}
