//! Where the rows of a checkpoint go: into one file, or with V2 content also into sidecars.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, new_null_array};
use arrow::datatypes::{Int64Type, SchemaRef};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::contents::{NewCheckpoint, WrittenCheckpoint};
use super::file::CheckpointFile;
use super::layout::{arrow_schema, batch, file_columns, json_batch, table_columns};
use super::source::Rows;
use crate::error::{Error, Result};
use crate::log::LOG_FOLDER;
use crate::schema::Field;
use crate::storage::Storage;

/// File actions that V2 content holds without sidecars.
const INLINE_ACTIONS: usize = if cfg!(test) { 64 } else { 4_096 };

/// File actions of a sidecar.
const SIDECAR_ACTIONS: usize = 200_000;

/// Table actions of one batch.
const BATCH_ROWS: usize = 8192;

/// A checkpoint being written.
pub(super) struct Sink<'a> {
    storage: Storage,
    version: u64,
    new: &'a NewCheckpoint,
    table: Vec<Field>,
    schema: SchemaRef,
    top: CheckpointFile,
    key: String,
    sidecars: Option<Sidecars>,
    sidecar_bytes: u64,
    actions: u64,
    files: u64,
    table_bytes: Option<i64>,
}

/// File actions that do not go into the first file, or may not.
struct Sidecars {
    schema: SchemaRef,
    /// Rows that wait until it is known whether there are enough for a sidecar.
    waiting: Vec<RecordBatch>,
    waiting_rows: usize,
    open: Option<Sidecar>,
    done: Vec<Done>,
}

struct Sidecar {
    name: String,
    file: CheckpointFile,
    rows: usize,
}

struct Done {
    name: String,
    bytes: u64,
}

impl<'a> Sink<'a> {
    /// Begins with the table's actions, in a row group of their own: who opens the table decodes no other.
    pub(super) async fn begin(storage: &Storage, version: u64, new: &'a NewCheckpoint) -> Result<Self> {
        let table = table_columns(new.v2);
        let fields = file_columns(&new.columns);
        let schema = arrow_schema(&[&table[..], &fields[..]].concat());
        let sidecars = new.v2.then(|| Sidecars {
            schema: arrow_schema(&fields),
            waiting: Vec::new(),
            waiting_rows: 0,
            open: None,
            done: Vec::new(),
        });
        let key = match new.v2 {
            true => format!("{LOG_FOLDER}/{version:020}.checkpoint.{}.parquet", Uuid::new_v4()),
            false => format!("{LOG_FOLDER}/{version:020}.checkpoint.parquet"),
        };
        let top = CheckpointFile::new(storage, &key, &schema)?;
        let storage = storage.clone();
        let mut sink = Self {
            storage,
            version,
            new,
            table,
            schema,
            top,
            key,
            sidecars,
            sidecar_bytes: 0,
            actions: 0,
            files: 0,
            table_bytes: Some(0),
        };
        sink.begin_table().await?;
        Ok(sink)
    }

    async fn begin_table(&mut self) -> Result<()> {
        let new = self.new;
        if new.v2 {
            self.table_actions("checkpointMetadata", &[json!({ "version": self.version })]).await?;
        }
        self.table_actions("protocol", std::slice::from_ref(&new.protocol)).await?;
        self.table_actions("metaData", std::slice::from_ref(&new.metadata)).await?;
        self.table_actions("txn", &new.txns).await?;
        self.table_actions("domainMetadata", &new.domains).await?;
        self.top.end_row_group().await
    }

    async fn table_actions(&mut self, name: &str, actions: &[impl Serialize]) -> Result<()> {
        let Some(of) = self.table.iter().find(|f| f.name == name).cloned() else { return Ok(()) };
        for chunk in actions.chunks(BATCH_ROWS) {
            let texts = chunk.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>();
            let texts = texts.map_err(|e| Error::internal("an action cannot be written as JSON").with_source(e))?;
            self.top.write(&json_batch(&self.schema, &of, &texts)?).await?;
            self.actions += chunk.len() as u64;
        }
        Ok(())
    }

