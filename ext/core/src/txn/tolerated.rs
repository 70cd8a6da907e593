//! Changes of metadata that leave what was prepared as good as it was.

use std::collections::BTreeMap;

use crate::schema::{StructType, without_marks};
use crate::snapshot::Snapshot;

/// Properties that change no row and no file that is being committed; or that are looked at anew at every try.
const HARMLESS: &[&str] = &[
    "delta.appendOnly",
    "delta.checkpointInterval",
    "delta.checkpointPolicy",
    "delta.checkpoint.writeStatsAsJson",
    "delta.checkpoint.writeStatsAsStruct",
    "delta.dataSkippingNumIndexedCols",
    "delta.dataSkippingStatsColumns",
    "delta.dataSkippingStringPrefixLength",
    "delta.deletedFileRetentionDuration",
    "delta.enableExpiredLogCleanup",
    "delta.enableDeletionVectors",
    "delta.enableInCommitTimestamps",
    "delta.inCommitTimestampEnablementTimestamp",
    "delta.inCommitTimestampEnablementVersion",
    "delta.logRetentionDuration",
    "delta.parquet.compression.codec",
    "delta.setTransactionRetentionDuration",
    "delta.targetFileSize",
    "delta.tuneFileSizesForRewrites",
];

/// Properties that matter to who moves or removes rows, and not to who only adds some.
const HARMLESS_TO_APPENDS: &[&str] = &[
    "delta.enableChangeDataFeed",
    "delta.enableRowTracking",
    "delta.rowTrackingSuspended",
    "delta.rowTracking.materializedRowIdColumnName",
    "delta.rowTracking.materializedRowCommitVersionColumnName",
];

/// Whether what was made for `before` fits `after`. `blind` is what only adds rows.
pub(super) fn same_layout(before: &Snapshot, after: &Snapshot, blind: bool) -> bool {
    let same = || before.metadata().schema_string == after.metadata().schema_string;
    same_but_for_columns(before, after, blind) && (same() || same_columns(before.schema(), after.schema()))
}

/// The same, as far as anything but the columns goes.
pub(super) fn same_but_for_columns(before: &Snapshot, after: &Snapshot, blind: bool) -> bool {
    let (old, new) = (before.metadata(), after.metadata());
    old.id == new.id
        && old.partition_columns == new.partition_columns
        && same_properties(&old.configuration, &new.configuration, blind)
}

/// Whether the columns are the same but for how far identities have come.
fn same_columns(before: &StructType, after: &StructType) -> bool {
    without_marks(before) == without_marks(after)
}

fn same_properties(
    before: &BTreeMap<String, Option<String>>,
    after: &BTreeMap<String, Option<String>>,
    blind: bool,
) -> bool {
    let is_harmless = |key: &str| {
        // What has no such prefix is the users' own.
        !key.starts_with("delta.")
            || key.starts_with("delta.autoOptimize.")
            || HARMLESS.contains(&key)
            || (blind && HARMLESS_TO_APPENDS.contains(&key))
    };
    let differs = |key: &&String| before.get(*key) != after.get(*key);
    before.keys().chain(after.keys()).filter(differs).all(|key| is_harmless(key))
}
