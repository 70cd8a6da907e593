//! The columns that an expression looks at.

use crate::error::{Error, Result};
use crate::schema::{ColumnPath, DataType, Schema};

/// A column, or a field inside one, that a predicate looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct BoundColumn {
    /// Where it is.
    pub path: ColumnPath,
    /// What it holds.
    pub data_type: DataType,
}

impl BoundColumn {
    /// The top-level column.
    pub fn name(&self) -> &str {
        self.path.names().first().map_or("", String::as_str)
    }
}

/// Columns of a schema, found by name and then known by number.
pub(super) struct Columns<'a> {
    schema: &'a Schema,
    pub(super) found: Vec<BoundColumn>,
}

impl<'a> Columns<'a> {
    pub(super) fn new(schema: &'a Schema) -> Self {
        Self { schema, found: Vec::new() }
    }

    /// The number of the column of exactly those names.
    pub(super) fn exact(&mut self, path: &ColumnPath) -> Result<usize> {
        self.find(path.names(), false)
    }

    /// The number of the column of those names, whose case counts only where several differ in nothing else.
    pub(super) fn folded(&mut self, names: &[String]) -> Result<usize> {
        self.find(names, true)
    }

    fn find(&mut self, names: &[String], fold: bool) -> Result<usize> {
        let path = names.join(".");
        let mut fields = self.schema;
        let mut spelled: Vec<String> = Vec::with_capacity(names.len());
        let mut found = None;
        for (depth, name) in names.iter().enumerate() {
            let alike = || {
                let lower = name.to_lowercase();
                fields.fields.iter().find(|f| f.name.to_lowercase() == lower).filter(|_| fold)
            };
            let field = fields.field(name).or_else(alike).ok_or_else(|| {
                let place = if depth == 0 { "the table".to_owned() } else { spelled.join(".") };
                let names = fields.names().collect::<Vec<_>>().join(", ");
                Error::argument(format!("there is no column {path}: {place} has {names}"))
            })?;
            spelled.push(field.name.clone());
            found = Some(&field.data_type);
            match &field.data_type {
                DataType::Struct(inner) => fields = inner,
                other if depth + 1 < names.len() => {
                    return Err(Error::argument(format!(
                        "there is no column {path}: {} is of type {other}, which has no named fields",
                        spelled.join(".")
                    )));
                }
                _ => {}
            }
        }
        let data_type = found.ok_or_else(|| Error::argument("a predicate has a column without a name"))?;
        let path = ColumnPath::new(spelled);
        if let Some(index) = self.found.iter().position(|c| c.path == path) {
            return Ok(index);
        }
        self.found.push(BoundColumn { path, data_type: data_type.clone() });
        Ok(self.found.len() - 1)
    }
}
