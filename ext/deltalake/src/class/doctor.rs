//! What `DeltaLake::Doctor` looks at: a table's folder, its store, and what we can do with it.

use deltalake_core::clock::Clock;
use deltalake_core::features::{check_appendable, check_upkeep};
use deltalake_core::ops::{self, Amount};
use deltalake_core::storage::ObjectMeta;
use magnus::{Error, Module, RArray, RClass, RHash, RModule, Ruby};

use super::call::context;
use super::snapshot::NativeSnapshot;
use super::table::NativeTable;
use crate::bridge::{block_on, to_ruby_error};
use crate::native_method;

pub(super) fn init(native: RModule) -> Result<(), Error> {
    let table: RClass = native.const_get("Table")?;
    table.define_method("list", native_method!(list, 2))?;
    table.define_method("walk", native_method!(walk, 2))?;
    table.define_method("ready_to_commit", native_method!(ready_to_commit, 1))?;
    let snapshot: RClass = native.const_get("Snapshot")?;
    snapshot.define_method("leftovers", native_method!(leftovers, 2))?;
    snapshot.define_method("refusals", native_method!(refusals, 0))?;
    Ok(())
}

/// Key, bytes and milliseconds since the Unix epoch of what lies right in a folder of the table.
fn list(ruby: &Ruby, table: &NativeTable, folder: String, deadline: Option<f64>) -> Result<RArray, Error> {
    let ctx = context(deadline).map_err(|e| to_ruby_error(ruby, e))?;
    let storage = table.storage().clone();
    objects(ruby, block_on(ruby, &ctx, async move { storage.list(&folder, None).await })?)
}

/// The same of all of it, `most` at most; and whether that is all.
fn walk(ruby: &Ruby, table: &NativeTable, most: usize, deadline: Option<f64>) -> Result<(RArray, bool), Error> {
    let ctx = context(deadline).map_err(|e| to_ruby_error(ruby, e))?;
    let storage = table.storage().clone();
    let walked = block_on(ruby, &ctx, async move { storage.walk(most).await })?;
    Ok((objects(ruby, walked.objects)?, walked.complete))
}

fn objects(ruby: &Ruby, found: Vec<ObjectMeta>) -> Result<RArray, Error> {
    let out = ruby.ary_new_capa(found.len());
    for object in found {
        out.push((object.key, object.size, object.modified_ms))?;
    }
    Ok(out)
}

/// An error where no commit may be put to the store.
fn ready_to_commit(ruby: &Ruby, table: &NativeTable, deadline: Option<f64>) -> Result<(), Error> {
    let ctx = context(deadline).map_err(|e| to_ruby_error(ruby, e))?;
    let storage = table.storage().clone();
    block_on(ruby, &ctx, async move { storage.ready_to_commit().await })
}

fn leftovers(ruby: &Ruby, snapshot: &NativeSnapshot, most: usize, deadline: Option<f64>) -> Result<RHash, Error> {
    let ctx = context(deadline).map_err(|e| to_ruby_error(ruby, e))?;
    let known = snapshot.0.clone();
    let found = block_on(ruby, &ctx, async move { ops::leftovers(&known, Clock::system().now_ms(), most).await })?;
    let hash = ruby.hash_new();
    hash.aset(ruby.to_symbol("complete"), found.complete)?;
    for (name, Amount { files, bytes }) in
        [("live", found.live), ("kept", found.kept), ("young", found.young), ("orphans", found.orphans)]
    {
        let amount = ruby.hash_new();
        amount.aset(ruby.to_symbol("files"), files)?;
        amount.aset(ruby.to_symbol("bytes"), bytes)?;
        hash.aset(ruby.to_symbol(name), amount)?;
    }
    hash.aset(ruby.to_symbol("orphan_examples"), found.orphan_examples)?;
    hash.aset(ruby.to_symbol("missing"), found.missing)?;
    hash.aset(ruby.to_symbol("missing_examples"), found.missing_examples)?;
    Ok(hash)
}

/// Why nothing can be appended, and why no checkpoint can be written; nothing where it can.
fn refusals(_ruby: &Ruby, snapshot: &NativeSnapshot) -> Result<(Option<String>, Option<String>), Error> {
    let table = &snapshot.0;
    let told = |checked: deltalake_core::Result<()>| checked.err().map(|e| e.message().to_owned());
    let append = check_appendable(table.protocol(), table.metadata(), table.schema());
    Ok((told(append), told(check_upkeep(table.protocol()))))
}
