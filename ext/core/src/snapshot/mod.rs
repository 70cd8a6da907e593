//! A table at one version: immutable, cheap to clone, shared by threads.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::action::{Metadata, Protocol, TableActionLine, Txn};
use crate::error::{Error, Result};
use crate::features::{check_appendable, check_readable, column_mapping, widens_types};
use crate::log::{Replay, ReplayOptions, Segment, TableState, version_at};
use crate::properties::TableProperties;
use crate::schema::{ColumnMapping, Field, SchemaRef, StructType, check_type_changes};
use crate::storage::Storage;

mod cache;
mod checkpoint;
#[cfg(test)]
mod tests;

pub use cache::{DEFAULT_CACHE_BYTES, SnapshotCache};

/// How long a snapshot is taken to be close enough to the table's newest version for an append to begin from it.
///
/// Not for speed: a commit is put without a listing, and log cleanup makes the names of old commits free again.
const FRESH: Duration = Duration::from_secs(300);

/// How long nobody is taken to have dropped the table and made another in its place. A disk is asked each time.
const CERTAIN: Duration = Duration::from_secs(5);

/// What a snapshot is taken to hold besides its texts: the store's client, most of all.
const OVERHEAD_BYTES: usize = 64 << 10;

/// Bytes of a schema for each byte of its text, about: field names, metadata, the tree.
const SCHEMA_BYTES_PER_CHARACTER: usize = 3;

/// Bytes of a transaction or a domain besides its texts.
const ENTRY_BYTES: usize = 128;

/// A table at one version. Holds protocol, metadata, transaction identifiers and domain metadata; the files are replayed when asked for.
#[derive(Debug, Clone)]
pub struct Snapshot(Arc<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    storage: Storage,
    segment: Segment,
    state: TableState,
    view: Arc<View>,
    seen: Instant,
    /// See [`Snapshot::lineage`].
    lineage: Arc<()>,
}

/// What is derived from protocol and metadata, and shared by all versions that have the same.
#[derive(Debug, Clone)]
struct View {
    schema: SchemaRef,
    properties: Arc<TableProperties>,
    column_mapping: ColumnMapping,
}

impl Snapshot {
    /// Opens `version`, or the newest.
    pub async fn open(storage: &Storage, version: Option<u64>) -> Result<Self> {
        let storage = &storage.remembering();
        let opened = async {
            let segment = Segment::load(storage, version).await?;
            let (segment, state) = TableState::load(storage, segment).await?;
            Self::new(storage, segment, state, None)
        };
        opened.await.map_err(|e| e.with_table(storage.uri()))
    }

    /// Opens the version that was the newest at `at_ms` (milliseconds since the Unix epoch).
    pub async fn open_at(storage: &Storage, at_ms: i64) -> Result<Self> {
        let newest = Self::open(storage, None).await?;
        let version = version_at(storage, newest.properties(), at_ms).await;
        match version.map_err(|e| e.with_table(storage.uri()))? {
            version if version == newest.version() => Ok(newest),
            version => Self::open(storage, Some(version)).await,
        }
    }

    /// A new table's first version, with all that its commit's lines say.
    pub fn first(storage: &Storage, protocol: Protocol, metadata: Metadata, lines: &[TableActionLine]) -> Result<Self> {
        let state = TableState::new(protocol, metadata).apply(lines);
        Self::new(&storage.remembering(), Segment::first(), state, None)
    }

    /// A version by what somebody tells of it. Its log is not looked at, so it has no files of its own to replay.
    pub fn told(storage: &Storage, version: u64, protocol: Protocol, metadata: Metadata) -> Result<Self> {
        Self::new(storage, Segment::alone(version), TableState::new(protocol, metadata), None)
    }

    /// The same version with more columns, for who knows more of files than the log. Those of `partitions` are told by
    /// partition values.
    #[must_use]
    pub fn with_columns(&self, columns: impl IntoIterator<Item = Field>, partitions: &[&str]) -> Self {
        let Inner { state, view, .. } = &*self.0;
        let mut schema = StructType::clone(&view.schema);
        schema.fields.extend(columns);
        let mut metadata = self.metadata().clone();
        metadata.partition_columns.extend(partitions.iter().map(|name| (*name).to_owned()));
        let view = View { schema: Arc::new(schema), ..View::clone(view) };
        self.but(|inner| (inner.state, inner.view) = (state.with_metadata(metadata), Arc::new(view)))
    }

