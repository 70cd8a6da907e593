//! Overwriting: rows that take the place of others, in one commit.

mod change_files;
mod partitions;
mod rewrite;

use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use futures::StreamExt;

use self::change_files::ChangeFiles;
use self::partitions::partitions_of;
use self::rewrite::{Rewriter, Rewritten};
use crate::action::{Add, CommitInfo, Remove};
use crate::clock::Clock;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::expr::{BoundPredicate, Predicate};
use crate::ops::appended::Replaced;
use crate::scan::{Match, matching_files};
use crate::snapshot::Snapshot;
use crate::txn::{NewColumns, Reads, Transaction, check_identities, check_layout};
use crate::write::EmptyIsNull;

/// Files rewritten at a time.
const REWRITES_IN_FLIGHT: usize = 4;

/// What rows are replaced.
#[derive(Debug, Clone)]
pub struct Overwrite {
    scope: Scope,
    /// The condition, for the history.
    shown: Option<String>,
}

#[derive(Debug, Clone)]
enum Scope {
    Table,
    Where(Predicate, Arc<BoundPredicate>, EmptyIsNull),
    /// The partitions that the new rows are in.
    Partitions,
}

impl Overwrite {
    /// Of all rows.
    pub fn table() -> Self {
        Self { scope: Scope::Table, shown: None }
    }

    /// Of the rows of `base` and later that `predicate` is true of. `shown` is the condition as people write it.
    pub fn matching(base: &Snapshot, predicate: Predicate, shown: Option<String>) -> Result<Self> {
        let bound = Arc::new(predicate.bind(base.schema())?);
        let empty = EmptyIsNull::new(base.schema(), base.partition_columns());
        Ok(Self { scope: Scope::Where(predicate, bound, empty), shown })
    }

    /// Of the partitions that the new rows are in.
    pub fn partitions() -> Self {
        Self { scope: Scope::Partitions, shown: None }
    }

    pub(super) fn check(&self, base: &Snapshot) -> Result<()> {
        if base.properties().append_only {
            return Err(append_only(base));
        }
        if matches!(self.scope, Scope::Partitions) && base.partition_columns().is_empty() {
            return Err(Error::argument(
                "dynamic: true replaces the partitions that the rows are in, and this table has none: use where:",
            ));
        }
        Ok(())
    }

    /// Refuses rows that would not be replaced by the same overwrite made again.
    pub(super) fn check_rows(&self, batch: &RecordBatch, first_row: u64) -> Result<()> {
        let Scope::Where(_, bound, empty) = &self.scope else { return Ok(()) };
        let inside = bound.filter(batch)?;
        let outside = (0..inside.len()).find(|&row| inside.is_null(row) || !inside.value(row));
        match outside {
            None => Ok(()),
            Some(row) => Err(Error::new(
                ErrorKind::ConstraintViolation,
                format!(
                    "row {} is outside of what is overwritten{}: the where: must be true of every row{}",
                    first_row + row as u64,
                    self.shown.as_ref().map_or_else(String::new, |text| format!(" ({text})")),
                    empty.hint_among(bound.columns(), batch, row)
                ),
            )),
        }
    }

    pub(super) fn describe(&self, info: CommitInfo) -> CommitInfo {
        match (&self.scope, &self.shown) {
            (Scope::Partitions, _) => info.parameter("dynamicPartitionOverwrite", "true"),
            (_, Some(text)) => info.parameter("predicate", text),
            _ => info,
        }
    }
}

fn append_only(base: &Snapshot) -> Error {
    Error::new(
        ErrorKind::ConstraintViolation,
        "rows may only be added to this table: its property delta.appendOnly is true",
    )
    .with_table(base.uri())
    .with_version(base.version())
}

