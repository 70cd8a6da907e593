//! Constraints: SQL that must be true of every row (Delta protocol, "CHECK Constraints", "Column Invariants", "Generated
//! Columns").

use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::record_batch::RecordBatch;
use serde::Deserialize;

use super::empty::EmptyIsNull;
use super::fill::{GENERATION, generated_column, is_comparable, text_of};
use super::sql;
use crate::action::{Metadata, Protocol};
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{BoundColumn, BoundExpr};
use crate::features::writes_feature;
use crate::schema::{ColumnPath, DataType, Field, Schema, StructType};
use crate::value::Scalar;

const CONSTRAINT: &str = "delta.constraints.";
const INVARIANT: &str = "delta.invariants";

/// Characters of a value that a message shows.
const SHOWN: usize = 100;

#[derive(Clone)]
pub(super) struct Checks {
    checks: Arc<[Check]>,
    empty: EmptyIsNull,
}

struct Check {
    /// As messages name it.
    what: String,
    condition: BoundExpr,
}

/// `{"expression":{"expression":"x > 3"}}`
#[derive(Deserialize)]
struct Rule {
    expression: Inner,
}

#[derive(Deserialize)]
struct Inner {
    expression: String,
}

impl Checks {
    pub(super) fn none() -> Self {
        Self { checks: Arc::new([]), empty: EmptyIsNull::nowhere() }
    }

    /// Nulls may have come of `empty`.
    pub(super) fn new(protocol: &Protocol, metadata: &Metadata, schema: &Schema, empty: &EmptyIsNull) -> Result<Self> {
        let mut checks = Vec::new();
        if writes_feature(protocol, "invariants") {
            each_field(schema, None, &mut |path, field| {
                let Some(text) = text_of(field, INVARIANT)? else { return Ok(()) };
                let rule: Rule = serde_json::from_str(text).map_err(|e| {
                    Error::unsupported(format!(
                        "column {path} has a {INVARIANT} that this library does not know, so nothing can be written: {text}"
                    ))
                    .with_source(e)
                })?;
                checks.push(Check::new(
                    format!("the invariant of column {path}"),
                    &rule.expression.expression,
                    schema,
                )?);
                Ok(())
            })?;
        }
        if writes_feature(protocol, "checkConstraints") {
            for (key, text) in &metadata.configuration {
                if let (Some(name), Some(text)) = (key.strip_prefix(CONSTRAINT), text) {
                    checks.push(Check::new(format!("the constraint {name}"), text, schema)?);
                }
            }
        }
        if writes_feature(protocol, "generatedColumns") {
            for (position, field) in schema.fields.iter().enumerate() {
                if let Some(text) = text_of(field, GENERATION)? {
                    checks.push(Check::generated(field, text, schema, empty.applies_to(position))?);
                }
            }
        }
        Ok(Self { checks: checks.into(), empty: empty.clone() })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.checks.is_empty()
    }

    /// Refuses the first row for which a condition is not true, be it false or unknown.
    pub(super) fn check(&self, batch: &RecordBatch, first_row: u64) -> Result<()> {
        let mut broken: Option<(usize, &Check)> = None;
        for check in self.checks.iter() {
            if let Some(row) = check.first_violation(batch, first_row)?
                && broken.is_none_or(|(earlier, _)| row < earlier)
            {
                broken = Some((row, check));
            }
        }
        broken.map_or(Ok(()), |(row, check)| Err(check.violation(batch, row, first_row, &self.empty)))
    }
}

impl Check {
    fn new(what: String, text: &str, schema: &Schema) -> Result<Self> {
        let what = format!("{what} ({text})");
        let condition = sql::bind(text, schema, &what)?;
        match condition.data_type() {
            DataType::Boolean | DataType::Void => Ok(Self { what, condition }),
            other => Err(Error::unsupported(format!(
                "{what} is of type {other} and no condition, so nothing can be written to the table"
            ))),
        }
    }

