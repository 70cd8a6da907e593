//! One entry: a version, and the object that is or becomes its commit (Delta's `ExternalCommitEntry`).

use serde_json::{Value, json};

use super::super::LOG_FOLDER;
use crate::error::{Error, Result};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The table's address as its writers have it.
    pub(super) table_path: String,
    /// Name of the commit's file.
    pub(super) file_name: String,
    /// Where the commit is until it has its name, relative to the log's folder.
    pub(super) temp_path: String,
    /// Whether it has its name.
    pub(super) complete: bool,
}

impl Entry {
    /// The commit's key below the table's root.
    pub(super) fn key(&self) -> String {
        format!("{LOG_FOLDER}/{}", self.file_name)
    }

    /// The key of what is to become the commit.
    pub(super) fn temp_key(&self) -> String {
        match self.temp_path.starts_with(LOG_FOLDER) {
            // As early releases of delta-rs wrote it.
            true => self.temp_path.clone(),
            false => format!("{LOG_FOLDER}/{}", self.temp_path),
        }
    }

    /// As an item of DynamoDB; with the time from which on it may be deleted (epoch seconds), as a complete one.
    pub(super) fn item(&self, expires: Option<u64>) -> Value {
        let mut item = json!({
            "tablePath": {"S": self.table_path},
            "fileName": {"S": self.file_name},
            "tempPath": {"S": self.temp_path},
            "complete": {"S": if expires.is_some() { "true" } else { "false" }},
        });
        if let Some(expires) = expires {
            item["expireTime"] = json!({"N": expires.to_string()});
        }
        item
    }

    /// From an item. What it names must be inside of the log's folder.
    pub(super) fn parse(item: &Value) -> Result<Self> {
        let text = |name: &str| {
            let text = item.get(name).and_then(|value| value.get("S")).and_then(Value::as_str);
            text.map(str::to_owned).ok_or_else(|| bad(item, &format!("it has no text {name}")))
        };
        let complete = match item.get("complete").and_then(|value| value.get("BOOL")) {
            Some(Value::Bool(complete)) => *complete,
            _ => text("complete")?.eq_ignore_ascii_case("true"),
        };
        let entry = Self {
            table_path: text("tablePath")?,
            file_name: text("fileName")?,
            temp_path: text("tempPath")?,
            complete,
        };
        let inside = |path: &str| !path.is_empty() && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
        if entry.file_name.contains('/') || !inside(&entry.file_name) || !inside(&entry.temp_path) {
            return Err(bad(item, "its names are not inside of the log's folder"));
        }
        Ok(entry)
    }
}

fn bad(item: &Value, why: &str) -> Error {
    Error::corrupt(format!("an item of the DynamoDB table is no entry of a commit, {why}: {item}"))
}
