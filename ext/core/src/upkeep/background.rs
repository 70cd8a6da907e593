//! Upkeep after commits, behind the back of whoever committed: one at a time for each table and process.

use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, TryLockError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use tokio::runtime::Handle;

use super::checkpoint::write;
use super::cleanup::clean;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::log::WrittenCheckpoint;
use crate::snapshot::Snapshot;

/// How often the log of one table is listed to be cleaned up, at most.
const CLEANUP_EVERY: Duration = Duration::from_secs(3600);

/// Files deleted by one cleanup: the next one goes on.
const DELETES: usize = 1_000;

/// Reports that wait for somebody to take them; the oldest are dropped.
const REPORTS: usize = 64;

/// How often somebody who waits looks again.
const TICK: Duration = Duration::from_millis(10);

/// Times that the lock is tried. It is never held for long, but a fork may have copied it while another thread held it:
/// then there is no upkeep in the child.
const TRIES: usize = 1_000;

static ON: AtomicBool = AtomicBool::new(false);
static PROCESS: LazyLock<Mutex<Process>> = LazyLock::new(|| Mutex::new(Process::of_this()));

/// What the background is doing, and has done.
struct Process {
    /// Whoever has another id is a child: its parent's threads are not in it.
    pid: u32,
    tables: HashMap<String, Table>,
    done: VecDeque<Done>,
}

#[derive(Default)]
struct Table {
    running: bool,
    /// The newest version that became due meanwhile.
    next: Option<Snapshot>,
    /// The newest checkpoint that was seen.
    checkpoint: Option<u64>,
    cleaned: Option<Instant>,
}

/// What came of one piece of upkeep.
#[derive(Debug)]
pub struct Done {
    /// The table's address.
    pub table: String,
    /// What was done, or what went wrong.
    pub result: Result<Kept>,
}

/// A checkpoint that was written behind a commit, and the cleanup that followed.
#[derive(Debug)]
pub struct Kept {
    /// The checkpoint.
    pub checkpoint: WrittenCheckpoint,
    /// Expired files of the log that were deleted.
    pub expired: u64,
}

/// Whether commits are followed by upkeep. They are not until somebody says so.
pub fn set_background(on: bool) {
    ON.store(on, Ordering::Relaxed);
}

/// Starts what is due after the commit of this version, and returns at once. Whatever fails there fails no commit.
pub fn after_commit(snapshot: &Snapshot, clock: &Clock) {
    if !ON.load(Ordering::Relaxed) {
        return;
    }
    let (Some(mut process), Ok(runtime)) = (lock(), Handle::try_current()) else { return };
    let table = process.tables.entry(snapshot.storage().identity()).or_default();
    table.checkpoint = table.checkpoint.max(snapshot.checkpoint_version());
    if !is_due(snapshot, table.checkpoint) {
        return;
    }
    if table.running {
        table.next = Some(snapshot.clone());
        return;
    }
    table.running = true;
    let running = Running { table: snapshot.storage().identity(), over: false };
    let (snapshot, clock) = (snapshot.clone(), clock.clone());
    // On a thread of its own: encoding is work, and the runtime's threads are for those who wait.
    let handle = runtime.clone();
    runtime.spawn_blocking(move || handle.block_on(work(running, snapshot, clock)));
}

/// Whether nothing is under way in this process.
pub fn is_idle() -> bool {
    lock().is_none_or(|process| process.tables.values().all(|table| !table.running))
}

/// Waits until nothing is under way.
pub async fn idle() {
    while !is_idle() {
        tokio::time::sleep(TICK).await;
    }
}

/// Takes the reports that have come in, oldest first.
pub fn take_done() -> Vec<Done> {
    lock().map(|mut process| process.done.drain(..).collect()).unwrap_or_default()
}