    /// As Spark has it: the column equals what is computed, and null equals null, which is what "" is written as where
    /// `empty_is_null`.
    fn generated(field: &Field, text: &str, schema: &Schema, empty_is_null: bool) -> Result<Self> {
        let what = generated_column(field, text);
        if !is_comparable(&field.data_type) {
            return Err(Error::unsupported(format!(
                "{what} is of type {}, which cannot be compared, so nothing can be written to the table",
                field.data_type
            )));
        }
        let computed = sql::cast(text, &field.data_type);
        let written = if empty_is_null { sql::null_if_empty(&computed, &field.data_type) } else { computed };
        let equals = format!("{} <=> {written}", sql::quoted(&field.name));
        let condition = sql::bind(&equals, schema, &what)?;
        Ok(Self { what, condition })
    }

    fn first_violation(&self, batch: &RecordBatch, first_row: u64) -> Result<Option<usize>> {
        let holds = self.condition.evaluate(batch).map_err(|e| {
            let rows = format!("rows {first_row} to {}", first_row + batch.num_rows().saturating_sub(1) as u64);
            Error::new(ErrorKind::ConstraintViolation, format!("{rows}: {} cannot be computed", self.what))
                .with_source(e)
        })?;
        let Some(holds) = holds.as_boolean_opt() else { return Ok((!holds.is_empty()).then_some(0)) };
        if holds.null_count() == 0 && !holds.has_false() {
            return Ok(None);
        }
        Ok((0..holds.len()).find(|&row| holds.is_null(row) || !holds.value(row)))
    }

    fn violation(&self, batch: &RecordBatch, row: usize, first_row: u64, empty: &EmptyIsNull) -> Error {
        let values = self.condition.columns().iter().map(|c| format!("{} is {}", c.path, shown(batch, c, row)));
        let values: Vec<String> = values.collect();
        let told = if values.is_empty() { String::new() } else { format!(": {}", values.join(", ")) };
        let hint = empty.hint_among(self.condition.columns(), batch, row);
        Error::new(
            ErrorKind::ConstraintViolation,
            format!("row {}: {} does not hold{told}{hint}", first_row + row as u64, self.what),
        )
    }
}

/// The value of a column in one row, for a message.
fn shown(batch: &RecordBatch, column: &BoundColumn, row: usize) -> String {
    let mut names = column.path.names().iter();
    let mut array = names.next().and_then(|name| batch.column_by_name(name));
    for name in names {
        if array.is_some_and(|a| a.is_null(row)) {
            return "null".to_owned();
        }
        array = array.and_then(|a| a.as_struct_opt()).and_then(|s| s.column_by_name(name));
    }
    let Some(array) = array else { return "unknown".to_owned() };
    match Scalar::from_array(array, row, &column.data_type) {
        Ok(None) => "null".to_owned(),
        Ok(Some(Scalar::String(text))) => match text.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{:?}…", &text[..end]),
            None => format!("{text:?}"),
        },
        Ok(Some(Scalar::Binary(bytes))) => format!("{} bytes", bytes.len()),
        Ok(Some(value)) => match value.to_partition(&column.data_type) {
            Ok(text) => text.unwrap_or_default(),
            Err(_) => format!("a {}", column.data_type),
        },
        Err(_) => format!("a {}", column.data_type),
    }
}

/// Every field, those inside of structs, arrays and maps too.
fn each_field(
    fields: &StructType,
    parent: Option<&ColumnPath>,
    visit: &mut dyn FnMut(&ColumnPath, &Field) -> Result<()>,
) -> Result<()> {
    for field in &fields.fields {
        let path = parent.map_or_else(|| ColumnPath::from(field.name.as_str()), |p| p.child(&field.name));
        visit(&path, field)?;
        inside(&field.data_type, &path, visit)?;
    }
    Ok(())
}

fn inside(
    data_type: &DataType,
    path: &ColumnPath,
    visit: &mut dyn FnMut(&ColumnPath, &Field) -> Result<()>,
) -> Result<()> {
    match data_type {
        DataType::Struct(s) => each_field(s, Some(path), visit),
        DataType::Array(a) => inside(&a.element, &path.child("element"), visit),
        DataType::Map(m) => {
            inside(&m.key, &path.child("key"), visit)?;
            inside(&m.value, &path.child("value"), visit)
        }
        _ => Ok(()),
    }
}
