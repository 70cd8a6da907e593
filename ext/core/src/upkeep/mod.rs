//! What keeps a table quick to open however many commits it gets: checkpoints, and the log cleaned up behind them.

mod background;
mod checkpoint;
mod cleanup;

#[cfg(test)]
mod tests;

pub use background::{Done, Kept, after_commit, idle, is_idle, set_background, take_done};
pub use checkpoint::checkpoint;
pub use cleanup::clean;