    pub(super) async fn write(&mut self, rows: Rows) -> Result<()> {
        let (name, actions) = match rows {
            Rows::Adds(adds) => {
                self.count(&adds);
                ("add", adds)
            }
            Rows::Removes(removes) => ("remove", removes),
        };
        self.actions += actions.len() as u64;
        match &mut self.sidecars {
            None => self.top.write(&batch(&self.schema, name, &actions)?).await,
            Some(sidecars) => {
                let rows = batch(&sidecars.schema, name, &actions)?;
                sidecars.write(&self.storage, rows).await
            }
        }
    }

    fn count(&mut self, adds: &ArrayRef) {
        self.files += adds.len() as u64;
        let sizes = adds.as_struct().column_by_name("size").and_then(|c| c.as_primitive_opt::<Int64Type>());
        let sum = |sum: i64, size: Option<i64>| sum.checked_add(size?);
        self.table_bytes = self.table_bytes.and_then(|bytes| sizes?.iter().try_fold(bytes, sum));
    }

    /// Writes all but the end of the first file: sidecars are durable before it names them.
    pub(super) async fn complete(&mut self) -> Result<()> {
        let Some(sidecars) = &mut self.sidecars else { return Ok(()) };
        for rows in std::mem::take(&mut sidecars.waiting) {
            let columns = self.schema.fields().iter().map(|field| match rows.column_by_name(field.name()) {
                Some(column) => ArrayRef::clone(column),
                None => new_null_array(field.data_type(), rows.num_rows()),
            });
            let rows = RecordBatch::try_new(SchemaRef::clone(&self.schema), columns.collect());
            let rows = rows.map_err(|e| Error::internal("a checkpoint's rows are malformed").with_source(e))?;
            self.top.write(&rows).await?;
        }
        sidecars.close().await?;
        let mut named = Vec::new();
        for done in &sidecars.done {
            let modified_ms = self.storage.head(&sidecar_key(&done.name)).await?.modified_ms;
            self.sidecar_bytes += done.bytes;
            named.push(json!({ "path": done.name, "sizeInBytes": done.bytes, "modificationTime": modified_ms }));
        }
        self.table_actions("sidecar", &named).await
    }

    /// Publishes the checkpoint.
    pub(super) async fn publish(self) -> Result<WrittenCheckpoint> {
        let Self { version, key, actions, files, table_bytes, .. } = self;
        let bytes = self.sidecar_bytes + self.top.finish().await?;
        Ok(WrittenCheckpoint { version, key, v2: self.new.v2, actions, files, bytes, table_bytes })
    }

    /// Deletes the sidecars, which nothing names; what cannot be deleted is left to log cleanup.
    pub(super) async fn discard(self) {
        let Self { storage, sidecars, .. } = self;
        for done in sidecars.map(|sidecars| sidecars.done).unwrap_or_default() {
            let _ = storage.delete(&sidecar_key(&done.name)).await;
        }
    }
}

impl Sidecars {
    async fn write(&mut self, storage: &Storage, rows: RecordBatch) -> Result<()> {
        if self.open.is_none() && self.done.is_empty() && self.waiting_rows + rows.num_rows() <= INLINE_ACTIONS {
            self.waiting_rows += rows.num_rows();
            self.waiting.push(rows);
            return Ok(());
        }
        let waiting = std::mem::take(&mut self.waiting);
        for rows in waiting.into_iter().chain([rows]) {
            let open = match &mut self.open {
                Some(open) => open,
                none => {
                    let name = format!("{}.parquet", Uuid::new_v4());
                    let file = CheckpointFile::new(storage, &sidecar_key(&name), &self.schema)?;
                    none.insert(Sidecar { name, file, rows: 0 })
                }
            };
            open.rows += rows.num_rows();
            open.file.write(&rows).await?;
            if open.rows >= SIDECAR_ACTIONS {
                self.close().await?;
            }
        }
        Ok(())
    }

    async fn close(&mut self) -> Result<()> {
        if let Some(Sidecar { name, file, .. }) = self.open.take() {
            let bytes = file.finish().await?;
            self.done.push(Done { name, bytes });
        }
        Ok(())
    }
}

fn sidecar_key(name: &str) -> String {
    format!("{LOG_FOLDER}/_sidecars/{name}")
}
