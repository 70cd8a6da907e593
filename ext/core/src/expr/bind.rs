//! Binding: names become columns of a schema, literals become values of the columns' types.

use super::literal::{Comparison, Place};
use super::membership::Membership;
use super::{CompareOp, Predicate};
use crate::error::{Error, Result};
use crate::schema::{ColumnPath, DataType, Schema};
use crate::value::Scalar;

/// A predicate whose columns are known to exist and whose literals are of their types.
#[derive(Debug, Clone)]
pub struct BoundPredicate {
    pub(super) root: Node,
    pub(super) columns: Vec<BoundColumn>,
}

/// A column, or a field inside one, that a predicate looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct BoundColumn {
    /// Where it is.
    pub path: ColumnPath,
    /// What it holds.
    pub data_type: DataType,
}

/// As [`Predicate`], with columns by their index in [`BoundPredicate::columns`].
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
}

impl Predicate {
    /// Finds the columns in `schema` and fits the literals to them.
    pub fn bind(&self, schema: &Schema) -> Result<BoundPredicate> {
        let mut binder = Binder { schema, columns: Vec::new() };
        let root = binder.node(self)?;
        Ok(BoundPredicate { root, columns: binder.columns })
    }
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

impl BoundColumn {
    /// The top-level column.
    pub fn name(&self) -> &str {
        self.path.names().first().map_or("", String::as_str)
    }
}

struct Binder<'a> {
    schema: &'a Schema,
    columns: Vec<BoundColumn>,
}

impl Binder<'_> {
    fn node(&mut self, predicate: &Predicate) -> Result<Node> {
        Ok(match predicate {
            Predicate::Always => Node::And(Vec::new()),
            Predicate::Never => Node::Or(Vec::new()),
            Predicate::And(parts) => Node::And(parts.iter().map(|p| self.node(p)).collect::<Result<_>>()?),
            Predicate::Or(parts) => Node::Or(parts.iter().map(|p| self.node(p)).collect::<Result<_>>()?),
            Predicate::Not(inner) => Node::Not(Box::new(self.node(inner)?)),
            Predicate::IsNull(path) => Node::IsNull(self.column(path)?),
            Predicate::IsNotNull(path) => Node::Not(Box::new(Node::IsNull(self.column(path)?))),
            Predicate::Compare { column, op, value } => {
                let index = self.column(column)?;
                match self.place(index, value)?.compare(*op) {
                    Comparison::With(op, value) => Node::Compare(index, op, value),
                    Comparison::Known(result) => Node::Known(index, result),
                }
            }
            Predicate::In { column, values } => {
                let index = self.column(column)?;
                let mut found = Vec::with_capacity(values.len());
                for value in values {
                    if let Place::At(value) = self.place(index, value)? {
                        found.push(value);
                    }
                }
                if found.is_empty() { Node::Known(index, false) } else { Node::In(index, Membership::new(found)) }
            }
        })
    }

    fn column(&mut self, path: &ColumnPath) -> Result<usize> {
        if let Some(index) = self.columns.iter().position(|c| c.path == *path) {
            return Ok(index);
        }
        let data_type = find(self.schema, path)?.clone();
        self.columns.push(BoundColumn { path: path.clone(), data_type });
        Ok(self.columns.len() - 1)
    }

    fn place(&self, column: usize, value: &Scalar) -> Result<Place> {
        let BoundColumn { path, data_type } = &self.columns[column];
        Place::of(value, data_type).ok_or_else(|| {
            Error::argument(format!(
                "column {path} is of type {data_type} and cannot be compared with {}",
                describe(value)
            ))
        })
    }
}

fn find<'a>(schema: &'a Schema, path: &ColumnPath) -> Result<&'a DataType> {
    let mut fields = schema;
    let mut found = None;
    for (depth, name) in path.names().iter().enumerate() {
        let field = fields.field(name).ok_or_else(|| {
            let place = if depth == 0 { "the table".to_owned() } else { path.names()[..depth].join(".") };
            let names = fields.names().collect::<Vec<_>>().join(", ");
            Error::argument(format!("there is no column {path}: {place} has {names}"))
        })?;
        found = Some(&field.data_type);
        match &field.data_type {
            DataType::Struct(inner) => fields = inner,
            other if depth + 1 < path.names().len() => {
                let parent = path.names()[..=depth].join(".");
                return Err(Error::argument(format!(
                    "there is no column {path}: {parent} is of type {other}, which has no named fields"
                )));
            }
            _ => {}
        }
    }
    found.ok_or_else(|| Error::argument("a predicate has a column without a name"))
}

fn describe(value: &Scalar) -> String {
    match value {
        Scalar::Boolean(v) => format!("the boolean {v}"),
        Scalar::Long(v) => format!("the integer {v}"),
        Scalar::Double(v) => format!("the float {v}"),
        Scalar::Decimal(unscaled, scale) => format!("the decimal {unscaled}e-{scale}"),
        Scalar::String(v) => format!("the text {v:?}"),
        Scalar::Binary(_) => "binary".to_owned(),
        Scalar::Date(_) => "a date".to_owned(),
        Scalar::Timestamp(_) | Scalar::TimestampNtz(_) => "a time".to_owned(),
    }
}
