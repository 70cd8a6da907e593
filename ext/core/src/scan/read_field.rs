//! What is read, by the names that users know and the names that are in the files.

use std::sync::Arc;

use arrow::datatypes::{DataType as Arrow, Field as ArrowField, Fields};

use crate::schema::{DataType, Field, StructType};

/// A column or a field of a struct.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ReadField {
    /// Logical name.
    pub(super) name: String,
    /// Name in data files.
    pub(super) physical: String,
    pub(super) data_type: ReadType,
}

/// A type, with the physical names of what is inside it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ReadType {
    Primitive(DataType),
    Struct(Vec<ReadField>),
    List(Box<ReadType>),
    Map(Box<ReadType>, Box<ReadType>),
}

impl ReadField {
    pub(super) fn new(field: &Field) -> Self {
        Self { name: field.name.clone(), physical: field.name.clone(), data_type: ReadType::new(&field.data_type) }
    }

    /// The Arrow form. Every field is nullable: files hold nulls where the table's schema says that there are none.
    pub(super) fn to_arrow(&self) -> ArrowField {
        ArrowField::new(&self.name, self.data_type.to_arrow(), true)
    }
}

impl ReadType {
    pub(super) fn new(data_type: &DataType) -> Self {
        let fields = |s: &StructType| Self::Struct(s.fields.iter().map(ReadField::new).collect());
        match data_type {
            DataType::Struct(s) => fields(s),
            DataType::Array(a) => Self::List(Box::new(Self::new(&a.element))),
            DataType::Map(m) => Self::Map(Box::new(Self::new(&m.key)), Box::new(Self::new(&m.value))),
            DataType::Variant => fields(&StructType {
                fields: ["metadata", "value"].map(|n| Field::new(n, DataType::Binary, false)).to_vec(),
            }),
            primitive => Self::Primitive(primitive.clone()),
        }
    }

    /// See [`ReadField::to_arrow`].
    pub(super) fn to_arrow(&self) -> Arrow {
        match self {
            Self::Primitive(data_type) => data_type.to_arrow(),
            Self::Struct(fields) => Arrow::Struct(fields.iter().map(ReadField::to_arrow).collect()),
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
        }
    }
}
