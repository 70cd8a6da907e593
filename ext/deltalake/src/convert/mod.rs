//! Between Ruby values and Arrow: rows and columns out, rows in, single values both ways.
//!
//! No Ruby value is kept in anything that outlives a call, but for static Symbols: there is nothing to mark.

mod arrow_names;
mod classes;
mod decimal;
mod describe;
mod encode;
mod failure;
mod fast;
mod keys;
mod read;
mod scalar;

pub(crate) use arrow_names::with_arrow_names;
pub(crate) use encode::RowEncoder;
pub(crate) use failure::Failure;
pub(crate) use fast::bytes_of;
pub(crate) use keys::RowKeys;
pub(crate) use read::{columns_from_batch, rows_from_batch};
pub(crate) use scalar::{scalar_from_ruby, scalar_to_ruby};
