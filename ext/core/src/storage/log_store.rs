//! What the options say of how commits get their versions.

use super::location::StorageOptions;
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

const SPARK: &str = "io.delta.storage.s3dynamodblogstore.";

/// Names of options, and the names under which Spark and delta-rs have them.
const NAMES: [(&str, &[&str]); 9] = [
    ("log_store", &["aws_s3_locking_provider", "s3_locking_provider", "locking_provider"]),
    ("conditional_put", &[]),
    ("dynamodb_table", &["ddb.tablename", "delta_dynamo_table_name", "dynamo_table_name"]),
    ("dynamodb_region", &["ddb.region", "aws_region_dynamodb"]),
    ("dynamodb_endpoint", &["aws_endpoint_url_dynamodb", "endpoint_url_dynamodb"]),
    ("dynamodb_table_path", &[]),
    ("dynamodb_ttl", &["ddb.ttl"]),
    ("dynamodb_read_capacity", &["provisionedthroughput.rcu"]),
    ("dynamodb_write_capacity", &["provisionedthroughput.wcu"]),
];

/// The name that an option goes by here, where it is one of these.
fn name(given: &str) -> Option<&'static str> {
    let given = given.to_ascii_lowercase();
    let given = given.strip_prefix("spark.").unwrap_or(&given);
    let given = given.strip_prefix(SPARK).unwrap_or(given);
    NAMES.iter().find(|(name, others)| *name == given || others.contains(&given)).map(|(name, _)| *name)
}

/// Whether the option is settled here and not by a store's client.
pub(super) fn is_own(given: &str, value: &str) -> bool {
    match name(given) {
        // The client has one of that name too.
        Some("conditional_put") => value.eq_ignore_ascii_case("trust"),
        known => known.is_some(),
    }
}

/// Whether conditional puts are trusted unseen.
pub(super) fn trusts(options: &StorageOptions) -> bool {
    value(options, "conditional_put").is_some_and(|value| value.eq_ignore_ascii_case("trust"))
}

fn value<'a>(options: &'a StorageOptions, wanted: &str) -> Option<&'a str> {
    options.0.iter().find(|(given, _)| name(given) == Some(wanted)).map(|(_, value)| value.trim())
}

/// What the options say.
pub(super) fn read(options: &StorageOptions) -> Result<LogStore> {
    let wrong = |message: String| Err(Error::new(ErrorKind::Configuration, message));
    match value(options, "log_store").map(str::to_ascii_lowercase).as_deref() {
        Some("dynamodb") => {}
        other => {
            if let Some((given, _)) =
                options.0.iter().find(|(given, _)| name(given).is_some_and(|n| n.starts_with("dynamodb")))
            {
                return wrong(format!("the storage option {given:?} has a meaning only with log_store: :dynamodb"));
            }
            return match other {
                None => Ok(LogStore::Default),
                Some("conditional_put") => Ok(LogStore::ConditionalPut),
                Some(other) => wrong(format!("log_store is :dynamodb or :conditional_put, not {other:?}")),
            };
        }
    }
    let text = |name| value(options, name).filter(|text| !text.is_empty()).map(str::to_owned);
    let number = |name, default| match value(options, name) {
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
