//! What stops a conversion: a value that does not fit, or an exception of Ruby code that it called.

use deltalake_core::Error;
use deltalake_core::ingest::Misfit;
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
    Mismatch(Misfit),
    Ruby(magnus::Error),
}

impl From<Misfit> for Refusal {
    fn from(misfit: Misfit) -> Self {
        Self::Mismatch(misfit)
    }
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
        Self::Mismatch(Misfit::because(reason))
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
    pub(super) fn under(self, step: impl FnOnce() -> String) -> Self {
        match self {
            Self::Mismatch(misfit) => Self::Mismatch(misfit.under(step())),
            ruby => ruby,
        }
    }

    /// With the row's place, for the user.
    #[cold]
    pub(super) fn in_row(self, row: u64) -> Failure {
        match self {
            Self::Ruby(error) => Failure::Ruby(error),
            Self::Mismatch(misfit) => Failure::Core(misfit.at(Some(&format!("row {row}")))),
        }
    }

    /// As the error that `build` makes of path and reason.
    pub(super) fn located(self, build: impl FnOnce(&str, &str) -> Error) -> Failure {
        match self {
            Self::Ruby(error) => Failure::Ruby(error),
            Self::Mismatch(misfit) => Failure::Core(build(&misfit.path(), misfit.reason())),
        }
    }
}
