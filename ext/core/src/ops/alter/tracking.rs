//! Row tracking for a table that has rows already (Delta protocol, "Row Tracking"), turned on as Spark does it: the protocol
//! first, from when on new rows have ids, then the files that are left, and the property last.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt, stream};

use crate::action::{Add, CommitInfo, Metadata, Operation};
use crate::clock::Clock;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::features::{Wanted, upgrade, writes_feature};
use crate::log::ReplayOptions;
use crate::scan::rows_in_file;
use crate::snapshot::Snapshot;
use crate::stats::{num_records, with_num_records};
use crate::txn::{Transaction, commit};

const ROW_TRACKING: &str = "delta.enableRowTracking";
const SUSPENDED: &str = "delta.rowTrackingSuspended";
const FEATURE: &str = "rowTracking";

/// Most files of a commit, and bytes of what the log says of them: all of it is in memory.
const BATCH_FILES: usize = if cfg!(test) { 3 } else { 50_000 };
const BATCH_BYTES: usize = 32 << 20;

/// Footers read at a time.
const FOOTERS_IN_FLIGHT: usize = 16;

/// Gives ids to all rows of the table that have none, in as many commits as it takes. What is there stays, whatever comes
/// between, and is not done again. Tells after which version there are none, and how many commits were tried.
pub(super) async fn give_ids(base: &Snapshot, context: &Context, clock: &Clock) -> Result<(Snapshot, u32)> {
    let (mut base, mut batch, mut attempts) = (base.clone(), 0, 0);
    loop {
        let given = give_next(&base, &mut batch, context, clock).await;
        match given.map_err(|e| if attempts > 0 { half_way(e) } else { e })? {
            Given::All => return Ok((base, attempts)),
            Given::Some(after, tries) => (base, attempts) = (after, attempts + tries),
        }
    }
}

/// Whether `after` tracks rows, and `before` does not.
pub(super) fn turns_on(before: &Metadata, after: &Metadata) -> bool {
    after.is_on(ROW_TRACKING) && !before.is_on(ROW_TRACKING)
}

enum Given {
    All,
    /// The table afterwards, and the tries that it took.
    Some(Snapshot, u32),
}

async fn give_next(base: &Snapshot, batch: &mut u64, context: &Context, clock: &Clock) -> Result<Given> {
    context.check()?;
    let files = context.limit(files_without_ids(base)).await?;
    if files.is_empty() {
        return Ok(Given::All);
    }
    if base.metadata().is_on(SUSPENDED) {
        return Err(Error::new(
            ErrorKind::Configuration,
            format!("{ROW_TRACKING} cannot be set while {SUSPENDED} is true: unset that first, in a change of its own"),
        ));
    }
    let transaction = if writes_feature(base.protocol(), FEATURE) {
        let info = CommitInfo::new(Operation::RowTrackingBackfill).parameter("batchId", batch.to_string());
        *batch += 1;
        Transaction { again: context.limit(counted(base, files)).await?, ..Transaction::new(info) }
    } else {
        let protocol = upgrade(base.protocol(), &BTreeSet::from([FEATURE]), &Wanted::default())?;
        let info = CommitInfo::new(Operation::UpgradeProtocol).json_parameter("newProtocol", &protocol);
        Transaction { protocol, ..Transaction::new(info) }
    };
    match commit(base.clone(), transaction, context, clock).await {
        Ok(outcome) => Ok(Given::Some(outcome.snapshot, outcome.attempts)),
        Err(e) if matches!(e.kind(), ErrorKind::CommitConflict(_)) => {
            Ok(Given::Some(context.limit(base.refresh()).await?, 1))
        }
        Err(e) => Err(e),
    }
}

/// Some of the files whose rows have no ids, with all that the log says of them; none where there are none.
async fn files_without_ids(table: &Snapshot) -> Result<Vec<Add>> {
    let mut replay = table.replay(ReplayOptions { stats: true, details: true, ..ReplayOptions::default() });
    let (mut files, mut bytes) = (Vec::new(), 0);
    while let Some(adds) = replay.next().await? {
        for add in adds.into_iter().filter(|add| add.base_row_id.is_none()) {
            bytes += add.path.len() + add.stats.as_ref().map_or(0, String::len);
            files.push(Add { data_change: false, ..add });
            if files.len() >= BATCH_FILES || bytes >= BATCH_BYTES {
                return Ok(files);
            }
        }
    }
    Ok(files)
}

/// The same files, each with the number of its rows: from its footer, where the log does not tell.
async fn counted(table: &Snapshot, files: Vec<Add>) -> Result<Vec<Add>> {
    let count = |add: Add| async move {
        if add.stats.as_deref().and_then(num_records).is_some() {
            return Ok(add);
        }
        let rows = rows_in_file(table, &add).await?;
        Ok(Add { stats: Some(with_num_records(add.stats.as_deref(), rows)?), ..add })
    };
    stream::iter(files).map(count).buffered(FOOTERS_IN_FLIGHT).try_collect().await
}

fn half_way(error: Error) -> Error {
    error.context(
        "row tracking is not on yet; the files that have ids keep them, and the same change goes on from there",
    )
}
