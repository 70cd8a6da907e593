//! What is wrong with Arrow columns, in words.

use arrow::array::Array;
use arrow::error::ArrowError;

use crate::ingest::Misfit;
use crate::schema::{DataType, StructType};

/// A column or field that the schema lacks.
pub(super) fn unknown(name: &str, schema: &StructType) -> Misfit {
    let known: Vec<&str> = schema.names().collect();
    Misfit::because(format!("no such column in the schema, which has {}", known.join(", "))).under(format!(".{name}"))
}

/// A column or field that the rows lack.
pub(super) fn required() -> Misfit {
    Misfit::because("missing, but the schema has it as not null")
}

/// A type that never fits.
pub(super) fn expected(data_type: &DataType, array: &dyn Array) -> Misfit {
    Misfit::because(format!("expected {data_type}, got the Arrow type {}", array.data_type()))
}

pub(super) fn damaged(error: ArrowError) -> Misfit {
    Misfit::because(format!("the Arrow values cannot be used: {error}"))
}
