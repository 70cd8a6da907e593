//! SQL text of expressions, as Spark writes them, made into a tree: nothing is known of columns and types yet.

mod forms;
mod lexer;
mod literal;
mod parser;
mod place;
mod syntax;
#[cfg(test)]
mod tests;

pub(super) use parser::parse;
pub(super) use place::Place;
pub(super) use syntax::{ArithOp, Kind, Syntax};
