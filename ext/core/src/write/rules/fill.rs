//! Values of columns that rows do not give: defaults and generated columns (Delta protocol, "Default Columns", "Generated
//! Columns").

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Scalar as Single};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::zip::zip;
use arrow::datatypes::Schema as ArrowSchema;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use serde_json::Value;

use super::sql;
use crate::action::Protocol;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};
use crate::expr::BoundExpr;
use crate::features::writes_feature;
use crate::schema::{DataType, Field, Schema};
use crate::value::calendar::{DAY, format_date, format_timestamp};
use crate::write::rows::RowBatch;

pub(super) const GENERATION: &str = "delta.generationExpression";
const DEFAULT: &str = "CURRENT_DEFAULT";

#[derive(Clone)]
pub(super) struct Fill {
    /// Position, and the value as an array of one element.
    defaults: Vec<(usize, ArrayRef)>,
    generated: Vec<(usize, Arc<BoundExpr>, String)>,
}

impl Fill {
    pub(super) fn nothing() -> Self {
        Self { defaults: Vec::new(), generated: Vec::new() }
    }

    pub(super) fn new(protocol: &Protocol, schema: &Schema, clock: &Clock) -> Result<Self> {
        let mut fill = Self::nothing();
        let has_defaults = writes_feature(protocol, "allowColumnDefaults");
        let generates = writes_feature(protocol, "generatedColumns");
        for (position, field) in schema.fields.iter().enumerate() {
            if generates && let Some(text) = text_of(field, GENERATION)? {
                let what = generated_column(field, text);
                let computed = sql::bind_as(text, &field.data_type, schema, &what)?;
                fill.generated.push((position, Arc::new(computed), what));
            } else if has_defaults && let Some(text) = text_of(field, DEFAULT)? {
                fill.defaults.push((position, default(field, text, clock)?));
            }
        }
        Ok(fill)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.defaults.is_empty() && self.generated.is_empty()
    }

    pub(super) fn computes(&self) -> bool {
        !self.generated.is_empty()
    }

    pub(super) fn positions(&self) -> impl Iterator<Item = usize> {
        self.defaults.iter().map(|(p, _)| *p).chain(self.generated.iter().map(|(p, ..)| *p))
    }

    pub(super) fn defaults(&self, rows: &RowBatch, arrays: &mut [ArrayRef]) -> Result<()> {
        for (position, value) in &self.defaults {
            if let Some(absent) = rows.absent(*position)
                && value.is_valid(0)
            {
                arrays[*position] = merge(absent, &Single::new(value.clone()), &arrays[*position])?;
            }
        }
        Ok(())
    }

    /// `batch` has all other columns.
    pub(super) fn generated(&self, rows: &RowBatch, batch: &RecordBatch, arrays: &mut [ArrayRef]) -> Result<()> {
        for (position, computed, what) in &self.generated {
            if let Some(absent) = rows.absent(*position) {
                let values = computed.evaluate(batch).map_err(|e| {
                    Error::new(ErrorKind::ConstraintViolation, format!("{what} cannot be computed for these rows"))
                        .with_source(e)
                })?;
                arrays[*position] = merge(absent, &values, &arrays[*position])?;
            }
        }
        Ok(())
    }
}

/// How messages name a generated column.
pub(super) fn generated_column(field: &Field, text: &str) -> String {
    format!("the generated column {} ({text})", field.name)
}

/// The text that the field's metadata has under `key`.
pub(super) fn text_of<'a>(field: &'a Field, key: &str) -> Result<Option<&'a str>> {
    match field.metadata.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Error::corrupt(format!("column {} has a {key} that is no text", field.name))),
    }
}

fn default(field: &Field, text: &str, clock: &Clock) -> Result<ArrayRef> {
    let what = format!("the default of column {} ({text})", field.name);
    let text = now(text, clock).unwrap_or_else(|| text.to_owned());
    let value = sql::bind_as(&text, &field.data_type, &Schema::default(), &what)?;
    let options = RecordBatchOptions::new().with_row_count(Some(1));
    RecordBatch::try_new_with_options(Arc::new(ArrowSchema::empty()), Vec::new(), &options)
        .map_err(|e| Error::internal("a batch without columns was refused").with_source(e))
        .and_then(|row| value.evaluate(&row))
        .map_err(|e| Error::unsupported(format!("{what} has no value")).with_source(e))
}

/// The literal that a call for the current time stands for. Days are those of UTC.
fn now(text: &str, clock: &Clock) -> Option<String> {
    let call: String = text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    let micros = clock.now_ms().saturating_mul(1_000);
    let mut shown = String::new();
    match call.strip_suffix("()").unwrap_or(&call) {
        "current_timestamp" | "now" => {
            format_timestamp(micros, ' ', 6, &mut shown);
            Some(format!("TIMESTAMP '{shown}Z'"))
        }
        "current_date" | "curdate" => {
            format_date(micros.div_euclid(DAY), &mut shown);
            Some(format!("DATE '{shown}'"))
        }
        "localtimestamp" => {
            format_timestamp(micros, ' ', 6, &mut shown);
            Some(format!("TIMESTAMP_NTZ '{shown}'"))
        }
        _ => None,
    }
}

/// `values` where a row is absent, and what was given elsewhere.
pub(super) fn merge(absent: &BooleanBuffer, values: &dyn arrow::array::Datum, given: &ArrayRef) -> Result<ArrayRef> {
    zip(&BooleanArray::new(absent.clone(), None), values, given)
        .map_err(|e| Error::internal("values cannot be filled in").with_source(e))
}

/// Whether the type is one that equality is known for.
pub(super) fn is_comparable(data_type: &DataType) -> bool {
    data_type.is_primitive() && !matches!(data_type, DataType::Void | DataType::Unknown(_))
}
