//! What a transaction takes over from a commit that it rides over, where row tracking is being turned on meanwhile (Spark's
//! `resolveRowTrackingBackfillConflicts`).

use std::collections::{HashMap, HashSet};

use super::transaction::Transaction;
use super::winners::Winner;
use crate::action::Add;
use crate::error::Result;
use crate::path::Root;

/// Fits `transaction` to what `winner` did to the same files. Tells whether that changed anything.
pub(super) fn take_over(transaction: &mut Transaction, winner: &Winner) -> Result<bool> {
    let root = Root::new(winner.after.uri());
    let left = leave_to(transaction, winner, &root)?;
    Ok(take_ids(transaction, winner, &root)? || left)
}

/// A file that comes again would undo what another commit did to it; and has ids then, if it is still there.
fn leave_to(transaction: &mut Transaction, winner: &Winner, root: &Root) -> Result<bool> {
    if transaction.again.is_empty() {
        return Ok(false);
    }
    let mut theirs = HashSet::new();
    for line in &winner.files {
        let added = line.add.as_ref().map(|add| &add.path);
        for path in added.into_iter().chain(line.remove.as_ref().map(|remove| &remove.path)) {
            theirs.insert(root.key(path, None)?.path);
        }
    }
    let before = transaction.again.len();
    let mut kept = Vec::with_capacity(before);
    for add in std::mem::take(&mut transaction.again) {
        if !theirs.contains(&root.key(&add.path, None)?.path) {
            kept.push(add);
        }
    }
    transaction.again = kept;
    Ok(transaction.again.len() < before)
}

/// What is said of a file has the ids that the file has got.
fn take_ids(transaction: &mut Transaction, winner: &Winner, root: &Root) -> Result<bool> {
    if !winner.gives_ids || (transaction.removes.is_empty() && transaction.adds.is_empty()) {
        return Ok(false);
    }
    let mut given: HashMap<String, &Add> = HashMap::new();
    for add in winner.files.iter().filter_map(|line| line.add.as_ref()) {
        given.insert(root.key(&add.path, None)?.path, add);
    }
    let removes =
        transaction.removes.iter_mut().map(|r| (&r.path, &mut r.base_row_id, &mut r.default_row_commit_version));
    let adds = transaction.adds.iter_mut().map(|a| (&a.path, &mut a.base_row_id, &mut a.default_row_commit_version));
    let mut changed = false;
    for (path, base_row_id, version) in removes.chain(adds) {
        if let Some(add) = given.get(&root.key(path, None)?.path) {
            (*base_row_id, *version) = (add.base_row_id, add.default_row_commit_version);
            changed = true;
        }
    }
    Ok(changed)
}
