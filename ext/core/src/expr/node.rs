//! A bound predicate.

use super::CompareOp;
use super::columns::BoundColumn;
use super::membership::Membership;
use super::typed::Typed;
use crate::value::Scalar;

/// A predicate whose columns are known to exist and whose literals are of their types.
#[derive(Debug, Clone)]
pub struct BoundPredicate {
    pub(super) root: Node,
    pub(super) columns: Vec<BoundColumn>,
}

/// As [`super::Predicate`], with columns by their index in [`BoundPredicate::columns`].
#[derive(Debug, Clone)]
pub(super) enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Compare(usize, CompareOp, Scalar),
    /// The same for every value, and unknown for null.
    Known(usize, bool),
    In(usize, Membership),
    IsNull(usize),
    /// Unknown of every row.
    Unknown,
    /// What is none of the above.
    Computed(Box<Typed>),
}

impl BoundPredicate {
    /// The columns and nested fields that the predicate looks at, each once.
    pub fn columns(&self) -> &[BoundColumn] {
        &self.columns
    }

    /// Names of the top-level columns that the predicate needs, each once.
    pub fn column_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for column in &self.columns {
            if !names.contains(&column.name()) {
                names.push(column.name());
            }
        }
        names
    }
}
