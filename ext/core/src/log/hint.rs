//! `_last_checkpoint` (Delta protocol, "Last Checkpoint File"): advice, never needed.

use serde::Deserialize;

use super::LOG_FOLDER;
use crate::error::Result;
use crate::storage::{Storage, is_not_found};

#[derive(Deserialize)]
struct LastCheckpoint {
    version: u64,
}

pub(super) fn hint_key() -> String {
    format!("{LOG_FOLDER}/_last_checkpoint")
}

/// The version that the hint names; `None` where there is no hint or it makes no sense.
pub(super) async fn last_checkpoint_version(storage: &Storage) -> Result<Option<u64>> {
    match storage.get(&hint_key()).await {
        Ok(bytes) => Ok(serde_json::from_slice::<LastCheckpoint>(&bytes).ok().map(|hint| hint.version)),
        Err(e) if is_not_found(&e) => Ok(None),
        Err(e) => Err(e),
    }
}
