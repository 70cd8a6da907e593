//! Columns that the change data feed has besides a table's own (Delta protocol, "Add CDC File").

use super::StructType;
use crate::error::{Error, Result};

/// `insert`, `delete`, `update_preimage` or `update_postimage`.
pub const CHANGE_TYPE: &str = "_change_type";
/// The version by which the row changed.
pub const COMMIT_VERSION: &str = "_commit_version";
/// When that version was made.
pub const COMMIT_TIMESTAMP: &str = "_commit_timestamp";

/// Refuses columns that the feed has of its own.
pub fn check_feed(schema: &StructType) -> Result<()> {
    let is_its_own =
        |name: &&str| [CHANGE_TYPE, COMMIT_VERSION, COMMIT_TIMESTAMP].iter().any(|f| f.eq_ignore_ascii_case(name));
    match schema.names().find(is_its_own) {
        None => Ok(()),
        Some(name) => Err(Error::schema(format!(
            "column {name} is one of the change data feed: delta.enableChangeDataFeed needs a table without it"
        ))),
    }
}