    fn new(storage: &Storage, segment: Segment, state: TableState, before: Option<&Self>) -> Result<Self> {
        let version = segment.version();
        let view = match before {
            // Both actions are shared as long as no commit brings a new one.
            Some(b)
                if Arc::ptr_eq(b.0.state.protocol(), state.protocol())
                    && Arc::ptr_eq(b.0.state.metadata(), state.metadata()) =>
            {
                Arc::clone(&b.0.view)
            }
            _ => Arc::new(
                View::new(state.protocol(), state.metadata())
                    .map_err(|e| e.with_table(storage.uri()).with_version(version))?,
            ),
        };
        let lineage = before.map(|b| Arc::clone(&b.0.lineage)).unwrap_or_default();
        let (storage, seen) = (storage.clone(), Instant::now());
        Ok(Self(Arc::new(Inner { storage, segment, state, view, seen, lineage })))
    }

    /// The newest version, reading only what is new.
    pub async fn refresh(&self) -> Result<Self> {
        self.move_to(self.0.segment.newer(&self.0.storage)).await
    }

    /// The same, with all that the version is read from looked for again.
    async fn renew(&self) -> Result<Self> {
        self.move_to(self.0.segment.renewed(&self.0.storage)).await
    }

    async fn move_to(&self, newer: impl Future<Output = Result<Option<Segment>>>) -> Result<Self> {
        let moved = async {
            let Some(newer) = newer.await? else { return Self::open(&self.0.storage, None).await };
            let new = self.version() + 1..newer.version() + 1;
            let state = self.0.state.advance(&self.0.storage, new).await?;
            Self::new(&self.0.storage, newer, state, Some(self))
        };
        moved.await.map_err(|e: Error| e.with_table(self.uri()))
    }

    /// The version after this one, from its commit's lines.
    pub fn advance(&self, lines: &[TableActionLine]) -> Result<Self> {
        Self::new(&self.0.storage, self.0.segment.next(), self.0.state.apply(lines), Some(self))
    }

    /// The same version, read through another client from now on.
    pub(crate) fn on(&self, storage: &Storage) -> Self {
        self.but(|inner| inner.storage = storage.remembering_as(&self.0.storage))
    }

    /// The same version, whose commit of `size` bytes was put and got that ETag.
    pub(crate) fn put(&self, size: u64, etag: Option<String>) -> Self {
        match etag {
            Some(etag) => self.but(|inner| inner.segment = self.0.segment.put(size, etag)),
            None => self.clone(),
        }
    }

    fn but(&self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Inner::clone(&self.0);
        change(&mut inner);
        Self(Arc::new(inner))
    }

    fn is_told_apart(&self) -> bool {
        self.0.segment.is_told_apart()
    }

    fn is_later_look_than(&self, other: &Self) -> bool {
        self.0.seen > other.0.seen
    }

    /// Bytes in memory, about; what versions share counts for each of them.
    fn estimated_bytes(&self) -> usize {
        let metadata = self.metadata();
        let configuration = metadata.configuration.iter();
        let properties: usize =
            configuration.map(|(k, v)| k.len() + v.as_ref().map_or(0, String::len) + ENTRY_BYTES).sum();
        let txns: usize = self.0.state.txns().map(|txn| 2 * txn.app_id.len() + ENTRY_BYTES).sum();
        let domains: usize = self.domain_metadata().map(|(d, c)| d.len() + c.len() + ENTRY_BYTES).sum();
        let schema = metadata.schema_string.len() * (1 + SCHEMA_BYTES_PER_CHARACTER);
        OVERHEAD_BYTES + schema + properties + txns + domains + self.storage().remembered_bytes()
    }

    /// Whether the table must be listed again before a commit may be put after this version.
    pub fn is_stale(&self) -> bool {
        self.0.seen.elapsed() > FRESH
    }

    /// The same, as if nobody had looked at the table for long.
    #[cfg(test)]
    pub(crate) fn aged(&self) -> Self {
        self.unseen_for(2 * FRESH)
    }

    /// The same, as if nobody had looked at the table for a while.
    #[cfg(test)]
    pub(crate) fn quiet(&self) -> Self {
        self.unseen_for(2 * CERTAIN)
    }

    #[cfg(test)]
    fn unseen_for(&self, time: Duration) -> Self {
        self.but(|inner| inner.seen = Instant::now().checked_sub(time).unwrap())
    }

    /// Whether the table is still the one that this is a version of, before a commit may be put after it. Free where it
    /// was seen just now, or else one request.
    pub(crate) async fn is_there(&self) -> Result<bool> {
        let Inner { storage, segment, seen, .. } = &*self.0;
        let just_seen = storage.is_remote() && seen.elapsed() < CERTAIN;
        Ok(just_seen || segment.is_there(storage).await?)
    }

