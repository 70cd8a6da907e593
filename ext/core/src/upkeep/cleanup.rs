//! Log cleanup by the table's properties.

use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::features::{check_upkeep, protects_checkpoints};
use crate::log::{Cleaned, clean_log};
use crate::snapshot::Snapshot;

const DAY_MS: i64 = 86_400_000;

/// What is younger than that stays, whatever the table says. A writer puts its commit without a listing for as long as
/// its snapshot is fresh (see `Snapshot::is_stale`): the name of a commit that it has not seen must not become free.
const LEAST_KEPT_MS: i64 = 3_600_000;

/// Deletes at most `limit` files of the log that have expired. Nothing is deleted where the table says so, or where
/// its retention cannot be read.
pub async fn clean(snapshot: &Snapshot, clock: &Clock, limit: usize) -> Result<Cleaned> {
    let cleaned = async {
        check_upkeep(snapshot.protocol())?;
        let properties = snapshot.properties();
        if !properties.log_cleanup || protects_checkpoints(snapshot.protocol()) {
            return Ok(Cleaned::default());
        }
        let Some(kept) = properties.log_retention_ms else {
            return Err(Error::new(
                ErrorKind::Configuration,
                "the log is not cleaned up: delta.logRetentionDuration is no interval that can be read",
            ));
        };
        let now_ms = clock.now_ms();
        let since = now_ms.saturating_sub(kept);
        // As Spark has it: by whole days in UTC.
        let midnight = since.saturating_sub(since.rem_euclid(DAY_MS));
        clean_log(snapshot.storage(), midnight.min(now_ms.saturating_sub(LEAST_KEPT_MS)), now_ms, limit).await
    };
    cleaned.await.map_err(|e| e.with_table(snapshot.uri()))
}
