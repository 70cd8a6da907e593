//! Takes batches and writes data files.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use parquet::basic::Compression;
use rand::Rng;
use rand::distr::Alphanumeric;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::cleanup::Cleanup;
use super::clustering::clustering_columns;
use super::file::{OpenFile, Shared};
use super::layout::Layout;
use super::rows::RowBatch;
use super::rules::RowRules;
use super::split::Splitter;
use super::stats::Indexed;
use super::{WriteOptions, WrittenFiles};
use crate::action::Add;
use crate::clock::Clock;
use crate::context::{self, Context};
use crate::error::{Error, Result};
use crate::features::writes_feature;
use crate::path::encode_uri_path;
use crate::schema::{ColumnMapping, IdentityBlock};
use crate::snapshot::Snapshot;

/// Small files on their way to the store at a time.
const UPLOADS_IN_FLIGHT: usize = 8;

/// Files of up to this many bytes are sent while the next ones are encoded.
const SMALL_FILE: u64 = 8 << 20;

/// Writes rows to data files, split by partition. Memory is bounded by the options, not by the rows.
///
/// Dropped before [`FileWriter::finish`], it deletes what it has written, as far as that can be done.
pub struct FileWriter {
    shared: Arc<Shared>,
    rules: RowRules,
    check: Option<RowCheck>,
    splitter: Splitter,
    /// Length of the folder's name that each file draws, so that no name of a column or value shows in paths that outlive
    /// it, as Spark has it for mapped columns.
    random_prefix: Option<usize>,
    clock: Clock,
    /// Open files by the number of their partition.
    open: BTreeMap<usize, Open>,
    buffered: usize,
    rows: u64,
    bytes: u64,
    adds: Vec<Add>,
    files: u64,
    uploads: JoinSet<Result<()>>,
    // Dropped after the uploads, which must not outlive the deletion.
    cleanup: Cleanup,
}

/// What rows are checked for besides the table's rules: rows as they are written, and the number of the first.
type RowCheck = Box<dyn Fn(&RecordBatch, u64) -> Result<()> + Send + Sync>;

/// An open file and what it counts for in [`FileWriter::buffered`].
struct Open {
    file: OpenFile,
    memory: usize,
}

impl FileWriter {
    /// For rows in the Arrow form of the schema of `table`, partition columns included, under their logical names. Refuses
    /// a table that asks for something of its rows that this library cannot do, naming it.
    pub fn new(table: &Snapshot, context: Context, clock: Clock) -> Result<Self> {
        let options = WriteOptions::new(table.properties());
        Self::with_options(table, context, clock, options)
    }

    /// The same with sizes of its own.
    pub fn with_options(table: &Snapshot, context: Context, clock: Clock, options: WriteOptions) -> Result<Self> {
        Self::with_rules(table, context, RowRules::new(table, &clock)?, clock, options)
    }

    /// For rows that are the table's own already, of which nothing is asked any more.
    pub fn of_moved_rows(table: &Snapshot, context: Context, clock: Clock, options: WriteOptions) -> Result<Self> {
        Self::with_rules(table, context, RowRules::of_moved_rows(table), clock, options)
    }

    fn with_rules(
        table: &Snapshot,
        context: Context,
        rules: RowRules,
        clock: Clock,
        options: WriteOptions,
    ) -> Result<Self> {
        let (schema, properties, mapping) = (table.schema(), table.properties(), table.column_mapping());
        let partition_columns = table.partition_columns();
        let materialize = writes_feature(table.protocol(), "materializePartitionColumns");
        let layout = Layout::new(schema, partition_columns, mapping, materialize)?;
        let clustering = clustering_columns(table)?;
        let indexed = Indexed::new(layout.columns(), layout.data_columns(), properties, mapping, &clustering);
        let random = properties.random_prefixes || mapping != ColumnMapping::None;
        Ok(Self {
            rules,
            check: None,
            splitter: Splitter::new(schema, partition_columns, mapping)?,
            random_prefix: random.then_some(properties.random_prefix_length),
            clock,
            open: BTreeMap::new(),
            buffered: 0,
            rows: 0,
            bytes: 0,
            adds: Vec::new(),
            files: 0,
            uploads: JoinSet::new(),
            cleanup: Cleanup::new(table.storage().clone()),
            shared: Arc::new(Shared {
                layout,
                indexed,
                properties: properties.clone(),
                options,
                storage: table.storage().clone(),
                context,
            }),
        })
    }

    /// Refuses rows that `check` refuses, too. It is asked about rows as they are written.
    pub fn also_check(&mut self, check: impl Fn(&RecordBatch, u64) -> Result<()> + Send + Sync + 'static) {
        self.check = Some(Box::new(check));
    }

    /// Rows taken so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes of memory that open files hold, roughly.
    pub fn buffered_bytes(&self) -> usize {
        self.buffered
    }

    /// How many of `rows`, which come next, need identities: as many have to be given before they are written.
    pub fn identities_wanted(&self, rows: &RowBatch) -> Result<u64> {
        self.rules.identities_wanted(rows, self.rows)
    }