/// Completes `transaction`, which has the new rows' files, by what leaves the newest version of the table for them. Gives
/// that version.
pub(super) async fn replaced_by(
    base: &Snapshot,
    overwrite: &Overwrite,
    transaction: &mut Transaction,
    context: &Context,
    clock: &Clock,
) -> Result<(Snapshot, Replaced)> {
    // Writing the rows may have taken long: what they replace is looked for as late as can be.
    let newest = context.limit(base.refresh()).await?;
    check_layout(base, &newest).map_err(|e| e.with_table(base.uri()))?;
    if let Some(known) = &transaction.files.identities {
        context.limit(check_identities(known, &newest)).await.map_err(|e| e.with_table(base.uri()))?;
        transaction.files.identities = Some(newest.clone());
    }
    let replaced = context.limit(replace(&newest, overwrite, transaction, context, clock)).await;
    replaced.map(|replaced| (newest.clone(), replaced)).map_err(|e| e.with_table(base.uri()))
}

async fn replace(
    base: &Snapshot,
    overwrite: &Overwrite,
    transaction: &mut Transaction,
    context: &Context,
    clock: &Clock,
) -> Result<Replaced> {
    let predicate = match &overwrite.scope {
        Scope::Table => Predicate::Always,
        Scope::Where(predicate, ..) => predicate.clone(),
        Scope::Partitions => partitions_of(base, &transaction.files.adds)?,
    };
    let files = matching_files(base, &predicate).await?;
    let mut whole = Vec::new();
    let mut parts = Vec::new();
    for (add, matched) in files {
        match matched {
            Match::All => whole.push(add),
            Match::Some => parts.push(add),
            Match::None => {}
        }
    }
    transaction.read_files = parts.iter().map(|add| add.path.clone()).collect();
    transaction.reads = match overwrite.scope {
        Scope::Table => Reads::Table,
        _ => Reads::Where(predicate.clone()),
    };
    let new = transaction.files.adds.clone();
    let mut replaced = Replaced::default();
    let table = transaction.columns.as_ref().map_or(base, NewColumns::view);
    let mut changes = if parts.is_empty() { None } else { ChangeFiles::of(base, table, context, clock)? };
    let rewriter = Rewriter::new(base, &predicate, context, clock)?;
    let mut rewrites =
        futures::stream::iter(parts).map(|add| rewriter.rewrite(add)).buffer_unordered(REWRITES_IN_FLIGHT);
    let mut rewritten: Vec<Rewritten> = Vec::new();
    while let Some(file) = rewrites.next().await {
        rewritten.extend(file?);
    }
    drop(rewrites);
    // A commit with change files is read by these alone, so they tell of all rows or of none.
    if let (Some(changes), false) = (&mut changes, rewritten.is_empty()) {
        for file in &rewritten {
            changes.deleted(std::slice::from_ref(&file.add), &predicate).await?;
        }
        changes.deleted(&whole, &Predicate::Always).await?;
        changes.inserted(&new).await?;
    }
    let mut leaving: Vec<Add> = whole;
    for Rewritten { add, files, kept } in rewritten {
        replaced.copied_rows += kept;
        leaving.push(add);
        let adds = transaction.files.take_charge(files);
        transaction.files.adds.extend(adds);
    }
    if let Some(changes) = changes {
        let (cdc, files) = changes.finish().await?;
        transaction.files.take_charge(files);
        transaction.cdc = cdc;
    }
    replaced.files = leaving.len() as u64;
    let now_ms = clock.now_ms();
    let removed_bytes = leaving.iter().filter_map(|add| u64::try_from(add.size).ok()).sum();
    let info = std::mem::replace(&mut transaction.info, CommitInfo::new(crate::action::Operation::Write));
    transaction.info = info
        .metric("numRemovedFiles", replaced.files)
        .metric("numRemovedBytes", removed_bytes)
        .metric("numCopiedRows", replaced.copied_rows)
        .metric("numAddedChangeFiles", transaction.cdc.len() as u64);
    transaction.removes = leaving.into_iter().map(|add| Remove::of(add, now_ms, true)).collect();
    Ok(replaced)
}
