//! What Ruby's thread for credentials calls: questions, and their answers.

use chrono::DateTime;
use deltalake_core::storage::{GivenCredentials, mark};
use deltalake_core::{Error as CoreError, ErrorKind};
use magnus::{Error, Object, RModule, Ruby};

use crate::bridge::{asking, idle_on};
use crate::native_function;

pub(super) fn init(native: RModule) -> Result<(), Error> {
    native.define_singleton_method("credentials_mark", native_function!(object_mark, 1))?;
    native.define_singleton_method("credentials_wanted", native_function!(wanted, 0))?;
    native.define_singleton_method("credentials_given", native_function!(given, 7))?;
    native.define_singleton_method("credentials_refused", native_function!(refused, 2))?;
    native.define_singleton_method("credentials_unused", native_function!(unused, 0))?;
    Ok(())
}

/// What stands for the object of that number among options.
fn object_mark(_ruby: &Ruby, number: u64) -> Result<String, Error> {
    Ok(mark(number))
}

/// Waits for the next question: its ticket, the number of the object, whether the store has refused what that gave last, and
/// seconds. `nil` where another thread has taken it.
fn wanted(ruby: &Ruby) -> Result<Option<(u64, u64, bool, f64)>, Error> {
    idle_on(ruby, asking::asked())?;
    Ok(asking::take().map(|asked| (asked.ticket, asked.object, asked.again, asked.limit.as_secs_f64())))
}

#[allow(clippy::too_many_arguments, reason = "Ruby passes every value by position")]
fn given(
    _ruby: &Ruby,
    ticket: u64,
    access_key_id: Option<String>,
    secret_access_key: Option<String>,
    session_token: Option<String>,
    bearer_token: Option<String>,
    sas_token: Option<String>,
    expires_at_ms: Option<i64>,
) -> Result<(), Error> {
    let expires_at = expires_at_ms.and_then(DateTime::from_timestamp_millis);
    let given =
        GivenCredentials { access_key_id, secret_access_key, session_token, bearer_token, sas_token, expires_at };
    asking::answer(ticket, Ok(given));
    Ok(())
}

/// Answers with why there are none.
fn refused(_ruby: &Ruby, ticket: u64, why: String) -> Result<(), Error> {
    asking::answer(ticket, Err(CoreError::new(ErrorKind::PermissionDenied, why)));
    Ok(())
}

/// Numbers of objects, once for each use that has ended.
fn unused(_ruby: &Ruby) -> Result<Vec<u64>, Error> {
    Ok(asking::unused())
}
