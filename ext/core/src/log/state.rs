//! What an append needs of the log: protocol, metadata, transaction identifiers and domains, never the files.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::checkpoint;
use super::commit::read_table_actions;
use super::partial::{Domains, Partial, Txns, apply_domain};
use super::segment::Segment;
use crate::action::{Metadata, Protocol, TableActionLine, Txn};
use crate::context;
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
    /// The newest commit's own time, where the table keeps such times and the commit was read.
    timestamp: Option<i64>,
}

impl TableState {
    /// Reads the state of a segment: its checkpoint's table actions and its commits. Where the checkpoint is damaged, the
    /// segment that comes back does without it.
    pub async fn load(storage: &Storage, segment: Segment) -> Result<(Segment, Self)> {
        let since = segment.commits();
        let mut commits = std::pin::pin!(reads(storage, since.clone()).peekable());
        // The first commits are asked for beside the checkpoint.
        let (loaded, _) = futures::join!(from_checkpoint(storage, segment), commits.as_mut().peek());
        let (segment, mut partial) = loaded?;
        // Where the checkpoint was no good there are more of them.
        let before = segment.commits().start..since.start;
        let mut commits = reads(storage, before).chain(commits);
        let mut info = None;
        while let Some(lines) = commits.try_next().await? {
            info = None;
            for line in lines {
                info = line.commit_info.clone().or(info);
                partial.apply(line);
            }
        }
        let (protocol, metadata, txns, domains) = partial.complete(storage, segment.version())?;
        let timestamp = timestamp(&metadata, info.as_deref());
        Ok((segment, Self { protocol: Arc::new(protocol), metadata: Arc::new(metadata), txns, domains, timestamp }))
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
        let info = lines.iter().find_map(|line| line.commit_info.as_deref());
        next.timestamp = timestamp(&next.metadata, info);
        next
    }

    /// A new table's state.
    pub fn new(protocol: Protocol, metadata: Metadata) -> Self {
        let (protocol, metadata) = (Arc::new(protocol), Arc::new(metadata));
        Self { protocol, metadata, txns: Txns::new(), domains: Domains::new(), timestamp: None }
    }

    /// The same state but for its metadata.
    #[must_use]
    pub fn with_metadata(&self, metadata: Metadata) -> Self {
        Self { metadata: Arc::new(metadata), ..self.clone() }
    }

    /// The newest commit's own time in milliseconds, where the table keeps such times and the commit was read.
    pub fn timestamp(&self) -> Option<i64> {
        self.timestamp
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

/// Delta protocol, "In-Commit Timestamps".
fn timestamp(metadata: &Metadata, info: Option<&RawValue>) -> Option<i64> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Time {
        in_commit_timestamp: Option<i64>,
    }
    let on = metadata.configuration.get("delta.enableInCommitTimestamps")?.as_deref()?;
    if !on.eq_ignore_ascii_case("true") {
        return None;
    }
    serde_json::from_str::<Time>(info?.get()).ok()?.in_commit_timestamp
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
            let read = context::spawn(async move { read_table_actions(&storage, version).await });
            async move { read.await.unwrap_or_else(|e| Err(Error::internal("reading a commit failed").with_source(e))) }
        })
        .buffered(READS_IN_FLIGHT)
}
