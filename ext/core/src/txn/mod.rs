//! Commits: put-if-absent, conflict rules, and the outcome told truly (`PROTOCOL.md`, "Optimistic Concurrency Control").

mod attempt;
mod backfill;
mod backoff;
mod body;
mod columns;
mod commit;
mod compose;
mod conflict;
mod first;
mod group;
mod idempotence;
mod isolation;
mod member;
mod outcome;
mod row_ids;
#[cfg(test)]
mod tests;
mod timestamp;
mod tolerated;
mod transaction;
mod upgrade;
mod validate;
mod winners;

pub use self::columns::NewColumns;
pub use self::commit::commit;
pub use self::conflict::check_layout;
pub use self::first::{FirstCommit, commit_first};
pub use self::group::GroupCommits;
pub use self::idempotence::AppTransaction;
pub use self::outcome::Outcome;
pub use self::transaction::{Reads, Transaction};
