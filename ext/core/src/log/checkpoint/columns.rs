//! Columns of a checkpoint's actions, whatever types their writer chose for them.

use std::collections::BTreeMap;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, ListArray, MapArray, RecordBatch, StringArray, StructArray,
};
use arrow::datatypes::{DataType, Int64Type};

use crate::error::{Error, Result};
use crate::value::cast;

/// The children of one action's struct column, each cast to the type that the protocol gives it.
pub(in crate::log) struct Columns<'a> {
    action: &'a str,
    rows: &'a StructArray,
    children: BTreeMap<&'a str, ArrayRef>,
}

impl<'a> Columns<'a> {
    /// The struct column `action` of the batch, if the file has it.
    pub(in crate::log) fn of(batch: &'a RecordBatch, action: &'a str) -> Result<Option<Self>> {
        let Some(column) = batch.column_by_name(action) else { return Ok(None) };
        let rows = column.as_struct_opt().ok_or_else(|| Error::corrupt(format!("column {action} is not a struct")))?;
        Self::nested(action, rows).map(Some)
    }

    fn nested(action: &'a str, rows: &'a StructArray) -> Result<Self> {
        let mut children = BTreeMap::new();
        for (field, child) in rows.fields().iter().zip(rows.columns()) {
            children.insert(field.name().as_str(), canonical(child)?);
        }
        Ok(Self { action, rows, children })
    }

    /// The struct column `name` inside this one.
    pub(in crate::log) fn child(&'a self, name: &'a str) -> Result<Option<Self>> {
        self.structs(name)?.map(|rows| Self::nested(name, rows)).transpose()
    }

    /// Rows on which the action is there.
    pub(in crate::log) fn rows(&self) -> impl Iterator<Item = usize> + use<'a> {
        let rows = self.rows;
        (0..rows.len()).filter(|row| rows.is_valid(*row))
    }

    pub(in crate::log) fn is_present(&self, row: usize) -> bool {
        self.rows.is_valid(row)
    }

    pub(in crate::log) fn text(&self, name: &str, row: usize) -> Result<Option<String>> {
        Ok(self.strings(name)?.filter(|a| a.is_valid(row)).map(|a| a.value(row).to_owned()))
    }

    pub(in crate::log) fn strings(&self, name: &str) -> Result<Option<&StringArray>> {
        let Some(column) = self.children.get(name) else { return Ok(None) };
        column.as_string_opt::<i32>().map(Some).ok_or_else(|| self.wrong(name, "text"))
    }

    pub(in crate::log) fn integers(&self, name: &str) -> Result<Option<&Int64Array>> {
        let Some(column) = self.children.get(name) else { return Ok(None) };
        column.as_primitive_opt::<Int64Type>().map(Some).ok_or_else(|| self.wrong(name, "a number"))
    }

    pub(in crate::log) fn integer(&self, name: &str, row: usize) -> Result<Option<i64>> {
        Ok(self.integers(name)?.filter(|a| a.is_valid(row)).map(|a| a.value(row)))
    }

    pub(in crate::log) fn flag(&self, name: &str, row: usize) -> Result<Option<bool>> {
        Ok(self.flags(name)?.filter(|a| a.is_valid(row)).map(|a| a.value(row)))
    }

    fn flags(&self, name: &str) -> Result<Option<&BooleanArray>> {
        let Some(column) = self.children.get(name) else { return Ok(None) };
        column.as_boolean_opt().map(Some).ok_or_else(|| self.wrong(name, "true or false"))
    }

    pub(in crate::log) fn structs(&self, name: &str) -> Result<Option<&StructArray>> {
        let Some(column) = self.children.get(name) else { return Ok(None) };
        column.as_struct_opt().map(Some).ok_or_else(|| self.wrong(name, "a struct"))
    }

    pub(in crate::log) fn maps(&self, name: &str) -> Result<Option<&MapArray>> {
        let Some(column) = self.children.get(name) else { return Ok(None) };
        column.as_map_opt().map(Some).ok_or_else(|| self.wrong(name, "a map"))
    }

    pub(in crate::log) fn list(&self, name: &str, row: usize) -> Result<Option<Vec<String>>> {
        let Some(column) = self.children.get(name) else { return Ok(None) };
        let lists: &ListArray = column.as_list_opt::<i32>().ok_or_else(|| self.wrong(name, "a list"))?;
        if lists.is_null(row) {
            return Ok(None);
        }
        let items = canonical(&lists.value(row))?;
        let items = items.as_string_opt::<i32>().ok_or_else(|| self.wrong(name, "a list of text"))?;
        Ok(Some(items.iter().flatten().map(str::to_owned).collect()))
    }

    pub(in crate::log) fn map(&self, name: &str, row: usize) -> Result<Option<BTreeMap<String, Option<String>>>> {
        let Some(maps) = self.maps(name)?.filter(|m| m.is_valid(row)) else { return Ok(None) };
        let entries = maps.value(row);
        let (keys, values) = (canonical(entries.column(0))?, canonical(entries.column(1))?);
        match (keys.as_string_opt::<i32>(), values.as_string_opt::<i32>()) {
            (Some(keys), Some(values)) => Ok(Some(
                keys.iter().flatten().map(str::to_owned).zip(values.iter().map(|v| v.map(str::to_owned))).collect(),
            )),
            _ => Err(self.wrong(name, "a map of text")),
        }
    }

    pub(in crate::log) fn required<T>(&self, name: &str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| Error::corrupt(format!("{}.{name} is null or missing", self.action)))
    }

    fn wrong(&self, name: &str, wanted: &str) -> Error {
        Error::corrupt(format!("{}.{name} is not {wanted}", self.action))
    }
}

/// All text as `Utf8`, all integers as `Int64`: checkpoint writers differ.
fn canonical(column: &ArrayRef) -> Result<ArrayRef> {
    let wanted = match column.data_type() {
        DataType::Binary => DataType::Utf8,
        DataType::Int8 | DataType::Int16 | DataType::Int32 => DataType::Int64,
        _ => return Ok(column.clone()),
    };
    cast(column, &wanted).map_err(|e| Error::corrupt("a column has values of another type").with_source(e))
}
