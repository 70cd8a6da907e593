//! Rows of others brought to a table's types, strictly: what would lose something is refused, with row and column.

mod arrow;
pub mod columns;
mod json;
mod misfit;

pub use arrow::ArrowRows;
pub use json::{BadLine, Chunk, LineParser, Lines, Parsed};
pub use misfit::Misfit;

/// What to do with a column or a field that the schema lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnUnknown {
    /// It is an error.
    Raise,
    /// It is passed over.
    Ignore,
}
