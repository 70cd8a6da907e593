//! Sidecars of a V2 checkpoint (Delta protocol, "Sidecar File Information").

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::log::LOG_FOLDER;
use crate::path::{DataPath, Root, parse_data_path};
use crate::storage::ObjectMeta;

/// `sidecar`: a Parquet file with file actions.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sidecar {
    pub(super) path: String,
    #[serde(default)]
    pub(super) size_in_bytes: i64,
}

/// `checkpointMetadata`: marks V2 content.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct CheckpointMetadata {
    pub(super) version: Option<i64>,
}

impl Sidecar {
    /// Where it is. A path that would leave the folder of sidecars is an error.
    pub(super) fn file(&self, root: &Root) -> Result<ObjectMeta> {
        let folder = format!("{LOG_FOLDER}/_sidecars/");
        let name = match parse_data_path(&self.path)? {
            DataPath::Relative(name) => Some(name),
            DataPath::Absolute(url) => root.inside(&url)?.and_then(|key| key.strip_prefix(&folder).map(str::to_owned)),
        };
        let name = name.filter(|n| !n.contains('/')).ok_or_else(|| {
            Error::corrupt(format!("the checkpoint has a sidecar {:?}, which is not in {folder}", self.path))
        })?;
        Ok(ObjectMeta {
            key: folder + &name,
            size: u64::try_from(self.size_in_bytes).unwrap_or(0),
            modified_ms: 0,
            etag: None,
        })
    }
}
