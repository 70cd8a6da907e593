//! Waiting for a future without the GVL, and leaving when Ruby interrupts. The only file that names `rb_thread_*`.

#![allow(clippy::disallowed_methods, reason = "the one file that may")]

use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deltalake_core::context::Context;
use deltalake_core::{Error, ErrorKind};
use magnus::error::{ErrorType, Tag};
use magnus::rb_sys::protect;
use magnus::{Exception, RModule, Ruby, kwargs, prelude::*};
use rb_sys::{VALUE, rb_set_errinfo, rb_thread_call_without_gvl, rb_thread_call_without_gvl2, rb_unblock_function_t};

use super::asking;
use super::error::{to_exception, to_ruby_error};
use super::memory;
use super::panic;
use super::runtime::{self, Call, GRACE};
use super::signal::Signal;

/// How long a wake-up that Ruby lost (it can, for a signal) goes unseen.
const TICK: Duration = Duration::from_millis(250);
/// The same for a thread that waits for work, and that no signal is meant for.
const IDLE_TICK: Duration = Duration::from_secs(2);
/// How often a wait that is not cut short looks whether it may end.
const SETTLE_TICK: Duration = Duration::from_millis(50);
/// How long an interrupt waits for the aborted task to be gone; one that computes is left behind.
const ABORT_WAIT: Duration = Duration::from_millis(20);

const QNIL: VALUE = rb_sys::special_consts::Qnil as VALUE;

/// Runs `future` on the runtime and waits for it without the GVL, until it ends, the deadline of `ctx` passes or Ruby
/// interrupts the thread. An interrupt aborts the future; a commit on the wire is waited for first.
pub(crate) fn block_on<T: Send + 'static>(
    ruby: &Ruby,
    ctx: &Context,
    future: impl Future<Output = deltalake_core::Result<T>> + Send + 'static,
) -> Result<T, magnus::Error> {
    memory::give_back(ruby);
    wait_for(ruby, ctx, future, TICK)
}

/// The same for a thread that has nothing else to do.
pub(crate) fn idle_on<T: Send + 'static>(
    ruby: &Ruby,
    future: impl Future<Output = deltalake_core::Result<T>> + Send + 'static,
) -> Result<T, magnus::Error> {
    wait_for(ruby, &Context::default(), future, IDLE_TICK)
}

fn wait_for<T: Send + 'static>(
    ruby: &Ruby,
    ctx: &Context,
    future: impl Future<Output = deltalake_core::Result<T>> + Send + 'static,
    tick: Duration,
) -> Result<T, magnus::Error> {
    let call = runtime::spawn(ctx, future).map_err(|error| to_ruby_error(ruby, error))?;
    loop {
        // Whatever Ruby raised is raised, even where a result has come meanwhile: nobody would hear of it again.
        if let Err(interrupt) = wait(call.signal(), tick, Some(nudge)) {
            return Err(leave(ruby, ctx, call, interrupt));
        }
        if let Some(result) = call.take() {
            return result.map_err(|error| to_ruby_error(ruby, error));
        }
        if let Err(interrupt) = check_interrupts().and_then(|()| serve(ruby)) {
            return Err(leave(ruby, ctx, call, interrupt));
        }
    }
}

/// Where Ruby is asked for something and nobody has taken the question: sees to it that a thread is there, which a fork or a
/// `Thread#kill` has ended.
fn serve(ruby: &Ruby) -> Result<(), magnus::Error> {
    if !asking::is_asked() {
        return Ok(());
    }
    let storage: RModule = ruby.class_object().const_get::<_, RModule>("DeltaLake")?.const_get("Storage")?;
    storage.const_get::<_, RModule>("Providers")?.funcall::<_, _, magnus::Value>("serve", ()).map(drop)
}

/// Ends `call` for an interrupt and says what to raise: the interrupt itself, unless that would hide a commit whose
/// outcome nobody knows.
fn leave<T>(ruby: &Ruby, ctx: &Context, call: Call<T>, mut interrupt: magnus::Error) -> magnus::Error {
    let until = Instant::now() + GRACE;
    settle(ctx, until, &mut interrupt);
    call.abort();
    hold(call.signal(), Instant::now() + ABORT_WAIT, &mut interrupt);
    // The put may have begun between the first look and the abort.
    settle(ctx, until, &mut interrupt);
    match ctx.gate().in_flight() {
        Some(version) if !is_kill(&interrupt) => outcome_unknown(ruby, version, interrupt),
        _ => interrupt,
    }
}

/// Waits for a commit on the wire.
fn settle(ctx: &Context, until: Instant, interrupt: &mut magnus::Error) {
    if ctx.gate().in_flight().is_none() {
        return;
    }
    let gate = Arc::clone(ctx.gate());
    if let Ok(idle) = runtime::spawn(&Context::default(), async move {
        gate.idle().await;
        Ok(())
    }) {
        hold(idle.signal(), until, interrupt);
    }
}

/// Waits for `signal` without the GVL and is not cut short: an exception that comes meanwhile takes the place of
/// `interrupt`. Once the thread is jumping no Ruby code may run in it, so a second interrupt ends the wait.
fn hold(signal: &Arc<Signal>, until: Instant, interrupt: &mut magnus::Error) {
    while !signal.is_done() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        match wait(signal, left.min(SETTLE_TICK), None) {
            Ok(true) => {}
            _ if matches!(interrupt.error_type(), ErrorType::Jump(_)) => return,
            Ok(false) => {
                if let Err(newer) = check_interrupts() {
                    *interrupt = newer;
                }
            }
            Err(newer) => *interrupt = newer,
        }
    }
}

