//! The entries of commits in a table of DynamoDB (`protocol.md` 3.7).

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use serde_json::{Value, json};

use super::super::log_store::DynamoOptions;
use super::entry::Entry;
use super::service::{Failure, Reason, Service};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};

/// How often, and how many times, it is looked whether a new table is ready.
const LOOK: Duration = Duration::from_millis(500);
const LOOKS: u32 = 120;

/// How often a put of an entry is made whose answers get lost.
const PUTS: u32 = 4;

pub(super) struct Entries {
    service: Arc<dyn Service>,
    options: DynamoOptions,
}

/// What became of a new entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Created {
    Ours,
    /// Another writer has the version.
    Theirs(Entry),
}

impl Entries {
    pub(super) fn new(service: Arc<dyn Service>, options: DynamoOptions) -> Self {
        Self { service, options }
    }

    /// The newest entry of a table; none where there is no table of entries either.
    pub(super) async fn newest(&self, table_path: &str) -> Result<Option<Entry>> {
        known(self.find_newest(table_path).await)
    }

    async fn find_newest(&self, table_path: &str) -> Result<Option<Entry>, Failure> {
        let request = json!({
            "TableName": self.options.table,
            "ConsistentRead": true,
            "ScanIndexForward": false,
            "Limit": 1,
            "KeyConditionExpression": "tablePath = :path",
            "ExpressionAttributeValues": {":path": {"S": table_path}},
        });
        let answer = self.service.call("Query", request).await?;
        let first = answer.get("Items").and_then(|items| items.get(0));
        first.map(Entry::parse).transpose().map_err(other)
    }

    /// The entry of that file.
    pub(super) async fn get(&self, table_path: &str, file_name: &str) -> Result<Option<Entry>> {
        known(self.find(table_path, file_name).await)
    }

    async fn find(&self, table_path: &str, file_name: &str) -> Result<Option<Entry>, Failure> {
        let request = json!({
            "TableName": self.options.table,
            "ConsistentRead": true,
            "Key": {"tablePath": {"S": table_path}, "fileName": {"S": file_name}},
        });
        let answer = self.service.call("GetItem", request).await?;
        let item = answer.get("Item").filter(|item| item.as_object().is_some_and(|item| !item.is_empty()));
        item.map(Entry::parse).transpose().map_err(other)
    }

    /// Puts the entry unless there is one of that file: the commit. An answer that is lost is looked up, and the put made
    /// again with the same entry, so that a late one changes nothing. An error where it stays open what became of it.
    pub(super) async fn create(&self, entry: &Entry) -> Result<Created> {
        let request = json!({
            "TableName": self.options.table,
            "Item": entry.item(None),
            "ConditionExpression": "attribute_not_exists(fileName)",
        });
        let mut maybe_done = false;
        let mut last = None;
        for _ in 0..PUTS {
            let failure = match self.service.call("PutItem", request.clone()).await {
                Ok(_) => return Ok(Created::Ours),
                Err(failure) => failure,
            };
            maybe_done |= failure.maybe_done;
            let is_taken = failure.reason == Reason::Condition;
            if !is_taken && !maybe_done {
                return Err(failure.error.before_writing());
            }
            match self.get(&entry.table_path, &entry.file_name).await {
                Ok(Some(found)) if found.temp_path == entry.temp_path => return Ok(Created::Ours),
                Ok(Some(found)) => return Ok(Created::Theirs(found)),
                // Taken a moment ago, and free again: the entry was deleted by hand, or has expired.
                Ok(None) => {}
                Err(e) if is_taken && !maybe_done => return Err(e.before_writing()),
                Err(e) => return Err(e),
            }
            last = Some(failure.error);
            if Context::current().check().is_err() {
                break;
            }
        }
        Err(last.unwrap_or_else(|| Error::internal("an entry was put no time")))
    }

    /// Marks the entry as one whose file has its name, unless another one has taken its place.
    pub(super) async fn complete(&self, entry: &Entry, now_seconds: u64) -> Result<()> {
        let request = json!({
            "TableName": self.options.table,
            "Item": entry.item(Some(now_seconds.saturating_add(self.options.ttl))),
            "ConditionExpression": "tempPath = :temp",
            "ExpressionAttributeValues": {":temp": {"S": entry.temp_path}},
        });
        match self.service.call("PutItem", request).await {
            Ok(_) => Ok(()),
            Err(failure) if failure.reason == Reason::Condition => Ok(()),
            Err(failure) => Err(failure.error),
        }
    }

    /// Whether the table of entries is there.
    pub(super) async fn has_table(&self, table_path: &str) -> Result<bool> {
        match self.find_newest(table_path).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.reason == Reason::NoTable => Ok(false),
            Err(failure) => Err(failure.error),
        }
    }

    /// Makes the table of entries as Spark does, and waits until it is ready.
    pub(super) async fn create_table(&self) -> Result<()> {
        let attribute = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
        let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
        let (read, write) = (self.options.read_capacity, self.options.write_capacity);
        let request = json!({
            "TableName": self.options.table,
            "AttributeDefinitions": [attribute("tablePath"), attribute("fileName")],
            "KeySchema": [key("tablePath", "HASH"), key("fileName", "RANGE")],
            "ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": write},
        });
        match self.service.call("CreateTable", request).await {
            Ok(_) => {}
            // Another process was quicker.
            Err(failure) if failure.reason == Reason::TableExists => {}
            Err(failure) => return Err(failure.error.context(self.no_table("and it cannot be made"))),
        }
        for _ in 0..LOOKS {
            let described = self.service.call("DescribeTable", json!({"TableName": self.options.table})).await;
            let status = match &described {
                Ok(answer) => answer.pointer("/Table/TableStatus").and_then(Value::as_str).unwrap_or_default(),
                Err(failure) if failure.reason == Reason::NoTable => "CREATING",
                Err(_) => return described.map(|_| ()).map_err(|failure| failure.error),
            };
            match status {
                "ACTIVE" => return Ok(()),
                "CREATING" | "UPDATING" => tokio::time::sleep(LOOK).boxed().await,
                status => {
                    let message = format!("the DynamoDB table {} is {status:?}", self.options.table);
                    return Err(Error::new(ErrorKind::StorageUnavailable, message));
                }
            }
        }
        let message = format!("the DynamoDB table {} does not become ready", self.options.table);
        Err(Error::new(ErrorKind::StorageUnavailable, message))
    }

    /// That there is no table of entries, and `what` of it.
    pub(super) fn no_table(&self, what: &str) -> String {
        let table = &self.options.table;
        format!(
            "there is no DynamoDB table {table} here, {what}; it is made with: aws dynamodb create-table --table-name {table} \
             --attribute-definitions AttributeName=tablePath,AttributeType=S AttributeName=fileName,AttributeType=S \
             --key-schema AttributeName=tablePath,KeyType=HASH AttributeName=fileName,KeyType=RANGE \
             --billing-mode PAY_PER_REQUEST"
        )
    }
}

fn other(error: Error) -> Failure {
    Failure { reason: Reason::Other, maybe_done: false, error }
}

/// Nothing where there is no table.
fn known(found: Result<Option<Entry>, Failure>) -> Result<Option<Entry>> {
    match found {
        Err(failure) if failure.reason == Reason::NoTable => Ok(None),
        found => found.map_err(|failure| failure.error),
    }
}