    /// Takes identities, which nobody else has, for the rows to come.
    pub fn give_identities(&mut self, block: IdentityBlock) {
        self.rules.give_identities(block);
    }

    /// Takes rows. After an error the writer is of no more use than to be dropped or aborted.
    pub async fn write(&mut self, rows: impl Into<RowBatch>) -> Result<()> {
        self.shared.context.check()?;
        let rows = rows.into();
        if rows.batch.num_rows() == 0 {
            return Ok(());
        }
        let batch = self.rules.apply(&rows, self.rows)?;
        if let Some(check) = &self.check {
            check(&batch, self.rows)?;
        }
        drop(rows);
        let partitions = self.splitter.split(&batch, self.rows)?;
        let columns = self.shared.layout.project(&batch)?;
        self.rows += batch.num_rows() as u64;
        drop(batch);
        for (partition, rows) in partitions {
            self.push(partition, rows.take(&columns)?).await?;
        }
        Ok(())
    }

    /// Ends all files. They are in the store when this returns.
    pub async fn finish(mut self) -> Result<WrittenFiles> {
        while let Some((partition, open)) = self.open.pop_first() {
            self.close(partition, open).await?;
        }
        while !self.uploads.is_empty() {
            self.await_upload().await?;
        }
        Ok(WrittenFiles {
            adds: self.adds,
            rows: self.rows,
            bytes: self.bytes,
            identities: None,
            cleanup: self.cleanup,
        })
    }

    /// Gives up, and deletes what has been written.
    pub async fn abort(mut self) {
        self.uploads.shutdown().await;
        self.open.clear();
        let _ = self.cleanup.run().await;
    }

    async fn push(&mut self, partition: usize, batch: RecordBatch) -> Result<()> {
        let mut rest = Some(batch);
        while let Some(rows) = rest {
            let mut open = match self.open.remove(&partition) {
                Some(open) => open,
                None => Open { file: OpenFile::new(Arc::clone(&self.shared), self.next_key(partition)), memory: 0 },
            };
            rest = open.file.push(rows).await?;
            if open.file.is_full() {
                self.close(partition, open).await?;
                continue;
            }
            let memory = open.file.memory();
            self.buffered = self.buffered + memory - open.memory;
            open.memory = memory;
            self.open.insert(partition, open);
            while self.buffered > self.shared.options.max_buffered_bytes {
                let Some(largest) = self.largest() else { break };
                if let Some(open) = self.open.remove(&largest) {
                    self.close(largest, open).await?;
                }
            }
        }
        Ok(())
    }

    /// The partition whose file holds most. A single file is bounded by its row groups.
    fn largest(&self) -> Option<usize> {
        if self.open.len() < 2 {
            return None;
        }
        self.open.iter().max_by_key(|(_, open)| open.memory).map(|(partition, _)| *partition)
    }

    fn next_key(&mut self, partition: usize) -> String {
        let directory = match self.random_prefix {
            Some(length) => rand::rng().sample_iter(Alphanumeric).take(length).map(char::from).collect(),
            None => self.splitter.partition(partition).directory.clone(),
        };
        let folders = self.shared.options.folder.into_iter().chain((!directory.is_empty()).then_some(&*directory));
        let folders: String = folders.flat_map(|folder| [folder, "/"]).collect();
        let codec = match self.shared.properties.compression {
            Compression::UNCOMPRESSED => "",
            Compression::SNAPPY => "snappy.",
            Compression::GZIP(_) => "gz.",
            Compression::LZO => "lzo.",
            Compression::BROTLI(_) => "br.",
            Compression::LZ4 => "lz4.",
            Compression::ZSTD(_) => "zstd.",
            Compression::LZ4_RAW => "lz4raw.",
        };
        let key = format!("{folders}part-{:05}-{}-c000.{codec}parquet", self.files, Uuid::new_v4());
        self.files += 1;
        self.cleanup.watch(&key);
        key
    }

    async fn close(&mut self, partition: usize, open: Open) -> Result<()> {
        self.buffered -= open.memory;
        let file = open.file.finish()?;
        self.bytes += file.size;
        self.adds.push(Add {
            path: encode_uri_path(&file.key),
            partition_values: self.splitter.partition(partition).values.clone(),
            size: i64::try_from(file.size).map_err(|_| Error::internal("a data file is too large"))?,
            modification_time: self.clock.now_ms(),
            data_change: true,
            stats: Some(file.stats.clone()),
            ..Add::default()
        });
        let shared = Arc::clone(&self.shared);
        if file.upload.is_some() || file.size > SMALL_FILE {
            return file.publish(&shared).await;
        }
        while self.uploads.len() >= UPLOADS_IN_FLIGHT {
            self.await_upload().await?;
        }
        self.uploads.spawn(context::carried(async move { file.publish(&shared).await }));
        Ok(())
    }

    async fn await_upload(&mut self) -> Result<()> {
        match self.uploads.join_next().await {
            None => Ok(()),
            Some(Ok(outcome)) => outcome,
            Some(Err(e)) => Err(Error::internal("an upload ended without an answer").with_source(e)),
        }
    }
}
