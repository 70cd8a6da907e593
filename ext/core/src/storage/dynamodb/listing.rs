//! Listings of the log that have every version.

use futures::future::join;

use super::super::ObjectMeta;
use super::table::DynamoLogStore;
use crate::error::{ErrorKind, Result};

impl DynamoLogStore {
    /// Lists the log with the newest version in it, whoever has to give that its name.
    pub(super) async fn list_log<'a>(
        &'a self,
        prefix: &'a str,
        start_after: Option<&'a str>,
    ) -> Result<Vec<ObjectMeta>> {
        let (newest, listed) = join(self.newest(), self.store.list(prefix, start_after)).await;
        let (newest, listed) = (newest?.1, listed?);
        let Some(entry) = newest else { return Ok(listed) };
        if !entry.complete {
            match self.finish(&entry).await {
                // Who may only read sees what is there.
                Err(e) if e.kind() == ErrorKind::PermissionDenied => return Ok(listed),
                finished => finished?,
            }
            return self.store.list(prefix, start_after).await;
        }
        let key = entry.key();
        let is_asked_for = start_after.is_none_or(|after| after < key.as_str());
        match is_asked_for && !listed.iter().any(|file| file.key >= key && file.key.ends_with(".json")) {
            // It got its name while the listing was made.
            true => self.store.list(prefix, start_after).await,
            false => Ok(listed),
        }
    }
}
