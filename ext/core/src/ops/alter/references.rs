//! What would not work any more without a column, or with another type of it.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::expr::Expr;
use crate::ops::definition::{CONSTRAINT, Definition};
use crate::properties::column_list;
use crate::schema::{ColumnPath, DataType, StructType};

const STATS_COLUMNS: &str = "delta.dataSkippingStatsColumns";

/// Refuses a change of the column at `path` where SQL of the table is made of it. `what` is the change.
pub(super) fn check_unused(definition: &Definition, path: &ColumnPath, what: &str) -> Result<()> {
    let refused = |user: &str, text: &str, advice: &str| {
        Err(Error::schema(format!("column {path} cannot be {what}: {user} is made of it ({text}){advice}")))
    };
    for (key, text) in &definition.metadata.configuration {
        if let (Some(name), Some(text)) = (key.strip_prefix(CONSTRAINT), text)
            && uses(text, path, &definition.schema)
        {
            let advice = format!("; drop_constraint {name:?} first");
            return refused(&format!("constraint {name}"), text, &advice);
        }
    }
    let mut found = Ok(());
    each_rule(&definition.schema, None, &mut |owner, kind, text| {
        if found.is_ok() && !owner.starts_with(path) && uses(text, path, &definition.schema) {
            found = refused(&format!("{kind} {owner}"), text, "");
        }
    });
    found
}

/// Whether the SQL looks at the column, at a part of it, or at what it is a part of. Text that cannot be read does where it
/// has the name in it.
fn uses(text: &str, path: &ColumnPath, schema: &StructType) -> bool {
    match Expr::parse(text).and_then(|e| e.bind(schema)) {
        Ok(bound) => bound.columns().iter().any(|c| c.path.starts_with(path) || path.starts_with(&c.path)),
        Err(_) => path.names().last().is_some_and(|name| text.to_lowercase().contains(&name.to_lowercase())),
    }
}

/// The SQL of generated columns and invariants, with the path of the column that has it.
fn each_rule(fields: &StructType, parent: Option<&ColumnPath>, visit: &mut dyn FnMut(&ColumnPath, &str, &str)) {
    for field in &fields.fields {
        let path = parent.map_or_else(|| ColumnPath::from(field.name.as_str()), |p| p.child(&field.name));
        for (key, kind) in
            [("delta.generationExpression", "generated column"), ("delta.invariants", "the invariant of column")]
        {
            if let Some(text) = field.metadata.get(key).and_then(Value::as_str) {
                visit(&path, kind, text);
            }
        }
        inside(&field.data_type, &path, visit);
    }
}

fn inside(data_type: &DataType, path: &ColumnPath, visit: &mut dyn FnMut(&ColumnPath, &str, &str)) {
    match data_type {
        DataType::Struct(s) => each_rule(s, Some(path), visit),
        DataType::Array(a) => inside(&a.element, &path.child("element"), visit),
        DataType::Map(m) => {
            inside(&m.key, &path.child("key"), visit);
            inside(&m.value, &path.child("value"), visit);
        }
        _ => {}
    }
}

/// Keeps the list of columns with statistics as it was meant. `to` is the column's new name, where it has one.
pub(super) fn change_stats_columns(definition: &mut Definition, path: &ColumnPath, to: Option<&str>) {
    let Some(list) = definition.property(STATS_COLUMNS) else { return };
    let mut columns = column_list(list);
    let before = columns.clone();
    let depth = path.names().len();
    let is_under = |column: &ColumnPath| {
        let names = column.names();
        names.len() >= depth && names.iter().zip(path.names()).all(|(a, b)| a.to_lowercase() == b.to_lowercase())
    };
    match to {
        None => columns.retain(|column| !is_under(column)),
        Some(to) => {
            for column in columns.iter_mut().filter(|c| is_under(c)) {
                let mut names = column.names().to_vec();
                names[depth - 1] = to.to_owned();
                *column = ColumnPath::new(names);
            }
        }
    }
    if columns == before {
        return;
    }
    let quoted = |name: &String| match name.chars().all(|c| c.is_alphanumeric() || c == '_') {
        true => name.clone(),
        false => format!("`{name}`"),
    };
    let shown = |c: &ColumnPath| c.names().iter().map(quoted).collect::<Vec<_>>().join(".");
    let list = columns.iter().map(shown).collect::<Vec<_>>().join(",");
    let configuration = &mut definition.metadata.configuration;
    match list.is_empty() {
        true => configuration.remove(STATS_COLUMNS),
        false => configuration.insert(STATS_COLUMNS.to_owned(), Some(list)),
    };
}
