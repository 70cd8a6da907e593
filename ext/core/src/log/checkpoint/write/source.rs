//! The file actions of a version, newest first: its live files, and the removes that have not expired (Delta protocol,
//! "Action Reconciliation"). Memory is bounded by the commits since the checkpoint before.

use std::collections::{HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StructArray};
use arrow::compute::filter;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::contents::NewCheckpoint;
use super::json::{column, failed};
use super::layout::{add_type, remove_type};
use super::rows::FileRows;
use crate::action::{Add, DeletionVectorDescriptor, FileKey, Remove};
use crate::context;
use crate::error::{Error, Result};
use crate::log::checkpoint::columns::Columns;
use crate::log::checkpoint::files::file_actions;
use crate::log::checkpoint::part::{Part, panicked};
use crate::log::checkpoint::piece::Piece;
use crate::log::checkpoint::top::FileActions;
use crate::log::commit::{commit_key, parse_lines, read};
use crate::log::listing::Checkpoint;
use crate::log::segment::Segment;
use crate::path::Root;
use crate::schema::{DataType, StructType};
use crate::storage::{Storage, parquet_error};

/// Commits read at a time.
const READS_IN_FLIGHT: usize = 16;

/// Actions of commits that become one batch.
const BATCH_ROWS: usize = 8192;

/// Pieces that are decoded ahead of the one that is given out, and batches that wait in each.
const DECODE_AHEAD: usize = 2;
const BATCHES_AHEAD: usize = 2;

/// Columns of file actions that are carried over.
const CARRIED: [&str; 17] = [
    "add.path",
    "add.partitionValues",
    "add.size",
    "add.modificationTime",
    "add.deletionVector",
    "add.baseRowId",
    "add.defaultRowCommitVersion",
    "add.clusteringProvider",
    "add.tags",
    "remove.path",
    "remove.partitionValues",
    "remove.size",
    "remove.deletionTimestamp",
    "remove.extendedFileMetadata",
    "remove.deletionVector",
    "remove.baseRowId",
    "remove.defaultRowCommitVersion",
];

/// Rows of the checkpoint, all of one kind.
#[derive(Debug)]
pub(super) enum Rows {
    Adds(ArrayRef),
    Removes(ArrayRef),
}

/// A run over the file actions of a segment.
pub(super) struct Source {
    storage: Storage,
    checkpoint: Option<Checkpoint>,
    commits: BoxStream<'static, Result<(u64, Vec<FileLine>)>>,
    reconciling: Option<Reconciling>,
    ready: VecDeque<Rows>,
    older: BoxStream<'static, Result<Rows>>,
    gently: bool,
}

/// What decides over an action.
struct Reconciling {
    rows: Arc<FileRows>,
    root: Root,
    seen: HashSet<FileKey>,
    removes_after_ms: Option<i64>,
}

struct FileLine {
    key: FileKey,
    /// When the file was removed, if it was.
    removed_ms: Option<i64>,
    action: Box<RawValue>,
}

#[derive(Deserialize)]
struct RawLine {
    add: Option<Box<RawValue>>,
    remove: Option<Box<RawValue>>,
}

impl Source {
    pub(super) fn new(storage: &Storage, segment: &Segment, new: &NewCheckpoint) -> Self {
        let rows = FileRows::new(&new.columns);
        let removes_after_ms = new.removes_after_ms;
        let root = Root::new(storage.uri());
        Self {
            storage: storage.clone(),
            checkpoint: segment.checkpoint().cloned(),
            commits: commits(storage, segment, &root),
            reconciling: Some(Reconciling { rows: Arc::new(rows), root, seen: HashSet::new(), removes_after_ms }),
            ready: VecDeque::new(),
            older: stream::empty().boxed(),
            gently: new.gently,
        }
    }

