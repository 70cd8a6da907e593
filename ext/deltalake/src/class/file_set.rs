//! `DeltaLake::Native::FileSet`: given files, read as those of a snapshot are.

use deltalake_core::scan::{FileSet, FileTask};
use deltalake_core::storage::Storage;
use magnus::{Error, Module, RArray, RModule, Ruby};

use super::call::define;
use super::scan::NativeScan;
use crate::bridge::to_ruby_error;
use crate::native_method;

#[magnus::wrap(class = "DeltaLake::Native::FileSet", free_immediately, size, frozen_shareable)]
pub(super) struct NativeFileSet(pub(super) FileSet);

pub(super) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = define::<NativeFileSet>(ruby, native, "FileSet")?;
    class.define_method("version", native_method!(NativeFileSet::version, 0))?;
    class.define_method("uri", native_method!(NativeFileSet::uri, 0))?;
    class.define_method("scan", native_method!(NativeFileSet::scan, 3))?;
    Ok(())
}

impl NativeFileSet {
    pub(super) fn of_task(ruby: &Ruby, json: &str, storage: &Storage) -> Result<Self, Error> {
        let files = FileTask::from_json(json).and_then(|task| task.into_files(storage));
        files.map(Self).map_err(|e| to_ruby_error(ruby, e))
    }

    fn version(_ruby: &Ruby, this: &Self) -> Result<u64, Error> {
        Ok(this.0.snapshot().version())
    }

    fn uri(_ruby: &Ruby, this: &Self) -> Result<String, Error> {
        Ok(this.0.snapshot().uri().to_owned())
    }

    fn scan(
        ruby: &Ruby,
        this: &Self,
        columns: Option<Vec<String>>,
        conditions: RArray,
        limit: Option<u64>,
    ) -> Result<NativeScan, Error> {
        let options = NativeScan::options(ruby, this.0.snapshot().schema(), columns, conditions, limit)?;
        NativeScan::new(ruby, this.0.scan(options))
    }
}
