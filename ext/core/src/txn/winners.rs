//! The commits that were made while ours was being prepared.

use std::collections::VecDeque;

use futures::future::join_all;
use serde::Deserialize;
use serde_json::Value;

use crate::action::{MARKS_ONLY_TAG, Operation, TableActionLine};
use crate::error::Result;
use crate::log::{ChangeLine, change_lines, read_commit, table_actions};
use crate::snapshot::Snapshot;
use crate::storage::{Storage, is_not_found};

/// Most commits asked for at a time.
const WIDEST: u64 = 64;

/// A commit that is there already.
pub(super) struct Winner {
    pub(super) before: Snapshot,
    pub(super) after: Snapshot,
    pub(super) lines: Vec<TableActionLine>,
    /// Its file actions, where they were asked for.
    pub(super) files: Vec<ChangeLine>,
    pub(super) is_blind_append: bool,
    /// Whether it only gave ids to the rows of files that were there.
    pub(super) gives_ids: bool,
    pub(super) note: CommitNote,
}

/// What a commit says of its own nature.
#[derive(Default)]
pub(super) struct CommitNote {
    pub(super) operation: Option<String>,
    /// How rows were written: `Append`, `Overwrite`.
    pub(super) mode: Option<String>,
    /// Whether its metadata differs from that before it in the marks of identity columns alone, which went on.
    pub(super) moves_marks_only: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Info {
    txn_id: Option<String>,
    is_blind_append: Option<bool>,
    // Of any type, since what is odd there must not hide the rest.
    operation: Value,
    operation_parameters: Value,
    tags: Value,
}

/// Walks from a version over every commit after it.
///
/// Asks for one commit, then two, then four: the contents are needed in any case, and a listing is then not.
pub(super) struct Winners<'a> {
    with_files: bool,
    txn_id: &'a str,
    at: Snapshot,
    read: VecDeque<Read>,
    wide: u64,
}

/// What comes after a version.
pub(super) enum Next {
    /// Another commit.
    Theirs(Box<Winner>),
    /// Our own, whose answer was lost: the table after it.
    Ours(Snapshot),
    /// Nothing: this is the newest version.
    Nothing(Snapshot),
}

impl<'a> Winners<'a> {
    /// From `base` on, up to the commit with that `txn_id`.
    pub(super) fn after(base: &Snapshot, with_files: bool, txn_id: &'a str) -> Self {
        Self { with_files, txn_id, at: base.clone(), read: VecDeque::new(), wide: 1 }
    }

    pub(super) async fn next(&mut self) -> Result<Next> {
        if self.read.is_empty() {
            let versions = self.at.version() + 1..self.at.version() + 1 + self.wide;
            self.read =
                join_all(versions.map(|version| read(self.at.storage(), version, self.with_files))).await.into();
            self.wide = (self.wide * 2).min(WIDEST);
        }
        let (lines, files) = match self.read.pop_front() {
            Some(Ok(read)) => read,
            Some(Err(e)) if !is_not_found(&e) => return Err(e),
            _ => return Ok(Next::Nothing(self.at.clone())),
        };
        let after = self.at.advance(&lines)?;
        let before = std::mem::replace(&mut self.at, after.clone());
        let Info { txn_id, is_blind_append, operation, operation_parameters, tags } = info(&lines);
        if txn_id.as_deref() == Some(self.txn_id) {
            return Ok(Next::Ours(after));
        }
        let note = CommitNote {
            operation: operation.as_str().map(str::to_owned),
            mode: operation_parameters["mode"].as_str().map(str::to_owned),
            moves_marks_only: tags[MARKS_ONLY_TAG].as_str() == Some("true"),
        };
        let is_blind_append = is_blind_append.unwrap_or(false);
        let gives_ids = note.operation.as_deref() == Some(Operation::RowTrackingBackfill.as_str());
        Ok(Next::Theirs(Box::new(Winner { before, after, lines, files, is_blind_append, gives_ids, note })))
    }
}

type Read = Result<(Vec<TableActionLine>, Vec<ChangeLine>)>;

async fn read(storage: &Storage, version: u64, with_files: bool) -> Read {
    let bytes = read_commit(storage, version).await?;
    let lines = table_actions(&bytes, storage, version)?;
    let files = if with_files { change_lines(&bytes, storage, version)? } else { Vec::new() };
    Ok((lines, files))
}

/// Whether the commit is the one with that `txnId`.
pub(super) fn is_commit(lines: &[TableActionLine], txn_id: &str) -> bool {
    info(lines).txn_id.as_deref() == Some(txn_id)
}

fn info(lines: &[TableActionLine]) -> Info {
    let info = lines.iter().find_map(|line| line.commit_info.as_ref());
    info.and_then(|info| serde_json::from_str(info.get()).ok()).unwrap_or_default()
}
