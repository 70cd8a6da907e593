//! Stores in memory, for the tests of users: `DeltaLake::Native.memory_*`.

use deltalake_core::Error as CoreError;
use deltalake_core::storage::memory::{self, Failure, Planned, Work};
use magnus::{Error, Object, RModule, Ruby};

use crate::bridge::to_ruby_error;
use crate::native_function;

pub(super) fn init(native: RModule) -> Result<(), Error> {
    native.define_singleton_method("memory_allow", native_function!(allow, 0))?;
    native.define_singleton_method("memory_clear", native_function!(clear, 0))?;
    native.define_singleton_method("memory_fail_next", native_function!(fail_next, 4))?;
    native.define_singleton_method("memory_take_planned", native_function!(take_planned, 0))?;
    Ok(())
}

fn allow(_ruby: &Ruby) -> Result<(), Error> {
    memory::allow();
    Ok(())
}

fn clear(_ruby: &Ruby) -> Result<(), Error> {
    memory::clear();
    Ok(())
}

fn fail_next(ruby: &Ruby, work: String, failure: String, times: u32, below: String) -> Result<(), Error> {
    let of = match work.as_str() {
        "commit" => Work::Commit,
        "write" => Work::Write,
        "read" => Work::Read,
        "read_log" => Work::ReadLog,
        "checkpoint" => Work::Checkpoint,
        other => return Err(to_ruby_error(ruby, CoreError::argument(format!("no request is for {other:?}")))),
    };
    let failure = match failure.as_str() {
        "conflict" => Failure::Conflict,
        "throttling" => Failure::Throttling,
        "denied" => Failure::Denied,
        "lost_response" => Failure::LostResponse,
        "unknown" => Failure::LostForGood,
        other => return Err(to_ruby_error(ruby, CoreError::argument(format!("no request fails by {other:?}")))),
    };
    memory::fail_next(Planned { of, failure, times, below });
    Ok(())
}

fn take_planned(_ruby: &Ruby) -> Result<u32, Error> {
    Ok(memory::take_planned())
}
