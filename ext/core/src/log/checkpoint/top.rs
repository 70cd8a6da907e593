//! The file that a checkpoint begins with: its own file actions, and the sidecars that it names.

use std::collections::HashSet;

use futures::TryStreamExt;
use serde::Deserialize;

use super::columns::Columns;
use super::part::Part;
use super::sidecar::Sidecar;
use crate::action::{Add, Remove};
use crate::error::{Error, Result};
use crate::log::commit::{get, parse_lines};
use crate::path::Root;
use crate::storage::{ObjectMeta, Storage, parquet_error};

/// File actions of one file of a checkpoint.
pub(in crate::log) enum FileActions {
    /// Those of a Parquet file, not yet decoded.
    Part(Part),
    /// Those of a JSON file.
    Lines { adds: Vec<Add>, removes: Vec<Remove> },
}

/// A checkpoint's first file, or one of its parts.
pub(in crate::log) struct Top {
    /// Its own file actions.
    pub(in crate::log) actions: FileActions,
    /// Files with more of them.
    pub(in crate::log) sidecars: Vec<ObjectMeta>,
}

#[derive(Deserialize)]
struct FileLine {
    add: Option<Add>,
    remove: Option<Remove>,
    sidecar: Option<Sidecar>,
}

impl Top {
    /// Whether there are sidecars is in the content, not in the name: V2 content may have a classic name.
    pub(in crate::log) async fn open(storage: &Storage, file: &ObjectMeta, version: u64, root: &Root) -> Result<Self> {
        let (actions, sidecars) = match is_json(file) {
            true => read_json(storage, file, version).await?,
            false => {
                let part = Part::open(storage, file).await?;
                let sidecars = sidecars(&part).await?;
                (FileActions::Part(part), sidecars)
            }
        };
        let sidecars = sidecars.iter().map(|s| s.file(root)).collect::<Result<Vec<_>>>();
        let sidecars = sidecars.map_err(|e| e.context(format_args!("checkpoint {}", file.key)))?;
        let mut names = HashSet::new();
        if let Some(twice) = sidecars.iter().find(|s| !names.insert(&s.key)) {
            return Err(Error::corrupt(format!("checkpoint {} names the sidecar {} twice", file.key, twice.key)));
        }
        Ok(Self { actions, sidecars })
    }
}

pub(super) fn is_json(file: &ObjectMeta) -> bool {
    file.key.ends_with(".json")
}

async fn read_json(storage: &Storage, file: &ObjectMeta, version: u64) -> Result<(FileActions, Vec<Sidecar>)> {
    let bytes = get(storage, &file.key).await?;
    let (mut adds, mut removes, mut sidecars) = (Vec::new(), Vec::new(), Vec::new());
    for line in parse_lines::<FileLine>(&bytes, storage, &file.key, version)? {
        adds.extend(line.add);
        removes.extend(line.remove);
        sidecars.extend(line.sidecar);
    }
    Ok((FileActions::Lines { adds, removes }, sidecars))
}

async fn sidecars(part: &Part) -> Result<Vec<Sidecar>> {
    let mut found = Vec::new();
    if !part.has("sidecar.path") {
        return Ok(found);
    }
    let mut batches = part.stream(&["sidecar.path", "sidecar.sizeInBytes"], part.row_groups_with(&["sidecar.path"]))?;
    while let Some(batch) = batches.try_next().await.map_err(|e| parquet_error(part.key(), e))? {
        let Some(columns) = Columns::of(&batch, "sidecar")? else { continue };
        for row in columns.rows() {
            found.push(Sidecar {
                path: columns.required("path", columns.text("path", row)?)?,
                size_in_bytes: columns.integer("sizeInBytes", row)?.unwrap_or(0),
            });
        }
    }
    Ok(found)
}
