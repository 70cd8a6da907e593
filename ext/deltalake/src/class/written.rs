//! What writes take and give, whatever they write.

use deltalake_core::context::Context;
use deltalake_core::ops::Appended;
use deltalake_core::txn::AppTransaction;
use magnus::value::ReprValue;
use magnus::{Error, RHash, Ruby};

use super::snapshot::NativeSnapshot;

/// Snapshot, rows, files, bytes, attempts, skipped, what stores were asked, removed files, copied rows.
pub(super) type Written = (NativeSnapshot, u64, u64, u64, u32, bool, RHash, u64, u64);

/// What Ruby is told of a write.
pub(super) fn written(ruby: &Ruby, done: Appended, ctx: &Context) -> Result<Written, Error> {
    let Appended { snapshot, rows, files, bytes, attempts, skipped, removed_files, copied_rows } = done;
    let asked = asked(ruby, ctx)?;
    Ok((NativeSnapshot(snapshot), rows, files, bytes, attempts, skipped, asked, removed_files, copied_rows))
}

/// What a call has asked of stores so far.
pub(super) fn asked(ruby: &Ruby, ctx: &Context) -> Result<RHash, Error> {
    let metered = ctx.meter().read();
    let counts = metered.requests;
    let requests = ruby.hash_new();
    for (kind, count) in [
        ("get", counts.get),
        ("put", counts.put),
        ("list", counts.list),
        ("head", counts.head),
        ("delete", counts.delete),
        ("other", counts.other),
    ] {
        requests.aset(ruby.to_symbol(kind), count)?;
    }
    requests.freeze();
    let hash = ruby.hash_new();
    hash.aset(ruby.to_symbol("requests"), requests)?;
    hash.aset(ruby.to_symbol("bytes_sent"), metered.bytes_sent)?;
    hash.aset(ruby.to_symbol("bytes_received"), metered.bytes_received)?;
    hash.aset(ruby.to_symbol("retries"), metered.retries)?;
    Ok(hash)
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
