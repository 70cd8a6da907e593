//! Between Ruby and the core: waiting without the GVL, the runtime, panics, errors, memory, fork.
//!
//! The rules: inside a future there is no magnus type; no Rust struct holds a Ruby `VALUE`; every method is bound with
//! [`native_method!`](crate::native_method) or [`native_function!`](crate::native_function), so that a panic is an
//! exception; what lasts from call to call and owns tasks sits in a [`fork::Owned`].

#[cfg(all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod allocator;
mod arrow_import;
mod arrow_stream;
pub(crate) mod asking;
pub(crate) mod error;
pub(crate) mod fork;
mod gvl;
mod memory;
pub(crate) mod panic;
mod runtime;
mod signal;

pub(crate) use arrow_import::{Foreign, ForeignStream};
pub(crate) use arrow_stream::{ArrowCStream, Batches};
pub(crate) use error::to_ruby_error;
pub(crate) use gvl::{block_on, idle_on, without_gvl};
pub(crate) use memory::MemoryGuard;
#[cfg(feature = "testing")]
pub(crate) use runtime::runtime_handle;
pub(crate) use runtime::set_worker_threads;

/// Installs what the bridge needs in the process; once, at load.
pub(crate) fn init() {
    panic::install_hook();
}
