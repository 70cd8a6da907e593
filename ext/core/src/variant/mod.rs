//! Semi-structured values in Parquet's binary encoding ("Variant Binary Encoding", version 1): read in place, checked once
//! against all that hostile bytes can do, and put together again where a file holds them in columns.

mod check;
mod decode;
mod encode;
mod names;
#[cfg(test)]
mod tests;

pub use check::check;
pub use decode::{Array, Metadata, Object, Variant};
pub use encode::{Part, array, object, scalar};
pub use names::Names;

/// How deep values may lie in each other.
pub const MAX_DEPTH: usize = 128;
