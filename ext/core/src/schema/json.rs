//! `schemaString` and back (Delta protocol, "Schema Serialization Format").

use std::fmt;

use serde_json::{Map, Value, json};

use super::{ArrayType, DataType, DecimalType, Field, FieldMetadata, MapType, StructType};
use crate::error::{Error, Result};

impl StructType {
    /// Parses a `schemaString`. Nesting is bounded by the JSON parser.
    pub fn from_json(text: &str) -> Result<Self> {
        let value: Value =
            serde_json::from_str(text).map_err(|e| Error::schema("the schema is not JSON").with_source(e))?;
        match parse_type(&value, "the schema")? {
            DataType::Struct(s) => Ok(s),
            other => Err(Error::schema(format!("the schema is a {other}, not a struct"))),
        }
    }

    /// The `schemaString`.
    pub fn to_json(&self) -> String {
        self.to_value().to_string()
    }

    fn to_value(&self) -> Value {
        let fields: Vec<Value> = self
            .fields
            .iter()
            .map(|f| json!({"name": f.name, "type": f.data_type.to_value(), "nullable": f.nullable, "metadata": f.metadata}))
            .collect();
        json!({"type": "struct", "fields": fields})
    }
}

impl DataType {
    fn to_value(&self) -> Value {
        match self {
            Self::Struct(s) => s.to_value(),
            Self::Array(a) => {
                json!({"type": "array", "elementType": a.element.to_value(), "containsNull": a.contains_null})
            }
            Self::Map(m) => json!({
                "type": "map", "keyType": m.key.to_value(), "valueType": m.value.to_value(),
                "valueContainsNull": m.value_contains_null
            }),
            primitive => Value::String(primitive.to_string()),
        }
    }

    /// Parses a primitive's name, such as `long` or `decimal(12,2)`.
    pub fn from_name(name: &str) -> Result<Self> {
        Ok(match name {
            "boolean" => Self::Boolean,
            "byte" => Self::Byte,
            "short" => Self::Short,
            "integer" => Self::Integer,
            "long" => Self::Long,
            "float" => Self::Float,
            "double" => Self::Double,
            "string" => Self::String,
            "binary" => Self::Binary,
            "date" => Self::Date,
            "timestamp" => Self::Timestamp,
            "timestamp_ntz" => Self::TimestampNtz,
            "variant" => Self::Variant,
            "void" | "null" => Self::Void,
            "decimal" => Self::Decimal(DecimalType::new(10, 0)?),
            _ => return parse_parameters(name),
        })
    }
}

/// `decimal(p,s)`, and `char(n)` / `varchar(n)`, which are strings to a reader.
fn parse_parameters(name: &str) -> Result<DataType> {
    let unknown = || Error::unsupported(format!("the schema has a type that this library does not know: {name:?}"));
    let (head, rest) = name.split_once('(').ok_or_else(unknown)?;
    let inner = rest.strip_suffix(')').ok_or_else(unknown)?;
    match head.trim() {
        "decimal" => {
            let (p, s) = inner.split_once(',').unwrap_or((inner, "0"));
            let digits = |t: &str| t.trim().parse::<u8>().map_err(|_| unknown());
            Ok(DataType::Decimal(DecimalType::new(digits(p)?, digits(s)?)?))
        }
        "char" | "varchar" => Ok(DataType::String),
        _ => Err(unknown()),
    }
}

fn parse_type(value: &Value, place: &str) -> Result<DataType> {
    match value {
        Value::String(name) => DataType::from_name(name),
        Value::Object(object) => parse_nested(object, place),
        _ => Err(Error::schema(format!("{place} has a type that is neither text nor an object"))),
    }
}

fn parse_nested(object: &Map<String, Value>, place: &str) -> Result<DataType> {
    let part =
        |key: &str| object.get(key).ok_or_else(|| Error::schema(format!("{place} has a nested type without {key:?}")));
    let flag = |key: &str| object.get(key).and_then(Value::as_bool).unwrap_or(true);
    match part("type")?.as_str() {
        Some("struct") => {
            let fields = part("fields")?
                .as_array()
                .ok_or_else(|| Error::schema(format!("{place}: \"fields\" is not an array")))?;
            Ok(DataType::Struct(StructType {
                fields: fields.iter().map(|f| parse_field(f, place)).collect::<Result<_>>()?,
            }))
        }
        Some("array") => Ok(DataType::Array(Box::new(ArrayType {
            element: parse_type(part("elementType")?, place)?,
            contains_null: flag("containsNull"),
        }))),
        Some("map") => Ok(DataType::Map(Box::new(MapType {
            key: parse_type(part("keyType")?, place)?,
            value: parse_type(part("valueType")?, place)?,
            value_contains_null: flag("valueContainsNull"),
        }))),
        other => Err(Error::unsupported(format!(
            "{place} has a type that this library does not know: {}",
            other.map_or_else(|| "(not text)".to_owned(), |t| format!("{t:?}"))
        ))),
    }
}

fn parse_field(value: &Value, place: &str) -> Result<Field> {
    let object =
        value.as_object().ok_or_else(|| Error::schema(format!("{place} has a field that is not an object")))?;
    let name = object
        .get("name")
        .and_then(Value::as_str)
        .ok_or_else(|| Error::schema(format!("{place} has a field without a name")))?;
    let data_type = object.get("type").ok_or_else(|| Error::schema(format!("column {name} has no type")))?;
    let metadata = match object.get("metadata") {
        None | Some(Value::Null) => FieldMetadata::new(),
        Some(Value::Object(m)) => m.clone(),
        Some(_) => return Err(Error::schema(format!("the metadata of column {name} is not an object"))),
    };
    Ok(Field {
        name: name.to_owned(),
        data_type: parse_type(data_type, &format!("column {name}"))?,
        nullable: object.get("nullable").and_then(Value::as_bool).unwrap_or(true),
        metadata,
    })
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boolean => "boolean",
            Self::Byte => "byte",
            Self::Short => "short",
            Self::Integer => "integer",
            Self::Long => "long",
            Self::Float => "float",
            Self::Double => "double",
            Self::String => "string",
            Self::Binary => "binary",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::TimestampNtz => "timestamp_ntz",
            Self::Variant => "variant",
            Self::Void => "void",
            Self::Decimal(d) => return write!(f, "decimal({},{})", d.precision(), d.scale()),
            Self::Array(a) => return write!(f, "array<{}>", a.element),
            Self::Map(m) => return write!(f, "map<{},{}>", m.key, m.value),
            Self::Struct(s) => {
                f.write_str("struct<")?;
                for (i, field) in s.fields.iter().enumerate() {
                    write!(f, "{}{}:{}", if i > 0 { "," } else { "" }, field.name, field.data_type)?;
                }
                return f.write_str(">");
            }
        })
    }
}
