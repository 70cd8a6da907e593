//! Types that files hold and the wider ones that tables have by now (Delta protocol, "Type Widening").

use serde_json::Value;

use super::{ColumnPath, DataType, StructType};
use crate::error::{Error, Result};

const TYPE_CHANGES: &str = "delta.typeChanges";

impl DataType {
    /// Whether the protocol lets a column of this type become one of `wider`. Both are primitive.
    pub fn widens_to(&self, wider: &Self) -> bool {
        use DataType as T;
        match (self, wider) {
            (T::Byte, T::Short | T::Integer | T::Long | T::Double)
            | (T::Short, T::Integer | T::Long | T::Double)
            | (T::Integer, T::Long | T::Double)
            | (T::Float, T::Double)
            | (T::Date, T::TimestampNtz) => true,
            (T::Byte | T::Short | T::Integer | T::Long, T::Decimal(d)) => Some(d.whole_digits()) >= self.digits(),
            (T::Decimal(from), T::Decimal(to)) => {
                from != to && from.scale() <= to.scale() && from.whole_digits() <= to.whole_digits()
            }
            _ => false,
        }
    }

    /// Digits that hold every integer of this type. The protocol counts a `byte` and a `short` as an `integer`, and there
    /// are writers who do not.
    fn digits(&self) -> Option<u8> {
        match self {
            Self::Byte => Some(3),
            Self::Short => Some(5),
            Self::Integer => Some(10),
            Self::Long => Some(20),
            _ => None,
        }
    }
}

/// Refuses a schema whose columns went through a change that is not known: readers must apply all of them.
pub fn check_type_changes(schema: &StructType) -> Result<()> {
    check_fields(schema, None)
}

fn check_fields(fields: &StructType, parent: Option<&ColumnPath>) -> Result<()> {
    for field in &fields.fields {
        let path = parent.map_or_else(|| ColumnPath::from(field.name.as_str()), |p| p.child(&field.name));
        if let Some(changes) = field.metadata.get(TYPE_CHANGES) {
            let malformed = || Error::corrupt(format!("column {path} has a {TYPE_CHANGES} that cannot be read"));
            for change in changes.as_array().ok_or_else(malformed)? {
                check_change(change.as_object().ok_or_else(malformed)?, &path)?;
            }
        }
        check_inside(&field.data_type, &path)?;
    }
    Ok(())
}

fn check_inside(data_type: &DataType, path: &ColumnPath) -> Result<()> {
    match data_type {
        DataType::Struct(s) => check_fields(s, Some(path)),
        DataType::Array(a) => check_inside(&a.element, &path.child("element")),
        DataType::Map(m) => {
            check_inside(&m.key, &path.child("key"))?;
            check_inside(&m.value, &path.child("value"))
        }
        _ => Ok(()),
    }
}

fn check_change(change: &serde_json::Map<String, Value>, path: &ColumnPath) -> Result<()> {
    let [from, to] = ["fromType", "toType"].map(|key| change.get(key).unwrap_or(&Value::Null));
    let parse = |name: &Value| name.as_str().and_then(|name| DataType::from_name(name).ok());
    match (parse(from), parse(to)) {
        (Some(from), Some(to)) if from == to || from.widens_to(&to) => Ok(()),
        _ => {
            let path = match change.get("fieldPath").and_then(Value::as_str) {
                Some(inside) => path.child(inside),
                None => path.clone(),
            };
            Err(Error::unsupported(format!(
                "column {path} was changed from type {from} to {to} (feature typeWidening), a change that this library does \
                 not know"
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::ErrorKind;

    fn widens(from: &str, to: &str) -> bool {
        DataType::from_name(from).unwrap().widens_to(&DataType::from_name(to).unwrap())
    }

    #[test]
    fn the_matrix_is_the_protocols() {
        let wider = [
            ("byte", "short integer long double decimal(3,0) decimal(4,1) decimal(10,0) decimal(12,2)"),
            ("short", "integer long double decimal(5,0) decimal(10,0) decimal(38,28)"),
            ("integer", "long double decimal(10,0) decimal(11,1)"),
            ("long", "decimal(20,0) decimal(22,2)"),
            ("float", "double"),
            ("date", "timestamp_ntz"),
            ("decimal(5,2)", "decimal(6,2) decimal(6,3) decimal(38,35)"),
        ];
        for (from, all) in wider {
            for to in all.split(' ') {
                assert!(widens(from, to), "{from} to {to}");
                assert!(!widens(to, from), "{to} to {from}");
            }
        }
        let refused = [
            ("byte", "float decimal(2,0) decimal(3,1) string"),
            ("short", "float decimal(5,1)"),
            ("integer", "float decimal(9,0) decimal(10,2) timestamp"),
            ("long", "double decimal(19,0) decimal(20,1)"),
            ("float", "decimal(38,10)"),
            ("date", "timestamp"),
            ("decimal(5,2)", "decimal(5,3) decimal(5,1) decimal(6,4) double"),
            ("timestamp_ntz", "timestamp"),
            ("string", "binary"),
        ];
        for (from, all) in refused {
            assert!(all.split(' ').all(|to| !widens(from, to)), "{from} to one of {all}");
        }
    }

    fn check(changes: Value) -> Result<()> {
        let field = json!({"name": "x", "type": "long", "nullable": true, "metadata": {TYPE_CHANGES: changes}});
        let inner = json!({"type": "struct", "fields": [field]});
        let list = json!({"type": "array", "elementType": inner, "containsNull": true});
        let top = json!({"name": "l", "type": list, "nullable": true, "metadata": {}});
        check_type_changes(&StructType::from_json(&json!({"type": "struct", "fields": [top]}).to_string()).unwrap())
    }

    #[test]
    fn recorded_changes_must_be_known() {
        let known = json!({"fromType": "short", "toType": "integer", "tableVersion": 1, "fieldPath": "key.element"});
        check(json!([known, {"fromType": "decimal(4,1)", "toType": "decimal(10,2)"}])).unwrap();
        for (from, to) in [("integer", "string"), ("long", "double"), ("integer", "int128")] {
            let error = check(json!([known, {"fromType": from, "toType": to}])).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnsupportedFeature);
            for part in ["l.element.x", "typeWidening", from, to] {
                assert!(error.message().contains(part), "{part} is not in {error}");
            }
        }
        assert_eq!(check(json!("short")).unwrap_err().kind(), ErrorKind::CorruptTable);
        assert_eq!(check(json!([{"toType": "long"}])).unwrap_err().kind(), ErrorKind::UnsupportedFeature);
    }
}
