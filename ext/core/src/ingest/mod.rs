//! Rows of others brought to a table's types, strictly: what would lose something is refused, with row and column.

mod arrow;
pub mod columns;
mod json;
mod misfit;
mod on_unknown;

pub use arrow::ArrowRows;
pub use json::{BadLine, Chunk, LineParser, Lines, Parsed, found_in};
pub use misfit::Misfit;
pub use on_unknown::OnUnknown;
