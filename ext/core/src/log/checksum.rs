//! `n.crc`, what a version adds up to (Delta protocol, "Version Checksum File"). Others check what they have read by it, so
//! it says nothing that is not certain.

use serde::Serialize;

use super::LOG_FOLDER;
use super::checkpoint::WrittenCheckpoint;
use super::history::commit_timestamp;
use crate::action::{Metadata, Protocol};
use crate::error::{Error, Result};
use crate::storage::Storage;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checksum<'a> {
    table_size_bytes: i64,
    num_files: u64,
    num_metadata: u64,
    num_protocol: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_commit_timestamp_opt: Option<i64>,
    metadata: &'a Metadata,
    protocol: &'a Protocol,
}

/// Writes the checksum of the version that a checkpoint was just written of, unless there is one. Nothing is written
/// where a file does not tell its size; a commit that should tell its time and does not is an error.
pub async fn write_checksum(
    storage: &Storage,
    written: &WrittenCheckpoint,
    protocol: &Protocol,
    metadata: &Metadata,
    in_commit_timestamps: bool,
) -> Result<()> {
    let Some(table_size_bytes) = written.table_bytes else { return Ok(()) };
    let in_commit_timestamp_opt = match in_commit_timestamps {
        true => Some(commit_timestamp(storage, written.version).await?),
        false => None,
    };
    let checksum = Checksum {
        table_size_bytes,
        num_files: written.files,
        num_metadata: 1,
        num_protocol: 1,
        in_commit_timestamp_opt,
        metadata,
        protocol,
    };
    let text = serde_json::to_vec(&checksum).map_err(|e| Error::internal("a checksum has no JSON").with_source(e))?;
    let key = format!("{LOG_FOLDER}/{:020}.crc", written.version);
    storage.put_if_absent(&key, text.into()).await.map(|_| ())
}
