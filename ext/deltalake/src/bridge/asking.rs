//! What tasks ask Ruby for: credentials, of objects that Ruby keeps by number. A thread of Ruby's takes the questions and has
//! them answered; no task waits longer than its limit.

use std::collections::{HashMap, VecDeque};
use std::process;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use deltalake_core::storage::{CredentialSource, GivenCredentials};
use deltalake_core::{Error, ErrorKind, Result};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::{Notify, oneshot};

/// One question, for the thread that has it answered.
pub(crate) struct Question {
    pub(crate) ticket: u64,
    pub(crate) object: u64,
    /// Whether the store has refused what it gave last.
    pub(crate) again: bool,
    pub(crate) limit: Duration,
}

/// The questions of one process.
struct Desk {
    pid: u32,
    papers: Mutex<Papers>,
    came: Notify,
}

#[derive(Default)]
struct Papers {
    last: u64,
    open: VecDeque<Question>,
    answers: HashMap<u64, oneshot::Sender<Result<GivenCredentials>>>,
    unused: Vec<u64>,
}

// A pointer and not a lock: another thread could hold a lock at the moment of a fork.
static CURRENT: AtomicPtr<Desk> = AtomicPtr::new(ptr::null_mut());

fn desk() -> &'static Desk {
    let seen = CURRENT.load(Ordering::Acquire);
    // SAFETY: what is published here is never freed.
    if let Some(desk) = unsafe { seen.as_ref() }.filter(|desk| desk.pid == process::id()) {
        return desk;
    }
    let new = Box::into_raw(Box::new(Desk { pid: process::id(), papers: Mutex::default(), came: Notify::new() }));
    match CURRENT.compare_exchange(seen, new, Ordering::AcqRel, Ordering::Acquire) {
        // SAFETY: just made, and never freed from here on. The one of another process id is leaked: nobody waits there.
        Ok(_) => unsafe { &*new },
        Err(_) => {
            // SAFETY: never published, so this is its only owner.
            drop(unsafe { Box::from_raw(new) });
            desk()
        }
    }
}

impl Desk {
    fn papers(&self) -> MutexGuard<'_, Papers> {
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a question waits for a thread to take it.
pub(super) fn is_asked() -> bool {
    // SAFETY: as in `desk`. Where nobody ever asks there is none.
    let desk = unsafe { CURRENT.load(Ordering::Acquire).as_ref() }.filter(|desk| desk.pid == process::id());
    desk.is_some_and(|desk| !desk.papers().open.is_empty())
}

/// Waits until a question is there.
pub(crate) async fn asked() -> Result<()> {
    let desk = desk();
    loop {
        let came = desk.came.notified();
        if !desk.papers().open.is_empty() {
            return Ok(());
        }
        came.await;
    }
}

/// The next question, for who will answer it.
pub(crate) fn take() -> Option<Question> {
    desk().papers().open.pop_front()
}

/// Answers a question; nobody may wait for it any more.
pub(crate) fn answer(ticket: u64, answer: Result<GivenCredentials>) {
    let waiting = desk().papers().answers.remove(&ticket);
    if let Some(waiting) = waiting {
        // Who has stopped waiting does not mind.
        let _ = waiting.send(answer);
    }
}

/// The numbers of objects that are used no more, once for each use, since it was last asked.
pub(crate) fn unused() -> Vec<u64> {
    std::mem::take(&mut desk().papers().unused)
}

/// One use of the object of that number.
#[derive(Debug)]
pub(crate) struct Asked(u64);

impl Asked {
    pub(crate) fn new(object: u64) -> Self {
        Self(object)
    }

    async fn question(&self, again: bool, limit: Duration) -> Result<GivenCredentials> {
        let desk = desk();
        let (sender, receiver) = oneshot::channel();
        let ticket = {
            let mut papers = desk.papers();
            papers.last += 1;
            let ticket = papers.last;
            papers.open.push_back(Question { ticket, object: self.0, again, limit });
            papers.answers.insert(ticket, sender);
            ticket
        };
        let _withdrawn = Withdrawn(ticket);
        desk.came.notify_one();
        let lost = || Error::new(ErrorKind::PermissionDenied, "the object that is given as credentials gave no answer");
        receiver.await.unwrap_or_else(|_| Err(lost()))
    }
}

/// Takes a question back that nobody waits for.
struct Withdrawn(u64);

impl Drop for Withdrawn {
    fn drop(&mut self) {
        let mut papers = desk().papers();
        papers.open.retain(|question| question.ticket != self.0);
        papers.answers.remove(&self.0);
    }
}

impl CredentialSource for Asked {
    fn ask(&self, again: bool, limit: Duration) -> BoxFuture<'_, Result<GivenCredentials>> {
        self.question(again, limit).boxed()
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        desk().papers().unused.push(self.0);
    }
}
