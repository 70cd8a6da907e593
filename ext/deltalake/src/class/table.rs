//! `DeltaLake::Native::Table`: an address and a client. Holds no state of the table.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use deltalake_core::clock::Clock;
use deltalake_core::ops::{self, NewTable};
use deltalake_core::schema::StructType;
use deltalake_core::snapshot::{Snapshot, SnapshotCache};
use deltalake_core::storage::{Storage, StorageOptions, mark};
use magnus::{Error, Module, Object, RModule, Ruby};

use super::call::{context, define};
use super::file_set::NativeFileSet;
use super::snapshot::NativeSnapshot;
use crate::bridge::asking::Asked;
use crate::bridge::{block_on, to_ruby_error};
use crate::{native_function, native_method};

#[magnus::wrap(class = "DeltaLake::Native::Table", free_immediately, size, frozen_shareable)]
pub(super) struct NativeTable(Storage);

pub(super) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = define::<NativeTable>(ruby, native, "Table")?;
    class.define_singleton_method("open", native_function!(NativeTable::open, 4))?;
    class.define_method("uri", native_method!(NativeTable::uri, 0))?;
    class.define_method("exists", native_method!(NativeTable::exists, 1))?;
    class.define_method("snapshot", native_method!(NativeTable::snapshot, 3))?;
    class.define_method("task", native_method!(NativeTable::task, 1))?;
    class.define_method("create", native_method!(NativeTable::create, 7))?;
    Ok(())
}

impl NativeTable {
    fn open(
        ruby: &Ruby,
        uri: String,
        storage: HashMap<String, String>,
        defaults: HashMap<String, HashMap<String, String>>,
        objects: Vec<u64>,
    ) -> Result<Self, Error> {
        // Each is a use of its own, which ends with the last that is made of these options.
        let sources = objects.into_iter().map(|number| (mark(number), Arc::new(Asked::new(number)) as _)).collect();
        let defaults = defaults.into_iter().map(|(store, values)| (store, values.into_iter().collect()));
        let options = StorageOptions { defaults: defaults.collect(), sources, ..StorageOptions::of(storage) };
        Storage::new(&uri, options).map(Self).map_err(|e| to_ruby_error(ruby, e))
    }

    pub(super) fn storage(&self) -> &Storage {
        &self.0
    }

    fn uri(_ruby: &Ruby, this: &Self) -> Result<String, Error> {
        Ok(this.0.uri().to_owned())
    }

    fn exists(ruby: &Ruby, this: &Self, deadline: Option<f64>) -> Result<bool, Error> {
        let ctx = context(deadline).map_err(|e| to_ruby_error(ruby, e))?;
        let storage = this.0.clone();
        block_on(ruby, &ctx, async move { ops::exists(&storage).await })
    }

    fn snapshot(
        ruby: &Ruby,
        this: &Self,
        version: Option<u64>,
        at_ms: Option<i64>,
        deadline: Option<f64>,
    ) -> Result<NativeSnapshot, Error> {
        let ctx = context(deadline).map_err(|e| to_ruby_error(ruby, e))?;
        let storage = this.0.clone();
        let opened = block_on(ruby, &ctx, async move {
            match at_ms {
                Some(at_ms) => Snapshot::open_at(&storage, at_ms).await,
                None if version.is_none() => SnapshotCache::process().open(&storage).await,
                None => Snapshot::open(&storage, version).await,
            }
        });
        opened.map(NativeSnapshot)
    }

    /// The files of a task of a scan, from its JSON.
    fn task(ruby: &Ruby, this: &Self, json: String) -> Result<NativeFileSet, Error> {
        NativeFileSet::of_task(ruby, &json, &this.0)
    }

    #[allow(clippy::too_many_arguments, reason = "Ruby passes every value by position")]
    fn create(
        ruby: &Ruby,
        this: &Self,
        schema_json: String,
        partition_by: Vec<String>,
        cluster_by: Vec<String>,
        name: Option<String>,
        description: Option<String>,
        properties: HashMap<String, String>,
        deadline: Option<f64>,
    ) -> Result<NativeSnapshot, Error> {
        let prepared = || {
            let schema = StructType::from_json(&schema_json)?;
            let properties: BTreeMap<_, _> = properties.into_iter().collect();
            Ok((NewTable { schema, partition_by, cluster_by, name, description, properties }, context(deadline)?))
        };
        let (table, ctx) = prepared().map_err(|e| to_ruby_error(ruby, e))?;
        let (storage, inner) = (this.0.clone(), ctx.clone());
        block_on(ruby, &ctx, async move { ops::create(&storage, table, &inner, &Clock::system()).await })
            .map(NativeSnapshot)
    }
}
