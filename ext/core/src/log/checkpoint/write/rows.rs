//! File actions of any form as rows of the checkpoint.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, MapArray, StringArray, StructArray};
use arrow::datatypes::DataType as Arrow;

use super::conform::child;
use super::json::{column, failed, texts};
use super::layout::{FileColumns, remove_type, written_add_type};
use crate::error::{Error, Result};
use crate::log::checkpoint::parsed_stats::ParsedStats;
use crate::schema::{DataType, StructType};

/// Makes rows of file actions.
pub(super) struct FileRows {
    columns: FileColumns,
    add: StructType,
    remove: StructType,
}

impl FileRows {
    pub(super) fn new(columns: &FileColumns) -> Self {
        Self { columns: columns.clone(), add: written_add_type(columns), remove: remove_type() }
    }

    /// Whether statistics that are only there as a struct, or both ways, are of use.
    pub(super) fn wants_stats_struct(&self) -> bool {
        self.columns.stats.is_some()
    }

    pub(super) fn wants_stats(&self) -> bool {
        self.columns.stats_json || self.columns.stats.is_some()
    }

    /// Rows that are all adds. `utc` says whether timestamps without a zone in their statistics are UTC.
    pub(super) fn adds(&self, rows: &StructArray, utc: bool) -> Result<ArrayRef> {
        let stats = if self.wants_stats() { Some(stats_text(rows, utc)?) } else { None };
        let fields = self.add.to_arrow_fields();
        let mut columns = Vec::with_capacity(fields.len());
        for field in &fields {
            columns.push(match (field.name().as_str(), &stats) {
                // As Spark has it: what a checkpoint tells of changes no data.
                ("dataChange", _) => no_change(rows.len()),
                ("stats", Some(stats)) => Arc::new(stats.clone()),
                ("stats_parsed", Some(stats)) => self.stats(rows, field.data_type(), stats)?,
                ("partitionValues_parsed", _) => self.partitions(rows)?,
                (name, _) => child(rows, name, field.data_type())?,
            });
        }
        Ok(Arc::new(StructArray::try_new(fields, columns, None).map_err(failed)?))
    }

    /// Rows that are all removes.
    pub(super) fn removes(&self, rows: &StructArray) -> Result<ArrayRef> {
        let fields = self.remove.to_arrow_fields();
        let columns = fields.iter().map(|field| match field.name().as_str() {
            "dataChange" => Ok(no_change(rows.len())),
            name => child(rows, name, field.data_type()),
        });
        let columns = columns.collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(StructArray::try_new(fields, columns, None).map_err(failed)?))
    }

    /// The struct that is there, where it has the very form and lacks nothing; else a new one.
    fn stats(&self, rows: &StructArray, target: &Arrow, stats: &StringArray) -> Result<ArrayRef> {
        let Some(of) = &self.columns.stats else { return Err(Error::internal("no form of statistics")) };
        let known = rows.column_by_name("stats_parsed").filter(|known| known.data_type() == target);
        match known {
            Some(known) if (0..rows.len()).all(|row| known.is_valid(row) || stats.is_null(row)) => {
                Ok(Arc::clone(known))
            }
            _ => column(&DataType::Struct(of.clone()), &stats.iter().collect::<Vec<_>>()),
        }
    }

    fn partitions(&self, rows: &StructArray) -> Result<ArrayRef> {
        let Some(of) = &self.columns.partitions else { return Err(Error::internal("no form of partition values")) };
        let Some(type_of_values) = self.add.field("partitionValues").map(|f| f.data_type.to_arrow()) else {
            return Err(Error::internal("adds have no partition values"));
        };
        let values = child(rows, "partitionValues", &type_of_values)?;
        let values = values.as_map();
        let columns = of.fields.iter().map(|f| texts(&f.data_type, of_key(values, &f.name)));
        let columns = columns.collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(StructArray::try_new(of.to_arrow_fields(), columns, None).map_err(failed)?))
    }
}

fn no_change(rows: usize) -> ArrayRef {
    Arc::new(BooleanArray::from(vec![false; rows]))
}

/// What each row's map has under `key`.
fn of_key<'a>(maps: &'a MapArray, key: &str) -> Vec<Option<Cow<'a, str>>> {
    let (keys, values) = (maps.keys().as_string::<i32>(), maps.values().as_string::<i32>());
    let offsets = maps.value_offsets();
    let entries = |row: usize| offsets[row] as usize..offsets[row + 1] as usize;
    let found = |row: usize| entries(row).find(|at| keys.value(*at) == key).filter(|at| values.is_valid(*at));
    (0..maps.len()).map(|row| found(row).map(|at| Cow::Borrowed(values.value(at)))).collect()
}

/// Statistics as JSON text, also of those rows that have them as a struct alone.
fn stats_text(rows: &StructArray, utc: bool) -> Result<StringArray> {
    let stats = child(rows, "stats", &Arrow::Utf8)?;
    let stats = stats.as_string::<i32>();
    let parsed = rows.column_by_name("stats_parsed").and_then(|parsed| parsed.as_struct_opt());
    let Some(parsed) = parsed.filter(|_| stats.null_count() > 0) else { return Ok(stats.clone()) };
    let parsed = ParsedStats::new(parsed, utc);
    let text = |row: usize| match stats.is_valid(row) {
        true => Some(Cow::Borrowed(stats.value(row))),
        false => parsed.text(row).map(Cow::Owned),
    };
    Ok((0..rows.len()).map(text).collect())
}
