//! The files of a checkpoint that hold its file actions: the first one or the parts, and the sidecars that they name.

use std::panic::AssertUnwindSafe;

use futures::{FutureExt, StreamExt, TryStreamExt, stream};

use super::part::{Part, panicked};
use super::top::{FileActions, Top};
use crate::error::Result;
use crate::log::listing::Checkpoint;
use crate::path::Root;
use crate::storage::Storage;

/// Files whose footers are read at a time.
const FILES_IN_FLIGHT: usize = 4;

/// Each file, with its footer read and nothing more.
pub(in crate::log) fn file_actions(
    storage: &Storage,
    checkpoint: Checkpoint,
    root: &Root,
) -> impl stream::Stream<Item = Result<FileActions>> + Send + use<> {
    let (storage, root, version) = (storage.clone(), root.clone(), checkpoint.version);
    let sidecars_of = storage.clone();
    stream::iter(checkpoint.parts)
        .map(move |part| {
            let (storage, root) = (storage.clone(), root.clone());
            async move {
                let work = AssertUnwindSafe(Top::open(&storage, &part, version, &root)).catch_unwind().await;
                work.unwrap_or_else(|_| Err(panicked(&part.key)))
            }
        })
        .buffered(FILES_IN_FLIGHT)
        .and_then(async |mut top| {
            if let FileActions::Part(part) = top.actions {
                top.actions = FileActions::Part(part.located().await);
            }
            Ok(top)
        })
        .map_ok(move |top| {
            let storage = sidecars_of.clone();
            let sidecars = stream::iter(top.sidecars).map(move |sidecar| {
                let storage = storage.clone();
                async move { Ok(FileActions::Part(Part::open(&storage, &sidecar).await?.located().await)) }
            });
            stream::iter([Ok(top.actions)]).chain(sidecars.buffered(FILES_IN_FLIGHT))
        })
        .try_flatten()
}
