//! By what the data files, partition values and statistics know a column (Delta protocol, "Column Mapping").

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{ColumnPath, DataType, Field, StructType};
use crate::error::{Error, Result};

pub(super) const PHYSICAL_NAME: &str = "delta.columnMapping.physicalName";
pub(super) const FIELD_ID: &str = "delta.columnMapping.id";

/// What finds a column in a data file. Partition values and statistics go by physical names in both mapped modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColumnMapping {
    /// The column's own name. Annotations that an earlier mapping left on columns mean nothing.
    #[default]
    None,
    /// The physical name.
    Name,
    /// The id of the Parquet field.
    Id,
}

impl ColumnMapping {
    /// Reads the property `delta.columnMapping.mode`.
    pub fn from_property(mode: &str) -> Result<Self> {
        Ok(match mode.to_ascii_lowercase().as_str() {
            "none" => Self::None,
            "name" => Self::Name,
            "id" => Self::Id,
            _ => {
                return Err(Error::unsupported(format!(
                    "the table property delta.columnMapping.mode is {mode:?}: the modes that can be read are none, name and id"
                )));
            }
        })
    }

    /// Checks that every column, nested ones too, has a name and an id of its own.
    pub fn check(self, schema: &StructType) -> Result<()> {
        if self == Self::None {
            return Ok(());
        }
        check_fields(schema, None, &mut HashMap::new())
    }

    /// The name in data files, partition values and statistics. Only of a field that [`check`](Self::check) has seen.
    pub fn physical_name(self, field: &Field) -> &str {
        let annotated = field.metadata.get(PHYSICAL_NAME).and_then(Value::as_str);
        annotated.filter(|_| self != Self::None).unwrap_or(&field.name)
    }

    /// The id in data files, where they go by ids.
    pub fn field_id(self, field: &Field) -> Option<i32> {
        if self == Self::Id { id(field) } else { None }
    }

    /// The id that new data files carry: in both mapped modes (Delta protocol, "Writer Requirements for Column Mapping").
    pub fn file_id(self, field: &Field) -> Option<i32> {
        if self == Self::None { None } else { id(field) }
    }

    /// The physical names along a path of struct fields.
    pub fn physical_path(self, schema: &StructType, path: &ColumnPath) -> ColumnPath {
        let mut fields = Some(schema);
        let physical = |name: &String| {
            let field = fields.and_then(|f| f.field(name));
            fields = field.and_then(|f| match &f.data_type {
                DataType::Struct(inner) => Some(inner),
                _ => None,
            });
            field.map_or(name.as_str(), |f| self.physical_name(f)).to_owned()
        };
        ColumnPath::new(path.names().iter().map(physical).collect())
    }
}

fn id(field: &Field) -> Option<i32> {
    field.metadata.get(FIELD_ID).and_then(Value::as_i64).and_then(|id| i32::try_from(id).ok())
}

/// `ids` holds the columns seen so far by their ids.
fn check_fields(fields: &StructType, parent: Option<&ColumnPath>, ids: &mut HashMap<i32, ColumnPath>) -> Result<()> {
    let mut names = HashSet::new();
    for field in &fields.fields {
        let path = parent.map_or_else(|| ColumnPath::from(field.name.as_str()), |p| p.child(&field.name));
        let Some(name) = field.metadata.get(PHYSICAL_NAME).and_then(Value::as_str) else {
            return Err(missing(&path, PHYSICAL_NAME));
        };
        if !names.insert(name) {
            return Err(Error::corrupt(format!("column {path} has the physical name {name:?} of another column")));
        }
        let id = id(field).ok_or_else(|| missing(&path, FIELD_ID))?;
        if let Some(other) = ids.insert(id, path.clone()) {
            return Err(Error::corrupt(format!("columns {other} and {path} have the same column mapping id, {id}")));
        }
        check_type(&field.data_type, &path, ids)?;
    }
    Ok(())
}

fn check_type(data_type: &DataType, path: &ColumnPath, ids: &mut HashMap<i32, ColumnPath>) -> Result<()> {
    match data_type {
        DataType::Struct(s) => check_fields(s, Some(path), ids),
        DataType::Array(a) => check_type(&a.element, &path.child("element"), ids),
        DataType::Map(m) => {
            check_type(&m.key, &path.child("key"), ids)?;
            check_type(&m.value, &path.child("value"), ids)
        }
        _ => Ok(()),
    }
}

