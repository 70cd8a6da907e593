//! Predicates on rows: bound to a schema, evaluated on Arrow batches in SQL's three-valued logic, and used to prune files.
//!
//! Floats are ordered as in Spark: NaN equals itself and is greater than every other, the two zeros are equal. Numbers of
//! different types are compared by their exact values.

mod bind;
mod columns;
mod evaluate;
mod expression;
mod literal;
mod lower;
mod membership;
mod node;
mod prune;
mod sql;
#[cfg(test)]
mod tests;
mod typed;

use serde::{Deserialize, Serialize};

use crate::schema::ColumnPath;
use crate::value::Scalar;

pub use columns::BoundColumn;
pub use expression::{BoundExpr, Expr};
pub use node::BoundPredicate;
pub use prune::Outcomes;

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompareOp {
    /// `=`
    Eq,
    /// `<>`
    NotEq,
    /// `<`
    Lt,
    /// `<=`
    LtEq,
    /// `>`
    Gt,
    /// `>=`
    GtEq,
}

/// A condition on rows. A row is kept where it is true: neither where it is false nor where it is unknown. As JSON it
/// crosses processes and means the same there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Predicate {
    /// True of every row.
    Always,
    /// True of no row.
    Never,
    /// All of them; true where there are none.
    And(Vec<Predicate>),
    /// Any of them; false where there are none.
    Or(Vec<Predicate>),
    /// The opposite; what is unknown stays unknown.
    Not(Box<Predicate>),
    /// A column against a value; unknown where the column is null.
    Compare {
        /// Left side.
        column: ColumnPath,
        /// Comparison.
        op: CompareOp,
        /// Right side.
        value: Scalar,
    },
    /// A column equals one of the values; unknown where the column is null.
    In {
        /// What is looked for.
        column: ColumnPath,
        /// Where it is looked for.
        values: Vec<Scalar>,
    },
    /// The column is null, or a struct that holds it is.
    IsNull(ColumnPath),
    /// The column has a value.
    IsNotNull(ColumnPath),
    /// What the SQL text says, read when it is bound.
    Sql(String),
}
