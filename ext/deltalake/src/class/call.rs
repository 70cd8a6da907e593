//! What classes have in common: their definition, deadlines, and state that one thread uses at a time.

use std::cell::RefCell;
use std::process;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use deltalake_core::context::Context;
use deltalake_core::{Error, Result};
use magnus::value::ReprValue;
use magnus::{Module, RClass, RHash, RModule, Ruby, TypedData};

use crate::bridge::fork::{Owned, opened_in};

thread_local! {
    /// For who asks after a call what it has cost.
    static LAST: RefCell<Context> = RefCell::default();
}

/// Defines the class of `T`, and has magnus look it up while no other thread can need it: it does so at the first object
/// otherwise, under a lock and by a Ruby call that lets other threads run, and one that came then would wait for that
/// lock with the GVL in its hands, for ever.
pub(super) fn define<T: TypedData>(ruby: &Ruby, outer: RModule, name: &str) -> Result<RClass, magnus::Error> {
    let class = outer.define_class(name, ruby.class_object())?;
    T::class(ruby);
    Ok(class)
}

/// The context of a call that may take `seconds`, or any time.
pub(super) fn context(seconds: Option<f64>) -> Result<Context> {
    let limit = seconds.map(|s| {
        Duration::try_from_secs_f64(s)
            .map_err(|_| Error::argument(format!("deadline: is a number of seconds from 0 on, not {s}")))
    });
    let context = Context::new(limit.transpose()?);
    LAST.set(context.clone());
    Ok(context)
}

/// The context of the last call that this thread has begun.
pub(super) fn last() -> Context {
    LAST.with_borrow(Context::clone)
}

/// What a call has asked of stores so far.
pub(super) fn asked(ruby: &Ruby, ctx: &Context) -> Result<RHash, magnus::Error> {
    let metered = ctx.meter().read();
    let counts = metered.requests;
    let requests = ruby.hash_new();
    for (kind, count) in [
        ("get", counts.get),
        ("put", counts.put),
        ("list", counts.list),
        ("head", counts.head),
        ("delete", counts.delete),
        ("other", counts.other),
    ] {
        requests.aset(ruby.to_symbol(kind), count)?;
    }
    requests.freeze();
    let hash = ruby.hash_new();
    hash.aset(ruby.to_symbol("requests"), requests)?;
    hash.aset(ruby.to_symbol("bytes_sent"), metered.bytes_sent)?;
    hash.aset(ruby.to_symbol("bytes_received"), metered.bytes_received)?;
    hash.aset(ruby.to_symbol("retries"), metered.retries)?;
    Ok(hash)
}

/// State that is taken out for the time of a call, since a call may let other threads run. It belongs to the process
/// that made it.
#[derive(Debug)]
pub(super) struct Exclusive<T> {
    what: &'static str,
    state: Mutex<Slot<T>>,
}

#[derive(Debug)]
enum Slot<T> {
    Here(Owned<T>),
    /// By a call in the process of that id.
    InUse(u32),
    Closed,
}

impl<T> Exclusive<T> {
    pub(super) fn new(what: &'static str, state: T) -> Self {
        Self { what, state: Mutex::new(Slot::Here(Owned::new(what, state))) }
    }

    /// Takes the state out; `None` where it was closed.
    pub(super) fn take(&self) -> Result<Option<T>> {
        let mut slot = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let ours = process::id();
        match std::mem::replace(&mut *slot, Slot::InUse(ours)) {
            Slot::InUse(pid) if pid != ours => {
                *slot = Slot::InUse(pid);
                Err(opened_in(self.what, pid))
            }
            Slot::InUse(_) => Err(Error::argument(format!(
                "this {} is in use by another thread, or was interrupted in the middle of a call",
                self.what
            ))),
            Slot::Closed => {
                *slot = Slot::Closed;
                Ok(None)
            }
            Slot::Here(owned) => match owned.get() {
                Ok(_) => owned.into_inner().map(Some),
                Err(e) => {
                    *slot = Slot::Here(owned);
                    Err(e)
                }
            },
        }
    }

    /// Puts the state back after a call, unless it was closed meanwhile.
    pub(super) fn put(&self, state: T) {
        let mut slot = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*slot, Slot::Closed) {
            *slot = Slot::Here(Owned::new(self.what, state));
        }
    }

    /// Ends it: whatever state there is, is dropped.
    pub(super) fn close(&self) {
        let closed = std::mem::replace(&mut *self.state.lock().unwrap_or_else(PoisonError::into_inner), Slot::Closed);
        // What drops here may be code of others: not under the lock.
        drop(closed);
    }

    /// Looks at the state, if it is here.
    pub(super) fn peek<R>(&self, look: impl FnOnce(&T) -> R) -> Option<R> {
        match &*self.state.lock().unwrap_or_else(PoisonError::into_inner) {
            Slot::Here(owned) => owned.get().ok().map(look),
            _ => None,
        }
    }
}
