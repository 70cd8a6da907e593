//! A table's first commit.

use super::attempt::{Attempt, Tried, unknown};
use super::body::{as_read, body_of};
use super::timestamp::is_enabled;
use super::winners::is_commit;
use crate::action::{Action, CommitInfo, DomainMetadata, Metadata, Protocol};
use crate::clock::Clock;
use crate::context::Context;
use crate::error::Result;
use crate::log::read_table_actions;
use crate::snapshot::Snapshot;
use crate::storage::Storage;

/// What version 0 holds.
#[derive(Debug)]
pub struct FirstCommit {
    /// Provenance; its `txn_id` tells this commit from all others.
    pub info: CommitInfo,
    /// What readers and writers must understand.
    pub protocol: Protocol,
    /// Schema, partitioning, properties.
    pub metadata: Metadata,
    /// Domains.
    pub domains: Vec<DomainMetadata>,
}

/// Puts `first` where no commit is yet: the table, or `None` where somebody else was quicker. A lost answer is looked up.
pub async fn commit_first(
    storage: &Storage,
    first: FirstCommit,
    context: &Context,
    clock: &Clock,
) -> Result<Option<Snapshot>> {
    let FirstCommit { mut info, protocol, metadata, domains } = first;
    let txn_id = info.txn_id.clone();
    info.timestamp = clock.now_ms();
    // A table that keeps times from its first commit on says nothing of when it began to (Delta protocol, "In-Commit
    // Timestamps").
    info.in_commit_timestamp = is_enabled(&metadata).then_some(info.timestamp);
    let mut actions = vec![Action::CommitInfo(Box::new(info))];
    actions.push(Action::Protocol(protocol.clone()));
    actions.push(Action::Metadata(Box::new(metadata.clone())));
    actions.extend(domains.into_iter().map(Action::DomainMetadata));
    let lines = actions.iter().map(as_read).collect::<Result<Vec<_>>>()?;
    let after = Snapshot::first(storage, protocol, metadata, &lines)?;
    let body = body_of(&actions)?;
    context.limit(storage.ready_to_commit()).await?;
    let contexts = vec![context.clone()];
    let attempt = Attempt { storage, contexts, version: 0, body: &body, txn_id: &txn_id };
    match attempt.run(Vec::new()).await.0 {
        Tried::Ours(etag) => Ok(Some(after.put(body.len() as u64, etag))),
        Tried::Failed(e) | Tried::Unknown(e) => Err(e),
        // It may be ours, put by a request that the client made twice.
        Tried::Theirs => match read_table_actions(storage, 0).await {
            Ok(lines) => Ok(is_commit(&lines, &txn_id).then_some(after)),
            Err(e) if storage.errors_are_final().unwrap_or(false) => Err(e),
            Err(e) => Err(unknown(0, &txn_id, e)),
        },
    }
}
