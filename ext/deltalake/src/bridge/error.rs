//! Errors of the core as exceptions. The classes are defined once, in `lib/deltalake/errors.rb`.

use std::error::Error as StdError;

use deltalake_core::error::ConflictKind;
use deltalake_core::{Error, ErrorKind};
use magnus::{Exception, ExceptionClass, RModule, Ruby, kwargs, prelude::*};

/// The exception for `error`, to be returned from a method. Needs the GVL only.
pub(crate) fn to_ruby_error(ruby: &Ruby, error: Error) -> magnus::Error {
    to_exception(ruby, &error).map_or_else(|failure| failure, Into::into)
}

/// An instance of the Ruby class for the kind of `error`, with its attributes.
pub(super) fn to_exception(ruby: &Ruby, error: &Error) -> Result<Exception, magnus::Error> {
    let message = message(error);
    let Some(name) = class_name(error.kind()) else {
        return ruby.exception_arg_error().new_instance((message,));
    };
    let class: ExceptionClass = ruby.class_object().const_get::<_, RModule>("DeltaLake")?.const_get(name)?;
    let conflict = match error.kind() {
        ErrorKind::CommitConflict(kind) => Some(kind),
        _ => None,
    };
    let attributes = kwargs!(
        "table" => error.table(),
        "version" => error.version(),
        "retryable" => error.is_retryable(),
        "kind" => conflict.map(ConflictKind::as_str).map(|kind| ruby.to_symbol(kind)),
        "winning_version" => conflict.and(error.version())
    );
    class.new_instance((message, attributes))
}

/// The class under `DeltaLake`; `None` for Ruby's own `ArgumentError`.
fn class_name(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::Argument => return None,
        ErrorKind::Configuration => "ConfigurationError",
        ErrorKind::TableNotFound => "TableNotFoundError",
        ErrorKind::TableExists => "TableExistsError",
        ErrorKind::UnsupportedFeature => "UnsupportedFeatureError",
        ErrorKind::CorruptTable => "CorruptTableError",
        ErrorKind::FileNotFound => "FileNotFoundError",
        ErrorKind::SchemaMismatch => "SchemaMismatchError",
        ErrorKind::ConstraintViolation => "ConstraintViolationError",
        ErrorKind::CommitConflict(_) => "CommitConflictError",
        ErrorKind::CommitOutcomeUnknown => "CommitOutcomeUnknownError",
        ErrorKind::Storage => "StorageError",
        ErrorKind::PermissionDenied => "PermissionDeniedError",
        ErrorKind::StorageUnavailable => "StorageUnavailableError",
        ErrorKind::DeadlineExceeded => "DeadlineExceededError",
        ErrorKind::Fork => "ForkError",
        ErrorKind::Internal => "InternalError",
    })
}

/// What happened with every cause that says something new, and the table and version where the text names neither.
pub(super) fn message(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    let table = error.table().filter(|table| !text.contains(table)).map(|table| format!("table {table}"));
    let version = error.version().map(|version| format!("version {version}")).filter(|words| !says(&text, words));
    let place: Vec<String> = table.into_iter().chain(version).collect();
    if place.is_empty() { text } else { format!("{text} ({})", place.join(", ")) }
}

/// Whether `text` has `words`, and not as the start of a longer number.
fn says(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(at, _)| !text[at + words.len()..].starts_with(|next: char| next.is_ascii_digit()))
}
