//! Ids and physical names for columns that get them (Delta protocol, "Writer Requirements for Column Mapping").

use serde_json::Value;
use uuid::Uuid;

use super::identity::IDENTITY_MARK;
use super::mapping::{FIELD_ID, PHYSICAL_NAME};
use super::{DataType, Field, StructType};
use crate::error::{Error, Result};

/// The property that counts a mapped table's ids.
pub const MAX_COLUMN_ID: &str = "delta.columnMapping.maxColumnId";

/// What the log keeps of a column's past, in tables of column mapping, widened types and identities.
const OF_ONE_TABLE: &[&str] =
    &[FIELD_ID, PHYSICAL_NAME, "delta.columnMapping.nested.ids", "delta.typeChanges", IDENTITY_MARK];

/// The physical names of columns that have none yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewNames {
    /// Their own: there are data files with them.
    Own,
    /// Ones that nothing else has.
    Fresh,
}

/// Gives each column without one an id and a physical name. Ids count on from `last` and from those that are there; the
/// last one comes back.
pub fn assign_mapping(schema: &mut StructType, last: i64, names: NewNames) -> Result<i64> {
    let mut last = last;
    each_field(schema, &mut |field| {
        last = last.max(field.metadata.get(FIELD_ID).and_then(Value::as_i64).unwrap_or_default());
        Ok(())
    })?;
    each_field(schema, &mut |field| {
        if !field.metadata.contains_key(FIELD_ID) {
            last += 1;
            let id = i32::try_from(last).map_err(|_| Error::schema("the ids for the table's columns are used up"))?;
            field.metadata.insert(FIELD_ID.to_owned(), id.into());
        }
        if !field.metadata.contains_key(PHYSICAL_NAME) {
            let name = match names {
                NewNames::Own => field.name.clone(),
                NewNames::Fresh => format!("col-{}", Uuid::new_v4()),
            };
            field.metadata.insert(PHYSICAL_NAME.to_owned(), name.into());
        }
        Ok(())
    })?;
    Ok(last)
}

/// Takes away what only the table knows that the columns were taken from.
pub fn forget_table(schema: &mut StructType) {
    forget(schema, OF_ONE_TABLE);
}

/// Takes away ids and physical names.
pub fn forget_mapping(schema: &mut StructType) {
    forget(schema, &[FIELD_ID, PHYSICAL_NAME]);
}

fn forget(schema: &mut StructType, keys: &[&str]) {
    // Without an error to tell there is none to lose.
    let _ = each_field(schema, &mut |field| {
        keys.iter().for_each(|key| drop(field.metadata.shift_remove(*key)));
        Ok(())
    });
}

fn each_field(fields: &mut StructType, visit: &mut dyn FnMut(&mut Field) -> Result<()>) -> Result<()> {
    fields.fields.iter_mut().try_for_each(|field| {
        visit(field)?;
        inside(&mut field.data_type, visit)
    })
}

fn inside(data_type: &mut DataType, visit: &mut dyn FnMut(&mut Field) -> Result<()>) -> Result<()> {
    match data_type {
        DataType::Struct(s) => each_field(s, visit),
        DataType::Array(a) => inside(&mut a.element, visit),
        DataType::Map(m) => inside(&mut m.key, visit).and_then(|()| inside(&mut m.value, visit)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::ColumnMapping;

    fn nested() -> StructType {
        let field =
            |name: &str, of: &str| format!(r#"{{"name":"{name}","type":{of},"nullable":true,"metadata":{{"n":1}}}}"#);
        let inner =
            format!(r#"{{"type":"struct","fields":[{},{}]}}"#, field("x", r#""long""#), field("y", r#""date""#));
        let map = format!(r#"{{"type":"map","keyType":"string","valueType":{inner},"valueContainsNull":true}}"#);
        let list = format!(r#"{{"type":"array","elementType":{map},"containsNull":true}}"#);
        let text = format!(r#"{{"type":"struct","fields":[{},{}]}}"#, field("a", r#""long""#), field("l", &list));
        StructType::from_json(&text).unwrap()
    }

    #[test]
    fn every_column_gets_an_id_and_a_name() {
        let plain = nested();
        for names in [NewNames::Own, NewNames::Fresh] {
            let mut schema = plain.clone();
            assert_eq!(assign_mapping(&mut schema, 7, names).unwrap(), 11);
            ColumnMapping::Name.check(&schema).unwrap();
            let name = ColumnMapping::Name.physical_name(&schema.fields[0]).to_owned();
            assert_eq!(name == "a", names == NewNames::Own, "{name}");
            assert_eq!(ColumnMapping::Id.field_id(&schema.fields[0]), Some(8));
            let before = schema.clone();
            schema.fields.push(Field::new("new", DataType::Long, true));
            assert_eq!(assign_mapping(&mut schema, 0, names).unwrap(), 12);
            assert_eq!(schema.fields[..2], before.fields);
            forget_mapping(&mut schema);
            assert_eq!(schema.fields[..2], plain.fields);
        }
    }

    #[test]
    fn ids_end() {
        let error = assign_mapping(&mut nested(), i64::from(i32::MAX) - 3, NewNames::Own).unwrap_err();
        assert!(error.message().contains("used up"));
    }
}