    /// The next rows; none are left after `None`.
    pub(super) async fn next(&mut self) -> Result<Option<Rows>> {
        loop {
            if let Some(rows) = self.ready.pop_front() {
                return Ok(Some(rows));
            }
            if let Some(reconciling) = &mut self.reconciling {
                match self.commits.try_next().await? {
                    Some((version, lines)) => {
                        let rows = reconciling.commit(lines).map_err(|e| e.with_version(version))?;
                        self.ready.extend(rows);
                    }
                    None => {
                        let checkpoint = self.checkpoint.take();
                        if let (Some(reconciling), Some(checkpoint)) = (self.reconciling.take(), checkpoint) {
                            self.older = older(&self.storage, checkpoint, reconciling, self.gently);
                        }
                    }
                }
                continue;
            }
            return self.older.try_next().await;
        }
    }
}

fn commits(storage: &Storage, segment: &Segment, root: &Root) -> BoxStream<'static, Result<(u64, Vec<FileLine>)>> {
    let (storage, root) = (storage.clone(), root.clone());
    stream::iter(segment.commits().rev())
        .map(move |version| {
            let (storage, root) = (storage.clone(), root.clone());
            let lines = context::spawn(async move {
                let bytes = read(&storage, version).await?;
                let lines: Vec<RawLine> = parse_lines(&bytes, &storage, &commit_key(version), version)?;
                let keyed = lines.into_iter().flat_map(|line| file_lines(line, &root)).collect::<Result<Vec<_>>>();
                Ok((version, keyed.map_err(|e| e.with_version(version))?))
            });
            async move { lines.await.unwrap_or_else(|e| Err(Error::internal("reading a commit failed").with_source(e))) }
        })
        .buffered(READS_IN_FLIGHT)
        .boxed()
}

/// The file actions of a line. They are checked as for readers, and kept as they came.
fn file_lines(line: RawLine, root: &Root) -> impl Iterator<Item = Result<FileLine>> {
    let add = line.add.map(|action| {
        let add: Add = serde_json::from_str(action.get()).map_err(|e| malformed("add", e))?;
        Ok(FileLine { key: root.key(&add.path, add.deletion_vector.as_ref())?, removed_ms: None, action })
    });
    let remove = line.remove.map(|action| {
        let remove: Remove = serde_json::from_str(action.get()).map_err(|e| malformed("remove", e))?;
        let removed_ms = Some(remove.deletion_timestamp.unwrap_or(0));
        Ok(FileLine { key: root.key(&remove.path, remove.deletion_vector.as_ref())?, removed_ms, action })
    });
    add.into_iter().chain(remove)
}

fn malformed(what: &str, error: serde_json::Error) -> Error {
    Error::corrupt(format!("a commit has an {what} action that is not valid")).with_source(error)
}

impl Reconciling {
    /// Rows of one commit's actions that nothing newer has replaced.
    fn commit(&mut self, lines: Vec<FileLine>) -> Result<Vec<Rows>> {
        let (mut adds, mut removes) = (Vec::new(), Vec::new());
        for FileLine { key, removed_ms, action } in lines {
            if !self.seen.insert(key) {
                continue;
            }
            match removed_ms {
                None => adds.push(action),
                Some(at) if self.is_kept(at) => removes.push(action),
                Some(_) => {}
            }
        }
        let mut rows = Vec::new();
        for chunk in adds.chunks(BATCH_ROWS) {
            let chunk: Vec<&str> = chunk.iter().map(|action| action.get()).collect();
            rows.push(self.adds_of(&chunk)?);
        }
        for chunk in removes.chunks(BATCH_ROWS) {
            let chunk: Vec<&str> = chunk.iter().map(|action| action.get()).collect();
            rows.push(self.removes_of(&chunk)?);
        }
        Ok(rows)
    }

    fn adds_of(&self, json: &[&str]) -> Result<Rows> {
        self.rows.adds(structs(add_type(), json)?.as_struct(), false).map(Rows::Adds)
    }

    fn removes_of(&self, json: &[&str]) -> Result<Rows> {
        self.rows.removes(structs(remove_type(), json)?.as_struct()).map(Rows::Removes)
    }

    /// Whether a file that was removed then may still be looked for by a reader of an older version.
    fn is_kept(&self, removed_ms: i64) -> bool {
        self.removes_after_ms.is_none_or(|after| removed_ms > after)
    }