/// By version, so that of many writers one has the turn; whoever sees that nobody took it steps in.
fn is_due(snapshot: &Snapshot, checkpoint: Option<u64>) -> bool {
    let behind = snapshot.version().saturating_sub(checkpoint.unwrap_or(0));
    is_own_turn(snapshot) || behind >= snapshot.properties().checkpoint_interval.saturating_mul(2)
}

fn is_own_turn(snapshot: &Snapshot) -> bool {
    snapshot.version() > 0 && snapshot.version().is_multiple_of(snapshot.properties().checkpoint_interval)
}

/// Says that upkeep of the table has ended, however it did.
struct Running {
    table: String,
    over: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.over {
            self.with_table(|table| (table.running, table.next) = (false, None));
        }
    }
}

impl Running {
    fn with_table<T>(&self, change: impl FnOnce(&mut Table) -> T) -> Option<T> {
        lock().and_then(|mut process| process.tables.get_mut(&self.table).map(change))
    }

    /// The version that is due by now; where there is none, this piece of upkeep is over.
    fn next(&mut self) -> Option<Snapshot> {
        let next = self.with_table(|table| {
            let next = table.next.take();
            table.running = next.is_some();
            next
        });
        self.over = matches!(next, Some(None));
        next.flatten()
    }

    fn report(&self, table: &str, result: Result<Kept>) {
        if let Some(mut process) = lock() {
            if process.done.len() == REPORTS {
                process.done.pop_front();
            }
            process.done.push_back(Done { table: table.to_owned(), result });
        }
    }
}

async fn work(mut running: Running, mut snapshot: Snapshot, clock: Clock) {
    loop {
        let done = AssertUnwindSafe(keep_up(&running, &snapshot, &clock)).catch_unwind().await;
        let done = done.unwrap_or_else(|_| Err(Error::internal("writing a checkpoint failed")));
        if let Some(result) = done.transpose() {
            running.report(snapshot.uri(), result);
        }
        match running.next() {
            Some(next) => snapshot = next,
            None => return,
        }
    }
}

async fn keep_up(running: &Running, snapshot: &Snapshot, clock: &Clock) -> Result<Option<Kept>> {
    if !is_own_turn(snapshot) {
        // Somebody else may have written one that this process has not seen.
        let newest = snapshot.newest_checkpoint().await?;
        running.with_table(|table| table.checkpoint = table.checkpoint.max(newest));
        if !is_due(snapshot, newest) {
            return Ok(None);
        }
    }
    let written = write(snapshot, clock, true).await?;
    running.with_table(|table| table.checkpoint = table.checkpoint.max(Some(snapshot.version())));
    let Some(checkpoint) = written else { return Ok(None) };
    let is_cleaned = |table: &mut Table| {
        let recently = table.cleaned.is_some_and(|at| at.elapsed() < CLEANUP_EVERY);
        if !recently {
            table.cleaned = Some(Instant::now());
        }
        recently
    };
    let expired =
        if running.with_table(is_cleaned) == Some(false) { clean(snapshot, clock, DELETES).await?.files } else { 0 };
    Ok(Some(Kept { checkpoint, expired }))
}

fn lock() -> Option<MutexGuard<'static, Process>> {
    for _ in 0..TRIES {
        let locked = match PROCESS.try_lock() {
            Ok(process) => process,
            Err(TryLockError::Poisoned(e)) => e.into_inner(),
            Err(TryLockError::WouldBlock) => {
                std::thread::yield_now();
                continue;
            }
        };
        return Some(ours(locked));
    }
    None
}

/// A child begins anew. What it has of its parent is leaked: clients in it have threads and sockets that are not here.
fn ours(mut process: MutexGuard<'static, Process>) -> MutexGuard<'static, Process> {
    if process.pid != process::id() {
        std::mem::forget(std::mem::replace(&mut *process, Process::of_this()));
    }
    process
}

impl Process {
    fn of_this() -> Self {
        Self { pid: process::id(), tables: HashMap::new(), done: VecDeque::new() }
    }
}
