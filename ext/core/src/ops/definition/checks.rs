//! What columns compute, and what rows must fulfil: whether it can be.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::expr::{BoundExpr, Expr};
use crate::schema::{DataType, Field, IDENTITY_EXPLICIT, IDENTITY_START, IDENTITY_STEP, StructType};

const GENERATION: &str = "delta.generationExpression";
const DEFAULT: &str = "CURRENT_DEFAULT";

/// Binds a constraint, which is a condition on each row.
pub(in crate::ops) fn check_constraint(name: &str, text: &str, schema: &StructType) -> Result<BoundExpr> {
    let wrong = |e: Error| e.context(format!("constraint {name}"));
    let bound = Expr::parse(text).and_then(|e| e.bind(schema)).map_err(wrong)?;
    if *bound.data_type() != DataType::Boolean {
        return Err(Error::argument(format!(
            "constraint {name} is of type {}, not a condition: {text}",
            bound.data_type()
        )));
    }
    Ok(bound)
}

/// Checks what columns say of the values that rows do not give (Delta protocol, "Generated Columns", "Default Columns",
/// "Identity Columns").
pub(in crate::ops) fn check_rules(schema: &StructType, partition_columns: &[String]) -> Result<()> {
    for field in &schema.fields {
        let rules: Vec<&str> =
            [GENERATION, DEFAULT, IDENTITY_START].into_iter().filter(|key| field.metadata.contains_key(*key)).collect();
        match rules.as_slice() {
            [] => {}
            [GENERATION] => check_generated(field, schema)?,
            [IDENTITY_START] => check_identity(field, partition_columns)?,
            [_] => {
                text(field, DEFAULT)?;
            }
            _ => {
                return Err(Error::schema(format!(
                    "column {} has {}: a column is generated, has a default or is an identity, one of the three",
                    field.name,
                    rules.join(" and ")
                )));
            }
        }
        check_inside(&field.data_type, &field.name)?;
    }
    Ok(())
}

fn check_inside(data_type: &DataType, path: &str) -> Result<()> {
    match data_type {
        DataType::Struct(s) => s.fields.iter().try_for_each(|field| {
            let path = format!("{path}.{}", field.name);
            for key in [GENERATION, DEFAULT, IDENTITY_START] {
                if field.metadata.contains_key(key) {
                    return Err(Error::schema(format!("column {path} has {key}, which only columns of the table can")));
                }
            }
            check_inside(&field.data_type, &path)
        }),
        DataType::Array(a) => check_inside(&a.element, &format!("{path}.element")),
        DataType::Map(m) => {
            check_inside(&m.key, &format!("{path}.key"))?;
            check_inside(&m.value, &format!("{path}.value"))
        }
        _ => Ok(()),
    }
}

fn check_generated(field: &Field, schema: &StructType) -> Result<()> {
    let text = text(field, GENERATION)?;
    let wrong = |e: Error| e.context(format!("generated column {}", field.name));
    let bound = Expr::parse(text).and_then(|e| e.bind(schema)).map_err(wrong)?;
    for column in bound.columns() {
        let of = column.path.names().first().and_then(|name| schema.field(name));
        if of.is_some_and(|f| f.name == field.name || f.metadata.contains_key(GENERATION)) {
            return Err(Error::schema(format!(
                "generated column {} is made of generated column {}: only columns that rows give can be used ({text})",
                field.name, column.path
            )));
        }
    }
    let computed = bound.data_type();
    if *computed != field.data_type && *computed != DataType::Void {
        return Err(Error::schema(format!(
            "generated column {} is of type {}, and {text} is of type {computed}: write CAST({text} AS {})",
            field.name, field.data_type, field.data_type
        )));
    }
    Ok(())
}

fn check_identity(field: &Field, partition_columns: &[String]) -> Result<()> {
    let wrong = |what: &str| Err(Error::schema(format!("identity column {} {what}", field.name)));
    if field.data_type != DataType::Long {
        return wrong(&format!("is of type {}: an identity is a long", field.data_type));
    }
    if partition_columns.contains(&field.name) {
        return wrong("cannot be a partition column");
    }
    let number = |key: &str| field.metadata.get(key).and_then(Value::as_i64);
    match (number(IDENTITY_START), number(IDENTITY_STEP)) {
        (Some(_), Some(0)) => wrong("has step 0: its values would all be the same"),
        (Some(_), Some(_)) if field.metadata.get(IDENTITY_EXPLICIT).is_some_and(Value::is_boolean) => Ok(()),
        _ => wrong(&format!(
            "needs whole numbers in {IDENTITY_START} and {IDENTITY_STEP}, and true or false in {IDENTITY_EXPLICIT}"
        )),
    }
}

fn text<'a>(field: &'a Field, key: &str) -> Result<&'a str> {
    let text = field.metadata.get(key).and_then(Value::as_str);
    text.ok_or_else(|| Error::schema(format!("column {} has {key} that is no SQL text", field.name)))
}
