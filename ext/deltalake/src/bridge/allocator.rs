//! Memory of large blocks, straight from the system and, but for a few, straight back to it.
//!
//! glibc keeps what is freed for the thread that took it, and after the first large block that is freed it does so with
//! blocks of many MB: the more often a scan had read, the more memory lay idle in the heaps of the threads that had read.
//! Each new mapping costs a page fault for every 4 KB, so that a few blocks wait for the next that is so large.

use std::alloc::{GlobalAlloc, Layout, System};

/// Bytes from which on a block is mapped on its own. Smaller ones are worth the few page faults that they save.
const LARGE: usize = 1 << 20;

/// Alignment that every mapping has.
const PAGE: usize = 4096;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

struct Allocator;

fn is_large(size: usize, align: usize) -> bool {
    size >= LARGE && align <= PAGE
}

/// Bytes that are mapped for a block, by its size alone: sizes that are close share them. What is never touched costs
/// no memory.
fn mapped_bytes(size: usize) -> usize {
    let step = (size.next_power_of_two() / 8).max(PAGE);
    size.next_multiple_of(step)
}

/// Freed blocks that wait. Without locks, since a fork may copy them at any time.
mod spare {
    use std::ptr;
    use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

    /// No more than so many wait, and none that is larger.
    const SLOTS: usize = 8;
    const LARGEST: usize = 2 << 20;

    struct Slot {
        bytes: AtomicUsize,
        block: AtomicPtr<u8>,
    }

    static SPARE: [Slot; SLOTS] =
        [const { Slot { bytes: AtomicUsize::new(0), block: AtomicPtr::new(ptr::null_mut()) } }; SLOTS];

    /// What `bytes` says while a slot is being filled or emptied.
    const BUSY: usize = usize::MAX;

    /// Takes a block of exactly so many bytes; null where none waits.
    pub(super) fn take(bytes: usize) -> *mut u8 {
        for slot in &SPARE {
            if slot.bytes.compare_exchange(bytes, BUSY, Ordering::Acquire, Ordering::Relaxed).is_ok() {
                let block = slot.block.load(Ordering::Relaxed);
                slot.bytes.store(0, Ordering::Release);
                return block;
            }
        }
        ptr::null_mut()
    }

    /// Whether the block waits from now on.
    pub(super) fn put(block: *mut u8, bytes: usize) -> bool {
        bytes <= LARGEST
            && SPARE.iter().any(|slot| {
                let is_free = slot.bytes.compare_exchange(0, BUSY, Ordering::Acquire, Ordering::Relaxed).is_ok();
                if is_free {
                    slot.block.store(block, Ordering::Relaxed);
                    slot.bytes.store(bytes, Ordering::Release);
                }
                is_free
            })
    }
}

mod system {
    use std::ffi::{c_int, c_long, c_void};
    use std::ptr;

    const READ_WRITE: c_int = 3;
    const PRIVATE_ANONYMOUS: c_int = 0x22;
    const MAY_MOVE: c_int = 1;

    unsafe extern "C" {
        fn mmap(at: *mut c_void, size: usize, access: c_int, flags: c_int, file: c_int, offset: c_long) -> *mut c_void;
        fn munmap(at: *mut c_void, size: usize) -> c_int;
        fn mremap(at: *mut c_void, old: usize, new: usize, flags: c_int, ...) -> *mut c_void;
    }

    fn mapped(at: *mut c_void) -> *mut u8 {
        if at.addr() == usize::MAX { ptr::null_mut() } else { at.cast() }
    }

    /// Zeroes.
    pub(super) fn map(size: usize) -> *mut u8 {
        // SAFETY: a new mapping touches no other memory.
        mapped(unsafe { mmap(ptr::null_mut(), size, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0) })
    }

    /// # Safety
    /// `at` is of [`map`] or [`resize`], of that size, and nobody's any more.
    pub(super) unsafe fn unmap(at: *mut u8, size: usize) {
        // SAFETY: as promised.
        unsafe { munmap(at.cast(), size) };
    }

    /// # Safety
    /// `at` is of [`map`] or [`resize`], of the size `old`; where null comes back it is as before.
    pub(super) unsafe fn resize(at: *mut u8, old: usize, new: usize) -> *mut u8 {
        // SAFETY: as promised.
        mapped(unsafe { mremap(at.cast(), old, new, MAY_MOVE) })
    }
}

fn map(size: usize) -> *mut u8 {
    let bytes = mapped_bytes(size);
    let spare = spare::take(bytes);
    if spare.is_null() { system::map(bytes) } else { spare }
}

/// # Safety
/// `block` is of [`map`], of that size, and nobody's any more.
unsafe fn unmap(block: *mut u8, size: usize) {
    let bytes = mapped_bytes(size);
    if !spare::put(block, bytes) {
        // SAFETY: as promised.
        unsafe { system::unmap(block, bytes) };
    }
}

// Inlined, they would stand at every place that takes memory.
//
// SAFETY: whether a block is a mapping follows from its layout alone, which is the same when it is freed.
unsafe impl GlobalAlloc for Allocator {
    #[inline(never)]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match is_large(layout.size(), layout.align()) {
            true => map(layout.size()),
            // SAFETY: the caller's promises.
            false => unsafe { System.alloc(layout) },
        }
    }

    #[inline(never)]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match is_large(layout.size(), layout.align()) {
            true => system::map(mapped_bytes(layout.size())),
            // SAFETY: the caller's promises.
            false => unsafe { System.alloc_zeroed(layout) },
        }
    }

    #[inline(never)]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises; a large block was mapped.
        unsafe {
            match is_large(layout.size(), layout.align()) {
                true => unmap(block, layout.size()),
                false => System.dealloc(block, layout),
            }
        }
    }

    #[inline(never)]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promises: `size` is not 0, and no larger than a layout may be.
        unsafe {
            match (is_large(layout.size(), layout.align()), is_large(size, layout.align())) {
                (false, false) => System.realloc(block, layout, size),
                (true, true) => match (mapped_bytes(layout.size()), mapped_bytes(size)) {
                    (old, new) if old == new => block,
                    (old, new) => system::resize(block, old, new),
                },
                _ => {
                    let new = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
                    if !new.is_null() {
                        block.copy_to_nonoverlapping(new, layout.size().min(size));
                        self.dealloc(block, layout);
                    }
                    new
                }
            }
        }
    }
}
