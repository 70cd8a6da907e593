//! The tokio runtime, one a process id, and the tasks that Ruby threads wait for.

use std::future::pending;
use std::pin::pin;
use std::process;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use deltalake_core::context::Context;
use deltalake_core::{Error, ErrorKind, Result};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::AbortHandle;

use super::panic;
use super::signal::Signal;

/// How long a commit on the wire may outlast its call's deadline or an interrupt.
pub(super) const GRACE: Duration = Duration::from_secs(5);
/// Worker threads where nobody asks for a number: decoding saturates a store's bandwidth well before more pay off.
const DEFAULT_MAX_WORKERS: usize = 4;
/// Threads for blocking file calls; they end by themselves when idle.
const BLOCKING_THREADS: usize = 64;

struct Entry {
    pid: u32,
    workers: usize,
    runtime: Runtime,
}

// A pointer and not a lock: another thread could hold a lock at the moment of a fork.
static CURRENT: AtomicPtr<Entry> = AtomicPtr::new(ptr::null_mut());
static WORKERS: AtomicUsize = AtomicUsize::new(0);

/// The runtime of this process, built at first use and again after a fork.
pub(crate) fn runtime_handle() -> Result<Handle> {
    Ok(entry()?.runtime.handle().clone())
}

/// Sets how many worker threads the runtime gets. An error once it runs with another number.
pub(crate) fn set_worker_threads(count: usize) -> Result<()> {
    if count == 0 {
        return Err(Error::argument("threads must be at least 1"));
    }
    match running() {
        Some(entry) if entry.workers != count => Err(Error::new(
            ErrorKind::Configuration,
            format!(
                "threads cannot become {count}: the runtime runs with {} already; set it before the first call",
                entry.workers
            ),
        )),
        _ => {
            WORKERS.store(count, Ordering::Relaxed);
            Ok(())
        }
    }
}

fn workers() -> usize {
    match WORKERS.load(Ordering::Relaxed) {
        0 => thread::available_parallelism().map_or(1, usize::from).min(DEFAULT_MAX_WORKERS),
        count => count,
    }
}

fn running() -> Option<&'static Entry> {
    // SAFETY: what is published here is never freed.
    unsafe { CURRENT.load(Ordering::Acquire).as_ref() }.filter(|entry| entry.pid == process::id())
}

fn entry() -> Result<&'static Entry> {
    if let Some(entry) = running() {
        return Ok(entry);
    }
    let seen = CURRENT.load(Ordering::Acquire);
    let workers = workers();
    let runtime = Builder::new_multi_thread()
        .worker_threads(workers)
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_name("deltalake")
        .on_thread_start(panic::watch_thread)
        .enable_all()
        .build()
        .map_err(|error| Error::internal("the runtime's threads could not be started").with_source(error))?;
    let new = Box::into_raw(Box::new(Entry { pid: process::id(), workers, runtime }));
    match CURRENT.compare_exchange(seen, new, Ordering::AcqRel, Ordering::Acquire) {
        // SAFETY: just made, and never freed from here on. The entry of another process id is leaked: its threads died
        // in the fork, and to drop it would wait for them.
        Ok(_) => Ok(unsafe { &*new }),
        Err(_) => {
            // SAFETY: never published, so this is its only owner.
            unsafe { Box::from_raw(new) }.runtime.shutdown_background();
            entry()
        }
    }
}

/// A task whose result a Ruby thread waits for; dropping it aborts the task.
pub(super) struct Call<T> {
    shared: Arc<Shared<T>>,
    task: AbortHandle,
}

struct Shared<T> {
    signal: Arc<Signal>,
    result: Mutex<Option<Result<T>>>,
}

impl<T> Shared<T> {
    fn slot(&self) -> std::sync::MutexGuard<'_, Option<Result<T>>> {
        self.result.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Call<T> {
    /// Done once the task has ended, in whatever way.
    pub(super) fn signal(&self) -> &Arc<Signal> {
        &self.shared.signal
    }

    /// The result, once there is one.
    pub(super) fn take(&self) -> Option<Result<T>> {
        let ended = self.shared.signal.is_done();
        let result = self.shared.slot().take();
        if ended && result.is_none() {
            return Some(Err(Error::internal("the task ended without a result")));
        }
        result
    }

    /// Asks the task to end at its next pause.
    pub(super) fn abort(&self) {
        self.task.abort();
    }
}

impl<T> Drop for Call<T> {
    fn drop(&mut self) {
        self.abort();
    }
}

/// Starts `future` on the runtime, bound by the deadline of `ctx`; a panic in it becomes an `Internal` error.
pub(super) fn spawn<T: Send + 'static>(
    ctx: &Context,
    future: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<Call<T>> {
    let shared = Arc::new(Shared { signal: Arc::default(), result: Mutex::new(None) });
    let ended = Ended(Arc::clone(&shared));
    let ctx = ctx.clone();
    let task = runtime_handle()?.spawn(async move {
        let future = ctx.scope(future);
        let result = panic::caught(within_deadline(ctx, future)).await;
        *ended.0.slot() = Some(result);
    });
    Ok(Call { shared, task: task.abort_handle() })
}

/// Tells the waiter, also where the task is aborted; declared before the future, so dropped after it.
struct Ended<T>(Arc<Shared<T>>);

impl<T> Drop for Ended<T> {
    fn drop(&mut self) {
        self.0.signal.done();
    }
}

/// Runs `work` until the deadline of `ctx`; a commit that is on the wire by then gets its grace.
async fn within_deadline<T>(ctx: Context, work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut work = pin!(work);
    let late = tokio::select! {
        biased;
        done = &mut work => return done,
        late = ctx.limit(pending()) => late,
    };
    if ctx.gate().in_flight().is_none() {
        return late;
    }
    tokio::select! {
        biased;
        done = &mut work => return done,
        () = tokio::time::sleep(GRACE) => {}
    }
    match ctx.gate().in_flight() {
        None => late,
        Some(version) => Err(Error::new(
            ErrorKind::CommitOutcomeUnknown,
            format!(
                "the deadline passed while the commit of version {version} was being written, and no answer came \
                 within another {} s: look for that version in the table's history before trying again",
                GRACE.as_secs()
            ),
        )
        .with_version(version)),
    }
}
