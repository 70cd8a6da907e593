//! Rows as columns that grow value by value, in Arrow's own layout.
#![allow(
    clippy::len_without_is_empty,
    clippy::new_without_default,
    reason = "made and asked by columns alone, which need neither"
)]

mod buffers;
mod column;
mod nested;

pub use buffers::{Bits, Bytes, Offsets, Primitive, Validity};
pub use column::{Buffer, Column};
pub use nested::{List, Map, Record, Struct, Variants};
