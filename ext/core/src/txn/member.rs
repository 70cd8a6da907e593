//! A transaction on its way: what is left of it to be decided.

use bytes::Bytes;

use super::backfill::take_over;
use super::body::lines_of;
use super::conflict::Conflicts;
use super::isolation::Isolation;
use super::outcome::Outcome;
use super::row_ids;
use super::transaction::Transaction;
use super::validate::validate;
use super::winners::Winner;
use crate::action::{Action, Add, CommitInfo};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::snapshot::Snapshot;
use crate::write::WrittenFiles;

/// One transaction of a commit.
pub(super) struct Member {
    pub(super) transaction: Transaction,
    pub(super) context: Context,
    pub(super) conflicts: Conflicts,
    /// Whether nobody waits for it any more.
    pub(super) given_up: Box<dyn Fn() -> bool + Send + Sync>,
    /// Told once; afterwards it takes no further part.
    pub(super) result: Option<Result<Outcome>>,
    /// Its adds as text, where they are the same at every try.
    adds: Option<Bytes>,
    /// Its removes and change files as text.
    rest: Bytes,
}

impl Member {
    /// Checks all that can be checked without the winners.
    pub(super) fn new(base: &Snapshot, mut transaction: Transaction, context: Context) -> Result<Self> {
        validate(base, &transaction)?;
        let isolation = Isolation::of(&transaction, base.properties());
        transaction.info.isolation_level = isolation.as_str();
        transaction.info.is_blind_append = transaction.is_blind_append();
        transaction.info.read_version = Some(base.version());
        let conflicts = Conflicts::new(base, &transaction, isolation)?;
        let rest = rest_of(&transaction)?;
        let given_up = Box::new(|| false);
        Ok(Self { transaction, context, conflicts, given_up, result: None, adds: None, rest })
    }

    /// The version that its first try is on top of: reserving identities has led past the one that its rows were made for.
    pub(super) fn begins_from(&self, base: &Snapshot) -> Result<Snapshot> {
        match &self.transaction.files.identities {
            Some(known) if known.version() > base.version() && !self.conflicts.need_files() => {
                self.conflicts.check_states(base, known)?;
                Ok(known.on(base.storage()))
            }
            _ => Ok(base.clone()),
        }
    }

    pub(super) fn is_active(&self) -> bool {
        self.result.is_none()
    }

    /// Fits it to one commit of another writer, if that can be.
    pub(super) fn ride_over(&mut self, winner: &Winner) -> Result<()> {
        self.conflicts.check(winner)?;
        if take_over(&mut self.transaction, winner)? {
            self.adds = None;
            self.rest = rest_of(&self.transaction)?;
        }
        Ok(())
    }

    /// Whether others have done all that it was to do.
    pub(super) fn is_done_by_others(&self) -> bool {
        self.conflicts.comes_again() && self.transaction.again.is_empty()
    }

    /// The file actions as text. With `ids` each add gets row ids, and `version` as that of its rows.
    pub(super) fn file_lines(&mut self, ids: Option<&mut row_ids::RowIds>) -> Result<Vec<Bytes>> {
        let adds = match (ids, &self.adds) {
            (None, _) if !self.transaction.again.is_empty() => {
                return Err(Error::internal("files come again for ids, and the table gives none"));
            }
            (None, Some(adds)) => adds.clone(),
            (None, None) => {
                let lines = lines_of(self.transaction.all_adds().map(|add| Action::Add(Box::new(add.clone()))))?;
                self.adds.insert(lines).clone()
            }
            (Some(ids), _) => {
                let tracked: Vec<Add> =
                    self.transaction.all_adds().map(|add| ids.assign(add)).collect::<Result<_>>()?;
                lines_of(tracked.into_iter().map(|add| Action::Add(Box::new(add))))?
            }
        };
        Ok(vec![adds, self.rest.clone()])
    }

    pub(super) fn info(&self) -> &CommitInfo {
        &self.transaction.info
    }

    /// Ends it without a commit: its files are deleted.
    pub(super) async fn end(&mut self, result: Result<Outcome>) {
        let files = std::mem::replace(&mut self.transaction.files, WrittenFiles::none());
        // What cannot be deleted is left to vacuum.
        let _ = files.delete().await;
        self.result = Some(result);
    }

    /// Ends it with its files left alone: a commit names them, or may do so.
    pub(super) fn end_and_keep(&mut self, result: Result<Outcome>) {
        self.transaction.files.keep();
        self.result = Some(result);
    }
}

fn rest_of(transaction: &Transaction) -> Result<Bytes> {
    let removes = transaction.removes.iter().map(|r| Action::Remove(Box::new(r.clone())));
    lines_of(removes.chain(transaction.cdc.iter().map(|c| Action::Cdc(Box::new(c.clone())))))
}
