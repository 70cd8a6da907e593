//! Delta types: their JSON form (Delta protocol, "Schema Serialization Format"), their Arrow form, and their rules.

mod arrow_form;
mod assign;
mod decimal;
mod edit;
mod feed;
mod identity;
mod json;
mod mapping;
mod merge;
mod path;
mod rules;
#[cfg(test)]
mod tests;
mod widening;

use std::sync::Arc;

pub use arrow_form::UTC;
pub use assign::{MAX_COLUMN_ID, NewNames, assign_mapping, forget_mapping, forget_table};
pub use decimal::DecimalType;
pub use edit::{Place, position, struct_at};
pub use feed::{CHANGE_TYPE, COMMIT_TIMESTAMP, COMMIT_VERSION, check_feed};
pub use identity::{
    IDENTITY_EXPLICIT, IDENTITY_MARK, IDENTITY_START, IDENTITY_STEP, IdentityBlock, IdentityColumn, IdentityStock,
    with_marks_of, without_marks,
};
pub use mapping::ColumnMapping;
pub use path::ColumnPath;
pub use rules::{check_known, check_table};
pub use widening::check_type_changes;

/// Free-form field metadata; unknown keys are kept as they came.
pub type FieldMetadata = serde_json::Map<String, serde_json::Value>;

/// A type of the Delta protocol.
#[derive(Debug, Clone, PartialEq)]
pub enum DataType {
    /// `true` or `false`.
    Boolean,
    /// 8-bit integer.
    Byte,
    /// 16-bit integer.
    Short,
    /// 32-bit integer.
    Integer,
    /// 64-bit integer.
    Long,
    /// 32-bit IEEE 754.
    Float,
    /// 64-bit IEEE 754.
    Double,
    /// Exact decimal.
    Decimal(DecimalType),
    /// UTF-8 text.
    String,
    /// Bytes.
    Binary,
    /// Day of the proleptic Gregorian calendar.
    Date,
    /// Instant in microseconds.
    Timestamp,
    /// Wall-clock time in microseconds, without a zone.
    TimestampNtz,
    /// Semi-structured value.
    Variant,
    /// Always null; never in a data file.
    Void,
    /// A type that this library does not know, by its name: the table can be looked at, such columns cannot be read.
    Unknown(String),
    /// Named fields.
    Struct(StructType),
    /// Elements of one type.
    Array(Box<ArrayType>),
    /// Keys and values, each of one type.
    Map(Box<MapType>),
}

/// The fields of a struct, or of a table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StructType {
    /// In schema order.
    pub fields: Vec<Field>,
}

/// The schema of a table.
pub type Schema = StructType;

/// Shared [`Schema`].
pub type SchemaRef = Arc<Schema>;

/// One named field.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Logical name.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
    /// Whether nulls are allowed.
    pub nullable: bool,
    /// Kept as it came.
    pub metadata: FieldMetadata,
}

/// Type of an array.
#[derive(Debug, Clone, PartialEq)]
pub struct ArrayType {
    /// Type of each element.
    pub element: DataType,
    /// Whether elements may be null.
    pub contains_null: bool,
}

/// Type of a map.
#[derive(Debug, Clone, PartialEq)]
pub struct MapType {
    /// Type of each key; keys are never null.
    pub key: DataType,
    /// Type of each value.
    pub value: DataType,
    /// Whether values may be null.
    pub value_contains_null: bool,
}

impl Field {
    /// A field without metadata.
    pub fn new(name: impl Into<String>, data_type: DataType, nullable: bool) -> Self {
        Self { name: name.into(), data_type, nullable, metadata: FieldMetadata::new() }
    }
}

impl StructType {
    /// The field of that exact name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.name == name)
    }

    /// The position of the field of that exact name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|f| f.name == name)
    }

    /// Field names in schema order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|f| f.name.as_str())
    }
}

impl DataType {
    /// True for types that hold no other type.
    pub fn is_primitive(&self) -> bool {
        !matches!(self, Self::Struct(_) | Self::Array(_) | Self::Map(_) | Self::Variant)
    }

    /// Whether `wanted` holds for this type or any type inside it.
    pub fn contains(&self, wanted: &dyn Fn(&DataType) -> bool) -> bool {
        wanted(self)
            || match self {
                Self::Struct(s) => s.contains(wanted),
                Self::Array(a) => a.element.contains(wanted),
                Self::Map(m) => m.key.contains(wanted) || m.value.contains(wanted),
                _ => false,
            }
    }
}

impl StructType {
    /// Whether `wanted` holds for the type of any field, at any depth.
    pub fn contains(&self, wanted: &dyn Fn(&DataType) -> bool) -> bool {
        self.fields.iter().any(|f| f.data_type.contains(wanted))
    }
}
