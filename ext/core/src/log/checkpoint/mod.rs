//! Checkpoints of every kind: of one file or several, with V1 or V2 content (Delta protocol, "Checkpoints").

mod columns;
mod files;
mod parsed_stats;
mod part;
mod piece;
mod sidecar;
mod table;
mod top;
mod write;

pub(super) use columns::Columns;
pub(super) use files::file_actions;
pub(super) use parsed_stats::ParsedStats;
pub(super) use part::{Part, panicked};
pub(super) use piece::Piece;
pub(super) use table::read_table_actions;
pub(super) use top::{FileActions, Top};
pub use write::{FileColumns, NewCheckpoint, WrittenCheckpoint, write_checkpoint};
