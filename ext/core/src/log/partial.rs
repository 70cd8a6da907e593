//! Table actions while they are being put together, from a checkpoint and the commits after it.

use std::sync::Arc;

use crate::action::{DomainMetadata, Metadata, Protocol, TableActionLine, Txn};
use crate::error::{Error, Result};
use crate::storage::Storage;

/// The newest transaction of each application. Persistent: a version shares what it did not change.
pub(super) type Txns = imbl::HashMap<Arc<str>, Txn>;

/// The configuration of each domain that has not been removed.
pub(super) type Domains = imbl::HashMap<Arc<str>, Arc<str>>;

/// A newer action on a domain.
pub(super) fn apply_domain(domains: &mut Domains, action: &DomainMetadata) {
    match action.removed {
        true => domains.remove(action.domain.as_str()),
        false => domains.insert(action.domain.as_str().into(), action.configuration.as_str().into()),
    };
}

/// The newest of each so far; later lines replace earlier ones.
#[derive(Debug, Default)]
pub(super) struct Partial {
    protocol: Option<Protocol>,
    metadata: Option<Metadata>,
    txns: Txns,
    domains: Domains,
}

impl Partial {
    pub(super) fn apply(&mut self, line: TableActionLine) {
        if let Some(protocol) = line.protocol {
            self.protocol = Some(protocol);
        }
        if let Some(metadata) = line.metadata {
            self.metadata = Some(metadata);
        }
        if let Some(txn) = line.txn {
            self.txns.insert(txn.app_id.as_str().into(), txn);
        }
        if let Some(domain) = &line.domain_metadata {
            apply_domain(&mut self.domains, domain);
        }
    }

    /// Protocol and metadata, which every log must have, the transactions and the domains.
    pub(super) fn complete(self, storage: &Storage, version: u64) -> Result<(Protocol, Metadata, Txns, Domains)> {
        let missing = |what: &str| {
            Error::corrupt(format!("the log of {} up to version {version} has no {what} action", storage.uri()))
                .with_version(version)
        };
        let protocol = self.protocol.ok_or_else(|| missing("protocol"))?;
        let metadata = self.metadata.ok_or_else(|| missing("metaData"))?;
        Ok((protocol, metadata, self.txns, self.domains))
    }
}