    /// Rows of a checkpoint of JSON.
    fn lines(&self, adds: Vec<Add>, removes: Vec<Remove>) -> Result<Vec<Rows>> {
        let text = |e| Error::internal("an action cannot be written as JSON").with_source(e);
        let mut kept = Vec::new();
        for add in adds {
            if self.is_unseen(&add.path, add.deletion_vector.as_ref().map(DeletionVectorDescriptor::unique_id))? {
                kept.push(serde_json::to_string(&add).map_err(text)?);
            }
        }
        let mut rows = Vec::new();
        for chunk in kept.chunks(BATCH_ROWS) {
            rows.push(self.adds_of(&chunk.iter().map(String::as_str).collect::<Vec<_>>())?);
        }
        let mut kept = Vec::new();
        for remove in removes {
            let vector = remove.deletion_vector.as_ref().map(DeletionVectorDescriptor::unique_id);
            if self.is_kept(remove.deletion_timestamp.unwrap_or(0)) && self.is_unseen(&remove.path, vector)? {
                kept.push(serde_json::to_string(&remove).map_err(text)?);
            }
        }
        for chunk in kept.chunks(BATCH_ROWS) {
            rows.push(self.removes_of(&chunk.iter().map(String::as_str).collect::<Vec<_>>())?);
        }
        Ok(rows)
    }

    fn is_unseen(&self, path: &str, deletion_vector: Option<String>) -> Result<bool> {
        if self.seen.is_empty() {
            return Ok(true);
        }
        let key = self.root.key(path, None)?;
        Ok(!self.seen.contains(&FileKey { deletion_vector, ..key }))
    }

    fn columns(&self, part: &Part) -> Vec<&'static str> {
        let mut columns = CARRIED.to_vec();
        if self.rows.wants_stats() {
            columns.push("add.stats");
            if self.rows.wants_stats_struct() || !part.always_with("add.path", "add.stats") {
                columns.push("add.stats_parsed");
            }
        }
        columns
    }

    async fn decode(&self, part: &Part, piece: &Piece, sender: &Sender<Result<Rows>>) -> Result<()> {
        let utc = part.has_int96();
        let mut batches = part.stream_piece(&self.columns(part), piece, None)?;
        let mut decoded = 0;
        while let Some(batch) = batches.try_next().await.map_err(|e| parquet_error(part.key(), e))? {
            decoded += batch.num_rows();
            let rows = self.batch(&batch, utc).map_err(|e| e.context(format_args!("checkpoint {}", part.key())))?;
            for rows in rows {
                if sender.send(Ok(rows)).await.is_err() {
                    return Ok(());
                }
            }
        }
        match part.rows_of(piece) {
            rows if rows == decoded => Ok(()),
            rows => Err(Error::corrupt(format!(
                "checkpoint file {} is damaged: {decoded} rows instead of {rows}",
                part.key()
            ))),
        }
    }

    fn batch(&self, batch: &RecordBatch, utc: bool) -> Result<Vec<Rows>> {
        let mut rows = Vec::new();
        if let Some(adds) = self.kept(batch, "add")? {
            rows.push(Rows::Adds(self.rows.adds(&adds, utc)?));
        }
        if let Some(removes) = self.kept(batch, "remove")? {
            rows.push(Rows::Removes(self.rows.removes(&removes)?));
        }
        Ok(rows)
    }

    /// The rows of `action` that are of use.
    fn kept(&self, batch: &RecordBatch, action: &str) -> Result<Option<StructArray>> {
        let Some(columns) = Columns::of(batch, action)? else { return Ok(None) };
        let Some(paths) = columns.strings("path")? else { return Ok(None) };
        let vectors = columns.child("deletionVector")?;
        let removed = columns.integers("deletionTimestamp")?;
        let mut kept = vec![false; batch.num_rows()];
        for row in columns.rows() {
            if paths.is_null(row) {
                return Err(Error::corrupt(format!("{action}.path is null")));
            }
            let removed_ms = || removed.filter(|at| at.is_valid(row)).map_or(0, |at| at.value(row));
            let vector = match &vectors {
                Some(vectors) if vectors.is_present(row) => Some(vector_id(vectors, row)?),
                _ => None,
            };
            kept[row] = (action == "add" || self.is_kept(removed_ms())) && self.is_unseen(paths.value(row), vector)?;
        }
        let Some(rows) = batch.column_by_name(action) else { return Ok(None) };
        let rows = match kept.iter().all(|k| *k) {
            true => Arc::clone(rows),
            false => filter(rows, &BooleanArray::from(kept)).map_err(failed)?,
        };
        Ok((!rows.is_empty()).then(|| rows.as_struct().clone()))
    }
}

