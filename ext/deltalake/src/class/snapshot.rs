//! `DeltaLake::Native::Snapshot`: a table at one version.

use deltalake_core::clock::Clock;
use deltalake_core::log::history;
use deltalake_core::ops::{Point, changes};
use deltalake_core::scan::Scan;
use deltalake_core::snapshot::{Snapshot, SnapshotCache};
use magnus::typed_data::Obj;
use magnus::{Error, Module, RArray, RHash, RModule, Ruby};

use super::call::{context, define};
use super::file_set::NativeFileSet;
use super::scan::NativeScan;
use crate::bridge::{block_on, to_ruby_error};
use crate::native_method;

#[magnus::wrap(class = "DeltaLake::Native::Snapshot", free_immediately, size, frozen_shareable)]
pub(super) struct NativeSnapshot(pub(super) Snapshot);

pub(super) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = define::<NativeSnapshot>(ruby, native, "Snapshot")?;
    class.define_method("version", native_method!(NativeSnapshot::version, 0))?;
    class.define_method("uri", native_method!(NativeSnapshot::uri, 0))?;
    class.define_method("schema_json", native_method!(NativeSnapshot::schema_json, 0))?;
    class.define_method("partition_columns", native_method!(NativeSnapshot::partition_columns, 0))?;
    class.define_method("properties", native_method!(NativeSnapshot::properties, 0))?;
    class.define_method("protocol", native_method!(NativeSnapshot::protocol, 0))?;
    class.define_method("name", native_method!(NativeSnapshot::name, 0))?;
    class.define_method("description", native_method!(NativeSnapshot::description, 0))?;
    class.define_method("id", native_method!(NativeSnapshot::id, 0))?;
    class.define_method("created_time_ms", native_method!(NativeSnapshot::created_time_ms, 0))?;
    class.define_method("txn_version", native_method!(NativeSnapshot::txn_version, 1))?;
    class.define_method("txn_versions", native_method!(NativeSnapshot::txn_versions, 0))?;
    class.define_method("domain_metadata", native_method!(NativeSnapshot::domain_metadata, 0))?;
    class.define_method("supersedes?", native_method!(NativeSnapshot::supersedes, 1))?;
    class.define_method("refresh", native_method!(NativeSnapshot::refresh, 1))?;
    class.define_method("history", native_method!(NativeSnapshot::history, 2))?;
    class.define_method("changes", native_method!(NativeSnapshot::changes, 5))?;
    class.define_method("task", native_method!(NativeSnapshot::task, 1))?;
    class.define_method("scan", native_method!(NativeSnapshot::scan, 3))?;
    Ok(())
}

/// Reader and writer version, reader and writer features.
type ProtocolParts = (i32, i32, Option<Vec<String>>, Option<Vec<String>>);

impl NativeSnapshot {
    fn version(_ruby: &Ruby, this: &Self) -> Result<u64, Error> {
        Ok(this.0.version())
    }

    fn uri(_ruby: &Ruby, this: &Self) -> Result<String, Error> {
        Ok(this.0.uri().to_owned())
    }

    fn schema_json(_ruby: &Ruby, this: &Self) -> Result<String, Error> {
        Ok(this.0.metadata().schema_string.clone())
    }

    fn partition_columns(_ruby: &Ruby, this: &Self) -> Result<Vec<String>, Error> {
        Ok(this.0.partition_columns().to_vec())
    }

    fn properties(ruby: &Ruby, this: &Self) -> Result<RHash, Error> {
        let hash = ruby.hash_new();
        for (key, value) in &this.0.metadata().configuration {
            hash.aset(key.as_str(), value.as_deref())?;
        }
        Ok(hash)
    }

    fn protocol(_ruby: &Ruby, this: &Self) -> Result<ProtocolParts, Error> {
        let p = this.0.protocol();
        Ok((p.min_reader_version, p.min_writer_version, p.reader_features.clone(), p.writer_features.clone()))
    }

    fn name(_ruby: &Ruby, this: &Self) -> Result<Option<String>, Error> {
        Ok(this.0.metadata().name.clone())
    }

