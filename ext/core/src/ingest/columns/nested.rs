//! Structs, arrays, maps and variants.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, ListArray, MapArray, StructArray};
use arrow::datatypes::{DataType as Arrow, Fields};

use super::buffers::{Bytes, Offsets, Validity};
use super::column::Column;
use crate::error::{Error, Result};
use crate::ingest::Misfit;
use crate::schema::{ArrayType, MapType, StructType};

/// The columns of a table, or the fields of a struct.
pub struct Record {
    /// Their names.
    pub names: Vec<String>,
    /// Where each name is.
    pub positions: HashMap<String, usize>,
    /// The columns in the order of the names.
    pub columns: Vec<Column>,
}

impl Record {
    /// Empty columns.
    pub fn new(schema: &StructType) -> Self {
        let names: Vec<String> = schema.names().map(str::to_owned).collect();
        let positions = names.iter().cloned().enumerate().map(|(i, name)| (name, i)).collect();
        let columns = schema.fields.iter().map(|f| Column::new(&f.data_type, f.nullable)).collect();
        Self { names, positions, columns }
    }

    fn append_null(&mut self) {
        self.columns.iter_mut().for_each(Column::append_null);
    }

    /// Drops all rows after the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.columns.iter_mut().for_each(|column| column.truncate(len));
    }

    /// Bytes of the values.
    pub fn bytes(&self) -> usize {
        self.columns.iter().map(Column::bytes).sum()
    }

    /// The values as Arrow arrays; the columns are empty then.
    pub fn finish(&mut self) -> Result<Vec<ArrayRef>> {
        self.columns.iter_mut().map(Column::finish).collect()
    }
}

/// A struct column.
pub struct Struct {
    /// Its fields.
    pub record: Record,
    /// Which structs are there.
    pub validity: Validity,
    fields: Fields,
}

impl Struct {
    pub(super) fn new(schema: &StructType) -> Self {
        Self { record: Record::new(schema), validity: Validity::new(), fields: schema.to_arrow_fields() }
    }

    pub(super) fn push_null(&mut self) {
        self.record.append_null();
        self.validity.push(false);
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.record.truncate(len);
        self.validity.truncate(len);
    }

    pub(super) fn len(&self) -> usize {
        self.validity.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.record.bytes()
    }

    pub(super) fn finish(&mut self) -> Result<ArrayRef> {
        let rows = self.validity.len();
        let columns = self.record.finish()?;
        let made = StructArray::try_new_with_length(self.fields.clone(), columns, self.validity.finish(), rows);
        Ok(Arc::new(made.map_err(|e| Error::internal("the fields make no Arrow struct").with_source(e))?))
    }
}

/// An array column.
pub struct List {
    /// The elements of all arrays.
    pub elements: Column,
    offsets: Offsets,
    validity: Validity,
}

impl List {
    pub(super) fn new(data_type: &ArrayType) -> Self {
        let elements = Column::new(&data_type.element, data_type.contains_null);
        Self { elements, offsets: Offsets::new(), validity: Validity::new() }
    }

    /// Ends an array after the elements that are there.
    pub fn end(&mut self) -> Result<(), Misfit> {
        self.offsets.push(self.elements.len())?;
        self.validity.push(true);
        Ok(())
    }

    pub(super) fn push_null(&mut self) {
        self.offsets.push_empty();
        self.validity.push(false);
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.elements.truncate(self.offsets.truncate(len));
        self.validity.truncate(len);
    }

    pub(super) fn len(&self) -> usize {
        self.validity.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.elements.bytes() + self.offsets.len() * size_of::<i32>()
    }

    pub(super) fn finish(&mut self, arrow: Arrow) -> Result<ArrayRef> {
        let Arrow::List(field) = arrow else {
            return Err(Error::internal("an array column is no list in Arrow"));
        };
        let elements = self.elements.finish()?;
        let array = ListArray::try_new(field, self.offsets.finish(), elements, self.validity.finish())
            .map_err(|e| Error::internal("the elements make no Arrow list").with_source(e))?;
        Ok(Arc::new(array))
    }
}

