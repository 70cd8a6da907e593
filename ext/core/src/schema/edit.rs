//! Places in a schema, for changes of it. Names are found whatever their case, as Spark does.

use super::{ColumnPath, DataType, Field, StructType};
use crate::error::{Error, Result};

/// One step into a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Field(usize),
    Element,
    Key,
    Value,
}

/// A field of a schema, at any depth; or a type inside of its own, by `element`, `key` and `value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// With the names as the schema has them.
    pub path: ColumnPath,
    steps: Vec<Step>,
}

impl Place {
    /// Finds the place; an error names the columns that there are.
    pub fn find(schema: &StructType, path: &ColumnPath) -> Result<Self> {
        let mut found = Self { path: ColumnPath::new(Vec::new()), steps: Vec::new() };
        let mut fields = Some(schema);
        let mut inside: Option<&DataType> = None;
        for name in path.names() {
            let (step, name, data_type) = match (fields, inside) {
                (Some(fields), _) => {
                    let position = position(fields, name).ok_or_else(|| missing(path, fields))?;
                    let field = &fields.fields[position];
                    (Step::Field(position), field.name.as_str(), &field.data_type)
                }
                (None, Some(DataType::Array(a))) if name == "element" => (Step::Element, "element", &a.element),
                (None, Some(DataType::Map(m))) if name == "key" => (Step::Key, "key", &m.key),
                (None, Some(DataType::Map(m))) if name == "value" => (Step::Value, "value", &m.value),
                (None, inside) => {
                    let of = inside.map(ToString::to_string).unwrap_or_default();
                    return Err(Error::schema(format!(
                        "there is no column {path}: {} is of type {of}, with element in arrays, key and value in maps",
                        found.path
                    )));
                }
            };
            found.steps.push(step);
            found.path = found.path.child(name);
            inside = Some(data_type);
            fields = match data_type {
                DataType::Struct(inner) => Some(inner),
                _ => None,
            };
        }
        if found.steps.is_empty() {
            return Err(Error::schema("a column needs a name"));
        }
        Ok(found)
    }

    /// Whether it lies inside of a map's keys.
    pub fn is_in_key(&self) -> bool {
        self.steps.contains(&Step::Key)
    }

    /// Whether it is a field, and not a type inside of one.
    pub fn is_field(&self) -> bool {
        matches!(self.steps.last(), Some(Step::Field(_)))
    }

    /// Whether it is a column of the table itself.
    pub fn is_column(&self) -> bool {
        self.steps.len() == 1
    }

    /// The nearest field, which is the place itself or encloses it, and the names from there on.
    pub fn field<'a>(&self, schema: &'a mut StructType) -> Result<(&'a mut Field, Vec<String>)> {
        let own = self.steps.iter().rposition(|s| matches!(s, Step::Field(_))).ok_or_else(gone)?;
        let inside = self.path.names()[own + 1..].to_vec();
        let Step::Field(position) = self.steps[own] else { return Err(gone()) };
        let fields = fields_at(schema, &self.steps[..own])?;
        Ok((fields.fields.get_mut(position).ok_or_else(gone)?, inside))
    }

    /// The type at this place.
    pub fn data_type<'a>(&self, schema: &'a mut StructType) -> Result<&'a mut DataType> {
        type_at(schema, &self.steps)
    }

    /// The fields among which it is one, and its position.
    pub fn siblings<'a>(&self, schema: &'a mut StructType) -> Result<(&'a mut StructType, usize)> {
        match self.steps.split_last() {
            Some((Step::Field(position), parents)) => Ok((fields_at(schema, parents)?, *position)),
            _ => Err(Error::schema(format!("{} is a type inside of a column, not a column", self.path))),
        }
    }
}

/// The fields of the struct at `parents`; those of the table where there are none.
pub fn struct_at<'a>(schema: &'a mut StructType, parents: &ColumnPath) -> Result<&'a mut StructType> {
    if parents.names().is_empty() {
        return Ok(schema);
    }
    let place = Place::find(schema, parents)?;
    match place.data_type(schema)? {
        DataType::Struct(inner) => Ok(inner),
        other => Err(Error::schema(format!("column {} is of type {other}, not a struct", place.path))),
    }
}

