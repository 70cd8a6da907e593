//! `DeltaLake::Native::FileStream` and `FileLot`: the data files of a scan, some at a time.

use deltalake_core::Error as CoreError;
use deltalake_core::context::Context;
use deltalake_core::scan::{DataFile, FileLot, FileStream};
use magnus::{DataTypeFunctions, Error, Module, RHash, RModule, RString, Ruby, TypedData};

use super::call::{Exclusive, define};
use crate::bridge::{MemoryGuard, block_on, to_ruby_error};
use crate::convert::scalar_to_ruby;
use crate::native_method;

#[magnus::wrap(class = "DeltaLake::Native::FileStream", free_immediately, size)]
pub(super) struct NativeFileStream {
    ctx: Context,
    state: Exclusive<FileStream>,
}

/// Files by their place in the lot: a Ruby object for each of their parts is made only where it is asked for.
#[derive(TypedData)]
#[magnus(class = "DeltaLake::Native::FileLot", free_immediately, size)]
pub(super) struct NativeFileLot {
    files: FileLot,
    memory: MemoryGuard,
}

impl DataTypeFunctions for NativeFileLot {
    fn size(&self) -> usize {
        size_of::<Self>() + self.memory.bytes()
    }
}

pub(super) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = define::<NativeFileStream>(ruby, native, "FileStream")?;
    class.define_method("next", native_method!(NativeFileStream::next, 0))?;
    let class = define::<NativeFileLot>(ruby, native, "FileLot")?;
    class.define_method("length", native_method!(NativeFileLot::length, 0))?;
    class.define_method("path", native_method!(NativeFileLot::path, 1))?;
    class.define_method("bytes", native_method!(NativeFileLot::bytes, 1))?;
    class.define_method("rows", native_method!(NativeFileLot::rows, 1))?;
    class.define_method("deleted_rows", native_method!(NativeFileLot::deleted_rows, 1))?;
    class.define_method("partition", native_method!(NativeFileLot::partition, 1))?;
    class.define_method("stats", native_method!(NativeFileLot::stats, 1))?;
    class.define_method("modified_ms", native_method!(NativeFileLot::modified_ms, 1))?;
    Ok(())
}

impl NativeFileStream {
    pub(super) fn new(files: FileStream, ctx: Context) -> Self {
        Self { ctx, state: Exclusive::new("list of files", files) }
    }

    fn next(ruby: &Ruby, this: &Self) -> Result<Option<NativeFileLot>, Error> {
        this.ctx.check().map_err(|e| to_ruby_error(ruby, e))?;
        let Some(mut files) = this.state.take().map_err(|e| to_ruby_error(ruby, e))? else { return Ok(None) };
        let (files, found) = block_on(ruby, &this.ctx, async move {
            let found = files.next().await?;
            Ok((files, found))
        })?;
        let Some(found) = found else {
            this.state.close();
            return Ok(None);
        };
        this.state.put(files);
        let memory = MemoryGuard::new(ruby, found.memory());
        Ok(Some(NativeFileLot { files: found, memory }))
    }
}

impl NativeFileLot {
    fn file(&self, ruby: &Ruby, index: usize) -> Result<DataFile<'_>, Error> {
        self.files
            .get(index)
            .ok_or_else(|| to_ruby_error(ruby, CoreError::argument(format!("there is no file {index}"))))
    }

    fn length(_: &Ruby, this: &Self) -> Result<usize, Error> {
        Ok(this.files.len())
    }

    fn path(ruby: &Ruby, this: &Self, index: usize) -> Result<RString, Error> {
        this.file(ruby, index).map(|f| ruby.str_new(f.path()))
    }

    fn bytes(ruby: &Ruby, this: &Self, index: usize) -> Result<u64, Error> {
        this.file(ruby, index).map(|f| f.size())
    }

    fn rows(ruby: &Ruby, this: &Self, index: usize) -> Result<Option<u64>, Error> {
        this.file(ruby, index).map(|f| f.rows())
    }

    fn deleted_rows(ruby: &Ruby, this: &Self, index: usize) -> Result<u64, Error> {
        this.file(ruby, index).map(|f| f.deleted_rows())
    }

    fn partition(ruby: &Ruby, this: &Self, index: usize) -> Result<RHash, Error> {
        let values = this.file(ruby, index)?.partition().map_err(|e| to_ruby_error(ruby, e))?;
        let partition = ruby.hash_new();
        for (column, value) in &values {
            let value = scalar_to_ruby(ruby, value.as_ref()).map_err(|e| e.into_ruby(ruby))?;
            partition.aset(ruby.to_symbol(column), value)?;
        }
        Ok(partition)
    }

    fn stats(ruby: &Ruby, this: &Self, index: usize) -> Result<Option<RString>, Error> {
        this.file(ruby, index).map(|f| f.stats().map(|stats| ruby.str_new(stats)))
    }

    fn modified_ms(ruby: &Ruby, this: &Self, index: usize) -> Result<i64, Error> {
        this.file(ruby, index).map(|f| f.modification_time_ms())
    }
}
