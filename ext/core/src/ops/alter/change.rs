//! What can be changed of a table.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::action::{CommitInfo, Operation};
use crate::error::{Error, Result};
use crate::properties::column_list;
use crate::schema::{ColumnPath, DataType, Field, StructType};

/// A column: its names from the outermost on, or text as SQL has it (``address.`odd name` ``).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Column {
    /// Dotted names.
    Text(String),
    /// Each name on its own.
    Names(ColumnPath),
}

impl Column {
    /// The names.
    pub fn path(&self) -> Result<ColumnPath> {
        match self {
            Self::Names(path) => Ok(path.clone()),
            Self::Text(text) => match column_list(text).as_slice() {
                [path] => Ok(path.clone()),
                _ => Err(Error::schema(format!("{text:?} is not the name of a column"))),
            },
        }
    }
}

/// One change. As JSON it comes from other languages.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Change {
    /// The field without its name, as a schema has it.
    AddColumn {
        column: Column,
        field: Value,
        after: Option<String>,
        first: bool,
    },
    DropColumn {
        column: Column,
    },
    /// The name alone: a field stays in its struct.
    RenameColumn {
        column: Column,
        to: String,
    },
    ChangeType {
        column: Column,
        to: Value,
    },
    ChangeNull {
        column: Column,
        nullable: bool,
    },
    ChangeComment {
        column: Column,
        comment: Option<String>,
    },
    ChangeDefault {
        column: Column,
        default: Option<String>,
    },
    SetProperties {
        properties: BTreeMap<String, String>,
    },
    UnsetProperties {
        keys: Vec<String>,
        if_exists: bool,
    },
    AddConstraint {
        name: String,
        expression: String,
    },
    DropConstraint {
        name: String,
        if_exists: bool,
    },
    AddFeature {
        name: String,
    },
    SetName {
        name: Option<String>,
    },
    SetDescription {
        description: Option<String>,
    },
}

impl Change {
    /// Reads a list of changes.
    pub fn list_from_json(json: &str) -> Result<Vec<Self>> {
        serde_json::from_str(json).map_err(|e| Error::argument("the changes of a table cannot be read").with_source(e))
    }

    fn operation(&self) -> Operation {
        match self {
            Self::AddColumn { .. } => Operation::AddColumns,
            Self::DropColumn { .. } => Operation::DropColumns,
            Self::RenameColumn { .. } => Operation::RenameColumn,
            Self::ChangeType { .. }
            | Self::ChangeNull { .. }
            | Self::ChangeComment { .. }
            | Self::ChangeDefault { .. } => Operation::ChangeColumn,
            Self::SetProperties { .. } | Self::SetName { .. } | Self::SetDescription { .. } => {
                Operation::SetTableProperties
            }
            Self::UnsetProperties { .. } => Operation::UnsetTableProperties,
            Self::AddConstraint { .. } => Operation::AddConstraint,
            Self::DropConstraint { .. } => Operation::DropConstraint,
            Self::AddFeature { .. } => Operation::UpgradeProtocol,
        }
    }

    /// What the history says of it.
    fn told(&self) -> Value {
        match self {
            Self::AddColumn { column, field, after, first } => {
                let position =
                    if *first { Some("first".to_owned()) } else { after.as_ref().map(|a| format!("after {a}")) };
                json!({"column": {"name": column.shown(), "type": field["type"], "nullable": true}, "position": position})
            }
            Self::DropColumn { column } => column.shown().into(),
            Self::RenameColumn { column, to } => json!({"oldColumnPath": column.shown(), "newColumnName": to}),
            Self::ChangeType { column, to } => json!({"name": column.shown(), "type": to}),
            Self::ChangeNull { column, nullable } => json!({"name": column.shown(), "nullable": nullable}),
            Self::ChangeComment { column, comment } => json!({"name": column.shown(), "comment": comment}),
            Self::ChangeDefault { column, default } => json!({"name": column.shown(), "default": default}),
            Self::SetProperties { properties } => json!(properties),
            Self::UnsetProperties { keys, .. } => json!(keys),
            Self::AddConstraint { name, expression } => json!({"name": name, "expr": expression}),
            Self::DropConstraint { name, .. } => json!({"name": name}),
            Self::AddFeature { name } => name.as_str().into(),
            Self::SetName { name } => json!({"name": name}),
            Self::SetDescription { description } => json!({"comment": description}),
        }
    }
}

impl Column {
    fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Names(path) => path.to_string(),
        }
    }
}

/// A field of that name from the JSON of a schema.
pub(super) fn field_of(name: &str, field: &Value) -> Result<Field> {
    let mut field = field.clone();
    field["name"] = name.into();
    let schema = json!({"type": "struct", "fields": [field]}).to_string();
    let mut fields = StructType::from_json(&schema)?.fields;
    fields.pop().ok_or_else(|| Error::internal("a schema lost its field"))
}

/// A type from the JSON of a schema.
pub(super) fn type_of(to: &Value) -> Result<DataType> {
    Ok(field_of("type", &json!({"type": to, "nullable": true, "metadata": {}}))?.data_type)
}

/// The provenance of a commit that makes all of `changes`: Spark's own names and parameters where it is one change, or
/// several of a kind.
pub(super) fn info_of(changes: &[Change]) -> CommitInfo {
    let operations: Vec<Operation> = changes.iter().map(Change::operation).collect();
    let told: Vec<Value> = changes.iter().map(Change::told).collect();
    let info = match operations.as_slice() {
        [first, rest @ ..] if rest.iter().all(|o| o == first) => CommitInfo::new(*first),
        _ => CommitInfo::new(Operation::AlterTable),
    };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match (changes, told.as_slice()) {
        ([Change::AddColumn { .. } | Change::DropColumn { .. }, ..], _) if info.operation != "ALTER TABLE" => {
            info.json_parameter("columns", &told)
        }
        ([Change::SetProperties { .. } | Change::SetName { .. } | Change::SetDescription { .. }], [told]) => {
            info.json_parameter("properties", told)
        }
        ([Change::UnsetProperties { if_exists, .. }], [told]) => {
            info.json_parameter("properties", told).parameter("ifExists", if_exists.to_string())
        }
        ([Change::AddFeature { .. }], [told]) => info.parameter("newFeature", text(told)),
        ([Change::ChangeType { .. } | Change::ChangeNull { .. }], [told])
        | ([Change::ChangeComment { .. } | Change::ChangeDefault { .. }], [told]) => {
            info.json_parameter("column", told)
        }
        ([_], [Value::Object(parts)]) => parts.iter().fold(info, |info, (name, part)| info.parameter(name, text(part))),
        _ => info.json_parameter("changes", &told),
    }
}
