//! Lines of JSON straight to Arrow: the JSON library calls the table's columns with what it reads, and no value in between
//! is ever made.

mod cell;
mod chunk;
mod infer;
mod lines;
mod number;
mod seed;
#[cfg(test)]
mod tests;
mod variant;

pub use chunk::{BadLine, LineParser, Parsed};
pub use infer::found_in;
pub use lines::{Chunk, Lines};
