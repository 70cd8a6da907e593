//! What commits tell of changed rows (Delta protocol, "Add CDC File"), and when each was made.

use serde::Deserialize;

use super::commit::{commit_key, parse_lines, read};
use super::history::file_times;
use super::listing::Listing;
use crate::action::{Add, AddCdc, Remove};
use crate::error::{Error, ErrorKind, Result};
use crate::storage::Storage;

/// One line of a commit as far as rows change by it.
#[derive(Debug, Default, Deserialize)]
pub struct ChangeLine {
    /// `add`.
    pub add: Option<Add>,
    /// `remove`.
    pub remove: Option<Remove>,
    /// `cdc`.
    pub cdc: Option<AddCdc>,
}

/// The file actions of a commit, change files among them.
pub async fn read_change_lines(storage: &Storage, version: u64) -> Result<Vec<ChangeLine>> {
    change_lines(&read(storage, version).await?, storage, version)
}

/// The same from bytes at hand.
pub fn change_lines(bytes: &[u8], storage: &Storage, version: u64) -> Result<Vec<ChangeLine>> {
    parse_lines(bytes, storage, &commit_key(version), version)
}

/// The versions from `from` to `to` with the times of their commit files, made to grow. Each of them must be there.
pub async fn commit_files(storage: &Storage, from: u64, to: u64) -> Result<Vec<(u64, i64)>> {
    let listing = Listing::read(storage, 0).await?;
    let newest = listing.newest().unwrap_or(0);
    if to > newest {
        return Err(Error::new(
            ErrorKind::TableNotFound,
            format!("there is no version {to} of {}: the newest is {newest}", storage.uri()),
        )
        .with_version(to));
    }
    let mut times = file_times(&listing, to);
    times.retain(|(version, _)| *version >= from && listing.commits.contains_key(version));
    let missing = (from..=to).zip(times.iter().map(|(v, _)| Some(*v)).chain(std::iter::repeat(None)));
    match missing.into_iter().find(|(wanted, there)| Some(*wanted) != *there) {
        None => Ok(times),
        Some((version, _)) => {
            let left = listing
                .commits
                .range(version..=to)
                .next()
                .map_or(String::new(), |(v, _)| format!(", and the next that is left is that of version {v}"));
            Err(Error::new(
                ErrorKind::TableNotFound,
                format!(
                    "the commit of version {version} of {} is gone{left}: cleaning up the log has removed what changed then",
                    storage.uri()
                ),
            )
            .with_version(version))
        }
    }
}
