//! Which files are read: by partition values first, then by statistics, one replayed batch at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::TryStreamExt;

use super::given::{FileScan, FileScans, FileSource};
use crate::action::{Add, DeletionVectorDescriptor, PartitionValues};
use crate::error::{Error, Result};
use crate::expr::{BoundColumn, BoundPredicate};
use crate::log::{PartitionFilter, Replay, ReplayOptions};
use crate::schema::{ColumnPath, DataType};
use crate::snapshot::Snapshot;
use crate::stats::{ColumnBounds, StatsColumns, num_records};
use crate::value::Scalar;

/// Files and bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FileCount {
    /// Files.
    pub files: u64,
    /// Their bytes, as the log has them.
    pub bytes: u64,
}

/// What a scan would read and what it would not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ScanPlanMetrics {
    /// Live files of the version.
    pub total: FileCount,
    /// Left out by their partition values.
    pub pruned_by_partition: FileCount,
    /// Left out by their statistics.
    pub pruned_by_stats: FileCount,
    /// The rest.
    pub to_read: FileCount,
}

impl FileCount {
    fn count(&mut self, add: &Add) {
        self.files += 1;
        self.bytes += u64::try_from(add.size).unwrap_or(0);
    }
}

/// A file to be read.
#[derive(Debug, Clone)]
pub(super) struct PlannedFile {
    pub(super) add: Add,
    /// See [`FileScan::only`].
    pub(super) only: Option<DeletionVectorDescriptor>,
    /// See [`FileScan::constants`].
    pub(super) constants: Arc<[String]>,
    /// Whether rows have to be filtered: false where partition values settle the predicate.
    pub(super) filter: bool,
}

/// What becomes of a file.
pub(super) enum Verdict {
    PrunedByPartition,
    PrunedByStats,
    Read { filter: bool },
}

/// The part of a scan that looks at files and not at rows.
pub(super) struct Rules {
    predicate: Option<Arc<BoundPredicate>>,
    /// For each column of the predicate its physical name, if it is a partition column.
    partitions: Vec<Option<String>>,
    stats: StatsColumns,
    /// For each column of `stats` its index in the predicate.
    with_stats: Vec<usize>,
    /// The files, where they are not the snapshot's own.
    source: Option<FileSource>,
}

impl Rules {
    pub(super) fn new(predicate: Option<Arc<BoundPredicate>>, snapshot: &Snapshot, source: Option<FileSource>) -> Self {
        let columns = predicate.as_deref().map_or(&[][..], BoundPredicate::columns);
        let (schema, mapping) = (snapshot.schema(), snapshot.column_mapping());
        let physical: Vec<ColumnPath> = columns.iter().map(|c| mapping.physical_path(schema, &c.path)).collect();
        let partition = |name: &str| snapshot.partition_columns().iter().any(|p| p == name);
        let name = |(column, physical): (&BoundColumn, &ColumnPath)| {
            physical.names().first().filter(|_| partition(column.name())).cloned()
        };
        let partitions: Vec<Option<String>> = columns.iter().zip(&physical).map(name).collect();
        let with_stats: Vec<usize> = (0..columns.len()).filter(|i| partitions[*i].is_none()).collect();
        let stats = StatsColumns::new(with_stats.iter().map(|i| (physical[*i].names(), &columns[*i].data_type)));
        Self { partitions, stats, with_stats, predicate, source }
    }

    /// Whether the files are not the snapshot's own.
    pub(super) fn is_given(&self) -> bool {
        self.source.is_some()
    }

    fn needs_stats(&self) -> bool {
        !self.with_stats.is_empty()
    }

    fn bounds(&self, predicate: &BoundPredicate, values: &PartitionValues) -> Result<Vec<ColumnBounds>> {
        let bounds = |(column, partition): (&BoundColumn, &Option<String>)| match partition {
            Some(physical) => {
                let text = partition_text(values, physical);
                let value = partition_value(text, column.name(), &column.data_type)?;
                Ok(ColumnBounds::exactly(value.as_ref()))
            }
            None => Ok(ColumnBounds::unknown(&column.data_type)),
        };
        predicate.columns().iter().zip(&self.partitions).map(bounds).collect()
    }

    pub(super) fn judge(&self, add: &Add) -> Result<Verdict> {
        let Some(predicate) = &self.predicate else { return Ok(Verdict::Read { filter: false }) };
        let mut bounds = self.bounds(predicate, &add.partition_values).map_err(|e| in_file(e, add))?;
        let outcomes = predicate.outcomes(&bounds);
        if !outcomes.true_ {
            return Ok(Verdict::PrunedByPartition);
        }
        if outcomes.always_true() {
            return Ok(Verdict::Read { filter: false });
        }
        if let Some(text) = add.stats.as_deref().filter(|_| self.needs_stats()) {
            for (index, known) in self.with_stats.iter().zip(self.stats.parse(text).columns) {
                bounds[*index] = known;
            }
            if !predicate.outcomes(&bounds).true_ {
                return Ok(Verdict::PrunedByStats);
            }
        }
        Ok(Verdict::Read { filter: true })
    }

    /// What the replay leaves out on its own.
    fn partition_filter(self: &Arc<Self>) -> Option<PartitionFilter> {
        let predicate = self.predicate.clone()?;
        if self.partitions.iter().all(Option::is_none) {
            return None;
        }
        let rules = Arc::clone(self);
        Some(Arc::new(move |values| Ok(predicate.outcomes(&rules.bounds(&predicate, values)?).true_)))
    }
}

/// Where files come from.
enum Files {
    Log(Box<Replay>),
    Given(FileScans),
}

