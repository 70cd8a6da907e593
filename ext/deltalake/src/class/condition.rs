//! Conditions as Ruby passes them: nested Arrays with the operator first.

use deltalake_core::Error;
use deltalake_core::expr::{CompareOp, Predicate};
use deltalake_core::schema::{ColumnPath, DataType, Schema};
use deltalake_core::value::Scalar;
use magnus::{RArray, Ruby, Value};

use crate::convert::{Failure, scalar_from_ruby};

/// All of `conditions`, each typed by the schema.
pub(super) fn predicate(ruby: &Ruby, conditions: RArray, schema: &Schema) -> Result<Predicate, Failure> {
    all(ruby, conditions, schema).map(Predicate::And)
}

fn all(ruby: &Ruby, conditions: RArray, schema: &Schema) -> Result<Vec<Predicate>, Failure> {
    (0..conditions.len()).map(|at| one(ruby, conditions.entry(at as isize)?, schema)).collect()
}

fn one(ruby: &Ruby, condition: RArray, schema: &Schema) -> Result<Predicate, Failure> {
    let operator: String = condition.entry(0)?;
    match operator.as_str() {
        "and" => return all(ruby, condition.entry(1)?, schema).map(Predicate::And),
        "or" => return all(ruby, condition.entry(1)?, schema).map(Predicate::Or),
        "not" => return Ok(Predicate::Not(Box::new(one(ruby, condition.entry(1)?, schema)?))),
        "sql" => return Ok(Predicate::Sql(condition.entry(1)?)),
        _ => {}
    }
    let column = ColumnPath::new(condition.entry(1)?);
    let op = match operator.as_str() {
        "null" => return Ok(Predicate::IsNull(column)),
        "not_null" => return Ok(Predicate::IsNotNull(column)),
        "in" => {
            let values: RArray = condition.entry(2)?;
            let data_type = type_of(&column, schema)?;
            let values: Vec<Option<Scalar>> = (0..values.len())
                .map(|at| scalar_from_ruby(ruby, &column.to_string(), values.entry(at as isize)?, data_type))
                .collect::<Result<_, _>>()?;
            return Ok(Predicate::In { column, values: values.into_iter().flatten().collect() });
        }
        "=" => CompareOp::Eq,
        "!=" => CompareOp::NotEq,
        "<" => CompareOp::Lt,
        "<=" => CompareOp::LtEq,
        ">" => CompareOp::Gt,
        ">=" => CompareOp::GtEq,
        other => return Err(Error::argument(format!("conditions have no operator {other:?}")).into()),
    };
    let value: Value = condition.entry(2)?;
    let data_type = type_of(&column, schema)?;
    Ok(match scalar_from_ruby(ruby, &column.to_string(), value, data_type)? {
        Some(value) => Predicate::Compare { column, op, value },
        // A comparison with null is true of no row.
        None => Predicate::Never,
    })
}

fn type_of<'a>(column: &ColumnPath, schema: &'a Schema) -> Result<&'a DataType, Error> {
    let mut fields = schema;
    let mut found = None;
    for (depth, name) in column.names().iter().enumerate() {
        let field = fields.field(name).ok_or_else(|| {
            let known = fields.names().collect::<Vec<_>>().join(", ");
            Error::argument(format!("there is no column {column} to choose rows by; there are {known}"))
        })?;
        found = Some(&field.data_type);
        match &field.data_type {
            DataType::Struct(inner) => fields = inner,
            _ if depth + 1 < column.names().len() => {
                return Err(Error::argument(format!("column {name} is of type {} and has no fields", field.data_type)));
            }
            _ => {}
        }
    }
    found.ok_or_else(|| Error::argument("a condition needs a column"))
}
