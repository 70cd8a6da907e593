//! `schemaString` and back (Delta protocol, "Schema Serialization Format").

use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{ArrayType, DataType, DecimalType, Field, FieldMetadata, MapType, StructType};
use crate::error::{Error, ErrorKind, Result};

/// Types inside of types, at most. What walks a schema recurses, on stacks as small as those of Ruby's threads.
const MAX_DEPTH: usize = 100;

impl StructType {
    /// Parses a `schemaString`. Each level is a text of its own to the JSON parser, whose own bound on nesting (128) legal
    /// schemas reach: a level of structs takes three.
    pub fn from_json(text: &str) -> Result<Self> {
        let raw: &RawValue =
            serde_json::from_str(text).map_err(|e| Error::schema("the schema is not JSON").with_source(e))?;
        match parse_type(raw, "the schema", 0)? {
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

/// Keys of a nested type; which of them there must be depends on the type.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawType<'a> {
    r#type: Option<String>,
    #[serde(borrow)]
    fields: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    element_type: Option<&'a RawValue>,
    contains_null: Option<bool>,
    #[serde(borrow)]
    key_type: Option<&'a RawValue>,
    #[serde(borrow)]
    value_type: Option<&'a RawValue>,
    value_contains_null: Option<bool>,
}

#[derive(Deserialize)]
struct RawField<'a> {
    name: Option<String>,
    #[serde(borrow)]
    r#type: Option<&'a RawValue>,
    nullable: Option<Value>,
    metadata: Option<Value>,
}

fn parse_type(raw: &RawValue, place: &str, depth: usize) -> Result<DataType> {
    if depth > MAX_DEPTH {
        return Err(Error::unsupported(format!("{place} has types nested more than {MAX_DEPTH} deep")));
    }
    match raw.get().as_bytes().first() {
        Some(b'"') => {
            let name = read::<String>(raw, place)?;
            match DataType::from_name(&name) {
                Err(e) if e.kind() == ErrorKind::UnsupportedFeature => Ok(DataType::Unknown(name)),
                parsed => parsed,
            }
        }
        Some(b'{') => parse_nested(read(raw, place)?, place, depth + 1),
        _ => Err(Error::schema(format!("{place} has a type that is neither text nor an object"))),
    }
}

fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue, place: &str) -> Result<T> {
    serde_json::from_str(raw.get()).map_err(|e| Error::schema(format!("{place} is malformed")).with_source(e))
}

fn parse_nested(raw: RawType<'_>, place: &str, depth: usize) -> Result<DataType> {
    let missing = |key: &str| Error::schema(format!("{place} has a nested type without {key:?}"));
    let part = |key: &str, raw: Option<&RawValue>| parse_type(raw.ok_or_else(|| missing(key))?, place, depth);
    match raw.r#type.as_deref() {
        Some("struct") => {
            let fields = raw.fields.ok_or_else(|| missing("fields"))?;
            Ok(DataType::Struct(StructType {
                fields: fields.into_iter().map(|f| parse_field(f, place, depth)).collect::<Result<_>>()?,
            }))
        }
        Some("array") => Ok(DataType::Array(Box::new(ArrayType {
            element: part("elementType", raw.element_type)?,
            contains_null: raw.contains_null.unwrap_or(true),
        }))),
        Some("map") => Ok(DataType::Map(Box::new(MapType {
            key: part("keyType", raw.key_type)?,
            value: part("valueType", raw.value_type)?,
            value_contains_null: raw.value_contains_null.unwrap_or(true),
        }))),
        Some(other) => {
            Err(Error::unsupported(format!("{place} has a type that this library does not know: {other:?}")))
        }
        None => Err(missing("type")),
    }
}

fn parse_field(raw: &RawValue, place: &str, depth: usize) -> Result<Field> {
    let field: RawField<'_> = read(raw, &format!("a field of {place}"))?;
    let name = field.name.ok_or_else(|| Error::schema(format!("{place} has a field without a name")))?;
    let data_type = field.r#type.ok_or_else(|| Error::schema(format!("column {name} has no type")))?;
    let metadata = match field.metadata {
        None | Some(Value::Null) => FieldMetadata::new(),
        Some(Value::Object(m)) => m,
        Some(_) => return Err(Error::schema(format!("the metadata of column {name} is not an object"))),
    };
    Ok(Field {
        data_type: parse_type(data_type, &format!("column {name}"), depth)?,
        name,
        nullable: field.nullable.as_ref().and_then(Value::as_bool).unwrap_or(true),
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
            Self::Unknown(name) => name,
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
