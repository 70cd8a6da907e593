//! Why there are no credentials.

use std::fmt;

use crate::error::{Error, ErrorKind};

/// What is told in place of credentials. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::storage) struct Unobtainable {
    pub(in crate::storage) reason: Reason,
    pub(in crate::storage) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::storage) enum Reason {
    /// There are none anywhere.
    Nowhere,
    /// Whoever gives them does not.
    Refused,
    /// Whoever gives them took too long.
    Late,
    /// Whoever gives them is not able to, just now.
    Unavailable,
    /// An option or a file is wrong.
    Misconfigured,
}

impl Unobtainable {
    pub(super) fn new(reason: Reason, text: impl Into<String>) -> Self {
        Self { reason, text: text.into() }
    }

    pub(in crate::storage) fn kind(&self) -> ErrorKind {
        match self.reason {
            Reason::Nowhere | Reason::Refused => ErrorKind::PermissionDenied,
            Reason::Late | Reason::Unavailable => ErrorKind::StorageUnavailable,
            Reason::Misconfigured => ErrorKind::Configuration,
        }
    }
}

impl From<Error> for Unobtainable {
    fn from(error: Error) -> Self {
        let reason = match error.kind() {
            ErrorKind::Configuration => Reason::Misconfigured,
            ErrorKind::StorageUnavailable => Reason::Late,
            _ => Reason::Refused,
        };
        Self::new(reason, error.message())
    }
}

impl fmt::Display for Unobtainable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Unobtainable {}

impl From<Unobtainable> for object_store::Error {
    fn from(error: Unobtainable) -> Self {
        Self::Generic { store: "credentials", source: Box::new(error) }
    }
}
