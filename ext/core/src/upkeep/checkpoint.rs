//! A checkpoint with all that goes with it.

use crate::clock::Clock;
use crate::error::Result;
use crate::log::{WrittenCheckpoint, write_checksum, write_last_checkpoint};
use crate::snapshot::Snapshot;

/// Writes the checkpoint of a version, and then what points at it; `None` where the version has one.
pub async fn checkpoint(snapshot: &Snapshot, clock: &Clock) -> Result<Option<WrittenCheckpoint>> {
    write(snapshot, clock, false).await
}

pub(super) async fn write(snapshot: &Snapshot, clock: &Clock, gently: bool) -> Result<Option<WrittenCheckpoint>> {
    let Some(written) = snapshot.write_checkpoint(clock.now_ms(), gently).await? else { return Ok(None) };
    let pointed = write_last_checkpoint(snapshot.storage(), &written).await;
    let storage = snapshot.storage();
    let own_times = snapshot.properties().in_commit_timestamps;
    // Nothing needs the checksum, and there is nothing to be done about one that could not be written.
    let _ = write_checksum(storage, &written, snapshot.protocol(), snapshot.metadata(), own_times).await;
    pointed.map_err(|e| {
        let what = format_args!("the checkpoint is written, but not _last_checkpoint, which points readers at it");
        e.context(what).with_table(snapshot.uri()).with_version(snapshot.version())
    })?;
    Ok(Some(written))
}
