//! What users do to tables: one file an operation.

mod alter;
mod append;
mod appended;
mod changes;
mod clustering;
mod create;
mod definition;
mod json_lines;
mod json_rules;
mod leftovers;
mod overwrite;
mod pipe;
mod stage;

#[cfg(test)]
mod tests;

pub use alter::{Change, Column, alter};
pub use append::{AppendOptions, Appender};
pub use appended::Appended;
pub use changes::{Point, changes};
pub use create::{NewTable, create, exists};
pub use json_lines::{JsonLines, Taken};
pub use leftovers::{Amount, Leftovers, leftovers};
pub use overwrite::Overwrite;
pub use stage::{StagedFiles, commit_staged};
