//! Hostile bytes in each place where a reader meets bytes of others: a table in memory is made of them and read whole.
//! Shared by the fuzz targets in `fuzz/` and the short run in `tests/hostile.rs`; only in builds with `testing`.

mod place;
mod seeds;
mod table;

use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};

use crate::error::{Error, ErrorKind, Result};

pub use place::Place;
pub use seeds::seeds;

/// Reads a table that has `bytes` in that place. An error is what such a table deserves; what comes back as `Err` here
/// is one that it does not: a bug in this library.
pub fn run(place: Place, bytes: &[u8]) -> Result<()> {
    match read(place, bytes) {
        Err(error) if error.kind() == ErrorKind::Internal => Err(error),
        _ => Ok(()),
    }
}

/// Reads a table that has `bytes` in that place; an error is an error.
pub fn read(place: Place, bytes: &[u8]) -> Result<()> {
    runtime()?.block_on(table::read(place, bytes))
}

/// One for the whole process: fuzzers call [`run`] a million times.
fn runtime() -> Result<&'static Runtime> {
    static RUNTIME: OnceLock<std::io::Result<Runtime>> = OnceLock::new();
    RUNTIME
        .get_or_init(|| Builder::new_multi_thread().worker_threads(2).enable_all().build())
        .as_ref()
        .map_err(|e| Error::internal(format!("there is no runtime: {e}")))
}