/// The position of a field, whatever the case of its name.
pub fn position(fields: &StructType, name: &str) -> Option<usize> {
    let same = |f: &Field| f.name.to_lowercase() == name.to_lowercase();
    fields.index_of(name).or_else(|| fields.fields.iter().position(same))
}

fn type_at<'a>(schema: &'a mut StructType, steps: &[Step]) -> Result<&'a mut DataType> {
    let (Step::Field(first), rest) = steps.split_first().ok_or_else(gone)? else { return Err(gone()) };
    let mut at = &mut schema.fields.get_mut(*first).ok_or_else(gone)?.data_type;
    for step in rest {
        at = match (at, step) {
            (DataType::Struct(s), Step::Field(i)) => &mut s.fields.get_mut(*i).ok_or_else(gone)?.data_type,
            (DataType::Array(a), Step::Element) => &mut a.element,
            (DataType::Map(m), Step::Key) => &mut m.key,
            (DataType::Map(m), Step::Value) => &mut m.value,
            _ => return Err(gone()),
        };
    }
    Ok(at)
}

fn fields_at<'a>(schema: &'a mut StructType, steps: &[Step]) -> Result<&'a mut StructType> {
    if steps.is_empty() {
        return Ok(schema);
    }
    match type_at(schema, steps)? {
        DataType::Struct(inner) => Ok(inner),
        _ => Err(gone()),
    }
}

fn missing(path: &ColumnPath, fields: &StructType) -> Error {
    let names = fields.names().collect::<Vec<_>>().join(", ");
    Error::schema(format!("there is no column {path}: there are {names}"))
}

fn gone() -> Error {
    Error::internal("a place in a schema is used with another schema")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> StructType {
        let field =
            |name: &str, of: &str| format!(r#"{{"name":"{name}","type":{of},"nullable":true,"metadata":{{}}}}"#);
        let inner = format!(r#"{{"type":"struct","fields":[{}]}}"#, field("X", r#""long""#));
        let map = format!(r#"{{"type":"map","keyType":"string","valueType":{inner},"valueContainsNull":true}}"#);
        let list = format!(r#"{{"type":"array","elementType":{map},"containsNull":true}}"#);
        let fields = [field("id", r#""long""#), field("Tags", &list), field("s", &inner)].join(",");
        StructType::from_json(&format!(r#"{{"type":"struct","fields":[{fields}]}}"#)).unwrap()
    }

    fn path(text: &str) -> ColumnPath {
        ColumnPath::new(text.split('.').map(str::to_owned).collect())
    }

    #[test]
    fn places_are_found_whatever_the_case() {
        let mut schema = schema();
        for (text, found, field, inside, of) in [
            ("ID", "id", "id", "", "long"),
            ("tags.element.key", "Tags.element.key", "Tags", "element.key", "string"),
            ("tags.element.value.x", "Tags.element.value.X", "X", "", "long"),
            ("S.x", "s.X", "X", "", "long"),
        ] {
            let place = Place::find(&schema, &path(text)).unwrap();
            assert_eq!(place.path.to_string(), found);
            let (nearest, rest) = place.field(&mut schema).unwrap();
            assert_eq!((nearest.name.as_str(), rest.join(".").as_str()), (field, inside));
            assert_eq!(place.data_type(&mut schema).unwrap().to_string(), of);
            assert_eq!(place.is_in_key(), text.contains("key"));
            assert_eq!(place.is_field(), inside.is_empty());
            assert_eq!(place.siblings(&mut schema).is_ok(), inside.is_empty());
        }
        assert_eq!(struct_at(&mut schema, &path("tags.element.value")).unwrap().fields.len(), 1);
        assert!(struct_at(&mut schema, &path("id")).is_err());
    }

    #[test]
    fn what_is_missing_is_named() {
        for (text, part) in
            [("x", "id, Tags, s"), ("s.y", "there are X"), ("id.x", "type long"), ("tags.key", "element")]
        {
            let error = Place::find(&schema(), &path(text)).unwrap_err();
            assert!(error.message().contains(part), "{error}");
        }
    }
}
