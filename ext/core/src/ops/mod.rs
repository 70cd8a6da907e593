//! What users do to tables: one file an operation.

mod append;
mod changes;
mod create;

#[cfg(test)]
mod tests;

pub use append::{AppendOptions, Appended, Appender};
pub use changes::{CHANGE_TYPE, COMMIT_TIMESTAMP, COMMIT_VERSION, Point, changes};
pub use create::{NewTable, create, exists};
