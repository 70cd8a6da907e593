//! The file actions of a checkpoint: parts, sidecars and row groups decoded several at a time, given out in order.

use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt, TryStreamExt};
use parquet::arrow::arrow_reader::RowFilter;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::adds::AddColumns;
use super::filter::Wanted;
use super::options::ReplayOptions;
use crate::action::{Add, DeletionVectorDescriptor, FileKey};
use crate::context;
use crate::error::{Error, Result};
use crate::log::checkpoint::{FileActions, Part, Piece, file_actions, panicked};
use crate::log::listing::Checkpoint;
use crate::path::Root;
use crate::storage::{Storage, parquet_error};

/// Row groups that are decoded ahead of the one that is given out.
const DECODE_AHEAD: usize = 2;

/// Batches that wait in each.
const BATCHES_AHEAD: usize = 1;

/// What a checkpoint is read with.
pub(super) struct Reading {
    pub(super) options: ReplayOptions,
    pub(super) root: Root,
    /// Files of which newer commits speak.
    pub(super) seen: Arc<HashSet<FileKey>>,
}

/// What one task decodes.
enum Unit {
    Piece(Arc<Part>, Piece),
    Adds(Vec<Add>),
}

/// The adds of the checkpoint that are wanted and not seen; an item for every batch, be it empty.
pub(super) fn read_adds(
    storage: &Storage,
    checkpoint: Checkpoint,
    reading: Reading,
) -> BoxStream<'static, Result<Vec<Add>>> {
    let reading = Arc::new(reading);
    file_actions(storage, checkpoint, &reading.root)
        .and_then({
            let reading = Arc::clone(&reading);
            move |file| std::future::ready(units(file, &reading).map(|units| stream::iter(units.into_iter().map(Ok))))
        })
        .try_flatten()
        .map(move |unit| {
            let reading = Arc::clone(&reading);
            async move { Ok::<_, Error>(batches(start(unit?, reading))) }
        })
        .buffered(DECODE_AHEAD)
        .try_flatten()
        .boxed()
}

fn units(file: FileActions, reading: &Reading) -> Result<Vec<Unit>> {
    Ok(match file {
        FileActions::Lines { adds, .. } => vec![Unit::Adds(adds)],
        FileActions::Part(part) => {
            if part.has("add") && !part.has("add.path") {
                return Err(Error::corrupt(format!("checkpoint {} has adds without paths", part.key())));
            }
            let part = Arc::new(part);
            let pieces = part.pieces(&["add.path"], &reading.columns(&part).names());
            pieces.into_iter().map(|piece| Unit::Piece(Arc::clone(&part), piece)).collect()
        }
    })
}

fn batches(receiver: Receiver<Result<Vec<Add>>>) -> impl stream::Stream<Item = Result<Vec<Add>>> + Send {
    stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|item| (item, receiver)) })
}

/// A task of its own; it ends when nobody wants its batches any more.
fn start(unit: Unit, reading: Arc<Reading>) -> Receiver<Result<Vec<Add>>> {
    let (sender, receiver) = channel(BATCHES_AHEAD);
    context::spawn(async move {
        let done = match unit {
            Unit::Adds(adds) => reading.keep(adds).map(Some),
            Unit::Piece(part, piece) => {
                let work = AssertUnwindSafe(reading.decode(&part, &piece, &sender)).catch_unwind().await;
                work.unwrap_or_else(|_| Err(panicked(part.key()))).map(|()| None)
            }
        };
        // A closed channel is a reader that went away.
        if let Some(last) = done.transpose() {
            let _ = sender.send(last).await;
        }
    });
    receiver
}

impl Reading {
    fn columns(&self, part: &Part) -> AddColumns {
        let stats = self.options.stats;
        AddColumns {
            stats,
            parsed_stats: stats && part.has("add.stats_parsed") && !part.always_with("add.path", "add.stats"),
            utc: part.has_int96(),
            details: self.options.details,
        }
    }

    async fn decode(&self, part: &Part, piece: &Piece, sender: &Sender<Result<Vec<Add>>>) -> Result<()> {
        let columns = self.columns(part);
        let mut batches = part.stream_piece(&columns.names(), piece, self.filter(part))?;
        while let Some(batch) = batches.try_next().await.map_err(|e| parquet_error(part.key(), e))? {
            let adds = columns.read(&batch, |path, dv| self.is_unseen(path, dv));
            let adds = adds.map_err(|e| e.context(format_args!("checkpoint {}", part.key())))?;
            if sender.send(Ok(adds)).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    fn filter(&self, part: &Part) -> Option<RowFilter> {
        let filter = self.options.partitions.clone().filter(|_| part.has("add.partitionValues"))?;
        let wanted = Wanted::new(filter, part.mask(&["add.partitionValues"]));
        Some(RowFilter::new(vec![Box::new(wanted)]))
    }

    /// The adds of a JSON file that are wanted and not seen.
    fn keep(&self, adds: Vec<Add>) -> Result<Vec<Add>> {
        let mut kept = Vec::new();
        for add in adds {
            let wanted = self.options.partitions.as_ref().map_or(Ok(true), |wants| wants(&add.partition_values))?;
            if wanted && self.is_unseen(&add.path, add.deletion_vector.as_ref())? {
                kept.push(add);
            }
        }
        Ok(kept)
    }

    fn is_unseen(&self, path: &str, deletion_vector: Option<&DeletionVectorDescriptor>) -> Result<bool> {
        Ok(self.seen.is_empty() || !self.seen.contains(&self.root.key(path, deletion_vector)?))
    }
}
