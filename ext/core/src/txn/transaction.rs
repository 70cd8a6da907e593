//! What a commit is to hold, and what it was made from.

use super::columns::NewColumns;
use super::idempotence::AppTransaction;
use super::reservation::Reservation;
use crate::action::{Add, AddCdc, CommitInfo, DomainMetadata, Metadata, Protocol, Remove};
use crate::expr::Predicate;
use crate::write::WrittenFiles;

/// What the rows of a commit were made from: another commit must not have changed it meanwhile.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Reads {
    /// No rows of the table.
    #[default]
    Nothing,
    /// The rows for which the predicate is true. The files that they were read from are [`Transaction::read_files`].
    Where(Predicate),
    /// All rows.
    Table,
    /// Whether there are files whose rows have no ids.
    WithoutIds,
}

/// Everything that one commit does. Whoever prepares it fills in what is needed; the rest stays empty.
#[derive(Debug)]
pub struct Transaction {
    /// Data files that are written, and change files among their cleanup: deleted again where it is sure that no commit
    /// names them.
    pub files: WrittenFiles,
    /// Files that join the table besides: staged ones, or those that come again with another deletion vector. They are
    /// never deleted.
    pub adds: Vec<Add>,
    /// Files of the table that join it again so that their rows get ids: the same otherwise, and nothing else is in the
    /// commit. What another commit removes or adds meanwhile is left to that one; where no file is left, nothing is
    /// committed.
    pub again: Vec<Add>,
    /// Files that leave the table. See [`Remove::of`].
    pub removes: Vec<Remove>,
    /// Change files.
    pub cdc: Vec<AddCdc>,
    /// A new protocol.
    pub protocol: Option<Protocol>,
    /// New metadata.
    pub metadata: Option<Metadata>,
    /// Columns to add beside, where there is no new metadata.
    pub columns: Option<NewColumns>,
    /// Identities to reserve, where nothing else is done.
    pub reservation: Option<Reservation>,
    /// Domains that change.
    pub domains: Vec<DomainMetadata>,
    /// An application's transaction, committed with all the rest or not at all. Where it is done, nothing is committed.
    pub txn: Option<AppTransaction>,
    /// What was read.
    pub reads: Reads,
    /// Paths of the files that were read, as the log has them; those of `removes` need not be named again, and none
    /// where the whole table was read.
    pub read_files: Vec<String>,
    /// Provenance; its `txn_id` tells this commit from all others.
    pub info: CommitInfo,
}

impl Transaction {
    /// A commit of nothing yet.
    pub fn new(info: CommitInfo) -> Self {
        Self {
            files: WrittenFiles::none(),
            adds: Vec::new(),
            again: Vec::new(),
            removes: Vec::new(),
            cdc: Vec::new(),
            protocol: None,
            metadata: None,
            columns: None,
            reservation: None,
            domains: Vec::new(),
            txn: None,
            reads: Reads::Nothing,
            read_files: Vec::new(),
            info,
        }
    }

    /// Files that join the table.
    pub(super) fn all_adds(&self) -> impl Iterator<Item = &Add> {
        self.files.adds.iter().chain(&self.adds).chain(&self.again)
    }

    /// As Spark has it: nothing was read, and of file actions there are only adds.
    pub(super) fn is_blind_append(&self) -> bool {
        let only_adds = self.removes.is_empty() && self.cdc.is_empty() && self.again.is_empty();
        only_adds && self.reads == Reads::Nothing && self.read_files.is_empty()
    }

    /// Whether the same rows lie in other files afterwards and nothing else changes.
    pub(super) fn only_rearranges(&self) -> bool {
        let files = self.all_adds().count() + self.removes.len() > 0;
        let rest = self.cdc.is_empty()
            && self.protocol.is_none()
            && self.metadata.is_none()
            && self.columns.is_none()
            && self.txn.is_none();
        let data_changes = self.all_adds().any(|a| a.data_change) || self.removes.iter().any(|r| r.data_change);
        files && rest && self.domains.is_empty() && !data_changes
    }
}
