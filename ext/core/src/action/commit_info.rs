//! `commitInfo` (Delta protocol, "Commit Provenance Information"): the fields that Spark and other writers look at.

use std::collections::BTreeMap;

use serde::Serialize;

/// What is done, in the names that Spark's history uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// An append or an overwrite.
    Write,
    /// A new table.
    CreateTable,
}

impl Operation {
    /// The name in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Write => "WRITE",
            Self::CreateTable => "CREATE TABLE",
        }
    }
}

/// Written first in each commit.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommitInfo {
    /// Milliseconds since the Unix epoch.
    pub timestamp: i64,
    /// See [`Operation`].
    pub operation: String,
    /// Values are JSON text, as Spark writes them.
    pub operation_parameters: BTreeMap<String, String>,
    /// The version that the commit was made from; absent in a table's first commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_version: Option<u64>,
    /// `Serializable`.
    pub isolation_level: &'static str,
    /// Whether the commit only adds and read nothing: others' conflict rules ask for it.
    pub is_blind_append: bool,
    /// Numbers as text, as Spark writes them.
    pub operation_metrics: BTreeMap<String, String>,
    /// The user's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_metadata: Option<String>,
    /// Who wrote this.
    pub engine_info: String,
    /// Unique to the commit: how a writer knows its own commit again.
    pub txn_id: String,
}
