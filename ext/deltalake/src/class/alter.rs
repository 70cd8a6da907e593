//! Changes of a table's columns, properties, constraints and features.

use deltalake_core::clock::Clock;
use deltalake_core::ops::{Change, alter as alter_table};
use magnus::{Error, Module, RClass, RHash, RModule, Ruby};

use super::call::{asked, context};
use super::snapshot::NativeSnapshot;
use crate::bridge::{block_on, to_ruby_error};
use crate::native_method;

pub(super) fn init(native: RModule) -> Result<(), Error> {
    let snapshot: RClass = native.const_get("Snapshot")?;
    snapshot.define_method("alter", native_method!(alter, 3))?;
    Ok(())
}

/// The table after it, how often the commit was tried, whether there was nothing to commit, and what stores were asked.
fn alter(
    ruby: &Ruby,
    snapshot: &NativeSnapshot,
    changes: String,
    user_metadata: Option<String>,
    deadline: Option<f64>,
) -> Result<(NativeSnapshot, u32, bool, RHash), Error> {
    let prepared = || Ok((Change::list_from_json(&changes)?, context(deadline)?));
    let (changes, ctx) = prepared().map_err(|e| to_ruby_error(ruby, e))?;
    let (base, inner) = (snapshot.0.clone(), ctx.clone());
    let done =
        block_on(
            ruby,
            &ctx,
            async move { alter_table(base, &changes, user_metadata, &inner, &Clock::system()).await },
        )?;
    Ok((NativeSnapshot(done.snapshot), done.attempts, done.skipped, asked(ruby, &ctx)?))
}
