//! Natives that only the specs need: `DeltaLake::Native::Testing`, in builds with the `testing` feature.

use std::hint::black_box;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use deltalake_core::context::Context;
use deltalake_core::error::ConflictKind;
use deltalake_core::{Error, ErrorKind};
use magnus::{DataTypeFunctions, RHash, RModule, Ruby, TypedData, prelude::*};

use super::call::define;
use crate::bridge::{MemoryGuard, block_on, fork, runtime_handle, set_worker_threads, to_ruby_error};
use crate::{native_function, native_method};

static LIVE: AtomicI64 = AtomicI64::new(0);
static STARTED: AtomicU64 = AtomicU64::new(0);
static FINISHED: AtomicU64 = AtomicU64::new(0);
static COMMITTED: AtomicU64 = AtomicU64::new(0);

/// Lives as long as its future, and holds enough memory for a leak to show.
pub(super) struct Probe(Vec<u8>);

impl Probe {
    pub(super) fn new() -> Self {
        LIVE.fetch_add(1, Ordering::SeqCst);
        STARTED.fetch_add(1, Ordering::SeqCst);
        Self(vec![1; 64 * 1024])
    }

    fn finish(&self) -> usize {
        FINISHED.fetch_add(1, Ordering::SeqCst);
        self.0.len()
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        LIVE.fetch_sub(1, Ordering::SeqCst);
    }
}

fn context(deadline: Option<f64>) -> Context {
    Context::new(deadline.map(Duration::from_secs_f64))
}

fn noop(ruby: &Ruby) -> Result<(), magnus::Error> {
    block_on(ruby, &Context::default(), async { Ok(()) })
}

fn sleep(ruby: &Ruby, seconds: f64, deadline: Option<f64>) -> Result<usize, magnus::Error> {
    let probe = Probe::new();
    block_on(ruby, &context(deadline), async move {
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        Ok(probe.finish())
    })
}

fn spin(ruby: &Ruby, seconds: f64) -> Result<usize, magnus::Error> {
    let probe = Probe::new();
    block_on(ruby, &Context::default(), async move {
        let until = Instant::now() + Duration::from_secs_f64(seconds);
        while black_box(Instant::now()) < until {}
        Ok(probe.finish())
    })
}

fn steps(ruby: &Ruby, count: u64) -> Result<usize, magnus::Error> {
    let probe = Probe::new();
    block_on(ruby, &Context::default(), async move {
        for _ in 0..count {
            tokio::task::yield_now().await;
        }
        Ok(probe.finish())
    })
}

/// A commit put of `seconds` as a task of its own, which counts when it is done.
fn commit(ruby: &Ruby, seconds: f64, version: u64, deadline: Option<f64>) -> Result<u64, magnus::Error> {
    let ctx = context(deadline);
    let gate = ctx.gate().clone();
    let probe = Probe::new();
    block_on(ruby, &ctx, async move {
        let in_flight = gate.enter(version);
        let put = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
            COMMITTED.fetch_add(1, Ordering::SeqCst);
            drop(in_flight);
        });
        put.await.map_err(|error| Error::internal(error.to_string()))?;
        probe.finish();
        Ok(version)
    })
}

#[allow(clippy::panic)]
fn panic_in_future(ruby: &Ruby, message: String) -> Result<(), magnus::Error> {
    let probe = Probe::new();
    block_on(ruby, &Context::default(), async move {
        tokio::task::yield_now().await;
        black_box(&probe);
        panic!("{message}")
    })
}

#[allow(clippy::panic)]
fn panic_in_method(_ruby: &Ruby, message: String) -> Result<(), magnus::Error> {
    panic!("{message}")
}

fn fail(
    ruby: &Ruby,
    kind: String,
    message: String,
    table: Option<String>,
    version: Option<u64>,
    cause: Option<String>,
) -> Result<(), magnus::Error> {
    let kind = match kind.as_str() {
        "argument" => ErrorKind::Argument,
        "configuration" => ErrorKind::Configuration,
        "table_not_found" => ErrorKind::TableNotFound,
        "table_exists" => ErrorKind::TableExists,
        "unsupported_feature" => ErrorKind::UnsupportedFeature,
        "corrupt_table" => ErrorKind::CorruptTable,
        "file_not_found" => ErrorKind::FileNotFound,
        "schema_mismatch" => ErrorKind::SchemaMismatch,
        "constraint_violation" => ErrorKind::ConstraintViolation,
        "commit_conflict" => ErrorKind::CommitConflict(ConflictKind::ConcurrentTransaction),
        "commit_outcome_unknown" => ErrorKind::CommitOutcomeUnknown,
        "storage" => ErrorKind::Storage,
        "permission_denied" => ErrorKind::PermissionDenied,
        "storage_unavailable" => ErrorKind::StorageUnavailable,
        "deadline_exceeded" => ErrorKind::DeadlineExceeded,
        "fork" => ErrorKind::Fork,
        _ => ErrorKind::Internal,
    };
    block_on(ruby, &Context::default(), async move {
        let mut error = Error::new(kind, message);
        if let Some(table) = table {
            error = error.with_table(table);
        }
        if let Some(version) = version {
            error = error.with_version(version);
        }
        if let Some(cause) = cause {
            error = error.with_source(Error::internal("between").with_source(std::io::Error::other(cause)));
        }
        Err(error)
    })
}

