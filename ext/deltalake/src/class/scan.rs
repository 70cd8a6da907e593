//! `DeltaLake::Native::Scan`: what is to be read of a snapshot.

use std::time::Instant;

use deltalake_core::context::Context;
use deltalake_core::scan::{Scan, ScanOptions};
use deltalake_core::schema::Schema;
use magnus::{Error, Module, RArray, RHash, RModule, Ruby};

use super::arrow_stream::NativeArrowStream;
use super::call::{asked, context, define};
use super::condition;
use super::files::NativeFileStream;
use super::stream::NativeStream;
use crate::bridge::{block_on, to_ruby_error};
use crate::native_method;

#[magnus::wrap(class = "DeltaLake::Native::Scan", free_immediately, size, frozen_shareable)]
pub(super) struct NativeScan(Scan);

pub(super) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    let class = define::<NativeScan>(ruby, native, "Scan")?;
    class.define_method("schema_json", native_method!(NativeScan::schema_json, 0))?;
    class.define_method("explain", native_method!(NativeScan::explain, 2))?;
    class.define_method("count", native_method!(NativeScan::count, 1))?;
    class.define_method("stream", native_method!(NativeScan::stream, 1))?;
    class.define_method("arrow_stream", native_method!(NativeScan::arrow_stream, 1))?;
    class.define_method("tasks", native_method!(NativeScan::tasks, 2))?;
    class.define_method("files", native_method!(NativeScan::files, 1))?;
    Ok(())
}

impl NativeScan {
    pub(super) fn new(ruby: &Ruby, scan: deltalake_core::Result<Scan>) -> Result<Self, Error> {
        scan.map(Self).map_err(|e| to_ruby_error(ruby, e))
    }

    /// What is read, as Ruby says it of rows of `schema`.
    pub(super) fn options(
        ruby: &Ruby,
        schema: &Schema,
        columns: Option<Vec<String>>,
        conditions: RArray,
        limit: Option<u64>,
    ) -> Result<ScanOptions, Error> {
        let predicate = condition::predicate(ruby, conditions, schema).map_err(|e| e.into_ruby(ruby))?;
        Ok(ScanOptions { columns, predicate: Some(predicate), limit, ..ScanOptions::default() })
    }

    fn schema_json(_ruby: &Ruby, this: &Self) -> Result<String, Error> {
        Ok(this.0.schema().to_json())
    }

    /// With `analyze` the scan is run too, and what is told of stores is of that run.
    fn explain(ruby: &Ruby, this: &Self, analyze: bool, deadline: Option<f64>) -> Result<RHash, Error> {
        let planning = context(deadline).map_err(|e| to_ruby_error(ruby, e))?;
        let (scan, inner) = (this.0.clone(), planning.clone());
        let plan = block_on(ruby, &planning, async move { scan.explain(&inner).await })?;
        let hash = match analyze {
            false => asked(ruby, &planning)?,
            true => this.run(ruby, Context::new(planning.remaining()))?,
        };
        for (name, value) in [
            ("files_total", plan.total.files),
            ("bytes_total", plan.total.bytes),
            ("files_pruned_by_partition", plan.pruned_by_partition.files),
            ("bytes_pruned_by_partition", plan.pruned_by_partition.bytes),
            ("files_pruned_by_stats", plan.pruned_by_stats.files),
            ("bytes_pruned_by_stats", plan.pruned_by_stats.bytes),
            ("files_to_read", plan.to_read.files),
            ("bytes_to_read", plan.to_read.bytes),
        ] {
            hash.aset(ruby.to_symbol(name), value)?;
        }
        Ok(hash)
    }

    /// What it takes to read all rows.
    fn run(&self, ruby: &Ruby, ctx: Context) -> Result<RHash, Error> {
        let began = Instant::now();
        let mut stream = self.0.stream(ctx.clone());
        let rows = block_on(ruby, &ctx, async move {
            let mut rows = 0;
            while let Some(batch) = stream.next().await? {
                rows += batch.num_rows() as u64;
            }
            Ok(rows)
        })?;
        let hash = asked(ruby, &ctx)?;
        hash.aset(ruby.to_symbol("rows"), rows)?;
        hash.aset(ruby.to_symbol("seconds"), began.elapsed().as_secs_f64())?;
        Ok(hash)
    }

    fn count(ruby: &Ruby, this: &Self, deadline: Option<f64>) -> Result<u64, Error> {
        let ctx = context(deadline).map_err(|e| to_ruby_error(ruby, e))?;
        let (scan, inner) = (this.0.clone(), ctx.clone());
        block_on(ruby, &ctx, async move { scan.count(&inner).await })
    }

    fn stream(ruby: &Ruby, this: &Self, deadline: Option<f64>) -> Result<NativeStream, Error> {
        let ctx = context(deadline).map_err(|e| to_ruby_error(ruby, e))?;
        NativeStream::new(ruby, &this.0, ctx)
    }

    fn arrow_stream(ruby: &Ruby, this: &Self, deadline: Option<f64>) -> Result<NativeArrowStream, Error> {
        let ctx = context(deadline).map_err(|e| to_ruby_error(ruby, e))?;
        NativeArrowStream::of_scan(ruby, &this.0, ctx)
    }

    /// For each task its JSON and the bytes of its files.
    fn tasks(ruby: &Ruby, this: &Self, target_bytes: u64, deadline: Option<f64>) -> Result<RArray, Error> {
        let ctx = context(deadline).map_err(|e| to_ruby_error(ruby, e))?;
        let (scan, inner) = (this.0.clone(), ctx.clone());
        let tasks = block_on(ruby, &ctx, async move {
            let tasks = scan.tasks(target_bytes, &inner).await?;
            tasks.iter().map(|task| Ok((task.to_json()?, task.bytes()))).collect::<deltalake_core::Result<Vec<_>>>()
        })?;
        let out = ruby.ary_new_capa(tasks.len());
        for task in tasks {
            out.push(task)?;
        }
        Ok(out)
    }

    fn files(ruby: &Ruby, this: &Self, deadline: Option<f64>) -> Result<NativeFileStream, Error> {
        let ctx = context(deadline).map_err(|e| to_ruby_error(ruby, e))?;
        // Replay starts tasks as soon as it is made.
        let scan = this.0.clone();
        let files = block_on(ruby, &ctx, async move { Ok(scan.files()) })?;
        Ok(NativeFileStream::new(files, ctx))
    }
}
