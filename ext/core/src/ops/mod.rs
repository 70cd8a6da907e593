//! What users do to tables: one file an operation.

mod append;
mod create;

#[cfg(test)]
mod tests;

pub use append::{AppendOptions, Appended, Appender};
pub use create::{NewTable, create, exists};

/// Who writes the commits, as others see it in the history.
pub const ENGINE_INFO: &str = concat!("deltalake-ruby/", env!("CARGO_PKG_VERSION"));
