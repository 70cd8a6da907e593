//! What is read, by the names that users know and the names that are in the files.

use std::sync::Arc;

use arrow::datatypes::{DataType as Arrow, Field as ArrowField, Fields};

use crate::schema::{ColumnMapping, DataType, Field};

/// A column or a field of a struct.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ReadField {
    /// Logical name.
    pub(super) name: String,
    /// Name in data files.
    pub(super) physical: String,
    /// Id in data files, where they go by ids.
    pub(super) id: Option<i32>,
    pub(super) data_type: ReadType,
}

/// A type, with the physical names of what is inside it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ReadType {
    Primitive(DataType),
    Struct(Vec<ReadField>),
    List(Box<ReadType>),
    Map(Box<ReadType>, Box<ReadType>),
    Variant,
}

impl ReadField {
    pub(super) fn new(field: &Field, mapping: ColumnMapping) -> Self {
        Self {
            name: field.name.clone(),
            physical: mapping.physical_name(field).to_owned(),
            id: mapping.field_id(field),
            data_type: ReadType::new(&field.data_type, mapping),
        }
    }

    /// The Arrow form. Every field is nullable: files hold nulls where the table's schema says that there are none.
    pub(super) fn to_arrow(&self) -> ArrowField {
        ArrowField::new(&self.name, self.data_type.to_arrow(), true)
    }
}

impl ReadType {
    pub(super) fn new(data_type: &DataType, mapping: ColumnMapping) -> Self {
        let of = |data_type: &DataType| Box::new(Self::new(data_type, mapping));
        match data_type {
            DataType::Struct(s) => Self::Struct(s.fields.iter().map(|f| ReadField::new(f, mapping)).collect()),
            DataType::Array(a) => Self::List(of(&a.element)),
            DataType::Map(m) => Self::Map(of(&m.key), of(&m.value)),
            DataType::Variant => Self::Variant,
            primitive => Self::Primitive(primitive.clone()),
        }
    }

    /// Whether this or any type inside it is a variant.
    pub(super) fn has_variant(&self) -> bool {
        match self {
            Self::Variant => true,
            Self::Primitive(_) => false,
            Self::Struct(fields) => fields.iter().any(|f| f.data_type.has_variant()),
            Self::List(element) => element.has_variant(),
            Self::Map(key, value) => key.has_variant() || value.has_variant(),
        }
    }

    /// See [`ReadField::to_arrow`].
    pub(super) fn to_arrow(&self) -> Arrow {
        match self {
            Self::Primitive(data_type) => data_type.to_arrow(),
            Self::Struct(fields) => Arrow::Struct(fields.iter().map(ReadField::to_arrow).collect()),
            Self::Variant => {
                let part = |name: &str| ArrowField::new(name, Arrow::Binary, true);
                Arrow::Struct(Fields::from(vec![part("metadata"), part("value")]))
            }
            Self::List(element) => Arrow::List(Arc::new(ArrowField::new("element", element.to_arrow(), true))),
            Self::Map(key, value) => {
                let entries = Fields::from(vec![
                    ArrowField::new("key", key.to_arrow(), false),
                    ArrowField::new("value", value.to_arrow(), true),
                ]);
                Arrow::Map(Arc::new(ArrowField::new("key_value", Arrow::Struct(entries), false)), false)
            }
        }
    }
}

impl std::fmt::Display for ReadType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Primitive(data_type) => data_type.fmt(f),
            Self::Struct(_) => f.write_str("struct"),
            Self::List(_) => f.write_str("array"),
            Self::Map(..) => f.write_str("map"),
            Self::Variant => f.write_str("variant"),
        }
    }
}
