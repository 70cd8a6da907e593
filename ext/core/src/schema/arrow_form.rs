//! The Arrow form of Delta types: what scans give out and what writers take in, and what data files have.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType as Arrow, Field as ArrowField, Fields, Schema as ArrowSchema, SchemaRef, TimeUnit};
use parquet::arrow::PARQUET_FIELD_ID_META_KEY;

use super::mapping::ColumnMapping;
use super::{ArrayType, DataType, DecimalType, Field, MapType, StructType};

/// The zone that every `timestamp` column has in Arrow.
pub const UTC: &str = "UTC";

impl StructType {
    /// As an Arrow schema.
    pub fn to_arrow(&self) -> SchemaRef {
        self.to_file_arrow(ColumnMapping::None)
    }

    /// As Arrow fields.
    pub fn to_arrow_fields(&self) -> Fields {
        self.to_file_fields(ColumnMapping::None)
    }

    /// As data files have it: by physical names, with field ids where columns are mapped.
    pub fn to_file_arrow(&self, mapping: ColumnMapping) -> SchemaRef {
        Arc::new(ArrowSchema::new(self.to_file_fields(mapping)))
    }

    fn to_file_fields(&self, mapping: ColumnMapping) -> Fields {
        self.fields.iter().map(|field| field.to_file_arrow(mapping)).collect()
    }
}

impl StructType {
    /// The columns that hold what an Arrow schema's do, all of them nullable; those whose types Delta lacks are left out.
    pub fn from_arrow(fields: &Fields) -> Self {
        let field = |f: &Arc<ArrowField>| Some(Field::new(f.name(), DataType::from_arrow(f.data_type())?, true));
        Self { fields: fields.iter().filter_map(field).collect() }
    }
}

impl Field {
    /// As an Arrow field.
    pub fn to_arrow(&self) -> ArrowField {
        self.to_file_arrow(ColumnMapping::None)
    }

    fn to_file_arrow(&self, mapping: ColumnMapping) -> ArrowField {
        let field = ArrowField::new(mapping.physical_name(self), self.data_type.to_file_arrow(mapping), self.nullable);
        match mapping.file_id(self) {
            Some(id) => field.with_metadata(HashMap::from([(PARQUET_FIELD_ID_META_KEY.to_owned(), id.to_string())])),
            None => field,
        }
    }
}

impl DataType {
    /// The narrowest type that holds every value of an Arrow type; `None` where Delta has none.
    pub fn from_arrow(arrow: &Arrow) -> Option<Self> {
        let decimal = |p: u8, s: i8| {
            // A negative scale stands for digits before the point.
            let (scale, more) = (s.max(0), s.min(0).unsigned_abs());
            DecimalType::new(p.checked_add(more)?.max(scale as u8), scale as u8).ok().map(Self::Decimal)
        };
        Some(match arrow {
            Arrow::Boolean => Self::Boolean,
            Arrow::Int8 => Self::Byte,
            Arrow::Int16 | Arrow::UInt8 => Self::Short,
            Arrow::Int32 | Arrow::UInt16 => Self::Integer,
            Arrow::Int64 | Arrow::UInt32 => Self::Long,
            Arrow::UInt64 => return decimal(20, 0),
            Arrow::Float16 | Arrow::Float32 => Self::Float,
            Arrow::Float64 => Self::Double,
            Arrow::Decimal32(p, s) | Arrow::Decimal64(p, s) | Arrow::Decimal128(p, s) | Arrow::Decimal256(p, s) => {
                return decimal(*p, *s);
            }
            Arrow::Utf8 | Arrow::LargeUtf8 | Arrow::Utf8View => Self::String,
            Arrow::Binary | Arrow::LargeBinary | Arrow::BinaryView | Arrow::FixedSizeBinary(_) => Self::Binary,
            Arrow::Date32 | Arrow::Date64 => Self::Date,
            Arrow::Timestamp(_, Some(_)) => Self::Timestamp,
            Arrow::Timestamp(_, None) => Self::TimestampNtz,
            Arrow::Dictionary(_, values) => return Self::from_arrow(values),
            Arrow::List(element)
            | Arrow::LargeList(element)
            | Arrow::ListView(element)
            | Arrow::LargeListView(element)
            | Arrow::FixedSizeList(element, _) => Self::Array(Box::new(ArrayType {
                element: Self::from_arrow(element.data_type())?,
                contains_null: true,
            })),
            Arrow::Map(entries, _) => {
                let Arrow::Struct(pair) = entries.data_type() else { return None };
                let [key, value] = [pair.first()?, pair.get(1)?].map(|f| Self::from_arrow(f.data_type()));
                Self::Map(Box::new(MapType { key: key?, value: value?, value_contains_null: true }))
            }
            Arrow::Struct(fields) => {
                let inner = StructType::from_arrow(fields);
                // A struct that would lose a field is no type for it.
                return (!inner.fields.is_empty() && inner.fields.len() == fields.len()).then_some(Self::Struct(inner));
            }
            _ => return None,
        })
    }

    /// As an Arrow type. Lists have `element`, maps `key_value`, `key` and `value`, as Spark names them in Parquet.
    pub fn to_arrow(&self) -> Arrow {
        self.to_file_arrow(ColumnMapping::None)
    }

    fn to_file_arrow(&self, mapping: ColumnMapping) -> Arrow {
        match self {
            Self::Boolean => Arrow::Boolean,
            Self::Byte => Arrow::Int8,
            Self::Short => Arrow::Int16,
            Self::Integer => Arrow::Int32,
            Self::Long => Arrow::Int64,
            Self::Float => Arrow::Float32,
            Self::Double => Arrow::Float64,
            Self::Decimal(d) => Arrow::Decimal128(d.precision(), d.scale() as i8),
            Self::String => Arrow::Utf8,
            Self::Binary => Arrow::Binary,
            Self::Date => Arrow::Date32,
            Self::Timestamp => Arrow::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
            Self::TimestampNtz => Arrow::Timestamp(TimeUnit::Microsecond, None),
            Self::Void | Self::Unknown(_) => Arrow::Null,
            Self::Variant => Arrow::Struct(Fields::from(vec![
                ArrowField::new("metadata", Arrow::Binary, false),
                ArrowField::new("value", Arrow::Binary, false),
            ])),
            Self::Struct(s) => Arrow::Struct(s.to_file_fields(mapping)),
            Self::Array(a) => {
                Arrow::List(Arc::new(ArrowField::new("element", a.element.to_file_arrow(mapping), a.contains_null)))
            }
            Self::Map(m) => {
                let entries = Fields::from(vec![
                    ArrowField::new("key", m.key.to_file_arrow(mapping), false),
                    ArrowField::new("value", m.value.to_file_arrow(mapping), m.value_contains_null),
                ]);
                Arrow::Map(Arc::new(ArrowField::new("key_value", Arrow::Struct(entries), false)), false)
            }
        }
    }
}
