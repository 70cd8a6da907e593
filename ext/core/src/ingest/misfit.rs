//! Why a value does not fit its column.

use std::fmt::Write;

use crate::error::Error;

/// A value that does not fit, on its way up through the columns, which put their names before the path.
#[derive(Debug)]
pub struct Misfit(Box<Inner>);

#[derive(Debug)]
struct Inner {
    /// `.name`, `[3]` or `{"key"}`, innermost first.
    path: Vec<String>,
    reason: String,
}

impl Misfit {
    /// For this reason.
    #[cold]
    pub fn because(reason: impl Into<String>) -> Self {
        Self(Box::new(Inner { path: Vec::new(), reason: reason.into() }))
    }

    /// The same, inside the field, element or entry that `step` names.
    #[cold]
    #[must_use]
    pub fn under(mut self, step: impl Into<String>) -> Self {
        self.0.path.push(step.into());
        self
    }

    /// The path of the column, such as `tags[1]`; empty for the row itself.
    pub fn path(&self) -> String {
        let path: String = self.0.path.iter().rev().map(String::as_str).collect();
        path.strip_prefix('.').unwrap_or(&path).to_owned()
    }

    /// What does not fit, and why.
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// The error that names the place: `row 3`, `line 4`, or nothing where it is all of them.
    #[cold]
    pub fn at(&self, place: Option<&str>) -> Error {
        let mut text = place.unwrap_or_default().to_owned();
        let path = self.path();
        if !path.is_empty() {
            let separator = if text.is_empty() { "" } else { ", " };
            let _ = write!(text, "{separator}column \"{path}\"");
        }
        let separator = if text.is_empty() { "" } else { ": " };
        Error::schema(format!("{text}{separator}{}", self.0.reason))
    }
}
