//! The planned files, for who wants to read them on their own.

use std::fmt;

use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;

use super::plan::{PlannedFile, Planner, in_file, live_rows, partition_value};
use crate::action::Add;
use crate::error::{Error, Result};
use crate::path::{DataPath, parse_data_path};
use crate::snapshot::Snapshot;
use crate::value::Scalar;

/// A data file of a table. What few ask for is read from the log's text when it is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct DataFile {
    /// Relative to the table's root and decoded, or an address.
    pub path: String,
    add: Add,
    whole: bool,
}

impl DataFile {
    fn new(planned: PlannedFile) -> Result<Self> {
        let PlannedFile { add, only, .. } = planned;
        let path = match parse_data_path(&add.path)? {
            DataPath::Relative(key) => key,
            DataPath::Absolute(url) => url.to_string(),
        };
        Ok(Self { path, add, whole: only.is_none() })
    }

    /// Bytes.
    pub fn size(&self) -> u64 {
        u64::try_from(self.add.size).unwrap_or(0)
    }

    /// Rows that are not deleted, where statistics tell.
    pub fn rows(&self) -> Option<u64> {
        if self.whole { live_rows(&self.add) } else { None }
    }

    /// Rows that a deletion vector deletes.
    pub fn deleted_rows(&self) -> u64 {
        self.add.deletion_vector.as_ref().map_or(0, |v| u64::try_from(v.cardinality).unwrap_or(0))
    }

    /// Partition columns and their values, in the order of the table, which `snapshot` is of.
    pub fn partition(&self, snapshot: &Snapshot) -> Result<Vec<(String, Option<Scalar>)>> {
        let value = |name: &String| {
            let field = snapshot.schema().field(name);
            let value = field.map(|f| {
                let physical = snapshot.column_mapping().physical_name(f);
                partition_value(&self.add.partition_values, name, physical, &f.data_type)
            });
            Ok((name.clone(), value.transpose()?.flatten()))
        };
        let values = snapshot.partition_columns().iter().map(value).collect::<Result<_>>();
        values.map_err(|e| located(snapshot)(in_file(e, &self.add)))
    }

    /// Statistics as they are in the log.
    pub fn stats(&self) -> Option<&str> {
        self.add.stats.as_deref()
    }

    /// Milliseconds since the Unix epoch.
    pub fn modification_time_ms(&self) -> i64 {
        self.add.modification_time
    }

    /// Bytes of memory, about.
    pub fn memory(&self) -> usize {
        let Add { path, partition_values, stats, .. } = &self.add;
        let values: usize = partition_values.iter().map(|(k, v)| k.len() + v.as_ref().map_or(0, String::len)).sum();
        size_of::<Self>() + self.path.len() + path.len() + values + stats.as_ref().map_or(0, String::len)
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
    found: Option<Receiver<Result<Vec<DataFile>>>>,
    /// Dropped, it ends what lists.
    task: JoinSet<()>,
}

impl FileStream {
    pub(super) fn new(snapshot: Snapshot, planner: Planner) -> Self {
        Self { snapshot, planner: Some(planner), found: None, task: JoinSet::new() }
    }

    /// The version that the files are of.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The next files; none are left after `None`.
    pub async fn next(&mut self) -> Result<Option<Vec<DataFile>>> {
        if let Some(planner) = self.planner.take() {
            let (sender, found) = channel(AHEAD);
            self.task.spawn(list(planner, sender));
            self.found = Some(found);
        }
        let Some(found) = &mut self.found else { return Ok(None) };
        let lot = found.recv().await;
        if lot.is_none()
            && let Some(Err(e)) = self.task.join_next().await
        {
            return Err(Error::internal("the task that lists files failed").with_source(e));
        }
        lot.transpose().map_err(located(&self.snapshot))
    }
}

/// Sends files until there are no more, or nobody wants them.
async fn list(mut planner: Planner, sender: Sender<Result<Vec<DataFile>>>) {
    loop {
        let lot = lot(&mut planner).await;
        let last = !matches!(&lot, Ok(Some(_)));
        if let Some(lot) = lot.transpose()
            && sender.send(lot).await.is_err()
        {
            return;
        }
        if last {
            return;
        }
    }
}

async fn lot(planner: &mut Planner) -> Result<Option<Vec<DataFile>>> {
    let mut files = Vec::new();
    while files.len() < AT_ONCE {
        let Some(planned) = planner.next().await? else { break };
        for file in planned {
            files.push(DataFile::new(file)?);
        }
    }
    Ok((!files.is_empty()).then_some(files))
}

fn located(snapshot: &Snapshot) -> impl Fn(Error) -> Error + use<> {
    let (uri, version) = (snapshot.uri().to_owned(), snapshot.version());
    move |e| e.with_table(uri.clone()).with_version(version)
}

impl fmt::Debug for FileStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileStream({})", self.snapshot.uri())
    }
}