fn missing(path: &ColumnPath, annotation: &str) -> Error {
    Error::corrupt(format!("column {path} has no usable {annotation}, which the table's column mapping needs"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::ErrorKind;

    fn field(name: &str, annotations: Value, data_type: Value) -> Value {
        json!({"name": name, "type": data_type, "nullable": true, "metadata": annotations})
    }

    fn mapped(name: &str, physical: &str, id: i64, data_type: Value) -> Value {
        field(name, json!({PHYSICAL_NAME: physical, FIELD_ID: id}), data_type)
    }

    fn schema(fields: &[Value]) -> StructType {
        StructType::from_json(&json!({"type": "struct", "fields": fields}).to_string()).unwrap()
    }

    fn within(fields: &[Value]) -> Value {
        let inner = json!({"type": "struct", "fields": fields});
        json!({"type": "array", "elementType": {"type": "map", "keyType": "string", "valueType": inner,
            "valueContainsNull": true}, "containsNull": true})
    }

    fn refusal(fields: &[Value]) -> String {
        let schema = schema(fields);
        ColumnMapping::None.check(&schema).unwrap();
        let error = ColumnMapping::Id.check(&schema).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CorruptTable);
        assert_eq!(ColumnMapping::Name.check(&schema).unwrap_err().message(), error.message());
        error.message().to_owned()
    }

    #[test]
    fn every_column_needs_a_name_and_an_id_of_its_own() {
        let good = mapped("a", "col-a", 1, json!("long"));
        ColumnMapping::Id.check(&schema(&[good.clone(), mapped("b", "col-b", 2, json!("long"))])).unwrap();
        for (fields, part) in [
            (vec![good.clone(), mapped("b", "col-a", 2, json!("long"))], "column b"),
            (vec![good.clone(), mapped("b", "col-b", 1, json!("long"))], "columns a and b"),
            (vec![good.clone(), field("b", json!({FIELD_ID: 2}), json!("long"))], "column b"),
            (vec![field("b", json!({PHYSICAL_NAME: "x"}), json!("long"))], "column b"),
            (vec![mapped("b", "x", 1 << 40, json!("long"))], "column b"),
            (
                vec![good.clone(), mapped("n", "x", 2, within(std::slice::from_ref(&good)))],
                "columns a and n.element.value.a",
            ),
            (vec![mapped("n", "x", 2, within(&[field("deep", json!({}), json!("long"))]))], "n.element.value.deep"),
        ] {
            let message = refusal(&fields);
            assert!(message.contains(part), "{part} is not in {message}");
        }
    }

    #[test]
    fn one_name_may_be_used_at_two_places() {
        let inner = mapped("a", "same", 3, json!("long"));
        let fields = [mapped("a", "same", 1, json!("long")), mapped("n", "x", 2, within(&[inner]))];
        ColumnMapping::Name.check(&schema(&fields)).unwrap();
    }

    #[test]
    fn names_are_logical_without_a_mode() {
        let inner = json!({"type": "struct", "fields": [mapped("y", "col-y", 2, json!("long"))]});
        let schema = schema(&[mapped("x", "col-x", 1, inner)]);
        let path = ColumnPath::new(vec!["x".to_owned(), "y".to_owned()]);
        assert_eq!(ColumnMapping::None.physical_path(&schema, &path), path);
        assert_eq!(ColumnMapping::Name.physical_path(&schema, &path).names(), ["col-x", "col-y"]);
        assert_eq!(ColumnMapping::None.field_id(&schema.fields[0]), None);
        assert_eq!(ColumnMapping::Name.field_id(&schema.fields[0]), None);
        assert_eq!(ColumnMapping::Id.field_id(&schema.fields[0]), Some(1));
    }

    #[test]
    fn modes_by_name() {
        assert_eq!(ColumnMapping::from_property("ID").unwrap(), ColumnMapping::Id);
        assert_eq!(ColumnMapping::from_property("index").unwrap_err().kind(), ErrorKind::UnsupportedFeature);
    }
}
