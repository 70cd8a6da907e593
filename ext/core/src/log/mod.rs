//! The transaction log: file names, segments, commits, checkpoints, replay.

mod changes;
mod checkpoint;
mod checksum;
mod cleanup;
mod commit;
mod hint;
mod history;
mod last_checkpoint;
mod listing;
mod name;
mod partial;
mod replay;
mod segment;
mod state;
mod tip;

#[cfg(test)]
pub(crate) mod tests;

pub use changes::{ChangeLine, change_lines, commit_files, read_change_lines};
pub use checkpoint::{FileColumns, NewCheckpoint, WrittenCheckpoint, write_checkpoint};
pub use checksum::write_checksum;
pub use cleanup::{Cleaned, clean_log};
pub use commit::{commit_key, read_commit, read_table_actions, table_actions};
pub use history::{CommitRecord, commit_times, commit_timestamp, earliest_version, history, version_at};
pub use last_checkpoint::write_last_checkpoint;
pub use replay::{PartitionFilter, Replay, ReplayOptions};
pub use segment::Segment;
pub use state::TableState;

pub use crate::storage::LOG_FOLDER;
