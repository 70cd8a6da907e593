//! Structs, arrays and maps.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray, MapArray, StructArray};
use arrow::datatypes::{DataType as Arrow, Fields};
use deltalake_core::Error;
use deltalake_core::ingest::columns::{Offsets, Validity};
use deltalake_core::schema::{ArrayType, MapType, StructType};
use magnus::r_hash::ForEach;
use magnus::{RArray, RHash, Value};

use super::column::Column;
use super::context::Context;
use super::row::Record;
use crate::convert::describe::shown;
use crate::convert::failure::Refusal;
use crate::convert::fast;
use crate::convert::keys::RowKeys;

/// A struct column: a Hash a value.
pub(super) struct Struct {
    record: Record,
    validity: Validity,
    fields: Fields,
}

impl Struct {
    pub(super) fn new(schema: &StructType, keys: &RowKeys) -> Result<Self, Error> {
        Ok(Self { record: Record::new(schema, keys)?, validity: Validity::new(), fields: schema.to_arrow_fields() })
    }

    pub(super) fn append(&mut self, context: &Context<'_>, value: Value) -> Result<(), Refusal> {
        let hash = RHash::from_value(value).ok_or_else(|| Refusal::expected("a Hash (struct)", value))?;
        self.record.append(context, hash)?;
        self.validity.push(true);
        Ok(())
    }

    pub(super) fn push_null(&mut self) {
        self.record.append_null();
        self.validity.push(false);
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.record.truncate(len);
        self.validity.truncate(len);
    }

    pub(super) fn bytes(&self) -> usize {
        self.record.bytes()
    }

    pub(super) fn finish(&mut self) -> Result<ArrayRef, Error> {
        let rows = self.validity.len();
        let columns = self.record.finish()?;
        Ok(Arc::new(struct_array(self.fields.clone(), columns, self.validity.finish(), rows)?))
    }
}

/// An array column: an Array a value.
pub(super) struct List {
    elements: Column,
    count: usize,
    offsets: Offsets,
    validity: Validity,
}

impl List {
    pub(super) fn new(data_type: &ArrayType, keys: &RowKeys) -> Result<Self, Error> {
        let elements = Column::new(&data_type.element, data_type.contains_null, keys.inner(0))?;
        Ok(Self { elements, count: 0, offsets: Offsets::new(), validity: Validity::new() })
    }

    pub(super) fn append(&mut self, context: &Context<'_>, value: Value) -> Result<(), Refusal> {
        let array = RArray::from_value(value).ok_or_else(|| Refusal::expected("an Array", value))?;
        let mut index = 0;
        while index < fast::array_len(array) {
            let element = fast::array_entry(array, index);
            self.elements.append(context, element).map_err(|e| e.under(|| format!("[{index}]")))?;
            self.count += 1;
            index += 1;
        }
        self.offsets.push(self.count)?;
        self.validity.push(true);
        Ok(())
    }

    pub(super) fn push_null(&mut self) {
        self.offsets.push_empty();
        self.validity.push(false);
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.count = self.offsets.truncate(len);
        self.elements.truncate(self.count);
        self.validity.truncate(len);
    }

    pub(super) fn bytes(&self) -> usize {
        self.elements.bytes() + self.offsets.len() * size_of::<i32>()
    }

    pub(super) fn finish(&mut self, arrow: Arrow) -> Result<ArrayRef, Error> {
        let Arrow::List(field) = arrow else {
            return Err(Error::internal("an array column is no list in Arrow"));
        };
        self.count = 0;
        let elements = self.elements.finish()?;
        let array = ListArray::try_new(field, self.offsets.finish(), elements, self.validity.finish())
            .map_err(|e| Error::internal("the elements make no Arrow list").with_source(e))?;
        Ok(Arc::new(array))
    }
}

/// A map column: a Hash a value.
pub(super) struct Map {
    keys: Column,
    values: Column,
    count: usize,
    offsets: Offsets,
    validity: Validity,
}

impl Map {
    pub(super) fn new(data_type: &MapType, keys: &RowKeys) -> Result<Self, Error> {
        Ok(Self {
            keys: Column::new(&data_type.key, false, keys.inner(0))?,
            values: Column::new(&data_type.value, data_type.value_contains_null, keys.inner(1))?,
            count: 0,
            offsets: Offsets::new(),
            validity: Validity::new(),
        })
    }

    pub(super) fn append(&mut self, context: &Context<'_>, value: Value) -> Result<(), Refusal> {
        let hash = RHash::from_value(value).ok_or_else(|| Refusal::expected("a Hash (map)", value))?;
        let first = self.count;
        let mut refusal = None;
        hash.foreach(|key: Value, value: Value| {
            Ok(match self.append_pair(context, key, value) {
                Ok(()) => ForEach::Continue,
                Err(e) => {
                    refusal = Some(e);
                    ForEach::Stop
                }
            })
        })?;
        if let Some(refusal) = refusal {
            return Err(refusal);
        }
        if let Some(reason) = self.keys.repeated_key(first) {
            return Err(Refusal::because(reason));
        }
        self.offsets.push(self.count)?;
        self.validity.push(true);
        Ok(())
    }

    fn append_pair(&mut self, context: &Context<'_>, key: Value, value: Value) -> Result<(), Refusal> {
        self.keys.append(context, key).map_err(|e| e.under(|| ".key".to_owned()))?;
        self.values.append(context, value).map_err(|e| match shown(key) {
            Ok(key) => e.under(|| format!("{{{}}}", key.unwrap_or_default())),
            Err(error) => error.into(),
        })?;
        self.count += 1;
        Ok(())
    }

    pub(super) fn push_null(&mut self) {
        self.offsets.push_empty();
        self.validity.push(false);
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.count = self.offsets.truncate(len);
        self.keys.truncate(self.count);
        self.values.truncate(self.count);
        self.validity.truncate(len);
    }

    pub(super) fn bytes(&self) -> usize {
        self.keys.bytes() + self.values.bytes() + self.offsets.len() * size_of::<i32>()
    }

    pub(super) fn finish(&mut self, arrow: Arrow) -> Result<ArrayRef, Error> {
        let Arrow::Map(field, ordered) = arrow else {
            return Err(Error::internal("a map column is no map in Arrow"));
        };
        let Arrow::Struct(entry_fields) = field.data_type().clone() else {
            return Err(Error::internal("a map column has no entries in Arrow"));
        };
        let count = std::mem::take(&mut self.count);
        let entries = struct_array(entry_fields, vec![self.keys.finish()?, self.values.finish()?], None, count)?;
        let array = MapArray::try_new(field, self.offsets.finish(), entries, self.validity.finish(), ordered)
            .map_err(|e| Error::internal("the entries make no Arrow map").with_source(e))?;
        Ok(Arc::new(array))
    }
}

/// `arrays` as one struct array.
fn struct_array(
    fields: arrow::datatypes::Fields,
    columns: Vec<arrow::array::ArrayRef>,
    nulls: Option<arrow::buffer::NullBuffer>,
    rows: usize,
) -> Result<StructArray, Error> {
    StructArray::try_new_with_length(fields, columns, nulls, rows)
        .map_err(|e| Error::internal("the fields make no Arrow struct").with_source(e))
}
