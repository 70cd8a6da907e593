//! Appends that are made at most once (Delta protocol, "Transaction Identifiers").

use crate::snapshot::Snapshot;

/// An application's transaction, recorded with the rows that it adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppTransaction {
    /// At most once for this key.
    Once(String),
    /// At most once for this version of the application, and never backwards.
    Version {
        /// Names the application.
        app_id: String,
        /// Grows from transaction to transaction.
        version: i64,
    },
}

impl AppTransaction {
    /// A key for one append.
    pub fn once(key: &str) -> Self {
        Self::Once(format!("once:{key}"))
    }

    /// As the log names the application.
    pub fn app_id(&self) -> &str {
        match self {
            Self::Once(app_id) | Self::Version { app_id, .. } => app_id,
        }
    }

    /// As the log counts it.
    pub fn version(&self) -> i64 {
        match self {
            Self::Once(_) => 1,
            Self::Version { version, .. } => *version,
        }
    }

    /// Whether the table has it, or a later one of the same application, at the time `now_ms`.
    pub fn is_done(&self, snapshot: &Snapshot, now_ms: i64) -> bool {
        snapshot.txn(self.app_id(), now_ms).is_some_and(|seen| seen.version >= self.version())
    }
}
