//! The Symbols of a schema's names, made once.

use deltalake_core::schema::{DataType, StructType};
use magnus::Ruby;

use super::fast::Key;

/// The Symbols of the columns, and of the fields of every struct inside them. They are permanent: no GC frees or moves them.
pub(crate) struct RowKeys {
    symbols: Vec<Key>,
    inner: Vec<RowKeys>,
}

impl RowKeys {
    /// The keys of a row of that schema.
    pub(crate) fn new(ruby: &Ruby, schema: &StructType) -> Self {
        Self {
            symbols: schema.names().map(|name| Key::new(ruby, name)).collect(),
            inner: schema.fields.iter().map(|f| Self::of(ruby, &f.data_type)).collect(),
        }
    }

    fn of(ruby: &Ruby, data_type: &DataType) -> Self {
        match data_type {
            DataType::Struct(s) => Self::new(ruby, s),
            DataType::Array(a) => Self { symbols: Vec::new(), inner: vec![Self::of(ruby, &a.element)] },
            DataType::Map(m) => {
                Self { symbols: Vec::new(), inner: vec![Self::of(ruby, &m.key), Self::of(ruby, &m.value)] }
            }
            _ => Self { symbols: Vec::new(), inner: Vec::new() },
        }
    }

    /// One Symbol a field, in schema order.
    pub(crate) fn symbols(&self) -> &[Key] {
        &self.symbols
    }

    /// The keys inside each field; inside an array its element, inside a map its key and value.
    pub(super) fn inner(&self, index: usize) -> Option<&RowKeys> {
        self.inner.get(index)
    }
}
