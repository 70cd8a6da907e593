//! Binding: names become columns of a schema, literals become values of the columns' types.

use super::Predicate;
use super::columns::{BoundColumn, Columns};
use super::literal::{Comparison, Place};
use super::lower::lower;
use super::membership::Membership;
use super::node::{BoundPredicate, Node};
use super::sql::parse;
use super::typed::bind_condition;
use crate::error::{Error, Result};
use crate::schema::Schema;
use crate::value::Scalar;

impl Predicate {
    /// Finds the columns in `schema` and fits the literals to them.
    pub fn bind(&self, schema: &Schema) -> Result<BoundPredicate> {
        let mut columns = Columns::new(schema);
        let root = node(self, &mut columns)?;
        Ok(BoundPredicate { root, columns: columns.found })
    }
}

fn node(predicate: &Predicate, columns: &mut Columns<'_>) -> Result<Node> {
    Ok(match predicate {
        Predicate::Always => Node::And(Vec::new()),
        Predicate::Never => Node::Or(Vec::new()),
        Predicate::And(parts) => Node::And(parts.iter().map(|p| node(p, columns)).collect::<Result<_>>()?),
        Predicate::Or(parts) => Node::Or(parts.iter().map(|p| node(p, columns)).collect::<Result<_>>()?),
        Predicate::Not(inner) => Node::Not(Box::new(node(inner, columns)?)),
        Predicate::IsNull(path) => Node::IsNull(columns.exact(path)?),
        Predicate::IsNotNull(path) => Node::Not(Box::new(Node::IsNull(columns.exact(path)?))),
        Predicate::Compare { column, op, value } => {
            let index = columns.exact(column)?;
            match place(&columns.found[index], value)?.compare(*op) {
                Comparison::With(op, value) => Node::Compare(index, op, value),
                Comparison::Known(result) => Node::Known(index, result),
            }
        }
        Predicate::In { column, values } => {
            let index = columns.exact(column)?;
            let mut found = Vec::with_capacity(values.len());
            for value in values {
                if let Place::At(value) = place(&columns.found[index], value)? {
                    found.push(value);
                }
            }
            if found.is_empty() { Node::Known(index, false) } else { Node::In(index, Membership::new(found)) }
        }
        Predicate::Sql(text) => {
            let typed = bind_condition(&parse(text)?, columns, text)?;
            lower(typed, &columns.found)
        }
    })
}

fn place(BoundColumn { path, data_type }: &BoundColumn, value: &Scalar) -> Result<Place> {
    Place::of(value, data_type).ok_or_else(|| {
        Error::argument(format!("column {path} is of type {data_type} and cannot be compared with {}", describe(value)))
    })
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
