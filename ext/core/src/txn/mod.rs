//! Commits: put-if-absent, conflict rules, and the outcome told truly (`PROTOCOL.md`, "Optimistic Concurrency Control").

mod attempt;
mod backoff;
mod conflict;
mod idempotence;
mod winners;

use bytes::Bytes;

use self::attempt::{Attempt, Landed, discard};
use self::backoff::Backoff;
pub use self::idempotence::AppTransaction;
use crate::action::{Action, CommitInfo, Txn};
use crate::clock::Clock;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::log::table_actions;
use crate::snapshot::Snapshot;
use crate::write::WrittenFiles;

/// A blind append that is ready to be committed.
#[derive(Debug)]
pub struct Append {
    /// Data files that are written and that nobody sees yet.
    pub files: WrittenFiles,
    /// Provenance; its `txn_id` tells this commit from all others.
    pub info: CommitInfo,
    /// An application's transaction, committed with the files or not at all.
    pub txn: Option<AppTransaction>,
}

/// What became of an append.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The table after it.
    pub snapshot: Snapshot,
    /// How often the commit was tried.
    pub attempts: u32,
    /// True where the application's transaction was there already: nothing was added.
    pub skipped: bool,
}

/// Commits `append` on top of `base` or of any later version that allows it. Other appends never stop it; it is tried
/// with jittered backoff until the deadline of `context`.
///
/// Whatever the result, it is the truth: files are deleted only where it is sure that no commit names them.
pub async fn commit_append(base: Snapshot, append: Append, context: &Context, clock: &Clock) -> Result<Outcome> {
    let uri = base.uri().to_owned();
    run(base, append, context, clock).await.map_err(|e| e.with_table(uri))
}

async fn run(mut base: Snapshot, append: Append, context: &Context, clock: &Clock) -> Result<Outcome> {
    let Append { files, mut info, txn } = append;
    let adds: Vec<Action> = files.adds.iter().map(|add| Action::Add(Box::new(add.clone()))).collect();
    let adds = body_of(&adds)?;
    let mut files = Some(files);
    let mut backoff = Backoff::default();
    let mut attempts = 0;
    loop {
        if base.is_stale() {
            match looked_at_again(&base, context).await {
                Ok(newest) => base = newest,
                Err(e) => {
                    discard(files).await;
                    return Err(e);
                }
            }
        }
        if txn.as_ref().is_some_and(|t| t.is_done(&base, clock.now_ms())) {
            discard(files).await;
            return Ok(Outcome { snapshot: base, attempts, skipped: true });
        }
        if let Err(e) = base.check_appendable().and_then(|()| context.check()) {
            discard(files).await;
            return Err(e);
        }
        attempts += 1;
        let version = base.version() + 1;
        info.timestamp = clock.now_ms();
        let body = commit_body(&info, txn.as_ref(), &adds, clock)?;
        let attempt = Attempt { storage: base.storage(), context, version, body: &body, txn_id: &info.txn_id };
        match attempt.run(&mut files).await? {
            Landed::Ours => {
                let lines = table_actions(&body, base.storage(), version)?;
                return Ok(Outcome { snapshot: base.advance(&lines)?, attempts, skipped: false });
            }
            Landed::Theirs => {
                match winners::ride_over(&base, txn.as_ref(), &info.txn_id).await {
                    Ok(winners::Ridden { ours: Some(snapshot), .. }) => {
                        if let Some(mut files) = files.take() {
                            files.keep();
                        }
                        return Ok(Outcome { snapshot, attempts, skipped: false });
                    }
                    Ok(winners::Ridden { newest, .. }) => base = newest,
                    Err(e) => {
                        discard(files).await;
                        return Err(e);
                    }
                }
                backoff.wait().await;
            }
        }
    }
}

/// The newest version, found by a listing, where an append made from `base` fits it.
async fn looked_at_again(base: &Snapshot, context: &Context) -> Result<Snapshot> {
    let newest = context.limit(base.refresh()).await?;
    conflict::check(base, &newest, &[], None)?;
    Ok(newest)
}

/// One action a line, commitInfo first, as in-commit timestamps want it.
fn commit_body(info: &CommitInfo, txn: Option<&AppTransaction>, adds: &Bytes, clock: &Clock) -> Result<Bytes> {
    let mut actions = vec![Action::CommitInfo(Box::new(info.clone()))];
    if let Some(txn) = txn {
        let (app_id, version) = (txn.app_id().to_owned(), txn.version());
        actions.push(Action::Txn(Txn { app_id, version, last_updated: Some(clock.now_ms()) }));
    }
    let head = body_of(&actions)?;
    Ok([head, adds.clone()].concat().into())
}

/// Lines of JSON.
pub fn body_of(actions: &[Action]) -> Result<Bytes> {
    let mut body = Vec::new();
    for action in actions {
        serde_json::to_writer(&mut body, action)
            .map_err(|e| Error::internal("an action cannot be written as JSON").with_source(e))?;
        body.push(b'\n');
    }
    Ok(body.into())
}
