//! Schemas with the columns that rows bring along.

use super::{ArrayType, DataType, Field, MapType, StructType};

impl StructType {
    /// With the columns and the nested fields of `found` that this lacks, at the end of each struct and nullable. What both
    /// have stays as it is here, whatever its type in `found`.
    #[must_use]
    pub fn merged_with(&self, found: &Self) -> Self {
        let mut merged = self.clone();
        for field in &found.fields {
            match merged.fields.iter_mut().find(|f| f.name == field.name) {
                Some(known) => known.data_type = known.data_type.merged_with(&field.data_type),
                None => merged.fields.push(Field::new(&field.name, field.data_type.all_nullable(), true)),
            }
        }
        merged
    }

    /// Whether rows made for this schema are rows for `other`: each column that both have is of one type in both, and what
    /// only `other` has may be null.
    pub fn fits(&self, other: &Self) -> bool {
        let same = |field: &Field| match other.field(&field.name) {
            Some(there) => there.nullable >= field.nullable && field.data_type.fits(&there.data_type),
            None => true,
        };
        self.fields.iter().all(same) && other.fields.iter().all(|f| f.nullable || self.field(&f.name).is_some())
    }

    /// Whether `other` is this schema with more nullable columns and nested fields at the end of structs, of which nothing
    /// else is asked.
    pub fn grows_to(&self, other: &Self) -> bool {
        let (old, new) = other.fields.split_at(self.fields.len().min(other.fields.len()));
        let same = |(a, b): (&Field, &Field)| {
            (&a.name, a.nullable, &a.metadata) == (&b.name, b.nullable, &b.metadata)
                && a.data_type.grows_to(&b.data_type)
        };
        old.len() == self.fields.len()
            && self.fields.iter().zip(old).all(same)
            && new.iter().all(|f| f.nullable && f.metadata.is_empty() && !has_metadata(&f.data_type))
    }
}

impl DataType {
    fn merged_with(&self, found: &Self) -> Self {
        match (self, found) {
            (Self::Struct(a), Self::Struct(b)) => Self::Struct(a.merged_with(b)),
            (Self::Array(a), Self::Array(b)) => {
                let element = a.element.merged_with(&b.element);
                Self::Array(Box::new(ArrayType { element, contains_null: a.contains_null }))
            }
            (Self::Map(a), Self::Map(b)) => {
                let value = a.value.merged_with(&b.value);
                Self::Map(Box::new(MapType { value, ..(**a).clone() }))
            }
            // An object is a map where the table has one.
            (Self::Map(a), Self::Struct(b)) => {
                let value = b.fields.iter().fold(a.value.clone(), |value, f| value.merged_with(&f.data_type));
                Self::Map(Box::new(MapType { value, ..(**a).clone() }))
            }
            _ => self.clone(),
        }
    }

    fn all_nullable(&self) -> Self {
        match self {
            Self::Struct(s) => {
                let field = |f: &Field| Field::new(&f.name, f.data_type.all_nullable(), true);
                Self::Struct(StructType { fields: s.fields.iter().map(field).collect() })
            }
            Self::Array(a) => {
                Self::Array(Box::new(ArrayType { element: a.element.all_nullable(), contains_null: true }))
            }
            Self::Map(m) => {
                let (key, value) = (m.key.all_nullable(), m.value.all_nullable());
                Self::Map(Box::new(MapType { key, value, value_contains_null: true }))
            }
            other => other.clone(),
        }
    }

    fn fits(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Struct(a), Self::Struct(b)) => a.fits(b),
            (Self::Array(a), Self::Array(b)) => b.contains_null >= a.contains_null && a.element.fits(&b.element),
            (Self::Map(a), Self::Map(b)) => {
                b.value_contains_null >= a.value_contains_null && a.key == b.key && a.value.fits(&b.value)
            }
            _ => self == other,
        }
    }

    fn grows_to(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Struct(a), Self::Struct(b)) => a.grows_to(b),
            (Self::Array(a), Self::Array(b)) => a.contains_null == b.contains_null && a.element.grows_to(&b.element),
            (Self::Map(a), Self::Map(b)) => {
                a.value_contains_null == b.value_contains_null && a.key == b.key && a.value.grows_to(&b.value)
            }
            _ => self == other,
        }
    }
}

