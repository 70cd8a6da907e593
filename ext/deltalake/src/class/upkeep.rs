//! Checkpoints and log cleanup: on request, and what goes on behind commits.

use std::time::Duration;

use deltalake_core::clock::Clock;
use deltalake_core::upkeep;
use magnus::{Error, Exception, Module, Object, RArray, RClass, RModule, Ruby};

use super::call::context;
use super::snapshot::NativeSnapshot;
use crate::bridge::{block_on, to_ruby_error};
use crate::{native_function, native_method};

pub(super) fn init(native: RModule) -> Result<(), Error> {
    let snapshot: RClass = native.const_get("Snapshot")?;
    snapshot.define_method("checkpoint", native_method!(checkpoint, 1))?;
    snapshot.define_method("clean_log", native_method!(clean_log, 2))?;
    native.define_singleton_method("upkeep_in_background", native_function!(set_background, 1))?;
    native.define_singleton_method("upkeep_idle", native_function!(is_idle, 0))?;
    native.define_singleton_method("upkeep_wait", native_function!(wait, 1))?;
    native.define_singleton_method("upkeep_done", native_function!(take_done, 0))?;
    Ok(())
}

/// Files, actions, bytes.
type Written = (u64, u64, u64);

/// Moves to the newest version and writes its checkpoint; nothing of it where there is one.
fn checkpoint(
    ruby: &Ruby,
    snapshot: &NativeSnapshot,
    deadline: Option<f64>,
) -> Result<(NativeSnapshot, Option<Written>), Error> {
    let ctx = context(deadline).map_err(|e| to_ruby_error(ruby, e))?;
    let known = snapshot.0.clone();
    let (newest, written) = block_on(ruby, &ctx, async move {
        let newest = known.refresh().await?;
        let written = upkeep::checkpoint(&newest, &Clock::system()).await?;
        Ok((newest, written))
    })?;
    Ok((NativeSnapshot(newest), written.map(|w| (w.files, w.actions, w.bytes))))
}

/// Files and bytes deleted, and whether there is more to delete.
fn clean_log(
    ruby: &Ruby,
    snapshot: &NativeSnapshot,
    limit: usize,
    deadline: Option<f64>,
) -> Result<(NativeSnapshot, u64, u64, bool), Error> {
    let ctx = context(deadline).map_err(|e| to_ruby_error(ruby, e))?;
    let known = snapshot.0.clone();
    let (newest, cleaned) = block_on(ruby, &ctx, async move {
        let newest = known.refresh().await?;
        let cleaned = upkeep::clean(&newest, &Clock::system(), limit).await?;
        Ok((newest, cleaned))
    })?;
    Ok((NativeSnapshot(newest), cleaned.files, cleaned.bytes, cleaned.more))
}

fn set_background(_ruby: &Ruby, on: bool) -> Result<(), Error> {
    upkeep::set_background(on);
    Ok(())
}

fn is_idle(_ruby: &Ruby) -> Result<bool, Error> {
    Ok(upkeep::is_idle())
}

/// Waits for what is under way, so long at most; tells whether it has ended.
fn wait(ruby: &Ruby, seconds: f64) -> Result<bool, Error> {
    let limit = Duration::try_from_secs_f64(seconds).unwrap_or_default();
    let ctx = context(None).map_err(|e| to_ruby_error(ruby, e))?;
    block_on(ruby, &ctx, async move {
        let waited = tokio::time::timeout(limit, upkeep::idle()).await;
        Ok(waited.is_ok())
    })
}

/// Of what was done behind commits: version, files and bytes of the checkpoint, and files of the log deleted.
type Kept = (u64, u64, u64, u64);

/// Of each: the table, what was done, or the error.
fn take_done(ruby: &Ruby) -> Result<RArray, Error> {
    let out = ruby.ary_new();
    for done in upkeep::take_done() {
        let (kept, error): (Option<Kept>, _) = match done.result {
            Ok(kept) => {
                let checkpoint = kept.checkpoint;
                (Some((checkpoint.version, checkpoint.files, checkpoint.bytes, kept.expired)), None)
            }
            Err(e) => (None, exception(ruby, e)),
        };
        out.push((done.table, kept, error))?;
    }
    Ok(out)
}

fn exception(ruby: &Ruby, error: deltalake_core::Error) -> Option<Exception> {
    match to_ruby_error(ruby, error).error_type() {
        magnus::error::ErrorType::Exception(exception) => Some(*exception),
        _ => None,
    }
}
