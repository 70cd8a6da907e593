//! `add`, `remove` and deletion-vector descriptors (Delta protocol, "Add File and Remove File").

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Partition column (physical name) to serialised value.
pub type PartitionValues = BTreeMap<String, Option<String>>;

/// A data file that is part of the table.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Add {
    /// URI of the file, percent-encoded; relative to the table's root, or absolute.
    pub path: String,
    /// Serialised partition values.
    #[serde(default)]
    pub partition_values: PartitionValues,
    /// Bytes.
    #[serde(default)]
    pub size: i64,
    /// Milliseconds since the Unix epoch.
    #[serde(default)]
    pub modification_time: i64,
    /// False where the file only rearranges rows that were there.
    #[serde(default)]
    pub data_change: bool,
    /// Statistics, as JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stats: Option<String>,
    /// Free-form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, Option<String>>>,
    /// Rows of the file that are deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_vector: Option<DeletionVectorDescriptor>,
    /// First row id of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_row_id: Option<i64>,
    /// Commit version of rows that have none of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_row_commit_version: Option<i64>,
    /// Who clustered the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clustering_provider: Option<String>,
}

/// A data file that is no longer part of the table.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Remove {
    /// As in [`Add`].
    pub path: String,
    /// Milliseconds since the Unix epoch; absent counts as 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_timestamp: Option<i64>,
    /// As in [`Add`].
    #[serde(default)]
    pub data_change: bool,
    /// Whether partition values and size are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended_file_metadata: Option<bool>,
    /// As in [`Add`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_values: Option<PartitionValues>,
    /// As in [`Add`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// As in [`Add`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stats: Option<String>,
    /// As in [`Add`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, Option<String>>>,
    /// As in [`Add`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_vector: Option<DeletionVectorDescriptor>,
    /// As in [`Add`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_row_id: Option<i64>,
    /// As in [`Add`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_row_commit_version: Option<i64>,
}

impl Remove {
    /// Takes `add` out of the table, with all that it had. `data_change` is false where its rows stay in other files.
    pub fn of(add: Add, now_ms: i64, data_change: bool) -> Self {
        Self {
            path: add.path,
            deletion_timestamp: Some(now_ms),
            data_change,
            extended_file_metadata: Some(true),
            partition_values: Some(add.partition_values),
            size: Some(add.size),
            stats: add.stats,
            tags: add.tags,
            deletion_vector: add.deletion_vector,
            base_row_id: add.base_row_id,
            default_row_commit_version: add.default_row_commit_version,
        }
    }
}

/// A file of changed rows, for the change data feed alone (Delta protocol, "Add CDC File").
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddCdc {
    /// As in [`Add`].
    pub path: String,
    /// As in [`Add`].
    #[serde(default)]
    pub partition_values: PartitionValues,
    /// Bytes.
    #[serde(default)]
    pub size: i64,
    /// Always false: the rows are those that other actions of the commit change.
    #[serde(default)]
    pub data_change: bool,
    /// Free-form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<BTreeMap<String, Option<String>>>,
}

/// Where a deletion vector is (Delta protocol, "Deletion Vectors").
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeletionVectorDescriptor {
    /// `u`, `i` or `p`.
    pub storage_type: String,
    /// As the storage type says.
    pub path_or_inline_dv: String,
    /// Byte offset in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<i32>,
    /// Bytes of the serialised bitmap.
    pub size_in_bytes: i32,
    /// Rows deleted.
    pub cardinality: i64,
}

/// What makes a file action the same file (Delta protocol, "Action Reconciliation").
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileKey {
    /// Canonical path.
    pub path: String,
    /// Unique id of the deletion vector.
    pub deletion_vector: Option<String>,
}

impl DeletionVectorDescriptor {
    /// The unique id (Delta protocol, "Derived Fields").
    pub fn unique_id(&self) -> String {
        match self.offset {
            Some(offset) => format!("{}{}@{offset}", self.storage_type, self.path_or_inline_dv),
            None => format!("{}{}", self.storage_type, self.path_or_inline_dv),
        }
    }
}
