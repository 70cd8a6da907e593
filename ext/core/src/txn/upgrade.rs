//! What a protocol says, and which changes of it leave what was prepared as good as it was.

use crate::action::Protocol;
use crate::error::{Error, Result};
use crate::features::needed_to_write;

/// Features that may be added while others write. A writer who began before any other would not honour it (Spark's
/// `failConcurrentTransactionsAtUpgrade`).
const RIDDEN_OVER: &[&str] = &[
    "appendOnly",
    "changeDataFeed",
    "columnMapping",
    "deletionVectors",
    "domainMetadata",
    "icebergCompatV1",
    "icebergCompatV2",
    "inCommitTimestamp",
    "rowTracking",
    "timestampNtz",
    "typeWidening",
    "v2Checkpoint",
    "vacuumProtocolCheck",
];

/// The feature by which `after` differs from `before` so that what was prepared under `before` does not fit any more.
pub(super) fn blocking_feature(before: &Protocol, after: &Protocol) -> Option<String> {
    let (old, new) = (needed_to_write(before), needed_to_write(after));
    let added = new.difference(&old).find(|f| !RIDDEN_OVER.contains(f));
    old.difference(&new).next().or(added).map(|f| (*f).to_owned())
}

/// Delta protocol, "Table Features": a list is there where the version has one and nowhere else, and readers' features
/// are writers' features too.
pub(super) fn check_shape(protocol: &Protocol) -> Result<()> {
    let has_lists = protocol.reader_features.is_some() == (protocol.min_reader_version == 3)
        && protocol.writer_features.is_some() == (protocol.min_writer_version == 7);
    if !has_lists {
        return Err(Error::internal("a protocol's lists of features do not fit its versions"));
    }
    let writer = protocol.writer_features.iter().flatten();
    let alone = protocol.reader_features.iter().flatten().find(|f| !writer.clone().any(|w| w == *f));
    alone.map_or(Ok(()), |f| Err(Error::internal(format!("feature {f} is listed for readers and not for writers"))))
}
