//! What a commit must never hold, checked before anything is sent.

use std::collections::HashSet;

use super::transaction::Transaction;
use super::upgrade::check_shape;
use crate::action::FileKey;
use crate::error::{Error, ErrorKind, Result};
use crate::path::Root;
use crate::snapshot::Snapshot;

/// Refuses a transaction that would break the table.
pub(super) fn validate(base: &Snapshot, transaction: &Transaction) -> Result<()> {
    check_keys(base, transaction)?;
    check_append_only(base, transaction)?;
    let besides = transaction.all_adds().count() - transaction.again.len() + transaction.removes.len();
    if !transaction.again.is_empty() && (besides > 0 || transaction.metadata.is_some() || transaction.txn.is_some()) {
        return Err(Error::internal("files that come again for ids are alone in their commit"));
    }
    let mut domains = HashSet::new();
    if let Some(twice) = transaction.domains.iter().find(|d| !domains.insert(&d.domain)) {
        return Err(Error::internal(format!("a commit has domain {:?} twice", twice.domain)));
    }
    if let Some(protocol) = &transaction.protocol {
        check_shape(protocol)?;
    }
    match &transaction.metadata {
        Some(metadata) if metadata.id != base.metadata().id => {
            Err(Error::internal("a commit must not change the id of the table"))
        }
        _ => Ok(()),
    }
}

/// No file twice among the adds, nor among the removes, nor the same file in both (Delta protocol, "Add File and Remove
/// File").
fn check_keys(base: &Snapshot, transaction: &Transaction) -> Result<()> {
    let root = Root::new(base.uri());
    let mut seen: HashSet<FileKey> = HashSet::new();
    let adds = transaction.all_adds().map(|add| (&add.path, add.deletion_vector.as_ref()));
    let removes = transaction.removes.iter().map(|remove| (&remove.path, remove.deletion_vector.as_ref()));
    for (path, deletion_vector) in adds.chain(removes) {
        if !seen.insert(root.key(path, deletion_vector)?) {
            return Err(Error::internal(format!("a commit names file {path} twice")));
        }
    }
    Ok(())
}

/// Delta protocol, "Append-only Tables".
pub(super) fn check_append_only(base: &Snapshot, transaction: &Transaction) -> Result<()> {
    if base.properties().append_only && transaction.removes.iter().any(|remove| remove.data_change) {
        return Err(Error::new(
            ErrorKind::ConstraintViolation,
            "rows may only be added to this table: its property delta.appendOnly is true",
        )
        .with_version(base.version()));
    }
    Ok(())
}
