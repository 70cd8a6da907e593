//! A table at one version: immutable, cheap to clone, shared by threads.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::action::{Metadata, Protocol, TableActionLine, Txn};
use crate::error::{Error, Result};
use crate::features::{check_appendable, check_readable};
use crate::log::{Replay, ReplayOptions, Segment, TableState, version_at};
use crate::properties::TableProperties;
use crate::schema::{DataType, Field, SchemaRef, StructType};
use crate::storage::Storage;

#[cfg(test)]
mod tests;

/// How long a snapshot is taken to be close enough to the table's newest version for an append to begin from it.
///
/// Not for speed: a commit is put without a listing, and log cleanup makes the names of old commits free again.
const FRESH: Duration = Duration::from_secs(300);

/// A table at one version. Holds protocol, metadata and transaction identifiers; the files are replayed when asked for.
#[derive(Debug, Clone)]
pub struct Snapshot(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    storage: Storage,
    segment: Segment,
    state: TableState,
    view: Arc<View>,
    seen: Instant,
}

/// What is derived from protocol and metadata, and shared by all versions that have the same.
#[derive(Debug, Clone)]
struct View {
    schema: SchemaRef,
    properties: Arc<TableProperties>,
}

impl Snapshot {
    /// Opens `version`, or the newest.
    pub async fn open(storage: &Storage, version: Option<u64>) -> Result<Self> {
        let opened = async {
            let segment = Segment::load(storage, version).await?;
            let state = TableState::load(storage, &segment).await?;
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

    /// A new table's first version.
    pub fn first(storage: &Storage, protocol: Protocol, metadata: Metadata) -> Result<Self> {
        Self::new(storage, Segment::first(), TableState::new(protocol, metadata), None)
    }

    /// A version by what somebody tells of it. Its log is not looked at, so it has no files of its own to replay.
    pub fn told(storage: &Storage, version: u64, protocol: Protocol, metadata: Metadata) -> Result<Self> {
        Self::new(storage, Segment::alone(version), TableState::new(protocol, metadata), None)
    }

    /// The same version with more columns, for who knows more of files than the log. Those of `partitions` are told by
    /// partition values.
    #[must_use]
    pub fn with_columns(&self, columns: impl IntoIterator<Item = Field>, partitions: &[&str]) -> Self {
        let Inner { storage, segment, view, seen, .. } = &*self.0;
        let mut schema = StructType::clone(&view.schema);
        schema.fields.extend(columns);
        let mut metadata = self.metadata().clone();
        metadata.partition_columns.extend(partitions.iter().map(|name| (*name).to_owned()));
        let view = View { schema: Arc::new(schema), ..View::clone(view) };
        Self(Arc::new(Inner {
            storage: storage.clone(),
            segment: segment.clone(),
            state: TableState::new(self.protocol().clone(), metadata),
            view: Arc::new(view),
            seen: *seen,
        }))
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
        Ok(Self(Arc::new(Inner { storage: storage.clone(), segment, state, view, seen: Instant::now() })))
    }

    /// The newest version, reading only what is new.
    pub async fn refresh(&self) -> Result<Self> {
        let refreshed = async {
            let Some(newer) = self.0.segment.newer(&self.0.storage).await? else {
                return Self::open(&self.0.storage, None).await;
            };
            let new = self.version() + 1..newer.version() + 1;
            let state = self.0.state.advance(&self.0.storage, new).await?;
            Self::new(&self.0.storage, newer, state, Some(self))
        };
        refreshed.await.map_err(|e: Error| e.with_table(self.uri()))
    }

    /// The version after this one, from its commit's lines.
    pub fn advance(&self, lines: &[TableActionLine]) -> Result<Self> {
        Self::new(&self.0.storage, self.0.segment.next(), self.0.state.apply(lines), Some(self))
    }

    /// Whether the table must be listed again before a commit may be put after this version.
    pub fn is_stale(&self) -> bool {
        self.0.seen.elapsed() > FRESH
    }

    /// The same, as if nobody had looked at the table for long.
    #[cfg(test)]
    pub(crate) fn aged(&self) -> Self {
        let Inner { storage, segment, state, view, .. } = &*self.0;
        let seen = Instant::now().checked_sub(2 * FRESH).unwrap();
        let (storage, segment, state, view) = (storage.clone(), segment.clone(), state.clone(), Arc::clone(view));
        Self(Arc::new(Inner { storage, segment, state, view, seen }))
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

    /// The newest transaction of an application up to this version.
    pub fn txn(&self, app_id: &str) -> Option<&Txn> {
        self.0.state.txn(app_id)
    }
}

impl View {
    fn new(protocol: &Protocol, metadata: &Metadata) -> Result<Self> {
        check_readable(protocol, metadata)?;
        let schema = StructType::from_json(&metadata.schema_string)?;
        if !metadata.format.provider.eq_ignore_ascii_case("parquet") {
            return Err(Error::unsupported(format!(
                "the table's data files are of format {:?}: Delta tables of Parquet files can be read",
                metadata.format.provider
            )));
        }
        if schema.contains(&|t| *t == DataType::Variant) {
            return Err(Error::unsupported(
                "reading this table needs the table feature variantType, which is not supported",
            ));
        }
        if let Some(missing) = metadata.partition_columns.iter().find(|c| schema.field(c).is_none()) {
            return Err(Error::corrupt(format!("partition column {missing:?} is not in the table's schema")));
        }
        let properties = Arc::new(TableProperties::new(&metadata.configuration)?);
        Ok(Self { schema: Arc::new(schema), properties })
    }
}
