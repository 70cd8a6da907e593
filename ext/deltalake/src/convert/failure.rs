//! What stops a conversion: a value that does not fit, or an exception of Ruby code that it called.

use std::fmt::Write;

use deltalake_core::Error;
use magnus::{Ruby, Value};

use super::describe::describe;
use crate::bridge::to_ruby_error;

/// An error of the core, or an exception that Ruby code raised and that goes on as it is.
pub(crate) enum Failure {
    /// Becomes the Ruby class of its kind.
    Core(Error),
    /// Raised by Ruby code: never changed.
    Ruby(magnus::Error),
}

impl Failure {
    /// The exception, to be returned from a method.
    pub(crate) fn into_ruby(self, ruby: &Ruby) -> magnus::Error {
        match self {
            Self::Core(error) => to_ruby_error(ruby, error),
            Self::Ruby(error) => error,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<magnus::Error> for Failure {
    fn from(error: magnus::Error) -> Self {
        Self::Ruby(error)
    }
}

/// As [`Failure`], on its way up through the columns, which put their names before the path.
pub(super) enum Refusal {
    Mismatch(Box<Mismatch>),
    Ruby(magnus::Error),
}

/// A value that does not fit its column.
pub(super) struct Mismatch {
    /// `.name`, `[3]` or `{:key}`, innermost first.
    path: Vec<String>,
    reason: String,
}

impl From<magnus::Error> for Refusal {
    fn from(error: magnus::Error) -> Self {
        Self::Ruby(error)
    }
}

impl Refusal {
    /// A value that does not fit, for this reason.
    #[cold]
    pub(super) fn because(reason: impl Into<String>) -> Self {
        Self::Mismatch(Box::new(Mismatch { path: Vec::new(), reason: reason.into() }))
    }

    /// `expected date, got Integer (42)`.
    #[cold]
    pub(super) fn expected(what: impl std::fmt::Display, value: Value) -> Self {
        match describe(value) {
            Ok(text) => Self::because(format!("expected {what}, got {text}")),
            Err(error) => Self::Ruby(error),
        }
    }

    /// The same, inside the field, element or entry that `step` names.
    #[cold]
    pub(super) fn under(mut self, step: impl FnOnce() -> String) -> Self {
        if let Self::Mismatch(mismatch) = &mut self {
            mismatch.path.push(step());
        }
        self
    }

    /// With the row's place, for the user.
    #[cold]
    pub(super) fn in_row(self, row: u64) -> Failure {
        self.located(|path, reason| {
            let mut text = format!("row {row}");
            if !path.is_empty() {
                let _ = write!(text, ", column \"{path}\"");
            }
            Error::schema(format!("{text}: {reason}"))
        })
    }

    /// As the error that `build` makes of path and reason.
    pub(super) fn located(self, build: impl FnOnce(&str, &str) -> Error) -> Failure {
        match self {
            Self::Ruby(error) => Failure::Ruby(error),
            Self::Mismatch(mismatch) => {
                let path: String = mismatch.path.iter().rev().map(String::as_str).collect();
                Failure::Core(build(path.strip_prefix('.').unwrap_or(&path), &mismatch.reason))
            }
        }
    }
}
