//! Whether the commits of others leave reserved identities alone (Delta protocol, "Identity Columns").
//!
//! A reserved value stays its owner's as long as the mark only goes on. Who replaces a table, or sets a mark to what the
//! rows say, gives values out again; a look at two versions cannot tell, so each commit between them is looked at.

use super::winners::{CommitNote, Next, Winner, Winners};
use crate::error::{ConflictKind, Error, ErrorKind, Result};
use crate::snapshot::Snapshot;
use crate::write::identity_columns;

/// Most commits that are read for the sake of reserved values: as many cost more than new values.
const MOST_COMMITS: u64 = 1_000;

/// Operations that change metadata and write no rows.
const WITHOUT_ROWS: &[&str] = &[
    "ADD COLUMNS",
    "ADD CONSTRAINT",
    "ALTER TABLE",
    "CHANGE COLUMN",
    "CLUSTER BY",
    "DROP COLUMNS",
    "DROP CONSTRAINT",
    "RENAME COLUMN",
    "SET TBLPROPERTIES",
    "UNSET TBLPROPERTIES",
    "UPGRADE PROTOCOL",
];

/// Whether both versions give out the same identities, from wherever either has come.
pub(super) fn count_alike(one: &Snapshot, other: &Snapshot) -> bool {
    let columns = |table: &Snapshot| identity_columns(table.protocol(), table.schema());
    match (columns(one), columns(other)) {
        (Ok(a), Ok(b)) => {
            let alike = a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.counts_as(b));
            one.metadata().id == other.metadata().id && alike
        }
        _ => false,
    }
}

/// Whether values that were reserved before the commit are nobody else's after it.
pub(super) fn leaves_identities(winner: &Winner) -> bool {
    let (before, after) = (&winner.before, &winner.after);
    if !winner.lines.iter().any(|line| line.metadata.is_some()) {
        return true;
    }
    let columns = |table: &Snapshot| identity_columns(table.protocol(), table.schema()).unwrap_or_default();
    let goes_on = columns(before).iter().zip(&columns(after)).all(|(a, b)| a.is_passed_by(b));
    // A table that is replaced by more rows than it had looks as if its marks had gone on.
    count_alike(before, after) && goes_on && is_known_to_go_on(&winner.note)
}

fn is_known_to_go_on(note: &CommitNote) -> bool {
    let operation = note.operation.as_deref().unwrap_or_default();
    let appends = operation == "WRITE" && note.mode.as_deref() == Some("Append");
    note.moves_marks_only || appends || WITHOUT_ROWS.contains(&operation)
}

/// Refuses to commit values that were reserved, where a commit after `known` and up to `newest` may have given them out
/// again.
pub async fn check_identities(known: &Snapshot, newest: &Snapshot) -> Result<()> {
    let gone = |version: u64| {
        conflict(version)
            .context(format_args!("{} commits were made since", newest.version().saturating_sub(known.version())))
    };
    if newest.version() <= known.version() {
        return Ok(());
    }
    if newest.version() - known.version() > MOST_COMMITS {
        return Err(gone(newest.version()));
    }
    let mut winners = Winners::after(known, false, "");
    loop {
        match winners.next().await? {
            Next::Theirs(winner) => {
                let version = winner.after.version();
                if !leaves_identities(&winner) {
                    return Err(conflict(version));
                }
                if version >= newest.version() {
                    return Ok(());
                }
            }
            // Log cleanup has taken commits that nobody has looked at.
            Next::Ours(at) | Next::Nothing(at) => return Err(gone(at.version() + 1)),
        }
    }
}

/// For rows whose identities may have been given out again by `version`.
pub(super) fn conflict(version: u64) -> Error {
    Error::new(
        ErrorKind::CommitConflict(ConflictKind::MetadataChanged),
        format!(
            "version {version} may have given out the identities again that were reserved for these rows; refresh and \
             write the rows again"
        ),
    )
    .with_version(version)
}
