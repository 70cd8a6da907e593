//! Rows as columns that grow value by value, in Arrow's own layout.

mod buffers;
mod column;
mod nested;

pub use buffers::{Bits, Bytes, Offsets, Primitive, Validity};
pub use column::{Buffer, Column};
pub use nested::{List, Map, Record, Struct, Variants};