impl Files {
    fn open(snapshot: &Snapshot, rules: &Rules, options: ReplayOptions) -> Self {
        match &rules.source {
            None => Self::Log(Box::new(snapshot.replay(options))),
            Some(source) => Self::Given(source()),
        }
    }

    async fn next(&mut self) -> Result<Option<Vec<FileScan>>> {
        match self {
            Self::Log(replay) => Ok(replay.next().await?.map(|adds| adds.into_iter().map(FileScan::from).collect())),
            Self::Given(files) => files.try_next().await,
        }
    }
}

/// The files of a scan, in the order of the replay.
pub(super) struct Planner {
    files: Files,
    rules: Arc<Rules>,
    /// Files whose rows are known are counted here instead of being planned.
    counter: Option<Arc<AtomicU64>>,
    /// Rows still wanted, as far as statistics can tell.
    wanted: Option<u64>,
}

impl Planner {
    /// With `details` the files come with what row tracking needs of them.
    pub(super) fn new(snapshot: &Snapshot, rules: &Arc<Rules>, limit: Option<u64>, details: bool) -> Self {
        let stats = rules.needs_stats() || limit.is_some();
        let options = ReplayOptions { stats, details, partitions: rules.partition_filter() };
        Self { files: Files::open(snapshot, rules, options), rules: Arc::clone(rules), counter: None, wanted: limit }
    }

    /// As [`Self::new`], with statistics of every file.
    pub(super) fn with_stats(snapshot: &Snapshot, rules: &Arc<Rules>) -> Self {
        let options = ReplayOptions { stats: true, partitions: rules.partition_filter(), ..ReplayOptions::default() };
        Self { files: Files::open(snapshot, rules, options), rules: Arc::clone(rules), counter: None, wanted: None }
    }

    /// As [`Self::with_stats`], with all that reading takes.
    pub(super) fn whole(snapshot: &Snapshot, rules: &Arc<Rules>) -> Self {
        let options = ReplayOptions { stats: true, details: true, partitions: rules.partition_filter() };
        Self { files: Files::open(snapshot, rules, options), rules: Arc::clone(rules), counter: None, wanted: None }
    }

    /// Leaves out files of which all rows count and are known in number, and adds these to `counter`.
    pub(super) fn counting(snapshot: &Snapshot, rules: &Arc<Rules>, counter: Arc<AtomicU64>) -> Self {
        Self { counter: Some(counter), ..Self::with_stats(snapshot, rules) }
    }

    pub(super) async fn next(&mut self) -> Result<Option<Vec<PlannedFile>>> {
        while self.wanted != Some(0) {
            let Some(files) = self.files.next().await? else { return Ok(None) };
            let mut planned = Vec::with_capacity(files.len());
            for FileScan { add, only, constants } in files {
                if self.wanted == Some(0) {
                    break;
                }
                if let Verdict::Read { filter } = self.rules.judge(&add)? {
                    self.plan(PlannedFile { add, only, constants, filter }, &mut planned);
                }
            }
            if !planned.is_empty() {
                return Ok(Some(planned));
            }
        }
        Ok(None)
    }

    fn plan(&mut self, file: PlannedFile, planned: &mut Vec<PlannedFile>) {
        let asked = !file.filter && file.only.is_none() && (self.counter.is_some() || self.wanted.is_some());
        let stats = file.add.stats.as_deref().filter(|_| asked);
        let deleted = file.add.deletion_vector.as_ref().map(|vector| vector.cardinality);
        let rows = stats.and_then(|stats| live_rows(stats, deleted));
        if let (Some(rows), Some(wanted)) = (rows, &mut self.wanted) {
            *wanted = wanted.saturating_sub(rows);
        }
        match (rows, &self.counter) {
            (Some(rows), Some(counter)) => {
                counter.fetch_add(rows, Ordering::Relaxed);
            }
            _ => planned.push(file),
        }
    }
}

/// Rows that are left in a file of which so many are deleted, where its statistics tell: they count the deleted ones too
/// (Delta protocol, "Per-file Statistics").
pub(super) fn live_rows(stats: &str, deleted: Option<i64>) -> Option<u64> {
    num_records(stats)?.checked_sub(u64::try_from(deleted.unwrap_or(0)).ok()?)
}

/// Counts what a scan by those rules would read.
pub(super) async fn explain(snapshot: &Snapshot, rules: &Rules) -> Result<ScanPlanMetrics> {
    let mut metrics = ScanPlanMetrics::default();
    let options = ReplayOptions { stats: rules.needs_stats(), ..ReplayOptions::default() };
    let mut found = Files::open(snapshot, rules, options);
    while let Some(files) = found.next().await? {
        for FileScan { add, .. } in &files {
            metrics.total.count(add);
            match rules.judge(add)? {
                Verdict::PrunedByPartition => metrics.pruned_by_partition.count(add),
                Verdict::PrunedByStats => metrics.pruned_by_stats.count(add),
                Verdict::Read { .. } => metrics.to_read.count(add),
            }
        }
    }
    Ok(metrics)
}

/// The value of the partition column `name` from its text in the log. A file without an entry for it has null (as in Spark).
pub(super) fn partition_value(text: Option<&str>, name: &str, data_type: &DataType) -> Result<Option<Scalar>> {
    let Some(text) = text else { return Ok(None) };
    Scalar::parse_partition(text, data_type).map_err(|e| e.context(format_args!("partition column {name}")))
}

/// The text of a partition column's value, by its physical name.
pub(super) fn partition_text<'a>(values: &'a PartitionValues, physical: &str) -> Option<&'a str> {
    values.get(physical)?.as_deref()
}

pub(super) fn in_file(error: Error, add: &Add) -> Error {
    error.context(format_args!("data file {}", add.path))
}
