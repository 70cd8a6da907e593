//! What an append needs of the log: protocol, metadata, transaction identifiers and domains, never the files.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};

use super::checkpoint;
use super::commit::read_table_actions;
use super::partial::{Domains, Partial, Txns, apply_domain};
use super::segment::Segment;
use crate::action::{Metadata, Protocol, TableActionLine, Txn};
use crate::error::{Error, Result};
use crate::storage::Storage;

/// Commits read at a time.
const READS_IN_FLIGHT: usize = 32;

/// Protocol, metadata, transaction identifiers and domain metadata of a version. Cheap to clone and to move forward.
#[derive(Debug, Clone)]
pub struct TableState {
    protocol: Arc<Protocol>,
    metadata: Arc<Metadata>,
    txns: Txns,
    domains: Domains,
}

impl TableState {
    /// Reads the state of a segment: its checkpoint's table actions and its commits. Where the checkpoint is damaged, the
    /// segment that comes back does without it.
    pub async fn load(storage: &Storage, segment: Segment) -> Result<(Segment, Self)> {
        let (segment, mut partial) = from_checkpoint(storage, segment).await?;
        let mut commits = reads(storage, segment.commits());
        while let Some(lines) = commits.try_next().await? {
            lines.into_iter().for_each(|line| partial.apply(line));
        }
        let (protocol, metadata, txns, domains) = partial.complete(storage, segment.version())?;
        Ok((segment, Self { protocol: Arc::new(protocol), metadata: Arc::new(metadata), txns, domains }))
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
            if let Some(domain) = &line.domain_metadata {
                apply_domain(&mut next.domains, domain);
            }
        }
        next
    }

    /// A new table's state.
    pub fn new(protocol: Protocol, metadata: Metadata) -> Self {
        Self { protocol: Arc::new(protocol), metadata: Arc::new(metadata), txns: Txns::new(), domains: Domains::new() }
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

    /// The newest transaction of each application, in no order.
    pub fn txns(&self) -> impl Iterator<Item = &Txn> {
        self.txns.values()
    }

    /// Each domain and its configuration, in no order.
    pub fn domains(&self) -> impl Iterator<Item = (&str, &str)> {
        self.domains.iter().map(|(domain, configuration)| (&**domain, &**configuration))
    }
}

async fn from_checkpoint(storage: &Storage, mut segment: Segment) -> Result<(Segment, Partial)> {
    while let Some(checkpoint) = segment.checkpoint() {
        let mut partial = Partial::default();
        match checkpoint::read_table_actions(storage, checkpoint, &mut partial).await {
            Ok(()) => return Ok((segment, partial)),
            Err(e) => segment = segment.instead(storage, e).await?,
        }
    }
    Ok((segment, Partial::default()))
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