fn has_metadata(data_type: &DataType) -> bool {
    match data_type {
        DataType::Struct(s) => s.fields.iter().any(|f| !f.metadata.is_empty() || has_metadata(&f.data_type)),
        DataType::Array(a) => has_metadata(&a.element),
        DataType::Map(m) => has_metadata(&m.key) || has_metadata(&m.value),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(element: DataType) -> DataType {
        DataType::Array(Box::new(ArrayType { element, contains_null: true }))
    }

    fn map(value: DataType) -> DataType {
        DataType::Map(Box::new(MapType { key: DataType::String, value, value_contains_null: false }))
    }

    fn of(fields: &[(&str, DataType, bool)]) -> StructType {
        StructType { fields: fields.iter().map(|(n, t, null)| Field::new(*n, t.clone(), *null)).collect() }
    }

    fn point(fields: &[(&str, DataType, bool)]) -> DataType {
        DataType::Struct(of(fields))
    }

    #[test]
    fn what_is_new_comes_last_and_may_be_null() {
        let x = ("x", DataType::Long, false);
        let table = of(&[
            ("id", DataType::Long, false),
            ("l", list(point(std::slice::from_ref(&x))), true),
            ("m", map(list(point(std::slice::from_ref(&x)))), true),
            ("s", point(std::slice::from_ref(&x)), true),
        ]);
        let y = ("y", DataType::String, false);
        let found = of(&[
            ("z", point(std::slice::from_ref(&y)), false),
            ("s", point(&[y.clone(), ("x", DataType::String, true)]), true),
            ("m", point(&[("any", list(point(std::slice::from_ref(&y))), true)]), true),
            ("l", list(point(&[y])), true),
            ("id", DataType::String, true),
        ]);
        let merged = table.merged_with(&found);
        let both = point(&[x, ("y", DataType::String, true)]);
        let expected = of(&[
            ("id", DataType::Long, false),
            ("l", list(both.clone()), true),
            ("m", map(list(both.clone())), true),
            ("s", both, true),
            ("z", point(&[("y", DataType::String, true)]), true),
        ]);
        assert_eq!(merged, expected);
        assert_eq!(merged.merged_with(&found), merged);
        assert!(table.grows_to(&merged) && table.fits(&merged) && merged.fits(&table));
        assert!(!merged.grows_to(&table));
    }

    #[test]
    fn other_changes_are_not_growth() {
        let table = of(&[("a", DataType::Long, true), ("s", point(&[("x", DataType::Long, true)]), true)]);
        let grown = |f: &dyn Fn(&mut StructType)| {
            let mut other = table.clone();
            f(&mut other);
            table.grows_to(&other)
        };
        assert!(grown(&|_| ()));
        assert!(grown(&|s| s.fields.push(Field::new("b", DataType::Date, true))));
        assert!(!grown(&|s| s.fields.push(Field::new("b", DataType::Date, false))));
        assert!(!grown(&|s| s.fields.insert(0, Field::new("b", DataType::Date, true))));
        assert!(!grown(&|s| s.fields[0].data_type = DataType::Integer));
        assert!(!grown(&|s| s.fields[0].nullable = false));
        assert!(!grown(&|s| drop(s.fields.pop())));
        assert!(!grown(&|s| drop(s.fields[0].metadata.insert("delta.invariants".into(), "x".into()))));
        let mut asked = Field::new("b", DataType::Date, true);
        asked.metadata.insert("delta.generationExpression".into(), "a".into());
        assert!(!grown(&|s| s.fields.push(asked.clone())));
    }

    #[test]
    fn rows_fit_where_types_are_the_same() {
        let ours = of(&[("a", DataType::Long, true), ("b", DataType::Date, true)]);
        assert!(ours.fits(&of(&[("a", DataType::Long, true), ("c", DataType::Date, true)])));
        assert!(!ours.fits(&of(&[("a", DataType::Long, true), ("b", DataType::String, true)])));
        assert!(!ours.fits(&of(&[("a", DataType::Long, false)])));
        assert!(!ours.fits(&of(&[("a", DataType::Long, true), ("c", DataType::Date, false)])));
    }
}
