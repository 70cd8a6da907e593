//! What one call of a user carries through the layers: its deadline, and whether its commit is on the wire.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, Result};

/// One call's deadline and commit gate. Cheap to clone; clones share the gate.
#[derive(Debug, Clone, Default)]
pub struct Context {
    deadline: Option<(Instant, Duration)>,
    gate: Arc<CommitGate>,
}

impl Context {
    /// A context that ends `after` from now, or never.
    pub fn new(after: Option<Duration>) -> Self {
        Self { deadline: after.map(|d| (Instant::now() + d, d)), gate: Arc::default() }
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
