//! SQL that a table brings: of constraints, generated columns and defaults.

use crate::error::{Error, Result};
use crate::expr::{BoundExpr, Expr};
use crate::schema::{DataType, Schema};

/// The expression, with columns of `schema`. `what` names it where it cannot be computed.
pub(super) fn bind(text: &str, schema: &Schema, what: &str) -> Result<BoundExpr> {
    Expr::parse(text).and_then(|e| e.bind(schema)).map_err(|e| refused(what, e.message()))
}

/// The same, made a value of `data_type`.
pub(super) fn bind_as(text: &str, data_type: &DataType, schema: &Schema, what: &str) -> Result<BoundExpr> {
    let bound = bind(text, schema, what)?;
    if bound.data_type() == data_type {
        return Ok(bound);
    }
    bind(&cast(text, data_type), schema, what)
}

/// The text of a cast. A comment at the end of `text` must not swallow it.
pub(super) fn cast(text: &str, data_type: &DataType) -> String {
    format!("CAST(({text}\n) AS {data_type})")
}

/// A text or binary of SQL with null for what is empty.
pub(super) fn null_if_empty(text: &str, data_type: &DataType) -> String {
    let empty = if *data_type == DataType::Binary { "X''" } else { "''" };
    format!("NULLIF({text}, {empty})")
}

/// A column's name as SQL has it.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn refused(what: &str, why: &str) -> Error {
    Error::unsupported(format!(
        "{what} cannot be computed by this library, so nothing can be written to the table: {why}"
    ))
}
