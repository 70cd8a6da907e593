//! What must not outlive a fork: streams and writers, whose tasks died with the parent's threads.

use std::mem::ManuallyDrop;
use std::process;

use deltalake_core::{Error, ErrorKind, Result};

/// A value that only the process which made it may use; in any other it is forgotten, never dropped.
#[derive(Debug)]
pub(crate) struct Owned<T> {
    pid: u32,
    what: &'static str,
    value: ManuallyDrop<T>,
}

impl<T> Owned<T> {
    /// Binds `value` to this process; `what` names it in the error ("scan", "writer").
    pub(crate) fn new(what: &'static str, value: T) -> Self {
        Self { pid: process::id(), what, value: ManuallyDrop::new(value) }
    }

    /// The value, or an error of kind `Fork`.
    pub(crate) fn get(&self) -> Result<&T> {
        self.check()?;
        Ok(&self.value)
    }

    /// The same, to be changed.
    pub(crate) fn get_mut(&mut self) -> Result<&mut T> {
        self.check()?;
        Ok(&mut self.value)
    }

    /// The value itself, or an error of kind `Fork`.
    pub(crate) fn into_inner(mut self) -> Result<T> {
        self.check()?;
        // No process has this id, so `drop` will leave the value alone.
        self.pid = 0;
        // SAFETY: taken once, since `self` goes here and `drop` sees a foreign process id.
        Ok(unsafe { ManuallyDrop::take(&mut self.value) })
    }

    fn check(&self) -> Result<()> {
        if self.is_ours() {
            return Ok(());
        }
        Err(opened_in(self.what, self.pid))
    }

    fn is_ours(&self) -> bool {
        self.pid == process::id()
    }
}

/// The error of a process that uses the `what` of another one.
pub(crate) fn opened_in(what: &str, pid: u32) -> Error {
    Error::new(
        ErrorKind::Fork,
        format!("this {what} was opened before a fork (in process {pid}): open a new {what} in this one"),
    )
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        if self.is_ours() {
            // SAFETY: dropped here and nowhere else: `into_inner` clears the process id.
            unsafe { ManuallyDrop::drop(&mut self.value) }
        }
    }
}
