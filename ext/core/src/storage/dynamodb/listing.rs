//! Listings of the log that have every version.

use futures::FutureExt;
use futures::future::{BoxFuture, join};

use super::super::ObjectMeta;
use super::table::DynamoLogStore;
use crate::error::{ErrorKind, Result};

/// A listing, or that it would be a long one.
type Listed = Result<Option<Vec<ObjectMeta>>>;

/// After all that commits were copied from, and before all that a log is read from.
const AFTER_TEMPORARY: &str = "_delta_log/.tmp0";

impl DynamoLogStore {
    /// Lists the log with the newest version in it, whoever has to give that its name.
    pub(super) async fn list_log<'a>(
        &'a self,
        prefix: &'a str,
        start_after: Option<&'a str>,
    ) -> Result<Vec<ObjectMeta>> {
        let after = start_after.unwrap_or(AFTER_TEMPORARY);
        let list = || self.store.list(prefix, Some(after)).map(|listed| listed.map(Some)).boxed();
        self.completed(start_after, list).await.map(Option::unwrap_or_default)
    }

    /// The same where it takes one request.
    pub(super) async fn list_short_log<'a>(&'a self, prefix: &'a str) -> Listed {
        self.completed(None, || self.store.list_short(prefix)).await
    }

    async fn completed<'a>(&self, start_after: Option<&str>, list: impl Fn() -> BoxFuture<'a, Listed>) -> Listed {
        let (newest, listed) = join(self.newest(), list()).await;
        let (newest, listed) = (newest?.1, listed?);
        let Some(entry) = newest else { return Ok(listed) };
        let Some(files) = listed else { return Ok(None) };
        if !entry.complete {
            match self.finish(&entry).await {
                // Who may only read sees what is there.
                Err(e) if e.kind() == ErrorKind::PermissionDenied => return Ok(Some(files)),
                finished => finished?,
            }
            return list().await;
        }
        let key = entry.key();
        let is_asked_for = start_after.is_none_or(|after| after < key.as_str());
        match is_asked_for && !files.iter().any(|file| file.key >= key && file.key.ends_with(".json")) {
            // It got its name while the listing was made.
            true => list().await,
            false => Ok(Some(files)),
        }
    }
}
