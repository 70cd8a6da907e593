//! Which leaf columns get statistics (Delta protocol, "Per-file Statistics").

use super::TableProperties;

/// Decides over a table's leaf columns, asked in schema order.
#[derive(Debug, Clone)]
pub enum IndexedColumns {
    /// As many leaves.
    First(u64),
    /// The leaves under these paths; case is ignored.
    Listed(Vec<Vec<String>>),
}

impl IndexedColumns {
    /// As the properties say.
    pub fn new(properties: &TableProperties) -> Self {
        match &properties.stats_columns {
            Some(paths) => {
                Self::Listed(paths.iter().map(|p| p.names().iter().map(|n| n.to_lowercase()).collect()).collect())
            }
            None => Self::First(u64::try_from(properties.num_indexed_cols).unwrap_or(u64::MAX)),
        }
    }

    /// Whether the next leaf gets statistics; its path is in lower case.
    pub fn takes(&mut self, path: &[String]) -> bool {
        match self {
            Self::First(0) => false,
            Self::First(left) => {
                *left -= 1;
                true
            }
            Self::Listed(listed) => listed.iter().any(|prefix| path.starts_with(prefix)),
        }
    }
}
