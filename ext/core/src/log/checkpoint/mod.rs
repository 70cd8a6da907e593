//! Checkpoints of every kind: of one file or several, with V1 or V2 content (Delta protocol, "Checkpoints").

mod columns;
mod part;
mod sidecar;
mod table;
mod top;

pub(super) use columns::Columns;
pub(super) use part::{Part, panicked};
pub(super) use table::read_table_actions;
pub(super) use top::{FileActions, Top};
