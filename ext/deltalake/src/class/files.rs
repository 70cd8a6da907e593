//! `DeltaLake::Native::FileStream`: the data files of a scan, some at a time.

use deltalake_core::context::Context;
use deltalake_core::scan::{DataFile, FileStream};
use magnus::{Error, Module, RArray, RModule, Ruby};

use super::call::{Exclusive, define};
use crate::bridge::{block_on, to_ruby_error};
use crate::convert::scalar_to_ruby;
use crate::native_method;

#[magnus::wrap(class = "DeltaLake::Native::FileStream", free_immediately, size)]
pub(super) struct NativeFileStream {
    ctx: Context,
    state: Exclusive<FileStream>,
}

pub(super) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = define::<NativeFileStream>(ruby, native, "FileStream")?;
    class.define_method("next", native_method!(NativeFileStream::next, 0))?;
    Ok(())
}

impl NativeFileStream {
    pub(super) fn new(files: FileStream, ctx: Context) -> Self {
        Self { ctx, state: Exclusive::new("list of files", files) }
    }

    fn next(ruby: &Ruby, this: &Self) -> Result<Option<RArray>, Error> {
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
        let out = ruby.ary_new_capa(found.len());
        for file in found {
            out.push(parts(ruby, &file)?)?;
        }
        Ok(Some(out))
    }
}

fn parts(ruby: &Ruby, file: &DataFile) -> Result<RArray, Error> {
    let partition = ruby.hash_new();
    for (column, value) in &file.partition {
        partition.aset(ruby.to_symbol(column), scalar_to_ruby(ruby, value.as_ref()).map_err(|e| e.into_ruby(ruby))?)?;
    }
    let out = ruby.ary_new_capa(7);
    out.push(file.path.as_str())?;
    out.push(file.size)?;
    out.push(file.rows)?;
    out.push(file.deleted_rows)?;
    out.push(partition)?;
    out.push(file.stats.as_deref())?;
    out.push(file.modification_time_ms)?;
    Ok(out)
}
