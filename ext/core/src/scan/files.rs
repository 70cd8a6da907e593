//! The planned files, for who wants to read them on their own.

use std::fmt;

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;

use super::plan::{PlannedFile, Planner, live_rows, partition_text, partition_value};
use crate::context;
use crate::error::{Error, Result};
use crate::path::{DataPath, parse_data_path};
use crate::snapshot::Snapshot;
use crate::value::Scalar;

/// Data files of a table, by their place. What few ask for is read from the log's text when it is asked for.
///
/// All texts lie in one block: four for each of a million files would be mostly the allocator's work.
#[derive(Debug)]
pub struct FileLot {
    snapshot: Snapshot,
    text: String,
    /// As the log has them, so many for each file, in the order of the partition columns.
    partitions: Vec<Option<Span>>,
    files: Vec<Listed>,
}

/// Where a text begins and ends.
type Span = (usize, usize);

#[derive(Debug)]
struct Listed {
    path: Span,
    stats: Option<Span>,
    size: u64,
    modification_time_ms: i64,
    /// Of the deletion vector.
    cardinality: Option<i64>,
    /// Whether all rows that are not deleted are meant.
    whole: bool,
}

impl FileLot {
    fn new(snapshot: Snapshot) -> Self {
        Self { snapshot, text: String::new(), partitions: Vec::new(), files: Vec::new() }
    }

    fn push(&mut self, planned: PlannedFile, partition_columns: &[String]) -> Result<()> {
        let PlannedFile { add, only, .. } = planned;
        let path = match parse_data_path(&add.path)? {
            DataPath::Relative(key) => self.keep(&key),
            DataPath::Absolute(url) => self.keep(url.as_str()),
        };
        for name in partition_columns {
            let value = partition_text(&add.partition_values, name).map(|text| self.keep(text));
            self.partitions.push(value);
        }
        let listed = Listed {
            path,
            stats: add.stats.as_deref().map(|stats| self.keep(stats)),
            size: u64::try_from(add.size).unwrap_or(0),
            modification_time_ms: add.modification_time,
            cardinality: add.deletion_vector.map(|vector| vector.cardinality),
            whole: only.is_none(),
        };
        self.files.push(listed);
        Ok(())
    }

    fn keep(&mut self, text: &str) -> Span {
        let start = self.text.len();
        self.text.push_str(text);
        (start, self.text.len())
    }

    fn text(&self, span: Span) -> &str {
        self.text.get(span.0..span.1).unwrap_or_default()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The file at `index`; `None` past the last.
    pub fn get(&self, index: usize) -> Option<DataFile<'_>> {
        self.files.get(index).map(|listed| DataFile { lot: self, listed, index })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = DataFile<'_>> {
        self.files.iter().enumerate().map(|(index, listed)| DataFile { lot: self, listed, index })
    }

    /// Bytes of memory, about.
    pub fn memory(&self) -> usize {
        self.text.capacity()
            + self.partitions.capacity() * size_of::<Option<Span>>()
            + self.files.capacity() * size_of::<Listed>()
    }
}

/// A data file of a table.
#[derive(Debug, Clone, Copy)]
pub struct DataFile<'a> {
    lot: &'a FileLot,
    listed: &'a Listed,
    index: usize,
}