    /// The same for versions of one table that were reached from one another. A table that was opened anew may be another
    /// one in the same place, or an earlier one that was put back.
    pub fn lineage(&self) -> &Arc<()> {
        &self.0.lineage
    }

    /// Whether both are of one lineage.
    pub fn is_kin_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0.lineage, &other.0.lineage)
    }

    /// Whether it tells more of what the table is now: a later version, or what was seen later of the same one or of
    /// another table in its place.
    pub fn supersedes(&self, other: &Self) -> bool {
        match self.version().cmp(&other.version()) {
            order if order.is_ne() && self.is_kin_of(other) => order.is_gt(),
            _ => self.is_later_look_than(other),
        }
    }

    /// Refuses a table that appends cannot be made to, naming the feature.
    pub fn check_appendable(&self) -> Result<()> {
        check_appendable(self.protocol(), self.metadata(), self.schema())
            .map_err(|e| e.with_table(self.uri()).with_version(self.version()))
    }

    /// A run over the live files, newest first.
    pub fn replay(&self, options: ReplayOptions) -> Replay {
        Replay::new(&self.0.storage, &self.0.segment, options)
    }

    /// The version.
    pub fn version(&self) -> u64 {
        self.0.segment.version()
    }

    /// The table's address.
    pub fn uri(&self) -> &str {
        self.0.storage.uri()
    }

    /// The table's root in its store.
    pub fn storage(&self) -> &Storage {
        &self.0.storage
    }

    /// The columns.
    pub fn schema(&self) -> &SchemaRef {
        &self.0.view.schema
    }

    /// By what columns are found in data files, partition values and statistics.
    pub fn column_mapping(&self) -> ColumnMapping {
        self.0.view.column_mapping
    }

    /// Typed table properties.
    pub fn properties(&self) -> &Arc<TableProperties> {
        &self.0.view.properties
    }

    /// Name, description, configuration and the rest.
    pub fn metadata(&self) -> &Metadata {
        self.0.state.metadata()
    }

    /// What readers and writers must understand.
    pub fn protocol(&self) -> &Protocol {
        self.0.state.protocol()
    }

    /// Logical names of the partition columns.
    pub fn partition_columns(&self) -> &[String] {
        &self.metadata().partition_columns
    }

    /// The newest transaction of an application up to this version, unless it has expired by the time `now_ms`.
    pub fn txn(&self, app_id: &str, now_ms: i64) -> Option<&Txn> {
        self.0.state.txn(app_id).filter(|txn| self.is_kept(txn, now_ms))
    }

    /// The newest transaction of each application that the log holds, expired or not, in no order.
    pub fn txns(&self) -> impl Iterator<Item = &Txn> {
        self.0.state.txns()
    }

    /// As Spark has it: with a retention set, a transaction that does not say when it was made has expired.
    fn is_kept(&self, txn: &Txn, now_ms: i64) -> bool {
        let Some(retention) = self.properties().txn_retention_ms else { return true };
        txn.last_updated.is_some_and(|at| at > now_ms.saturating_sub(retention))
    }

    /// The version's own time in milliseconds, where the table keeps such times and its commit has been read.
    pub fn in_commit_timestamp(&self) -> Option<i64> {
        self.0.state.timestamp()
    }

    /// Each metadata domain and its configuration, in no order.
    pub fn domain_metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.state.domains()
    }
}

impl View {
    fn new(protocol: &Protocol, metadata: &Metadata) -> Result<Self> {
        check_readable(protocol)?;
        let schema = StructType::from_json(&metadata.schema_string)?;
        if !metadata.format.provider.eq_ignore_ascii_case("parquet") {
            return Err(Error::unsupported(format!(
                "the table's data files are of format {:?}: Delta tables of Parquet files can be read",
                metadata.format.provider
            )));
        }
        if let Some(missing) = metadata.partition_columns.iter().find(|c| schema.field(c).is_none()) {
            return Err(Error::corrupt(format!("partition column {missing:?} is not in the table's schema")));
        }
        let column_mapping = column_mapping(protocol, metadata)?;
        column_mapping.check(&schema)?;
        if widens_types(protocol) {
            check_type_changes(&schema)?;
        }
        let properties = Arc::new(TableProperties::new(&metadata.configuration)?);
        Ok(Self { schema: Arc::new(schema), properties, column_mapping })
    }
}
