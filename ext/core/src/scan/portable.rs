//! Parts of a scan that any process can read: the files, and all that reading them takes of the log.

use serde::{Deserialize, Serialize};

use super::Scan;
use super::file_set::FileSet;
use super::plan::{PlannedFile, Planner};
use crate::action::{Add, Metadata, Protocol};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::snapshot::Snapshot;
use crate::stats::num_records;
use crate::storage::Storage;

/// Files of one part at most, whatever their bytes: a part is to be small as text.
const MAX_FILES: usize = 1_000;

/// Some files of a version. It has a JSON form, which holds no option of the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileTask {
    /// The version that the files are of.
    pub version: u64,
    protocol: Protocol,
    #[serde(rename = "metaData")]
    metadata: Metadata,
    files: Vec<Add>,
}

impl FileTask {
    /// Reads the JSON form.
    pub fn from_json(text: &str) -> Result<Self> {
        let wrong = || Error::argument("this is not the JSON of a scan's task");
        let task: Self = serde_json::from_str(text).map_err(|e| wrong().with_source(e))?;
        if i64::try_from(task.version).is_err() {
            return Err(wrong().context(format_args!("version {} is out of range", task.version)));
        }
        Ok(task)
    }

    /// The JSON form.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|e| Error::internal("a task has no JSON form").with_source(e))
    }

    /// Bytes of the files, as the log has them.
    pub fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(bytes(file)))
    }

    /// How many files there are.
    pub fn file_count(&self) -> usize {
        self.files.len()
    }

    /// The files in the table at `storage`. Refuses what this library cannot read, as opening the table does.
    pub fn into_files(self, storage: &Storage) -> Result<FileSet> {
        let snapshot = Snapshot::told(storage, self.version, self.protocol, self.metadata);
        let snapshot = snapshot.map_err(|e| match e.kind() {
            ErrorKind::SchemaMismatch => Error::corrupt("the task has a schema that cannot be read").with_source(e),
            _ => e,
        })?;
        Ok(FileSet::of(snapshot, self.files))
    }
}

impl Scan {
    /// The files of the scan in parts of about `target_bytes`, in its order. Each file is in one of them.
    ///
    /// A scan with a limit has no parts: none could know how many rows the others give.
    pub async fn tasks(&self, target_bytes: u64, ctx: &Context) -> Result<Vec<FileTask>> {
        let task = &self.task;
        if self.rules.is_given() {
            return Err(Error::argument("only the scan of a version can be split into tasks"));
        }
        if task.limit.is_some() {
            return Err(Error::argument(
                "a scan with a limit cannot be split into tasks: leave the limit away, and stop after so many rows",
            ));
        }
        ctx.limit(self.split(target_bytes.max(1))).await.map_err(|e| task.locate(e))
    }

    async fn split(&self, target_bytes: u64) -> Result<Vec<FileTask>> {
        let snapshot = &self.task.snapshot;
        let empty = FileTask {
            version: snapshot.version(),
            protocol: snapshot.protocol().clone(),
            metadata: needed(snapshot.metadata()),
            files: Vec::new(),
        };
        let mut tasks = Vec::new();
        let (mut files, mut sum) = (Vec::new(), 0u64);
        let mut planner = Planner::whole(snapshot, &self.rules);
        while let Some(planned) = planner.next().await? {
            for PlannedFile { add, .. } in planned {
                let size = bytes(&add);
                let full = sum.saturating_add(size) > target_bytes || files.len() >= MAX_FILES;
                if full && !files.is_empty() {
                    tasks.push(FileTask { files: std::mem::take(&mut files), ..empty.clone() });
                    sum = 0;
                }
                sum = sum.saturating_add(size);
                files.push(slim(add));
            }
        }
        if !files.is_empty() {
            tasks.push(FileTask { files, ..empty });
        }
        Ok(tasks)
    }
}

fn bytes(add: &Add) -> u64 {
    u64::try_from(add.size).unwrap_or(0)
}

/// What a reader looks at. Users' own properties stay at home.
fn needed(metadata: &Metadata) -> Metadata {
    let configuration = metadata.configuration.iter().filter(|(name, _)| name.starts_with("delta."));
    Metadata {
        id: metadata.id.clone(),
        name: None,
        description: None,
        format: metadata.format.clone(),
        schema_string: metadata.schema_string.clone(),
        partition_columns: metadata.partition_columns.clone(),
        created_time: None,
        configuration: configuration.map(|(name, value)| (name.clone(), value.clone())).collect(),
    }
}

/// Without what planning has used up already; the number of rows stays for counting.
fn slim(add: Add) -> Add {
    let rows = add.stats.as_deref().and_then(num_records);
    Add { stats: rows.map(|rows| format!("{{\"numRecords\":{rows}}}")), tags: None, clustering_provider: None, ..add }
}
