//! Identity columns (Delta protocol, "Identity Columns").

use arrow::array::{ArrayRef, Int64Array};
use serde_json::Value;

use super::fill::merge;
use crate::action::Protocol;
use crate::error::{Error, ErrorKind, Result};
use crate::features::writes_feature;
use crate::schema::{DataType, Field, Schema};
use crate::write::rows::RowBatch;

const START: &str = "delta.identity.start";
const STEP: &str = "delta.identity.step";
const MARK: &str = "delta.identity.highWaterMark";
const EXPLICIT: &str = "delta.identity.allowExplicitInsert";

/// How far an identity column has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityMark {
    /// Logical name.
    pub column: String,
    /// The table's last value before.
    pub before: Option<i64>,
    /// The last value that was made.
    pub value: i64,
}

impl IdentityMark {
    /// `schema_string` with these marks; `None` where one has moved meanwhile, so that the values are used up.
    pub fn record(marks: &[Self], schema_string: &str) -> Result<Option<String>> {
        let mut schema = Schema::from_json(schema_string)?;
        for mark in marks {
            let field = schema.fields.iter_mut().find(|f| f.name == mark.column);
            let field = field.ok_or_else(|| Error::internal(format!("there is no column {}", mark.column)))?;
            if field.metadata.get(MARK).and_then(Value::as_i64) != mark.before {
                return Ok(None);
            }
            field.metadata.insert(MARK.to_owned(), Value::from(mark.value));
        }
        Ok(Some(schema.to_json()))
    }
}

#[derive(Clone)]
pub(super) struct Identities(Vec<Identity>);

#[derive(Clone)]
struct Identity {
    position: usize,
    column: String,
    /// The last value, those of earlier commits included.
    last: Option<i64>,
    /// The same without ours.
    before: Option<i64>,
    start: i64,
    step: i64,
    explicit: bool,
    moved: bool,
}

impl Identities {
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    pub(super) fn new(protocol: &Protocol, schema: &Schema) -> Result<Self> {
        if !writes_feature(protocol, "identityColumns") {
            return Ok(Self::none());
        }
        let identities = schema.fields.iter().enumerate().filter(|(_, f)| f.metadata.contains_key(START));
        identities.map(|(position, field)| Identity::new(position, field)).collect::<Result<_>>().map(Self)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn positions(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|identity| identity.position)
    }

    /// Gives the next values to rows that have none of their own.
    pub(super) fn assign(&mut self, rows: &RowBatch, arrays: &mut [ArrayRef], first_row: u64) -> Result<()> {
        for identity in &mut self.0 {
            identity.assign(rows, &mut arrays[identity.position], first_row)?;
        }
        Ok(())
    }

    pub(super) fn into_marks(self) -> Vec<IdentityMark> {
        let moved = self.0.into_iter().filter(|identity| identity.moved);
        moved.filter_map(|i| i.last.map(|value| IdentityMark { column: i.column, before: i.before, value })).collect()
    }
}

impl Identity {
    fn new(position: usize, field: &Field) -> Result<Self> {
        let malformed = |key: &str| Error::corrupt(format!("column {} has no usable {key}", field.name));
        let number = |key: &str| match field.metadata.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or_else(|| malformed(key)),
        };
        if field.data_type != DataType::Long {
            return Err(Error::corrupt(format!(
                "the identity column {} is of type {}, and only long can be one",
                field.name, field.data_type
            )));
        }
        let step = number(STEP)?.filter(|step| *step != 0).ok_or_else(|| malformed(STEP))?;
        Ok(Self {
            position,
            column: field.name.clone(),
            last: number(MARK)?,
            before: number(MARK)?,
            start: number(START)?.ok_or_else(|| malformed(START))?,
            step,
            explicit: field.metadata.get(EXPLICIT).and_then(Value::as_bool).unwrap_or(false),
            moved: false,
        })
    }

    fn assign(&mut self, rows: &RowBatch, array: &mut ArrayRef, first_row: u64) -> Result<()> {
        let absent = rows.absent(self.position);
        let all = rows.batch.num_rows();
        if !self.explicit {
            let given = match absent {
                None => Some(0),
                Some(absent) => (0..all).find(|row| !absent.value(*row)),
            };
            if let Some(row) = given {
                return Err(Error::new(
                    ErrorKind::ConstraintViolation,
                    format!(
                        "row {}: the identity column {} is given, and its values are always generated: leave it out",
                        first_row + row as u64,
                        self.column
                    ),
                ));
            }
        }
        let Some(absent) = absent else { return Ok(()) };
        let mut made = Int64Array::builder(all);
        for row in 0..all {
            if absent.value(row) {
                made.append_value(self.next()?);
            } else {
                made.append_null();
            }
        }
        *array = merge(absent, &made.finish(), array)?;
        Ok(())
    }

    fn next(&mut self) -> Result<i64> {
        let next = match self.last {
            None => Some(self.start),
            Some(last) => last.checked_add(self.step),
        };
        let next = next.ok_or_else(|| {
            Error::new(
                ErrorKind::ConstraintViolation,
                format!("the identity column {} has no values left: it stands at {:?}", self.column, self.last),
            )
        })?;
        (self.last, self.moved) = (Some(next), true);
        Ok(next)
    }
}
