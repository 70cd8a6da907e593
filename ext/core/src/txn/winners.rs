//! The commits that were made while ours was being prepared.

use futures::future::join_all;
use serde::Deserialize;

use super::conflict;
use super::idempotence::AppTransaction;
use crate::action::TableActionLine;
use crate::error::Result;
use crate::log::read_table_actions;
use crate::snapshot::Snapshot;
use crate::storage::is_not_found;

/// Most commits asked for at a time.
const WIDEST: u64 = 64;

/// Where the winners have led.
pub(super) struct Ridden {
    /// The newest version.
    pub(super) newest: Snapshot,
    /// The version that turned out to be our own commit, whose answer was lost.
    pub(super) ours: Option<Snapshot>,
}

/// Moves from `base` over every commit after it; an error where one of them is in conflict with ours.
///
/// Asks for one commit, then two, then four: the contents are needed in any case, and a listing is then not.
pub(super) async fn ride_over(base: &Snapshot, txn: Option<&AppTransaction>, txn_id: &str) -> Result<Ridden> {
    let mut at = base.clone();
    let mut wide = 1;
    loop {
        let versions = at.version() + 1..at.version() + 1 + wide;
        let reads = versions.map(|version| read_table_actions(base.storage(), version));
        for read in join_all(reads).await {
            let lines = match read {
                Ok(lines) => lines,
                Err(e) if is_not_found(&e) => return Ok(Ridden { newest: at, ours: None }),
                Err(e) => return Err(e),
            };
            if is_commit(&lines, txn_id) {
                return Ok(Ridden { newest: at.clone(), ours: Some(at.advance(&lines)?) });
            }
            let after = at.advance(&lines)?;
            conflict::check(&at, &after, &lines, txn)?;
            at = after;
        }
        wide = (wide * 2).min(WIDEST);
    }
}

/// Whether the commit is the one with that `txnId`.
pub(super) fn is_commit(lines: &[TableActionLine], txn_id: &str) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Info {
        txn_id: Option<String>,
    }
    lines
        .iter()
        .filter_map(|line| line.commit_info.as_ref())
        .filter_map(|info| serde_json::from_str::<Info>(info.get()).ok())
        .any(|info| info.txn_id.as_deref() == Some(txn_id))
}
