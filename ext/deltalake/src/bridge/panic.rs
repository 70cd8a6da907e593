//! A panic is an exception: caught where Ruby calls in and where a task is polled, with its message and place.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};

use deltalake_core::{Error, Result};
use futures::FutureExt;
use magnus::Ruby;

use super::error::to_ruby_error;

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Makes panics on our threads and in our methods record their place and print nothing; all others go to the hook that
/// was there before.
pub(super) fn install_hook() {
    let previous = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if WATCHED.try_with(Cell::get).unwrap_or(false) {
            let place = info.location().map(ToString::to_string);
            let _ = PLACE.try_with(|last| last.replace(place));
        } else {
            previous(info);
        }
    }));
}

/// Marks the calling thread as ours, for good.
pub(super) fn watch_thread() {
    WATCHED.set(true);
}

/// Runs the body of a native method; a panic in it becomes `DeltaLake::InternalError`.
pub(crate) fn guard<T>(
    ruby: &Ruby,
    body: impl FnOnce() -> std::result::Result<T, magnus::Error>,
) -> std::result::Result<T, magnus::Error> {
    let before = WATCHED.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(body));
    WATCHED.set(before);
    outcome.unwrap_or_else(|payload| Err(to_ruby_error(ruby, from_payload(payload))))
}

/// The outcome of `future`; a panic in it becomes an `Internal` error.
pub(super) async fn caught<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    AssertUnwindSafe(future).catch_unwind().await.unwrap_or_else(|payload| Err(from_payload(payload)))
}

/// The outcome of `work`; a panic in it becomes an `Internal` error.
pub(super) fn caught_here<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    let before = WATCHED.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    WATCHED.set(before);
    outcome.unwrap_or_else(|payload| Err(from_payload(payload)))
}

fn from_payload(payload: Box<dyn Any + Send>) -> Error {
    let message = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text.as_str(),
        _ => "no message",
    };
    let place = PLACE.take().unwrap_or_else(|| "an unknown place".into());
    Error::internal(format!("panic at {place}: {message}; this is a bug in deltalake, please report it"))
}

/// Binds a Rust function as a method whose panics are exceptions: `native_method!(Class::name, arity)`, where the
/// function takes `(&Ruby, &Self, …)` and returns a `Result`.
#[macro_export]
macro_rules! native_method {
    ($f:path, 0) => { $crate::native_method!(@bind method $f, 0; this) };
    ($f:path, 1) => { $crate::native_method!(@bind method $f, 1; this, a) };
    ($f:path, 2) => { $crate::native_method!(@bind method $f, 2; this, a, b) };
    ($f:path, 3) => { $crate::native_method!(@bind method $f, 3; this, a, b, c) };
    ($f:path, 4) => { $crate::native_method!(@bind method $f, 4; this, a, b, c, d) };
    ($f:path, 5) => { $crate::native_method!(@bind method $f, 5; this, a, b, c, d, e) };
    ($f:path, 6) => { $crate::native_method!(@bind method $f, 6; this, a, b, c, d, e, g) };
    ($f:path, 7) => { $crate::native_method!(@bind method $f, 7; this, a, b, c, d, e, g, h) };
    ($f:path, 8) => { $crate::native_method!(@bind method $f, 8; this, a, b, c, d, e, g, h, i) };
    (@bind $kind:ident $f:path, $n:tt; $($arg:ident),*) => {
        magnus::$kind!(
            (|ruby: &magnus::Ruby, $($arg),*| $crate::bridge::panic::guard(ruby, move || $f(ruby, $($arg),*))),
            $n
        )
    };
}

/// The same for a module or singleton function, which takes `(&Ruby, …)`.
#[macro_export]
macro_rules! native_function {
    ($f:path, 0) => { $crate::native_method!(@bind function $f, 0;) };
    ($f:path, 1) => { $crate::native_method!(@bind function $f, 1; a) };
    ($f:path, 2) => { $crate::native_method!(@bind function $f, 2; a, b) };
    ($f:path, 3) => { $crate::native_method!(@bind function $f, 3; a, b, c) };
    ($f:path, 4) => { $crate::native_method!(@bind function $f, 4; a, b, c, d) };
    ($f:path, 5) => { $crate::native_method!(@bind function $f, 5; a, b, c, d, e) };
    ($f:path, 6) => { $crate::native_method!(@bind function $f, 6; a, b, c, d, e, g) };
    ($f:path, 7) => { $crate::native_method!(@bind function $f, 7; a, b, c, d, e, g, h) };
    ($f:path, 8) => { $crate::native_method!(@bind function $f, 8; a, b, c, d, e, g, h, i) };
}