impl<'a> DataFile<'a> {
    /// Relative to the table's root and decoded, or an address.
    pub fn path(&self) -> &'a str {
        self.lot.text(self.listed.path)
    }

    /// Bytes.
    pub fn size(&self) -> u64 {
        self.listed.size
    }

    /// Statistics as they are in the log.
    pub fn stats(&self) -> Option<&'a str> {
        self.listed.stats.map(|span| self.lot.text(span))
    }

    /// Milliseconds since the Unix epoch.
    pub fn modification_time_ms(&self) -> i64 {
        self.listed.modification_time_ms
    }

    /// Rows that are not deleted, where statistics tell.
    pub fn rows(&self) -> Option<u64> {
        self.stats().filter(|_| self.listed.whole).and_then(|stats| live_rows(stats, self.listed.cardinality))
    }

    /// Rows that a deletion vector deletes.
    pub fn deleted_rows(&self) -> u64 {
        self.listed.cardinality.and_then(|rows| u64::try_from(rows).ok()).unwrap_or(0)
    }

    /// Partition columns and their values, in the order of the table.
    pub fn partition(&self) -> Result<Vec<(String, Option<Scalar>)>> {
        let (snapshot, names) = (&self.lot.snapshot, self.lot.snapshot.partition_columns());
        let texts = self.lot.partitions.iter().skip(self.index * names.len());
        let value = |(name, text): (&String, &Option<Span>)| {
            let text = text.map(|span| self.lot.text(span));
            let data_type = snapshot.schema().field(name).map(|field| &field.data_type);
            let value = data_type.map(|t| partition_value(text, name, t)).transpose();
            value.map(|value| (name.clone(), value.flatten()))
        };
        let values = names.iter().zip(texts).map(value).collect::<Result<_>>();
        values.map_err(|e| locate(snapshot, e.context(format_args!("data file {}", self.path()))))
    }
}

/// Files that are handed over at once, at least: a commit of one file is not worth a call of its own.
const AT_ONCE: usize = 1_000;

/// Lots of files that wait to be taken.
const AHEAD: usize = 2;

/// Files of a scan, as the log is replayed by a task of its own. It has to be polled inside of a tokio runtime.
pub struct FileStream {
    snapshot: Snapshot,
    planner: Option<Planner>,
    found: Option<Receiver<Result<FileLot>>>,
    /// Dropped, it ends what lists.
    task: JoinSet<()>,
}

impl FileStream {
    pub(super) fn new(snapshot: Snapshot, planner: Planner) -> Self {
        Self { snapshot, planner: Some(planner), found: None, task: JoinSet::new() }
    }

    /// The next files; none are left after `None`.
    pub async fn next(&mut self) -> Result<Option<FileLot>> {
        if let Some(planner) = self.planner.take() {
            let (sender, found) = channel(AHEAD);
            self.task.spawn(context::carried(list(planner, self.snapshot.clone(), sender)));
            self.found = Some(found);
        }
        let Some(found) = &mut self.found else { return Ok(None) };
        let lot = found.recv().await;
        if lot.is_none()
            && let Some(Err(e)) = self.task.join_next().await
        {
            return Err(Error::internal("the task that lists files failed").with_source(e));
        }
        lot.transpose().map_err(|e| locate(&self.snapshot, e))
    }
}

/// Sends files until there are no more, or nobody wants them.
async fn list(mut planner: Planner, snapshot: Snapshot, sender: Sender<Result<FileLot>>) {
    let (schema, mapping) = (snapshot.schema(), snapshot.column_mapping());
    let physical = |name: &String| schema.field(name).map_or("", |field| mapping.physical_name(field)).to_owned();
    let partition_columns: Vec<String> = snapshot.partition_columns().iter().map(physical).collect();
    loop {
        let mut lot = FileLot::new(snapshot.clone());
        let filled = fill(&mut lot, &mut planner, &partition_columns).await;
        let is_last = !matches!(filled, Ok(true));
        let sent = match filled {
            Ok(_) if lot.is_empty() => return,
            Ok(_) => sender.send(Ok(lot)).await,
            Err(e) => sender.send(Err(e)).await,
        };
        if is_last || sent.is_err() {
            return;
        }
    }
}

/// Whether there may be more.
async fn fill(lot: &mut FileLot, planner: &mut Planner, partition_columns: &[String]) -> Result<bool> {
    while lot.len() < AT_ONCE {
        let Some(planned) = planner.next().await? else { return Ok(false) };
        for file in planned {
            lot.push(file, partition_columns)?;
        }
    }
    Ok(true)
}

fn locate(snapshot: &Snapshot, error: Error) -> Error {
    error.with_table(snapshot.uri()).with_version(snapshot.version())
}

impl fmt::Debug for FileStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileStream({})", self.snapshot.uri())
    }
}