/// A map column.
pub struct Map {
    /// The keys of all maps.
    pub keys: Column,
    /// The values of all maps.
    pub values: Column,
    offsets: Offsets,
    validity: Validity,
}

impl Map {
    pub(super) fn new(data_type: &MapType) -> Self {
        Self {
            keys: Column::new(&data_type.key, false),
            values: Column::new(&data_type.value, data_type.value_contains_null),
            offsets: Offsets::new(),
            validity: Validity::new(),
        }
    }

    /// Ends a map after the entries that are there.
    pub fn end(&mut self) -> Result<(), Misfit> {
        if self.keys.repeats(self.offsets.last()) {
            return Err(Misfit::because("one key is given twice, in two spellings").under(".key"));
        }
        self.offsets.push(self.keys.len())?;
        self.validity.push(true);
        Ok(())
    }

    pub(super) fn push_null(&mut self) {
        self.offsets.push_empty();
        self.validity.push(false);
    }

    pub(super) fn truncate(&mut self, len: usize) {
        let count = self.offsets.truncate(len);
        self.keys.truncate(count);
        self.values.truncate(count);
        self.validity.truncate(len);
    }

    pub(super) fn len(&self) -> usize {
        self.validity.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.keys.bytes() + self.values.bytes() + self.offsets.len() * size_of::<i32>()
    }

    pub(super) fn finish(&mut self, arrow: Arrow) -> Result<ArrayRef> {
        let Arrow::Map(field, ordered) = arrow else {
            return Err(Error::internal("a map column is no map in Arrow"));
        };
        let Arrow::Struct(entry_fields) = field.data_type().clone() else {
            return Err(Error::internal("a map column has no entries in Arrow"));
        };
        let columns = vec![self.keys.finish()?, self.values.finish()?];
        let made = StructArray::try_new(entry_fields, columns, None);
        let entries = made.map_err(|e| Error::internal("the entries make no Arrow struct").with_source(e))?;
        let array = MapArray::try_new(field, self.offsets.finish(), entries, self.validity.finish(), ordered)
            .map_err(|e| Error::internal("the entries make no Arrow map").with_source(e))?;
        Ok(Arc::new(array))
    }
}

/// A variant column.
pub struct Variants {
    metadata: Bytes,
    values: Bytes,
    validity: Validity,
}

impl Variants {
    /// None.
    pub fn new() -> Self {
        Self { metadata: Bytes::new(), values: Bytes::new(), validity: Validity::new() }
    }

    /// Appends a variant from its two parts.
    pub fn push(&mut self, metadata: &[u8], value: &[u8]) -> Result<(), Misfit> {
        self.metadata.push(metadata)?;
        self.values.push(value)?;
        self.validity.push(true);
        Ok(())
    }

    /// Appends a null.
    pub fn push_null(&mut self) {
        // The parts are never null: under a null variant they are empty.
        let _ = self.metadata.push(&[]);
        let _ = self.values.push(&[]);
        self.validity.push(false);
    }

    /// Drops all after the first `len`.
    pub fn truncate(&mut self, len: usize) {
        self.metadata.truncate(len);
        self.values.truncate(len);
        self.validity.truncate(len);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.validity.len()
    }

    /// Bytes of both parts.
    pub fn bytes(&self) -> usize {
        self.metadata.bytes() + self.values.bytes()
    }

    /// All of them, in the variants' Arrow form.
    pub fn finish(&mut self, arrow: Arrow) -> Result<ArrayRef> {
        let Arrow::Struct(fields) = arrow else {
            return Err(Error::internal("a variant column is no struct in Arrow"));
        };
        let parts = vec![self.metadata.finish_binary()?, self.values.finish_binary()?];
        let made = StructArray::try_new(fields, parts, self.validity.finish());
        Ok(Arc::new(made.map_err(|e| Error::internal("the variants make no Arrow struct").with_source(e))?))
    }
}
