//! Changes of a table's columns, properties, constraints and features: one commit of metadata and protocol.

mod change;
mod columns;
mod fields;
mod properties;
mod references;
mod rows;
mod tracking;

use self::change::info_of;
pub use self::change::{Change, Column};
use self::tracking::{give_ids, turns_on};
use super::definition::{Definition, Settled};
use crate::clock::Clock;
use crate::context::Context;
use crate::error::{ConflictKind, Error, ErrorKind, Result};
use crate::features::feature_named;
use crate::snapshot::Snapshot;
use crate::txn::{Outcome, Reads, Transaction, commit};
use crate::write::RowRules;

/// Makes all of `changes`, one after the other, in one commit on top of the newest version; or none of them. Where another
/// writer changes the table meanwhile, they are made again from what it left. Nothing is committed where nothing changes.
///
/// Where they turn on row tracking, commits that give ids to the rows of the past come first.
pub async fn alter(
    base: Snapshot,
    changes: &[Change],
    user_metadata: Option<String>,
    context: &Context,
    clock: &Clock,
) -> Result<Outcome> {
    let uri = base.uri().to_owned();
    let altered = async {
        let mut attempts = 0;
        let mut base = context.limit(base.refresh()).await?;
        loop {
            let Some(transaction) = prepare(&base, changes, context, clock).await? else {
                return Ok(Outcome { snapshot: base, attempts, skipped: true });
            };
            if turns_on_row_tracking(&base, &transaction) {
                let (tracked, tries) = give_ids(&base, context, clock).await?;
                attempts += tries;
                if tracked.version() != base.version() {
                    base = tracked;
                    continue;
                }
            }
            let reads = transaction.reads.clone();
            let transaction = with_words(transaction, user_metadata.clone());
            match commit(base.clone(), transaction, context, clock).await {
                Ok(outcome) => return Ok(Outcome { attempts: attempts + outcome.attempts, ..outcome }),
                Err(e) if is_changed(&e, &reads) => {
                    attempts += 1;
                    context.check()?;
                    base = context.limit(base.refresh()).await?;
                }
                Err(e) => return Err(e),
            }
        }
    };
    altered.await.map_err(|e: Error| e.with_table(uri))
}

fn with_words(mut transaction: Transaction, words: Option<String>) -> Transaction {
    transaction.info.user_metadata = words;
    transaction
}

/// Whether another writer changed what the changes are made to. Rows that it added are not: to look at all of them again
/// and again would never end. Rows without ids are, since there are none of them any more once the protocol says so.
fn is_changed(error: &Error, reads: &Reads) -> bool {
    match error.kind() {
        ErrorKind::CommitConflict(ConflictKind::MetadataChanged | ConflictKind::ProtocolChanged) => true,
        ErrorKind::CommitConflict(_) => *reads == Reads::WithoutIds,
        _ => false,
    }
}

fn turns_on_row_tracking(base: &Snapshot, transaction: &Transaction) -> bool {
    transaction.metadata.as_ref().is_some_and(|after| turns_on(base.metadata(), after))
}

#[cfg(test)]
pub(super) use prepare as prepared;

/// The commit after `base`; `None` where it would change nothing.
pub(super) async fn prepare(
    base: &Snapshot,
    changes: &[Change],
    context: &Context,
    clock: &Clock,
) -> Result<Option<Transaction>> {
    base.check_appendable()?;
    let mut definition = Definition::of(base);
    for change in changes {
        apply(&mut definition, change)?;
    }
    let Settled { protocol, metadata, .. } = definition.settle()?;
    if protocol == *base.protocol() && metadata == *base.metadata() {
        return Ok(None);
    }
    if RowRules::new(base, clock).is_ok() {
        let after = Snapshot::told(base.storage(), base.version(), protocol.clone(), metadata.clone())?;
        RowRules::new(&after, clock)?;
    }
    let mut transaction = Transaction::new(info_of(changes));
    transaction.protocol = (protocol != *base.protocol()).then_some(protocol);
    transaction.metadata = (metadata != *base.metadata()).then_some(metadata);
    if turns_on_row_tracking(base, &transaction) {
        transaction.reads = Reads::WithoutIds;
    }
    for change in changes {
        if let Change::AddConstraint { name, expression } = change {
            rows::check_rows(base, name, expression, context).await?;
            transaction.reads = Reads::Table;
        }
    }
    Ok(Some(transaction))
}

fn apply(definition: &mut Definition, change: &Change) -> Result<()> {
    match change {
        Change::AddColumn { column, field, after, first } => {
            columns::add(definition, column, field, after.as_deref(), *first)
        }
        Change::DropColumn { column } => columns::drop(definition, column),
        Change::RenameColumn { column, to } => columns::rename(definition, column, to),
        Change::ChangeType { column, to } => fields::change_type(definition, column, to),
        Change::ChangeNull { column, nullable } => fields::change_null(definition, column, *nullable),
        Change::ChangeComment { column, comment } => fields::change_comment(definition, column, comment.as_deref()),
        Change::ChangeDefault { column, default } => fields::change_default(definition, column, default.as_deref()),
        Change::SetProperties { properties } => properties::set(definition, properties),
        Change::UnsetProperties { keys, if_exists } => properties::unset(definition, keys, *if_exists),
        Change::AddConstraint { name, expression } => properties::add_constraint(definition, name, expression),
        Change::DropConstraint { name, if_exists } => properties::drop_constraint(definition, name, *if_exists),
        Change::AddFeature { name } => {
            definition.wanted.features.insert(feature_named(name)?);
            Ok(())
        }
        Change::SetName { name } => {
            definition.metadata.name.clone_from(name);
            Ok(())
        }
        Change::SetDescription { description } => {
            definition.metadata.description.clone_from(description);
            Ok(())
        }
    }
}