    fn description(_ruby: &Ruby, this: &Self) -> Result<Option<String>, Error> {
        Ok(this.0.metadata().description.clone())
    }

    fn id(_ruby: &Ruby, this: &Self) -> Result<String, Error> {
        Ok(this.0.metadata().id.clone())
    }

    /// Whether it tells more of what the table is now than `other` does.
    fn supersedes(_ruby: &Ruby, this: &Self, other: Obj<Self>) -> Result<bool, Error> {
        Ok(this.0.supersedes(&other.0))
    }

    fn created_time_ms(_ruby: &Ruby, this: &Self) -> Result<Option<i64>, Error> {
        Ok(this.0.metadata().created_time)
    }

    fn txn_version(_ruby: &Ruby, this: &Self, app_id: String) -> Result<Option<i64>, Error> {
        Ok(this.0.txn(&app_id, Clock::system().now_ms()).map(|txn| txn.version))
    }

    fn txn_versions(ruby: &Ruby, this: &Self) -> Result<RHash, Error> {
        let hash = ruby.hash_new();
        for txn in this.0.txns() {
            hash.aset(txn.app_id.as_str(), txn.version)?;
        }
        Ok(hash)
    }

    fn domain_metadata(ruby: &Ruby, this: &Self) -> Result<RHash, Error> {
        let hash = ruby.hash_new();
        for (domain, configuration) in this.0.domain_metadata() {
            hash.aset(domain, configuration)?;
        }
        Ok(hash)
    }

    fn refresh(ruby: &Ruby, this: &Self, deadline: Option<f64>) -> Result<Self, Error> {
        let ctx = context(deadline).map_err(|e| to_ruby_error(ruby, e))?;
        let snapshot = this.0.clone();
        let refreshed = async move {
            let newest = snapshot.refresh().await?;
            SnapshotCache::process().learn(&newest);
            Ok(newest)
        };
        block_on(ruby, &ctx, refreshed).map(Self)
    }

    fn history(ruby: &Ruby, this: &Self, limit: Option<usize>, deadline: Option<f64>) -> Result<RArray, Error> {
        let ctx = context(deadline).map_err(|e| to_ruby_error(ruby, e))?;
        let snapshot = this.0.clone();
        let records =
            block_on(ruby, &ctx, async move { history(snapshot.storage(), snapshot.version(), limit).await })?;
        let out = ruby.ary_new_capa(records.len());
        for record in records {
            out.push((record.version, record.timestamp_ms, record.info.map(|info| info.get().to_owned())))?;
        }
        Ok(out)
    }

    fn changes(
        ruby: &Ruby,
        this: &Self,
        from_version: Option<u64>,
        from_ms: Option<i64>,
        to_version: Option<u64>,
        to_ms: Option<i64>,
        deadline: Option<f64>,
    ) -> Result<NativeFileSet, Error> {
        let ctx = context(deadline).map_err(|e| to_ruby_error(ruby, e))?;
        let point = |version: Option<u64>, ms: Option<i64>| version.map(Point::Version).or(ms.map(Point::Time));
        let Some(from) = point(from_version, from_ms) else {
            return Err(to_ruby_error(ruby, deltalake_core::Error::argument("changes need a first version")));
        };
        let (snapshot, to) = (this.0.clone(), point(to_version, to_ms));
        block_on(ruby, &ctx, async move { changes(&snapshot, from, to).await }).map(NativeFileSet)
    }

    /// The files of a task of a scan of this table, from its JSON.
    fn task(ruby: &Ruby, this: &Self, json: String) -> Result<NativeFileSet, Error> {
        NativeFileSet::of_task(ruby, &json, this.0.storage())
    }

    fn scan(
        ruby: &Ruby,
        this: &Self,
        columns: Option<Vec<String>>,
        conditions: RArray,
        limit: Option<u64>,
    ) -> Result<NativeScan, Error> {
        let options = NativeScan::options(ruby, this.0.schema(), columns, conditions, limit)?;
        NativeScan::new(ruby, Scan::new(this.0.clone(), options))
    }
}
