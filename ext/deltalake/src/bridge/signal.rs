//! What a Ruby thread waits on while it does not hold the GVL.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One waiting thread's wake-up: for good when the work is done, for a look around when it is nudged.
#[derive(Default)]
pub(super) struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    done: bool,
    nudged: bool,
}

impl Signal {
    /// The work is over: wakes the waiter now, or as soon as it waits.
    pub(super) fn done(&self) {
        self.lock().done = true;
        self.changed.notify_all();
    }

    /// Wakes the waiter once, without ending anything.
    pub(super) fn nudge(&self) {
        self.lock().nudged = true;
        self.changed.notify_all();
    }

    /// True once [`Signal::done`] was called.
    pub(super) fn is_done(&self) -> bool {
        self.lock().done
    }

    /// Blocks the calling thread until the work is done, a nudge comes or `limit` has passed.
    pub(super) fn park(&self, limit: Duration) {
        let waiting = self.changed.wait_timeout_while(self.lock(), limit, |state| !state.done && !state.nudged);
        waiting.unwrap_or_else(PoisonError::into_inner).0.nudged = false;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
