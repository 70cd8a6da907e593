//! The hidden classes under `DeltaLake::Native`, one file a class.

mod alter;
mod append;
mod arrow_source;
mod arrow_stream;
mod call;
mod condition;
mod credentials;
mod doctor;
mod file_set;
mod files;
mod memory;
mod scan;
mod snapshot;
mod staged;
mod storage;
mod stream;
mod table;
#[cfg(feature = "testing")]
mod testing;
#[cfg(feature = "testing")]
mod testing_arrow;
#[cfg(feature = "testing")]
mod testing_convert;
mod upkeep;
mod written;

use deltalake_core::scan::set_bytes_in_flight;
use deltalake_core::snapshot::SnapshotCache;
use magnus::{Error, Object, RHash, RModule, Ruby};

use crate::bridge::{set_worker_threads, to_ruby_error};
use crate::native_function;

/// Defines every native class.
pub(crate) fn init(ruby: &Ruby, native: RModule) -> Result<(), Error> {
    native.define_singleton_method("configure_threads", native_function!(configure_threads, 1))?;
    native.define_singleton_method("configure_cache_bytes", native_function!(configure_cache_bytes, 1))?;
    native.define_singleton_method("configure_bytes_in_flight", native_function!(configure_bytes_in_flight, 1))?;
    native.define_singleton_method("asked", native_function!(asked, 0))?;
    storage::init(native)?;
    credentials::init(native)?;
    table::init(ruby, native)?;
    snapshot::init(ruby, native)?;
    scan::init(ruby, native)?;
    stream::init(ruby, native)?;
    arrow_stream::init(ruby, native)?;
    files::init(ruby, native)?;
    file_set::init(ruby, native)?;
    staged::init(ruby, native)?;
    append::init(ruby, native)?;
    alter::init(native)?;
    upkeep::init(native)?;
    doctor::init(native)?;
    memory::init(native)?;
    arrow_source::init(ruby, native)?;
    #[cfg(feature = "testing")]
    {
        testing::init(ruby, native)?;
        testing_arrow::init(ruby, native)?;
        testing_convert::init(ruby, native)?;
    }
    Ok(())
}

/// What the last call that this thread has begun has asked of stores.
fn asked(ruby: &Ruby) -> Result<RHash, Error> {
    call::asked(ruby, &call::last())
}

fn configure_threads(ruby: &Ruby, count: usize) -> Result<(), Error> {
    set_worker_threads(count).map_err(|e| to_ruby_error(ruby, e))
}

fn configure_cache_bytes(_ruby: &Ruby, bytes: usize) -> Result<(), Error> {
    SnapshotCache::process().set_limit(bytes);
    Ok(())
}

fn configure_bytes_in_flight(_ruby: &Ruby, bytes: usize) -> Result<(), Error> {
    set_bytes_in_flight(bytes);
    Ok(())
}