fn counters(ruby: &Ruby) -> Result<RHash, magnus::Error> {
    let counters = ruby.hash_new();
    counters.aset(ruby.to_symbol("live"), LIVE.load(Ordering::SeqCst))?;
    counters.aset(ruby.to_symbol("started"), STARTED.load(Ordering::SeqCst))?;
    counters.aset(ruby.to_symbol("finished"), FINISHED.load(Ordering::SeqCst))?;
    counters.aset(ruby.to_symbol("committed"), COMMITTED.load(Ordering::SeqCst))?;
    Ok(counters)
}

fn threads(ruby: &Ruby, count: usize) -> Result<(), magnus::Error> {
    set_worker_threads(count).map_err(|error| to_ruby_error(ruby, error))
}

fn workers(ruby: &Ruby) -> Result<usize, magnus::Error> {
    let handle = runtime_handle().map_err(|error| to_ruby_error(ruby, error))?;
    Ok(handle.metrics().num_workers())
}

/// Stands for a stream or a writer: a task of its own, memory that the collector is told of, bound to its process.
#[derive(TypedData)]
#[magnus(class = "DeltaLake::Native::Testing::Stream", free_immediately, size)]
struct Stream(Mutex<Option<fork::Owned<Source>>>);

struct Source {
    probe: Probe,
    memory: MemoryGuard,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Source {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl DataTypeFunctions for Stream {
    fn size(&self) -> usize {
        let Ok(slot) = self.0.try_lock() else { return size_of::<Self>() };
        let source = slot.as_ref().and_then(|owned| owned.get().ok());
        size_of::<Self>() + source.map_or(0, |source| source.memory.bytes())
    }
}

impl Stream {
    fn open(ruby: &Ruby, bytes: usize) -> Result<Self, magnus::Error> {
        let handle = runtime_handle().map_err(|error| to_ruby_error(ruby, error))?;
        let source = Source {
            probe: Probe::new(),
            memory: MemoryGuard::new(ruby, bytes),
            task: handle.spawn(std::future::pending()),
        };
        Ok(Self(Mutex::new(Some(fork::Owned::new("stream", source)))))
    }

    fn next(ruby: &Ruby, this: &Self) -> Result<usize, magnus::Error> {
        let slot = this.0.lock().unwrap_or_else(PoisonError::into_inner);
        let open = slot.as_ref().ok_or_else(|| Error::argument("the stream is closed"));
        let bytes = open.and_then(|owned| owned.get()).map(|source| source.probe.0.len());
        bytes.map_err(|error| to_ruby_error(ruby, error))
    }

    fn close(ruby: &Ruby, this: &Self) -> Result<(), magnus::Error> {
        let taken = this.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let source = taken.map(fork::Owned::into_inner).transpose();
        source.map(drop).map_err(|error| to_ruby_error(ruby, error))
    }
}

/// Defines `DeltaLake::Native::Testing`.
pub(super) fn init(ruby: &Ruby, native: RModule) -> Result<(), magnus::Error> {
    let testing = native.define_module("Testing")?;
    testing.define_singleton_method("noop", native_function!(noop, 0))?;
    testing.define_singleton_method("sleep", native_function!(sleep, 2))?;
    testing.define_singleton_method("spin", native_function!(spin, 1))?;
    testing.define_singleton_method("steps", native_function!(steps, 1))?;
    testing.define_singleton_method("commit", native_function!(commit, 3))?;
    testing.define_singleton_method("panic_in_future", native_function!(panic_in_future, 1))?;
    testing.define_singleton_method("panic_in_method", native_function!(panic_in_method, 1))?;
    testing.define_singleton_method("fail", native_function!(fail, 5))?;
    testing.define_singleton_method("counters", native_function!(counters, 0))?;
    testing.define_singleton_method("threads=", native_function!(threads, 1))?;
    testing.define_singleton_method("workers", native_function!(workers, 0))?;
    let stream = define::<Stream>(ruby, testing, "Stream")?;
    stream.define_singleton_method("open", native_function!(Stream::open, 1))?;
    stream.define_method("next", native_method!(Stream::next, 0))?;
    stream.define_method("close", native_method!(Stream::close, 0))?;
    Ok(())
}
