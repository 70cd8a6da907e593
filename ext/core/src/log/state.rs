//! What an append needs of the log: protocol, metadata and transaction identifiers, never the files.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};

use super::checkpoint;
use super::commit::read_table_actions;
use super::partial::{Partial, Txns};
use super::segment::Segment;
use crate::action::{Metadata, Protocol, TableActionLine, Txn};
use crate::error::{Error, Result};
use crate::storage::Storage;

/// Commits read at a time.
const READS_IN_FLIGHT: usize = 32;

/// Protocol, metadata and transaction identifiers of a version. Cheap to clone and to move forward.
#[derive(Debug, Clone)]
pub struct TableState {
    protocol: Arc<Protocol>,
    metadata: Arc<Metadata>,
    txns: Txns,
}

impl TableState {
    /// Reads the state of a segment: its checkpoint's table actions and its commits.
    pub async fn load(storage: &Storage, segment: &Segment) -> Result<Self> {
        let mut partial = Partial::default();
        if let Some(checkpoint) = segment.checkpoint() {
            checkpoint::read_table_actions(storage, checkpoint, &mut partial).await?;
        }
        let mut commits = reads(storage, segment.commits());
        while let Some(lines) = commits.try_next().await? {
            lines.into_iter().for_each(|line| partial.apply(line));
        }
        let (protocol, metadata, txns) = partial.complete(storage, segment.version())?;
        Ok(Self { protocol: Arc::new(protocol), metadata: Arc::new(metadata), txns })
    }

    /// The state after the commits of `versions`, which must follow this state's own.
    pub async fn advance(&self, storage: &Storage, versions: std::ops::Range<u64>) -> Result<Self> {
        let mut state = self.clone();
        let mut commits = reads(storage, versions);
        while let Some(lines) = commits.try_next().await? {
            state = state.apply(&lines);
        }
        Ok(state)
    }

    /// The state after one more commit.
    #[must_use]
    pub fn apply(&self, lines: &[TableActionLine]) -> Self {
        let mut next = self.clone();
        for line in lines {
            if let Some(protocol) = &line.protocol {
                next.protocol = Arc::new(protocol.clone());
            }
            if let Some(metadata) = &line.metadata {
                next.metadata = Arc::new(metadata.clone());
            }
            if let Some(txn) = &line.txn {
                next.txns.insert(txn.app_id.as_str().into(), txn.clone());
            }
        }
        next
    }

    /// A new table's state.
    pub fn new(protocol: Protocol, metadata: Metadata) -> Self {
        Self { protocol: Arc::new(protocol), metadata: Arc::new(metadata), txns: Txns::new() }
    }

    /// What readers and writers must understand.
    pub fn protocol(&self) -> &Arc<Protocol> {
        &self.protocol
    }

    /// Schema, partitioning, properties.
    pub fn metadata(&self) -> &Arc<Metadata> {
        &self.metadata
    }

    /// The newest transaction of an application.
    pub fn txn(&self, app_id: &str) -> Option<&Txn> {
        self.txns.get(app_id)
    }
}

fn reads(
    storage: &Storage,
    versions: std::ops::Range<u64>,
) -> impl stream::Stream<Item = Result<Vec<TableActionLine>>> + Unpin + use<'_> {
    stream::iter(versions)
        .map(|version| {
            let storage = storage.clone();
            let read = tokio::spawn(async move { read_table_actions(&storage, version).await });
            async move { read.await.unwrap_or_else(|e| Err(Error::internal("reading a commit failed").with_source(e))) }
        })
        .buffered(READS_IN_FLIGHT)
}
