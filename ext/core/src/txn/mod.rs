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
mod identities;
mod identity_pool;
mod isolation;
mod member;
mod outcome;
mod reservation;
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
pub use self::identities::check_identities;
pub use self::identity_pool::IdentityPool;
pub use self::outcome::Outcome;
pub use self::reservation::Reservation;
pub use self::transaction::{Reads, Transaction};
