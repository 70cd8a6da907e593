//! Expressions on their own: what constraints, generated columns and defaults are made of.

use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};

use super::columns::{BoundColumn, Columns};
use super::evaluate::column;
use super::sql::{Syntax, parse};
use super::typed::{Rows, Typed, bind};
use crate::error::Result;
use crate::schema::{DataType, Schema};

/// SQL text that is an expression.
#[derive(Clone)]
pub struct Expr {
    text: Arc<str>,
    syntax: Syntax,
}

/// An expression whose columns are known to exist, and whose types go together.
#[derive(Debug, Clone)]
pub struct BoundExpr {
    root: Typed,
    columns: Vec<BoundColumn>,
}

impl Expr {
    /// Reads SQL text; an error shows the place in it.
    pub fn parse(text: &str) -> Result<Self> {
        Ok(Self { syntax: parse(text)?, text: text.into() })
    }

    /// The text as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Finds the columns in `schema`, whatever the case of their names, and settles the types of all parts.
    pub fn bind(&self, schema: &Schema) -> Result<BoundExpr> {
        let mut columns = Columns::new(schema);
        let root = bind(&self.syntax, &mut columns, &self.text)?;
        Ok(BoundExpr { root, columns: columns.found })
    }
}

impl BoundExpr {
    /// The type of the values; void where they are always null.
    pub fn data_type(&self) -> &DataType {
        &self.root.data_type
    }

    /// The columns and nested fields that the expression looks at, each once.
    pub fn columns(&self) -> &[BoundColumn] {
        &self.columns
    }

    /// A value for each row. The batch has the needed columns under their names, in their types' Arrow form.
    pub fn evaluate(&self, batch: &RecordBatch) -> Result<ArrayRef> {
        let columns = self.columns.iter().map(|c| column(batch, c)?.values()).collect::<Result<Vec<_>>>()?;
        let rows = Rows { columns: &columns, len: batch.num_rows(), active: None };
        rows.values(&self.root)?.to_array(&self.root.data_type, batch.num_rows())
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expr({})", self.text)
    }
}
