//! Telling Ruby's garbage collector of memory that it cannot see.

use std::sync::atomic::{AtomicIsize, Ordering};

use magnus::Ruby;

// What guards gave back while their thread did not hold the GVL.
static QUEUED: AtomicIsize = AtomicIsize::new(0);

/// More than a string keeps inside its own object.
const BUFFER: usize = 1024;

/// Bytes that a Ruby object holds outside of Ruby's heap: reported while the guard lives.
#[derive(Debug)]
pub(crate) struct MemoryGuard(usize);

impl MemoryGuard {
    /// Reports `bytes` to the garbage collector.
    pub(crate) fn new(ruby: &Ruby, bytes: usize) -> Self {
        give_back(ruby);
        ruby.gc_adjust_memory_usage(signed(bytes));
        // Ruby looks at its limit only where it allocates by itself, which a loop over batches may never do.
        ruby.str_buf_new(BUFFER);
        Self(bytes)
    }

    /// What it reported; part of the owner's `size`.
    pub(crate) fn bytes(&self) -> usize {
        self.0
    }
}

impl Drop for MemoryGuard {
    fn drop(&mut self) {
        match Ruby::get() {
            Ok(ruby) => ruby.gc_adjust_memory_usage(-signed(self.0)),
            Err(_) => _ = QUEUED.fetch_add(signed(self.0), Ordering::Relaxed),
        }
    }
}

/// Hands on what was given back without the GVL.
pub(super) fn give_back(ruby: &Ruby) {
    if QUEUED.load(Ordering::Relaxed) != 0 {
        ruby.gc_adjust_memory_usage(-QUEUED.swap(0, Ordering::Relaxed));
    }
}

fn signed(bytes: usize) -> isize {
    isize::try_from(bytes).unwrap_or(isize::MAX)
}
