//! What writes take and give, whatever they write.

use deltalake_core::context::Context;
use deltalake_core::ops::Appended;
use deltalake_core::txn::AppTransaction;
use magnus::{Error, RHash, Ruby};

use super::call::asked;
use super::snapshot::NativeSnapshot;

/// Snapshot, rows, files, bytes, attempts, skipped, what stores were asked, removed files, copied rows.
pub(super) type Written = (NativeSnapshot, u64, u64, u64, u32, bool, RHash, u64, u64);

/// What Ruby is told of a write.
pub(super) fn written(ruby: &Ruby, done: Appended, ctx: &Context) -> Result<Written, Error> {
    let Appended { snapshot, rows, files, bytes, attempts, skipped, removed_files, copied_rows } = done;
    let asked = asked(ruby, ctx)?;
    Ok((NativeSnapshot(snapshot), rows, files, bytes, attempts, skipped, asked, removed_files, copied_rows))
}

/// The transaction that Ruby asks for, if it does.
pub(super) fn transaction(
    once: Option<String>,
    app_id: Option<String>,
    app_version: Option<i64>,
) -> Option<AppTransaction> {
    match (once, app_id, app_version) {
        (Some(key), None, None) => Some(AppTransaction::once(&key)),
        (None, Some(app_id), Some(version)) => Some(AppTransaction::Version { app_id, version }),
        _ => None,
    }
}
