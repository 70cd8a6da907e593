//! What one call of a user carries through the layers: its deadline, whether its commit is on the wire, and what it has asked
//! of stores.

mod meter;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::error::{Error, ErrorKind, Result};

pub use meter::{Meter, Metered, RequestCounts, RequestKind};

tokio::task_local! {
    /// The call for which a task works.
    static CALL: Context;
}

/// One call's deadline, commit gate and meter. Cheap to clone; clones share gate and meter.
#[derive(Debug, Clone, Default)]
pub struct Context {
    deadline: Option<(Instant, Duration)>,
    gate: Arc<CommitGate>,
    meter: Arc<Meter>,
}

impl Context {
    /// A context that ends `after` from now, or never.
    pub fn new(after: Option<Duration>) -> Self {
        Self { deadline: after.map(|d| (Instant::now() + d, d)), ..Self::default() }
    }

    /// The context of the call for which this task works; a new one outside of any.
    pub fn current() -> Self {
        CALL.try_with(Self::clone).unwrap_or_default()
    }

    /// Does `work` for this call: what it asks of stores counts here.
    pub fn scope<W: Future>(&self, work: W) -> impl Future<Output = W::Output> + use<W> {
        CALL.scope(self.clone(), work)
    }

    /// Counts what the call asks of stores.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Time left; `None` where there is no deadline.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|(at, _)| at.saturating_duration_since(Instant::now()))
    }

    /// `DeadlineExceeded` once the deadline has passed.
    pub fn check(&self) -> Result<()> {
        match self.deadline {
            Some((at, after)) if Instant::now() >= at => Err(exceeded(after)),
            _ => Ok(()),
        }
    }

    /// Runs `work` until it ends or the deadline passes.
    pub async fn limit<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let Some((at, after)) = self.deadline else { return work.await };
        match tokio::time::timeout_at(at.into(), work).await {
            Ok(done) => done,
            Err(_) => Err(exceeded(after)),
        }
    }

    /// Where the commit of this call stands.
    pub fn gate(&self) -> &Arc<CommitGate> {
        &self.gate
    }
}

/// As [`tokio::spawn`], for the call that this task works for.
pub fn spawn<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    tokio::spawn(carried(work))
}

/// `work` for the call that this task works for, wherever it is polled.
pub fn carried<W: Future>(work: W) -> impl Future<Output = W::Output> + use<W> {
    Context::current().scope(work)
}

fn exceeded(after: Duration) -> Error {
    Error::new(ErrorKind::DeadlineExceeded, format!("the deadline of {} s passed", after.as_secs_f64()))
}

/// Tells whether a commit file is being put just now: the one step that is not cut short.
#[derive(Debug)]
pub struct CommitGate {
    version: AtomicU64,
    done: tokio::sync::Notify,
}

const IDLE: u64 = u64::MAX;

impl Default for CommitGate {
    fn default() -> Self {
        Self { version: AtomicU64::new(IDLE), done: tokio::sync::Notify::new() }
    }
}

impl CommitGate {
    /// The version whose commit file is on the wire, if one is.
    pub fn in_flight(&self) -> Option<u64> {
        match self.version.load(Ordering::Acquire) {
            IDLE => None,
            version => Some(version),
        }
    }

    /// Waits until no commit file is on the wire.
    pub async fn idle(&self) {
        loop {
            let notified = self.done.notified();
            if self.in_flight().is_none() {
                return;
            }
            notified.await;
        }
    }

    /// Marks `version` as being put until the guard is dropped.
    pub fn enter(self: &Arc<Self>, version: u64) -> CommitInFlight {
        self.version.store(version, Ordering::Release);
        CommitInFlight(Arc::clone(self))
    }
}

/// Held by the task that puts a commit file.
#[derive(Debug)]
pub struct CommitInFlight(Arc<CommitGate>);

impl Drop for CommitInFlight {
    fn drop(&mut self) {
        self.0.version.store(IDLE, Ordering::Release);
        self.0.done.notify_waiters();
    }
}
