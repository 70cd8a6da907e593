//! `protocol`, `metaData`, `txn` and `domainMetadata` (Delta protocol, "Protocol Evolution", "Change Metadata", "Transaction
//! Identifiers", "Domain Metadata").

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a reader and a writer must understand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Protocol {
    /// 1, 2, or 3 with `reader_features`.
    pub min_reader_version: i32,
    /// 1 to 6, or 7 with `writer_features`.
    pub min_writer_version: i32,
    /// Only where the reader version is 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reader_features: Option<Vec<String>>,
    /// Only where the writer version is 7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writer_features: Option<Vec<String>>,
}

/// Schema, partitioning and properties.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// Stays for the table's life.
    pub id: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Always Parquet.
    #[serde(default)]
    pub format: Format,
    /// The schema as JSON text.
    pub schema_string: String,
    /// Logical names.
    #[serde(default)]
    pub partition_columns: Vec<String>,
    /// Milliseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_time: Option<i64>,
    /// Table properties; null values are seen in tables of some writers.
    #[serde(default)]
    pub configuration: BTreeMap<String, Option<String>>,
}

impl Metadata {
    /// Whether a property is true.
    pub fn is_on(&self, key: &str) -> bool {
        let value = self.configuration.get(key).and_then(|v| v.as_deref());
        value.is_some_and(|v| v.trim().eq_ignore_ascii_case("true"))
    }
}

/// Encoding of the data files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Format {
    /// `parquet`.
    pub provider: String,
    /// Unused.
    #[serde(default)]
    pub options: BTreeMap<String, Option<String>>,
}

impl Default for Format {
    fn default() -> Self {
        Self { provider: "parquet".to_owned(), options: BTreeMap::new() }
    }
}

/// An application's own progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Txn {
    /// Names the application.
    pub app_id: String,
    /// How far it is.
    pub version: i64,
    /// Milliseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_updated: Option<i64>,
}

/// Configuration of a domain: a feature's, or an application's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DomainMetadata {
    /// Names the domain; those of features begin with `delta.`.
    pub domain: String,
    /// Free-form, most often JSON text.
    #[serde(default)]
    pub configuration: String,
    /// Whether the domain is no more.
    #[serde(default)]
    pub removed: bool,
}
