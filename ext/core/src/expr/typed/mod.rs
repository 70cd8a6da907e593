//! Expressions whose columns and types are known, and their values over Arrow batches, in Spark's semantics with ANSI mode
//! off: what is not defined (a division by zero, text that is no number, a decimal of too many digits) is null. Only
//! integers that overflow are an error, for rows whose result counts: Spark would wrap them.

mod arith;
mod bind;
mod calls;
mod cast;
mod coerce;
mod compare;
mod evaluate;
mod function;
mod like;
mod rows;
mod text;
mod time;
mod tree;
mod types;
mod values;

pub(super) use bind::{bind, bind_condition};
pub(super) use like::Pattern;
pub(super) use rows::{Rows, undecided};
pub(super) use tree::{Function, Op, Typed};
pub(super) use values::Values;
