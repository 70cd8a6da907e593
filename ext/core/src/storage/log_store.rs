//! What the options say of how commits get their versions.

use super::options::Settings;
use crate::error::{Error, ErrorKind, Result};

/// How commits get their versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LogStore {
    /// By conditional puts, as nothing else is said.
    Default,
    /// By conditional puts, whatever the log shows of other ways.
    ConditionalPut,
    /// By entries in a table of DynamoDB.
    DynamoDb(DynamoOptions),
}

/// Where the entries are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DynamoOptions {
    pub(super) table: String,
    pub(super) region: Option<String>,
    pub(super) endpoint: Option<String>,
    /// The table's address as its other writers have it.
    pub(super) table_path: Option<String>,
    /// Seconds that a completed entry is kept.
    pub(super) ttl: u64,
    pub(super) read_capacity: u64,
    pub(super) write_capacity: u64,
}

impl Default for DynamoOptions {
    fn default() -> Self {
        Self {
            table: "delta_log".to_owned(),
            region: None,
            endpoint: None,
            table_path: None,
            ttl: 86_400,
            read_capacity: 5,
            write_capacity: 5,
        }
    }
}

/// Whether conditional puts are trusted unseen.
pub(super) fn trusts(settings: &Settings) -> bool {
    value(settings, "conditional_put") == Some("trust")
}

/// Only what is said of the table itself: a variable of the environment would hold for all.
fn value<'a>(settings: &'a Settings, name: &str) -> Option<&'a str> {
    settings.given(name).map(str::trim)
}

/// What the options say.
pub(super) fn read(settings: &Settings) -> Result<LogStore> {
    let wrong = |message: String| Err(Error::new(ErrorKind::Configuration, message));
    match value(settings, "log_store").map(str::to_ascii_lowercase).as_deref() {
        Some("dynamodb") => {}
        other => {
            if let Some((given, _)) = settings.values().find(|(name, _)| name.starts_with("dynamodb")) {
                return wrong(format!("the storage option {given:?} has a meaning only with log_store: :dynamodb"));
            }
            return match other {
                None => Ok(LogStore::Default),
                Some("conditional_put") => Ok(LogStore::ConditionalPut),
                Some(other) => wrong(format!("log_store is :dynamodb or :conditional_put, not {other:?}")),
            };
        }
    }
    let text = |name| value(settings, name).filter(|text| !text.is_empty()).map(str::to_owned);
    let number = |name, default| match value(settings, name) {
        None => Ok(default),
        Some(text) => match text.parse::<u64>() {
            Ok(number) if (1..=u64::from(u32::MAX)).contains(&number) => Ok(number),
            _ => wrong(format!("the storage option {name} is a whole number from 1 on, not {text:?}"))
                .map(|_: LogStore| 0),
        },
    };
    let default = DynamoOptions::default();
    Ok(LogStore::DynamoDb(DynamoOptions {
        table: text("dynamodb_table").unwrap_or(default.table),
        region: text("dynamodb_region"),
        endpoint: text("dynamodb_endpoint"),
        table_path: text("dynamodb_table_path").map(|path| path.trim_end_matches('/').to_owned()),
        ttl: number("dynamodb_ttl", default.ttl)?,
        read_capacity: number("dynamodb_read_capacity", default.read_capacity)?,
        write_capacity: number("dynamodb_write_capacity", default.write_capacity)?,
    }))
}
