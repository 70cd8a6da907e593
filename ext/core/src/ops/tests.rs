mod alter;
mod alter_faults;
mod anew;
mod append;
mod columns;
mod create;
mod faults;
mod identity;
mod leftovers;
mod memory;
mod model;
mod outcome;
mod overwrite;
mod probed;
mod tracking;
mod written;

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};

use super::*;
use crate::clock::Clock;
use crate::context::Context;
use crate::error::Result;
use crate::log::ReplayOptions;
use crate::schema::StructType;
use crate::snapshot::Snapshot;
use crate::storage::Storage;
use crate::txn::{AppTransaction, GroupCommits};

fn schema() -> StructType {
    let field = |name: &str, of: &str| format!(r#"{{"name":"{name}","type":"{of}","nullable":true,"metadata":{{}}}}"#);
    let fields = [field("id", "long"), field("country", "string")].join(",");
    StructType::from_json(&format!(r#"{{"type":"struct","fields":[{fields}]}}"#)).unwrap()
}

fn new_table() -> NewTable {
    NewTable { schema: schema(), ..NewTable::default() }
}

async fn table(storage: &Storage) -> Snapshot {
    create(storage, new_table(), &Context::default(), &Clock::system()).await.unwrap()
}

fn rows(ids: &[i64]) -> RecordBatch {
    let countries: Vec<String> = ids.iter().map(|id| format!("c{}", id % 2)).collect();
    let columns: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(ids.to_vec())), Arc::new(StringArray::from(countries))];
    RecordBatch::try_new(schema().to_arrow(), columns).unwrap()
}

async fn begun(base: &Snapshot, ids: &[i64], txn: Option<AppTransaction>, context: &Context) -> Result<Appender> {
    let options = AppendOptions { txn, user_metadata: None };
    let mut appender = Appender::begin(base.clone(), options, context.clone(), Clock::system()).await?;
    appender.write(rows(ids)).await?;
    Ok(appender)
}

async fn append(base: &Snapshot, ids: &[i64], txn: Option<AppTransaction>) -> Result<Appended> {
    begun(base, ids, txn, &Context::default()).await?.finish().await
}

/// Rows of all live files, by their statistics.
async fn live_rows(snapshot: &Snapshot) -> u64 {
    let mut replay = snapshot.replay(ReplayOptions { stats: true, ..ReplayOptions::default() });
    let mut count = 0;
    while let Some(adds) = replay.next().await.unwrap() {
        for add in adds {
            let stats: serde_json::Value = serde_json::from_str(add.stats.as_deref().unwrap()).unwrap();
            count += stats["numRecords"].as_u64().unwrap();
        }
    }
    count
}

/// Data files in the folder, whether a commit names them or not.
async fn stored_files(storage: &Storage) -> usize {
    storage.list("", None).await.unwrap().iter().filter(|f| f.key.ends_with(".parquet")).count()
}
