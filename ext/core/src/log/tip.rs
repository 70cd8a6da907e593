//! What tells a version from the same one of another table, made in the place of the one before.

use super::commit::commit_key;
use crate::storage::ObjectMeta;

/// A file of the log as it was listed, or as its put was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tip {
    pub(super) key: String,
    size: u64,
    etag: Option<String>,
    /// Milliseconds since the Unix epoch; answers of puts do not tell it.
    modified_ms: Option<i64>,
}

impl Tip {
    /// A commit of ours, by the ETag that the store gave it.
    pub(super) fn put(version: u64, size: u64, etag: String) -> Self {
        Self { key: commit_key(version), size, etag: Some(etag), modified_ms: None }
    }

    /// Whether `found` is still the same file. Stores quote ETags in headers, and not all of them do so in listings.
    pub(super) fn is(&self, found: &ObjectMeta) -> bool {
        let same = match (&self.etag, &found.etag) {
            (Some(before), Some(now)) => bare(before) == bare(now),
            _ => self.modified_ms.is_none_or(|before| before == found.modified_ms),
        };
        same && self.key == found.key && self.size == found.size
    }
}

impl From<&ObjectMeta> for Tip {
    fn from(meta: &ObjectMeta) -> Self {
        let ObjectMeta { key, size, modified_ms, etag } = meta.clone();
        Self { key, size, etag, modified_ms: Some(modified_ms) }
    }
}

fn bare(etag: &str) -> &str {
    etag.trim_start_matches("W/").trim_matches('"')
}