fn structs(of: StructType, json: &[&str]) -> Result<ArrayRef> {
    column(&DataType::Struct(of), &json.iter().map(|text| Some(*text)).collect::<Vec<_>>())
}

/// See [`DeletionVectorDescriptor::unique_id`].
fn vector_id(vectors: &Columns, row: usize) -> Result<String> {
    let text = |name: &str| vectors.required(name, vectors.text(name, row)?);
    let id = text("storageType")? + &text("pathOrInlineDv")?;
    Ok(vectors.integer("offset", row)?.map(|offset| format!("{id}@{offset}")).unwrap_or(id))
}

/// What is decoded at a time.
enum Unit {
    Piece(Arc<Part>, Piece),
    Lines { adds: Vec<Add>, removes: Vec<Remove> },
}

/// The rows of the checkpoint before. `gently` all is done by the task that asks for them; else they are decoded while the
/// ones before them are encoded.
fn older(
    storage: &Storage,
    checkpoint: Checkpoint,
    reconciling: Reconciling,
    gently: bool,
) -> BoxStream<'static, Result<Rows>> {
    let reconciling = Arc::new(reconciling);
    let units_of = Arc::clone(&reconciling);
    file_actions(storage, checkpoint, &reconciling.root)
        .map_ok(move |file| stream::iter(units(file, &units_of)).map(Ok))
        .try_flatten()
        .map(move |unit| {
            let reconciling = Arc::clone(&reconciling);
            async move { Ok::<_, Error>(start(unit?, reconciling, gently)) }
        })
        .buffered(if gently { 1 } else { DECODE_AHEAD })
        .try_flatten()
        .boxed()
}

fn units(file: FileActions, reconciling: &Reconciling) -> Vec<Unit> {
    match file {
        FileActions::Lines { adds, removes } => vec![Unit::Lines { adds, removes }],
        FileActions::Part(part) => {
            let part = Arc::new(part);
            let pieces = part.pieces(&["add.path", "remove.path"], &reconciling.columns(&part));
            pieces.into_iter().map(|piece| Unit::Piece(Arc::clone(&part), piece)).collect()
        }
    }
}

fn received(receiver: Receiver<Result<Rows>>) -> impl stream::Stream<Item = Result<Rows>> + Send {
    stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|item| (item, receiver)) })
}

/// The rows of a unit; its work ends when nobody wants them any more.
fn start(unit: Unit, reconciling: Arc<Reconciling>, gently: bool) -> BoxStream<'static, Result<Rows>> {
    let (sender, receiver) = channel(BATCHES_AHEAD);
    let work = async move {
        let last = match unit {
            Unit::Lines { adds, removes } => reconciling.lines(adds, removes),
            Unit::Piece(part, piece) => {
                let work = AssertUnwindSafe(reconciling.decode(&part, &piece, &sender)).catch_unwind().await;
                work.unwrap_or_else(|_| Err(panicked(part.key()))).map(|()| Vec::new())
            }
        };
        // A closed channel is a writer that went away.
        match last {
            Err(e) => drop(sender.send(Err(e)).await),
            Ok(rows) => {
                for rows in rows {
                    let _ = sender.send(Ok(rows)).await;
                }
            }
        }
    };
    if gently {
        let worked = stream::once(work).map(|()| None);
        let rows = received(receiver).map(Some);
        return stream::select(rows, worked).filter_map(std::future::ready).boxed();
    }
    context::spawn(work);
    received(receiver).boxed()
}
