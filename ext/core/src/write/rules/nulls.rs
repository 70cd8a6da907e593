//! Nulls where the schema allows none (`nullable`, `containsNull` and `valueContainsNull` set to false).

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::record_batch::RecordBatch;

use super::empty::EmptyIsNull;
use crate::error::{Error, Result};
use crate::schema::{ColumnPath, DataType, Schema};

/// The constraints of a schema; columns without any cost nothing.
#[derive(Clone)]
pub(super) struct NullCheck {
    columns: Arc<[(usize, Rule)]>,
    empty: EmptyIsNull,
}

/// What holds at one place of a type, and below it.
struct Rule {
    path: ColumnPath,
    nullable: bool,
    below: Below,
}

enum Below {
    Nothing,
    Struct(Vec<(usize, Rule)>),
    Array(Box<Rule>),
    Map(Vec<(usize, Rule)>),
}

impl NullCheck {
    /// Nulls may have come of `empty`.
    pub(super) fn new(schema: &Schema, empty: &EmptyIsNull) -> Self {
        let columns = schema.fields.iter().enumerate().filter_map(|(position, field)| {
            let rule = Rule::new(ColumnPath::from(field.name.as_str()), field.nullable, &field.data_type);
            rule.map(|rule| (position, rule))
        });
        Self { columns: columns.collect(), empty: empty.clone() }
    }

    /// Whether there are columns in which "" is a null that is not allowed.
    pub(super) fn refuses_empty(&self) -> bool {
        self.columns.iter().any(|(position, _)| self.empty.applies_to(*position))
    }

    /// Refuses the first null that is not allowed; rows are counted from `first_row`.
    pub(super) fn check(&self, batch: &RecordBatch, first_row: u64) -> Result<()> {
        let mut found: Option<(usize, usize, &ColumnPath)> = None;
        for (position, rule) in self.columns.iter() {
            if let Some((row, path)) = rule.first_violation(batch.column(*position), None)
                && found.is_none_or(|(earlier, ..)| row < earlier)
            {
                found = Some((row, *position, path));
            }
        }
        match found {
            None => Ok(()),
            Some((row, position, path)) => Err(Error::schema(format!(
                "row {}: column {path} is null, and the table's schema allows no nulls there{}",
                first_row + row as u64,
                self.empty.hint(position)
            ))),
        }
    }
}

impl Rule {
    /// `None` where nothing is to be checked.
    fn new(path: ColumnPath, nullable: bool, data_type: &DataType) -> Option<Self> {
        let below = match data_type {
            DataType::Struct(fields) => {
                let rules = fields.fields.iter().enumerate().filter_map(|(position, field)| {
                    Self::new(path.child(&field.name), field.nullable, &field.data_type).map(|rule| (position, rule))
                });
                Below::Struct(rules.collect())
            }
            DataType::Array(array) => match Self::new(path.child("element"), array.contains_null, &array.element) {
                Some(rule) => Below::Array(Box::new(rule)),
                None => Below::Nothing,
            },
            DataType::Map(map) => {
                let key = Self::new(path.child("key"), false, &map.key).map(|rule| (0, rule));
                let value = Self::new(path.child("value"), map.value_contains_null, &map.value).map(|rule| (1, rule));
                Below::Map(key.into_iter().chain(value).collect())
            }
            _ => Below::Nothing,
        };
        let idle = match &below {
            Below::Nothing => true,
            Below::Struct(rules) => rules.is_empty(),
            Below::Array(_) | Below::Map(_) => false,
        };
        (!nullable || !idle).then_some(Self { path, nullable, below })
    }

    /// Index and path of the first null that is not allowed. `parent` tells where there is a value around this one.
    fn first_violation(&self, array: &ArrayRef, parent: Option<&NullBuffer>) -> Option<(usize, &ColumnPath)> {
        let nulls = array.logical_nulls();
        let here = match &nulls {
            Some(nulls) if !self.nullable && nulls.null_count() > 0 => (0..array.len())
                .find(|&i| nulls.is_null(i) && parent.is_none_or(|p| p.is_valid(i)))
                .map(|i| (i, &self.path)),
            _ => None,
        };
        let present = || NullBuffer::union(parent, nulls.as_ref());
        let deeper = match &self.below {
            Below::Nothing => None,
            Below::Struct(rules) => {
                let present = present();
                first(rules, array.as_struct().columns(), present.as_ref())
            }
            Below::Array(rule) => {
                let list = array.as_list::<i32>();
                let inside = elements(list.offsets(), present().as_ref(), list.values().len());
                let found = rule.first_violation(list.values(), inside.as_ref());
                found.map(|(element, path)| (row_of(list.offsets(), element), path))
            }
            Below::Map(rules) => {
                let map = array.as_map();
                let inside = elements(map.offsets(), present().as_ref(), map.entries().len());
                let found = first(rules, map.entries().columns(), inside.as_ref());
                found.map(|(entry, path)| (row_of(map.offsets(), entry), path))
            }
        };
        match (here, deeper) {
            (Some(a), Some(b)) if b.0 < a.0 => Some(b),
            (None, deeper) => deeper,
            (here, _) => here,
        }
    }
}

fn first<'a>(
    rules: &'a [(usize, Rule)],
    arrays: &[ArrayRef],
    present: Option<&NullBuffer>,
) -> Option<(usize, &'a ColumnPath)> {
    let found = rules.iter().filter_map(|(position, rule)| rule.first_violation(&arrays[*position], present));
    found.min_by_key(|(row, _)| *row)
}

/// Which elements belong to a list that is present; `None` where all do.
pub(super) fn elements(offsets: &[i32], present: Option<&NullBuffer>, len: usize) -> Option<NullBuffer> {
    let (start, end) = (offsets[0] as usize, offsets[offsets.len() - 1] as usize);
    if start == 0 && end == len && present.is_none_or(|nulls| nulls.null_count() == 0) {
        return None;
    }
    let mut inside = vec![false; len];
    for (row, bounds) in offsets.windows(2).enumerate() {
        if present.is_none_or(|nulls| nulls.is_valid(row)) {
            inside[bounds[0] as usize..bounds[1] as usize].fill(true);
        }
    }
    Some(NullBuffer::new(BooleanBuffer::from(inside)))
}

/// The list that an element belongs to.
pub(super) fn row_of(offsets: &[i32], element: usize) -> usize {
    offsets.partition_point(|&offset| offset as usize <= element) - 1
}
