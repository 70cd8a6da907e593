//! Commit files: lines of JSON, one action each (Delta protocol, "Delta Log Entries").

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::LOG_FOLDER;
use crate::action::TableActionLine;
use crate::error::{Error, Result};
use crate::storage::{Storage, is_not_found};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The key of a version's commit.
pub fn commit_key(version: u64) -> String {
    format!("{LOG_FOLDER}/{version:020}.json")
}

/// A commit's protocol, metadata, transactions and provenance; file actions are skipped.
pub async fn read_table_actions(storage: &Storage, version: u64) -> Result<Vec<TableActionLine>> {
    table_actions(&read(storage, version).await?, storage, version)
}

/// The same from bytes at hand.
pub fn table_actions(bytes: &[u8], storage: &Storage, version: u64) -> Result<Vec<TableActionLine>> {
    parse_lines(bytes, storage, &commit_key(version), version)
}

/// A commit's bytes.
pub async fn read_commit(storage: &Storage, version: u64) -> Result<Bytes> {
    read(storage, version).await
}

pub(super) async fn read(storage: &Storage, version: u64) -> Result<Bytes> {
    storage.get(&commit_key(version)).await.map_err(|e| {
        if is_not_found(&e) {
            let message = format!("the commit of version {version} of {} is gone: open the table again", storage.uri());
            return Error::corrupt(message).with_version(version).with_source(e);
        }
        e
    })
}

/// A file of a checkpoint. One that is gone is as bad as a damaged one.
pub(super) async fn get(storage: &Storage, key: &str) -> Result<Bytes> {
    storage.get(key).await.map_err(|e| match is_not_found(&e) {
        true => Error::corrupt(format!("checkpoint file {key} of {} is gone", storage.uri())).with_source(e),
        false => e,
    })
}

/// Blank lines, CRLF, a byte order mark and a missing last newline are taken; a broken line is an error.
pub(super) fn parse_lines<T: DeserializeOwned>(
    bytes: &[u8],
    storage: &Storage,
    key: &str,
    version: u64,
) -> Result<Vec<T>> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    bytes
        .split(|b| *b == b'\n')
        .map(<[u8]>::trim_ascii)
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(at, line)| {
            serde_json::from_slice(line).map_err(|e| {
                Error::corrupt(format!(
                    "line {} of {key} in {} is not a valid action; the file may have been cut short or edited",
                    at + 1,
                    storage.uri()
                ))
                .with_version(version)
                .with_source(e)
            })
        })
        .collect()
}
