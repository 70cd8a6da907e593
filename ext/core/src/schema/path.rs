//! The path of a column inside nested structs.

use std::fmt;

/// Names from the top column down, for messages and for nested lookups.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct ColumnPath(Vec<String>);

impl ColumnPath {
    /// The path of those names; the first is the column.
    pub fn new(names: Vec<String>) -> Self {
        Self(names)
    }

    /// The names, outermost first.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Whether it is `other`, or a path inside of it.
    pub fn starts_with(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// The path of what holds it, empty for a column of the table, and its own name.
    pub fn split(&self) -> Option<(Self, &str)> {
        let (name, parents) = self.0.split_last()?;
        Some((Self(parents.to_vec()), name))
    }

    /// The path of a child.
    #[must_use]
    pub fn child(&self, name: &str) -> Self {
        let mut names = self.0.clone();
        names.push(name.to_owned());
        Self(names)
    }
}

impl From<&str> for ColumnPath {
    fn from(column: &str) -> Self {
        Self(vec![column.to_owned()])
    }
}

impl fmt::Display for ColumnPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}
