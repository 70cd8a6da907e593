//! DynamoDB as far as the protocol needs it.

use futures::future::BoxFuture;
use serde_json::Value;

use crate::error::Error;

/// Takes requests in DynamoDB's JSON. What may help to be tried again has been.
pub(in crate::storage) trait Service: Send + Sync {
    /// Calls an operation such as `PutItem`.
    fn call<'a>(&'a self, operation: &'static str, request: Value) -> BoxFuture<'a, Result<Value, Failure>>;
}

/// Why a call failed.
#[derive(Debug)]
pub(in crate::storage) struct Failure {
    pub(in crate::storage) reason: Reason,
    /// Whether it may have been done all the same: an answer was lost.
    pub(in crate::storage) maybe_done: bool,
    pub(in crate::storage) error: Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage) enum Reason {
    /// The item is not as the condition has it.
    Condition,
    /// There is no such table.
    NoTable,
    /// There is one already.
    TableExists,
    /// The credentials are over.
    Expired,
    /// What the error says.
    Other,
}
