//! A commit's text for one version, made anew at every try.

use bytes::Bytes;

use super::body::{as_read, lines_of};
use super::idempotence::AppTransaction;
use super::member::Member;
use super::row_ids::RowIds;
use super::timestamp::timestamp_after;
use crate::action::{Action, CommitInfo, Txn};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::snapshot::Snapshot;

/// A commit that can be put.
pub(super) struct Composed {
    pub(super) body: Bytes,
    /// The table after it.
    pub(super) after: Snapshot,
}

/// The commit after `base` with all of `members` that are still active. In the order that others write: commitInfo first, as in-commit
/// timestamps want it; then metadata, protocol, transactions, domains and files.
pub(super) async fn compose(
    base: &Snapshot,
    mut info: CommitInfo,
    members: &mut [Member],
    clock: &Clock,
) -> Result<Composed> {
    let now_ms = clock.now_ms();
    let active = || members.iter().filter(|m| m.is_active());
    let mut metadata = active().find_map(|m| m.transaction.metadata.clone());
    for columns in active().filter_map(|m| m.transaction.columns.as_ref()) {
        if metadata.is_some() {
            return Err(Error::internal("a commit changes the metadata and adds columns"));
        }
        metadata = columns.metadata(base)?;
    }
    if let Some(reservation) = active().find_map(|m| m.transaction.reservation.as_ref()) {
        metadata = Some(reservation.metadata(base)?);
    }
    let protocol = active().find_map(|m| m.transaction.protocol.clone());
    info.timestamp = now_ms;
    info.in_commit_timestamp = timestamp_after(base, metadata.as_mut(), now_ms).await?;

    let suspended = metadata.as_ref().unwrap_or(base.metadata()).is_on("delta.rowTrackingSuspended");
    let mut ids = RowIds::after(base, protocol.as_ref().unwrap_or(base.protocol()), suspended)?;

    let mut files = Vec::new();
    for member in members.iter_mut().filter(|m| m.is_active()) {
        files.extend(member.file_lines(ids.as_mut())?);
    }
    let mut actions = vec![Action::CommitInfo(Box::new(info))];
    actions.extend(metadata.map(|m| Action::Metadata(Box::new(m))));
    actions.extend(protocol.map(Action::Protocol));
    for member in members.iter().filter(|m| m.is_active()) {
        actions.extend(member.transaction.txn.as_ref().map(|txn| Action::Txn(action(txn, now_ms))));
    }
    for member in members.iter().filter(|m| m.is_active()) {
        actions.extend(member.transaction.domains.iter().cloned().map(Action::DomainMetadata));
    }
    actions.extend(ids.map_or(Ok(None), |ids| ids.domain())?.map(Action::DomainMetadata));

    let lines = actions.iter().map(as_read).collect::<Result<Vec<_>>>()?;
    let after = base.advance(&lines)?;
    let changed = after.metadata() != base.metadata() || after.protocol() != base.protocol();
    if changed {
        after.check_appendable().map_err(|e| e.context("the table would be one that cannot be written"))?;
    }
    let body = [vec![lines_of(actions.into_iter())?], files].concat().concat();
    if body.len() > MAX_COMMIT_BYTES {
        return Err(Error::argument(format!(
            "the commit would be of {} bytes: commit fewer files at once",
            body.len()
        )));
    }
    Ok(Composed { body: body.into(), after })
}

/// What stores take in one put (S3: 5 GB).
const MAX_COMMIT_BYTES: usize = 5_000_000_000;

fn action(txn: &AppTransaction, now_ms: i64) -> Txn {
    Txn { app_id: txn.app_id().to_owned(), version: txn.version(), last_updated: Some(now_ms) }
}