fn is_kill(interrupt: &magnus::Error) -> bool {
    matches!(interrupt.error_type(), ErrorType::Jump(tag) if matches!(tag, Tag::Fatal))
}

/// `CommitOutcomeUnknownError` with the interrupt's exception as its cause.
fn outcome_unknown(ruby: &Ruby, version: u64, interrupt: magnus::Error) -> magnus::Error {
    let message = format!(
        "interrupted while the commit of version {version} was being written, and no answer came within {} s: \
         look for that version in the table's history before trying again",
        GRACE.as_secs()
    );
    let error = Error::new(ErrorKind::CommitOutcomeUnknown, message).with_version(version);
    match interrupt.error_type() {
        ErrorType::Exception(cause) => match to_exception(ruby, &error) {
            Ok(exception) => raised_from(ruby, exception, *cause),
            Err(other) => other,
        },
        _ => {
            // SAFETY: the GVL is held, and nil is always accepted; the jump that is given up left its own value there.
            unsafe { rb_set_errinfo(QNIL) };
            to_ruby_error(ruby, error)
        }
    }
}

/// `exception` after a `raise` with that cause: Ruby has no other way to set one.
fn raised_from(ruby: &Ruby, exception: Exception, cause: Exception) -> magnus::Error {
    let raised = ruby.module_kernel().funcall::<_, _, magnus::Value>("raise", (exception, kwargs!("cause" => cause)));
    raised.err().unwrap_or_else(|| exception.into())
}

/// Waits for `signal` without the GVL. `Ok(false)` where Ruby did not even begin, since an interrupt is pending.
fn wait(signal: &Arc<Signal>, limit: Duration, unblock: rb_unblock_function_t) -> Result<bool, magnus::Error> {
    let mut waiting = Waiting { signal: Arc::as_ptr(signal), limit };
    let data = ptr::from_mut(&mut waiting).cast::<c_void>();
    let mut began = false;
    // `rb_protect`: Ruby may raise in there (it joins a helper thread), and a jump must not cross a Rust frame.
    protect(|| {
        // SAFETY: the GVL is held; `waiting` and the signal outlive the call, after which Ruby calls `unblock` no more.
        began = !unsafe { rb_thread_call_without_gvl2(Some(park), data, unblock, data) }.is_null();
        QNIL
    })?;
    Ok(began)
}

struct Waiting {
    signal: *const Signal,
    limit: Duration,
}

unsafe extern "C" fn park(data: *mut c_void) -> *mut c_void {
    // SAFETY: `wait` passes its own `Waiting`, whose signal is alive until the call returns.
    unsafe {
        let waiting = &*data.cast::<Waiting>();
        (*waiting.signal).park(waiting.limit);
    }
    data
}

/// The unblock function: only nudges, since what woke the thread may be a trap that does not raise.
unsafe extern "C" fn nudge(data: *mut c_void) {
    // SAFETY: as in `park`.
    unsafe { (*(*data.cast::<Waiting>()).signal).nudge() }
}

/// Runs `work`, code of others that may block or ask for the GVL, on this thread without the GVL. It is not cut short.
pub(crate) fn without_gvl<T>(
    ruby: &Ruby,
    work: impl FnOnce() -> deltalake_core::Result<T>,
) -> Result<T, magnus::Error> {
    let mut job = Job { work: Some(work), result: None };
    let interrupted = protect(|| {
        // SAFETY: `run` gets the job that it is made for, which outlives the call. What Ruby raises is caught by `protect`.
        unsafe {
            rb_thread_call_without_gvl(Some(job.runner()), (&raw mut job).cast::<c_void>(), None, ptr::null_mut())
        };
        QNIL
    });
    interrupted?;
    let result = job.result.unwrap_or_else(|| Err(Error::internal("a call without the GVL did not happen")));
    result.map_err(|error| to_ruby_error(ruby, error))
}

struct Job<W, T> {
    work: Option<W>,
    result: Option<deltalake_core::Result<T>>,
}

impl<T, W: FnOnce() -> deltalake_core::Result<T>> Job<W, T> {
    fn runner(&self) -> unsafe extern "C" fn(*mut c_void) -> *mut c_void {
        Self::run
    }

    unsafe extern "C" fn run(data: *mut c_void) -> *mut c_void {
        // SAFETY: `without_gvl` passes its own job.
        let job = unsafe { &mut *data.cast::<Self>() };
        if let Some(work) = job.work.take() {
            job.result = Some(panic::caught_here(work));
        }
        data
    }
}

/// Runs pending traps and raises pending interrupts, also those that are masked until the thread blocks.
fn check_interrupts() -> Result<(), magnus::Error> {
    unsafe extern "C" fn nothing(_: *mut c_void) -> *mut c_void {
        ptr::null_mut()
    }
    protect(|| {
        // SAFETY: the GVL is held; nothing is passed. Unlike `rb_thread_check_ints` this counts as blocking, which
        // `Thread.handle_interrupt(X => :on_blocking)` asks for.
        unsafe { rb_thread_call_without_gvl(Some(nothing), ptr::null_mut(), None, ptr::null_mut()) };
        QNIL
    })
    .map(drop)
}
