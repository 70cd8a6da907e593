//! Times inside of commits (Delta protocol, "In-Commit Timestamps").

use crate::action::Metadata;
use crate::error::{Error, Result};
use crate::log::{commit_key, commit_timestamp};
use crate::snapshot::Snapshot;

const ENABLED: &str = "delta.enableInCommitTimestamps";
const SINCE_VERSION: &str = "delta.inCommitTimestampEnablementVersion";
const SINCE_TIME: &str = "delta.inCommitTimestampEnablementTimestamp";

/// The time for the commit after `base` at `now_ms`, greater than that of `base`; `None` where the table keeps none.
/// `metadata` is what the commit changes to: where it turns times on, it gets to say since when.
pub(super) async fn timestamp_after(
    base: &Snapshot,
    metadata: Option<&mut Metadata>,
    now_ms: i64,
) -> Result<Option<i64>> {
    let was_on = base.properties().in_commit_timestamps;
    let is_on = metadata.as_deref().map_or(was_on, is_enabled);
    if !is_on {
        return Ok(None);
    }
    let last = match (was_on, base.in_commit_timestamp()) {
        (true, Some(known)) => known,
        (true, None) => commit_timestamp(base.storage(), base.version()).await?,
        (false, _) => base.storage().head(&commit_key(base.version())).await?.modified_ms,
    };
    let next = last.checked_add(1).ok_or_else(|| Error::corrupt("the last commit is of a time that cannot be"))?;
    let timestamp = now_ms.max(next);
    if let Some(metadata) = metadata.filter(|_| !was_on) {
        metadata.configuration.insert(SINCE_VERSION.to_owned(), Some((base.version() + 1).to_string()));
        metadata.configuration.insert(SINCE_TIME.to_owned(), Some(timestamp.to_string()));
    }
    Ok(Some(timestamp))
}

/// Whether the table keeps such times.
pub(super) fn is_enabled(metadata: &Metadata) -> bool {
    let value = metadata.configuration.get(ENABLED).and_then(|v| v.as_deref());
    value.is_some_and(|v| v.trim().eq_ignore_ascii_case("true"))
}
