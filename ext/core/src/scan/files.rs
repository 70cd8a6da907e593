//! The planned files, for who wants to read them on their own.

use std::fmt;

use super::plan::{PlannedFile, Planner, in_file, live_rows, partition_value};
use crate::action::Add;
use crate::error::{Error, Result};
use crate::path::{DataPath, parse_data_path};
use crate::snapshot::Snapshot;
use crate::value::Scalar;

/// A data file of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct DataFile {
    /// Relative to the table's root and decoded, or an address.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Rows that are not deleted, where statistics tell.
    pub rows: Option<u64>,
    /// Rows that a deletion vector deletes.
    pub deleted_rows: u64,
    /// Partition columns and their values, in the order of the table.
    pub partition: Vec<(String, Option<Scalar>)>,
    /// Statistics as they are in the log.
    pub stats: Option<String>,
    /// Milliseconds since the Unix epoch.
    pub modification_time_ms: i64,
}

/// Files that are handed over at once, at least: a commit of one file is not worth a call of its own.
const AT_ONCE: usize = 1_000;

/// Files of a scan, as the log is replayed.
pub struct FileStream {
    snapshot: Snapshot,
    planner: Planner,
}

impl FileStream {
    pub(super) fn new(snapshot: Snapshot, planner: Planner) -> Self {
        Self { snapshot, planner }
    }

    /// The next files; none are left after `None`.
    pub async fn next(&mut self) -> Result<Option<Vec<DataFile>>> {
        let next = async {
            let mut files = Vec::new();
            while files.len() < AT_ONCE {
                let Some(planned) = self.planner.next().await? else { break };
                for PlannedFile { add, only, .. } in planned {
                    let mut file = data_file(&self.snapshot, add)?;
                    file.rows = file.rows.filter(|_| only.is_none());
                    files.push(file);
                }
            }
            Ok((!files.is_empty()).then_some(files))
        };
        next.await.map_err(|e: Error| e.with_table(self.snapshot.uri()).with_version(self.snapshot.version()))
    }
}

fn data_file(snapshot: &Snapshot, add: Add) -> Result<DataFile> {
    let path = match parse_data_path(&add.path)? {
        DataPath::Relative(key) => key,
        DataPath::Absolute(url) => url.to_string(),
    };
    let value = |name: &String| {
        let field = snapshot.schema().field(name);
        let value = field.map(|f| {
            let physical = snapshot.column_mapping().physical_name(f);
            partition_value(&add.partition_values, name, physical, &f.data_type)
        });
        Ok((name.clone(), value.transpose()?.flatten()))
    };
    let partition =
        snapshot.partition_columns().iter().map(value).collect::<Result<_>>().map_err(|e| in_file(e, &add))?;
    Ok(DataFile {
        path,
        size: u64::try_from(add.size).unwrap_or(0),
        rows: live_rows(&add),
        deleted_rows: add.deletion_vector.as_ref().map_or(0, |v| u64::try_from(v.cardinality).unwrap_or(0)),
        partition,
        stats: add.stats,
        modification_time_ms: add.modification_time,
    })
}

impl fmt::Debug for FileStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileStream({})", self.snapshot.uri())
    }
}
