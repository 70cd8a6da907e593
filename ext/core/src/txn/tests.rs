mod conflicts;
mod group;
mod rebase;
mod refused;

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::action::{Add, CommitInfo, Operation, Remove};
use crate::clock::Clock;
use crate::context::Context;
use crate::error::{ConflictKind, Error, ErrorKind, Result};
use crate::log::commit_key;
use crate::snapshot::Snapshot;
use crate::storage::Storage;

const SCHEMA: &str = r#"{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{}},{"name":"p","type":"string","nullable":true,"metadata":{}}]}"#;

/// A table that other writers commit to by hand.
pub(super) struct Table {
    pub(super) storage: Storage,
    version: u64,
}

impl Table {
    pub(super) async fn new(features: &[&str], configuration: Value) -> Self {
        let protocol = match features {
            [] => json!({"minReaderVersion": 1, "minWriterVersion": 2}),
            _ => json!({"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": features}),
        };
        let mut table = Self { storage: Storage::in_memory().unwrap(), version: 0 };
        table.commit(&[json!({"protocol": protocol}), metadata(SCHEMA, configuration)]).await;
        table
    }

    pub(super) async fn commit(&mut self, actions: &[Value]) {
        let lines: Vec<String> = actions.iter().map(Value::to_string).collect();
        self.storage.put(&commit_key(self.version), Bytes::from(lines.join("\n"))).await.unwrap();
        self.version += 1;
    }

    pub(super) async fn snapshot(&self) -> Snapshot {
        Snapshot::open(&self.storage, None).await.unwrap()
    }

    pub(super) async fn lines(&self, version: u64) -> Vec<Value> {
        let bytes = self.storage.get(&commit_key(version)).await.unwrap();
        bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(|l| serde_json::from_slice(l).unwrap()).collect()
    }
}

pub(super) fn metadata(schema: &str, configuration: Value) -> Value {
    json!({"metaData": {"id": "t", "format": {"provider": "parquet", "options": {}}, "schemaString": schema,
        "partitionColumns": ["p"], "configuration": configuration}})
}

pub(super) fn add(path: &str, partition: &str) -> Add {
    Add {
        path: path.to_owned(),
        partition_values: BTreeMap::from([("p".to_owned(), Some(partition.to_owned()))]),
        size: 1,
        data_change: true,
        stats: Some(r#"{"numRecords":10}"#.to_owned()),
        ..Add::default()
    }
}

pub(super) fn adding(path: &str) -> Transaction {
    Transaction { adds: vec![add(path, "a")], ..Transaction::new(CommitInfo::new(Operation::Write)) }
}

pub(super) fn removing(path: &str, reads: Reads) -> Transaction {
    let removes = vec![Remove::of(add(path, "a"), 1, true)];
    Transaction { removes, reads, ..Transaction::new(CommitInfo::new(Operation::Delete)) }
}

pub(super) async fn commit_now(base: &Snapshot, transaction: Transaction) -> Result<Outcome> {
    commit(base.clone(), transaction, &Context::default(), &Clock::system()).await
}
