//! The actions of the log (Delta protocol, "Actions"): serde forms and nothing more.

mod commit_info;
mod file;
mod table;

use serde::{Deserialize, Serialize};

pub use commit_info::{CommitInfo, ENGINE_INFO, MARKS_ONLY_TAG, Operation};
pub use file::{Add, AddCdc, DeletionVectorDescriptor, FileKey, PartitionValues, Remove};
pub use table::{DomainMetadata, Format, Metadata, Protocol, Txn};

/// One line of a commit to be written.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// Where the commit comes from.
    CommitInfo(Box<CommitInfo>),
    /// What readers and writers must understand.
    Protocol(Protocol),
    /// Schema, partitioning, properties.
    #[serde(rename = "metaData")]
    Metadata(Box<Metadata>),
    /// An application's own progress.
    Txn(Txn),
    /// Configuration of a domain.
    DomainMetadata(DomainMetadata),
    /// A data file that joins the table.
    Add(Box<Add>),
    /// A data file that leaves the table.
    Remove(Box<Remove>),
    /// A file of changed rows.
    Cdc(Box<AddCdc>),
}

/// One line of a commit as read. Every action key that it does not name is ignored, as the protocol asks.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionLine {
    /// `protocol`.
    pub protocol: Option<Protocol>,
    /// `metaData`.
    #[serde(rename = "metaData")]
    pub metadata: Option<Metadata>,
    /// `txn`.
    pub txn: Option<Txn>,
    /// `add`.
    pub add: Option<Add>,
    /// `remove`.
    pub remove: Option<Remove>,
}

/// One line of a commit without its file actions: all that an append needs.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableActionLine {
    /// `protocol`.
    pub protocol: Option<Protocol>,
    /// `metaData`.
    #[serde(rename = "metaData")]
    pub metadata: Option<Metadata>,
    /// `txn`.
    pub txn: Option<Txn>,
    /// `domainMetadata`.
    pub domain_metadata: Option<DomainMetadata>,
    /// `commitInfo`, as it came.
    pub commit_info: Option<Box<serde_json::value::RawValue>>,
}
