//! `DeltaLake::Native::Staged`: files that are written and not committed.

use deltalake_core::clock::Clock;
use deltalake_core::ops::{StagedFiles, commit_staged};
use magnus::{Error, Module, Object, RArray, RClass, RModule, Ruby};

use super::call::{context, define};
use super::snapshot::NativeSnapshot;
use super::written::{Written, transaction, written};
use crate::bridge::{block_on, to_ruby_error};
use crate::{native_function, native_method};

#[magnus::wrap(class = "DeltaLake::Native::Staged", free_immediately, size, frozen_shareable)]
pub(super) struct NativeStaged(pub(super) StagedFiles);

pub(super) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let snapshot: RClass = native.const_get("Snapshot")?;
    snapshot.define_method("commit_staged", native_method!(NativeStaged::commit, 6))?;
    let class = define::<NativeStaged>(ruby, native, "Staged")?;
    class.define_singleton_method("load", native_function!(NativeStaged::load, 1))?;
    class.define_method("to_json", native_method!(NativeStaged::to_json, 0))?;
    class.define_method("rows", native_method!(NativeStaged::rows, 0))?;
    class.define_method("files", native_method!(NativeStaged::files, 0))?;
    class.define_method("bytes", native_method!(NativeStaged::bytes, 0))?;
    Ok(())
}

impl NativeStaged {
    fn load(ruby: &Ruby, json: String) -> Result<Self, Error> {
        StagedFiles::from_json(&json).map(Self).map_err(|e| to_ruby_error(ruby, e))
    }

    fn to_json(ruby: &Ruby, this: &Self) -> Result<String, Error> {
        this.0.to_json().map_err(|e| to_ruby_error(ruby, e))
    }

    fn rows(_ruby: &Ruby, this: &Self) -> Result<u64, Error> {
        Ok(this.0.rows())
    }

    fn files(_ruby: &Ruby, this: &Self) -> Result<u64, Error> {
        Ok(this.0.files())
    }

    fn bytes(_ruby: &Ruby, this: &Self) -> Result<u64, Error> {
        Ok(this.0.bytes())
    }

    #[allow(clippy::too_many_arguments, reason = "Ruby passes every value by position")]
    /// `Snapshot#commit_staged`: makes all of `staged` part of the table.
    fn commit(
        ruby: &Ruby,
        snapshot: &NativeSnapshot,
        staged: RArray,
        once: Option<String>,
        app_id: Option<String>,
        app_version: Option<i64>,
        user_metadata: Option<String>,
        deadline: Option<f64>,
    ) -> Result<Written, Error> {
        let ctx = context(deadline).map_err(|e| to_ruby_error(ruby, e))?;
        let mut files = Vec::with_capacity(staged.len());
        for at in 0..staged.len() {
            let one: &Self = staged.entry(at as isize)?;
            files.push(one.0.clone());
        }
        let txn = transaction(once, app_id, app_version);
        let (base, inner) = (snapshot.0.clone(), ctx.clone());
        let done = block_on(ruby, &ctx, async move {
            commit_staged(base, &files, txn, user_metadata, &inner, &Clock::system()).await
        })?;
        written(ruby, done, &ctx)
    }
}
