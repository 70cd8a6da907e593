//! `commitInfo` (Delta protocol, "Commit Provenance Information"): the fields that Spark and other writers look at.

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;

/// Who writes the commits, as others see it in the history.
pub const ENGINE_INFO: &str = concat!("deltalake-ruby/", env!("CARGO_PKG_VERSION"));

/// The tag of commits whose metadata differs from that before it in the marks of identity columns alone, which went on: others
/// ride over these (Spark's `DeltaSourceUtils`).
pub const MARKS_ONLY_TAG: &str = "delta.identity.schemaUpdate";

/// What is done, in the names that Spark's history uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it, and as_str gives them as the log has them")]
pub enum Operation {
    Write,
    CreateTable,
    Delete,
    Update,
    Merge,
    Optimize,
    Restore,
    VacuumStart,
    VacuumEnd,
    AlterTable,
    AddColumns,
    DropColumns,
    RenameColumn,
    ChangeColumn,
    SetTableProperties,
    UnsetTableProperties,
    AddConstraint,
    DropConstraint,
    UpgradeProtocol,
    DropFeature,
    ClusterBy,
    RowTrackingBackfill,
    ReserveIdentities,
}

impl Operation {
    /// The name in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Write => "WRITE",
            Self::CreateTable => "CREATE TABLE",
            Self::Delete => "DELETE",
            Self::Update => "UPDATE",
            Self::Merge => "MERGE",
            Self::Optimize => "OPTIMIZE",
            Self::Restore => "RESTORE",
            Self::VacuumStart => "VACUUM START",
            Self::VacuumEnd => "VACUUM END",
            // Spark has no commit of changes of several kinds.
            Self::AlterTable => "ALTER TABLE",
            Self::AddColumns => "ADD COLUMNS",
            Self::DropColumns => "DROP COLUMNS",
            Self::RenameColumn => "RENAME COLUMN",
            Self::ChangeColumn => "CHANGE COLUMN",
            Self::SetTableProperties => "SET TBLPROPERTIES",
            Self::UnsetTableProperties => "UNSET TBLPROPERTIES",
            Self::AddConstraint => "ADD CONSTRAINT",
            Self::DropConstraint => "DROP CONSTRAINT",
            Self::UpgradeProtocol => "UPGRADE PROTOCOL",
            Self::DropFeature => "DROP FEATURE",
            Self::ClusterBy => "CLUSTER BY",
            Self::RowTrackingBackfill => "ROW TRACKING BACKFILL",
            // Spark has none: it reserves nothing.
            Self::ReserveIdentities => "RESERVE IDENTITIES",
        }
    }
}

/// Written first in each commit.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CommitInfo {
    /// Milliseconds since the Unix epoch, greater than in any commit before; only where the table keeps such times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_commit_timestamp: Option<i64>,
    /// Milliseconds since the Unix epoch.
    pub timestamp: i64,
    /// See [`Operation`].
    pub operation: String,
    /// Values are JSON text, as Spark writes them.
    pub operation_parameters: BTreeMap<String, String>,
    /// The version that the commit was made from; absent in a table's first commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_version: Option<u64>,
    /// `Serializable`, `WriteSerializable` or `SnapshotIsolation`.
    pub isolation_level: &'static str,
    /// Whether the commit adds only and read nothing: others' conflict rules ask for it.
    pub is_blind_append: bool,
    /// Numbers as text, as Spark writes them.
    pub operation_metrics: BTreeMap<String, String>,
    /// The user's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_metadata: Option<String>,
    /// What other writers look at besides.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<&'static str, &'static str>,
    /// Who wrote this.
    pub engine_info: String,
    /// Unique to the commit: how a writer knows its own commit again.
    pub txn_id: String,
}

impl CommitInfo {
    /// For a commit that does `operation`. Times, the version read, the isolation level and whether it is a blind append
    /// are told by [`crate::txn::commit`].
    pub fn new(operation: Operation) -> Self {
        Self {
            in_commit_timestamp: None,
            timestamp: 0,
            operation: operation.as_str().to_owned(),
            operation_parameters: BTreeMap::new(),
            read_version: None,
            isolation_level: "Serializable",
            is_blind_append: true,
            operation_metrics: BTreeMap::new(),
            user_metadata: None,
            tags: BTreeMap::new(),
            engine_info: ENGINE_INFO.to_owned(),
            txn_id: Uuid::new_v4().to_string(),
        }
    }

    /// The same with a parameter: text as it is.
    #[must_use]
    pub fn parameter(mut self, name: &str, value: impl Into<String>) -> Self {
        self.operation_parameters.insert(name.to_owned(), value.into());
        self
    }

    /// The same with a parameter as JSON text, as Spark writes lists and maps.
    #[must_use]
    pub fn json_parameter(self, name: &str, value: &impl Serialize) -> Self {
        let text = serde_json::to_string(value).unwrap_or_default();
        self.parameter(name, text)
    }

    /// The same with a metric.
    #[must_use]
    pub fn metric(mut self, name: &str, value: u64) -> Self {
        self.operation_metrics.insert(name.to_owned(), value.to_string());
        self
    }

    /// The same with the user's own words.
    #[must_use]
    pub fn user_metadata(mut self, words: Option<String>) -> Self {
        self.user_metadata = words;
        self
    }
}
