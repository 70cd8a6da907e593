//! The names that Arrow itself gives to what is inside of lists and maps. Ours are Parquet's, as files have them.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};

/// The same schema with `item` in lists, and `entries` of `key` and `value` in maps. The arrays stay as they are.
pub(crate) fn with_arrow_names(schema: &Schema) -> SchemaRef {
    Arc::new(Schema::new(schema.fields().iter().map(|field| renamed(field, field.name())).collect::<Vec<_>>()))
}

fn renamed(field: &FieldRef, name: &str) -> FieldRef {
    let inside = |field: &FieldRef| renamed(field, field.name());
    let data_type = match field.data_type() {
        DataType::List(element) => DataType::List(renamed(element, Field::LIST_FIELD_DEFAULT_NAME)),
        DataType::Map(entries, sorted) => DataType::Map(renamed(entries, "entries"), *sorted),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(inside).collect()),
        other => other.clone(),
    };
    Arc::new(Field::new(name, data_type, field.is_nullable()))
}
