//! A table of DynamoDB in memory that fails on purpose, and writers over it and a store in memory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::super::service::{Failure, Reason, Service};
use super::super::{DynamoLogStore, table_paths};
use crate::error::{Error, ErrorKind};
use crate::storage::Store;
use crate::storage::faults::{Fault, Faulty, memory_store};
use crate::storage::log_store::DynamoOptions;

/// Items by table path and file name; none where there is no table.
type Items = Option<BTreeMap<(String, String), Value>>;

type Judge = Arc<dyn Fn(&str) -> Fault + Send + Sync>;

/// What all writers of a table share.
#[derive(Clone)]
pub(super) struct World {
    pub(super) objects: Arc<dyn Store>,
    pub(super) items: Arc<Mutex<Items>>,
}

impl World {
    pub(super) fn new() -> Self {
        Self { objects: memory_store(), items: Arc::new(Mutex::new(Some(BTreeMap::new()))) }
    }

    pub(super) fn without_table() -> Self {
        Self { objects: memory_store(), items: Arc::default() }
    }

    /// A writer that nothing happens to.
    pub(super) fn writer(&self) -> DynamoLogStore {
        self.writer_at("s3")
    }

    /// One that writes the address with that scheme.
    pub(super) fn writer_at(&self, scheme: &str) -> DynamoLogStore {
        self.build(scheme, Arc::clone(&self.objects), Arc::new(|_| Fault::None))
    }

    /// One that asks `judge` over each of its requests, by the name of the request and, of a store's, its key.
    pub(super) fn faulty(&self, judge: impl Fn(&str) -> Fault + Send + Sync + 'static) -> DynamoLogStore {
        let judge: Judge = Arc::new(judge);
        let of_store = Arc::clone(&judge);
        let objects = Faulty::new(Arc::clone(&self.objects), move |name, key| of_store(&format!("{name} {key}")));
        self.build("s3", Arc::new(objects), judge)
    }

    /// One that dies at its request of that number: it is not done, or done and not answered; nor is any after it.
    pub(super) fn dying(&self, at: usize, fault: Fault) -> (DynamoLogStore, Arc<AtomicUsize>) {
        let made = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&made);
        let writer = self.faulty(move |_| match counter.fetch_add(1, Ordering::SeqCst) {
            n if n < at => Fault::None,
            n if n == at => fault,
            _ => Fault::Before,
        });
        (writer, made)
    }

    fn build(&self, scheme: &str, objects: Arc<dyn Store>, judge: Judge) -> DynamoLogStore {
        let service = Arc::new(Fake { items: Arc::clone(&self.items), judge });
        let names = table_paths(scheme, "bucket", &"t".into());
        DynamoLogStore::new(objects, "s3://bucket/t", names, service, DynamoOptions::default())
    }

    pub(super) fn item(&self, version: u64) -> Option<Value> {
        let key = ("s3://bucket/t".to_owned(), format!("{version:020}.json"));
        self.items.lock().unwrap().as_ref()?.get(&key).cloned()
    }

    pub(super) fn put_item(&self, path: &str, version: u64, temp: &str, complete: bool) {
        let name = format!("{version:020}.json");
        let item = json!({"tablePath": {"S": path}, "fileName": {"S": name}, "tempPath": {"S": temp},
            "complete": {"S": complete.to_string()}});
        self.items.lock().unwrap().as_mut().unwrap().insert((path.to_owned(), name), item);
    }

    pub(super) async fn commits(&self) -> Vec<String> {
        let files = self.objects.list("_delta_log", None).await.unwrap();
        files.into_iter().map(|file| file.key.trim_start_matches("_delta_log/").to_owned()).collect()
    }

    pub(super) async fn temporary(&self) -> usize {
        self.objects.list("_delta_log/.tmp", None).await.unwrap().len()
    }

    pub(super) async fn text(&self, version: u64) -> Option<String> {
        let bytes = self.objects.get(&format!("_delta_log/{version:020}.json")).await.ok()?;
        Some(String::from_utf8(bytes.to_vec()).unwrap())
    }
}

struct Fake {
    items: Arc<Mutex<Items>>,
    judge: Judge,
}

impl Fake {
    fn perform(&self, operation: &str, request: &Value) -> Result<Value, Failure> {
        let mut table = self.items.lock().unwrap();
        let text = |value: &Value, name: &str| value[name]["S"].as_str().unwrap().to_owned();
        if operation == "CreateTable" {
            return match &mut *table {
                Some(_) => Err(refuse(Reason::TableExists)),
                none => {
                    *none = Some(BTreeMap::new());
                    Ok(json!({}))
                }
            };
        }
        let Some(items) = table.as_mut() else { return Err(refuse(Reason::NoTable)) };
        match operation {
            "DescribeTable" => Ok(json!({"Table": {"TableStatus": "ACTIVE"}})),
            "GetItem" => {
                let key = (text(&request["Key"], "tablePath"), text(&request["Key"], "fileName"));
                Ok(items.get(&key).map_or(json!({}), |item| json!({"Item": item})))
            }
            "Query" => {
                let path = text(&request["ExpressionAttributeValues"], ":path");
                let newest = items.iter().filter(|((of, _), _)| *of == path).map(|(_, item)| item).next_back();
                Ok(json!({"Items": newest.into_iter().collect::<Vec<_>>()}))
            }
            "PutItem" => {
                let item = &request["Item"];
                let key = (text(item, "tablePath"), text(item, "fileName"));
                let holds = match request["ConditionExpression"].as_str().unwrap() {
                    "attribute_not_exists(fileName)" => !items.contains_key(&key),
                    "tempPath = :temp" => items.get(&key).is_some_and(|there| {
                        text(there, "tempPath") == text(&request["ExpressionAttributeValues"], ":temp")
                    }),
                    other => panic!("no such condition: {other}"),
                };
                if !holds {
                    return Err(refuse(Reason::Condition));
                }
                items.insert(key, item.clone());
                Ok(json!({}))
            }
            other => panic!("no such operation: {other}"),
        }
    }
}

impl Service for Fake {
    fn call<'a>(&'a self, operation: &'static str, request: Value) -> BoxFuture<'a, Result<Value, Failure>> {
        async move {
            // As over a network, others come in between.
            tokio::task::yield_now().await;
            match (self.judge)(operation) {
                Fault::Before => Err(Failure { maybe_done: true, ..refuse(Reason::Other) }),
                Fault::After => {
                    let _ = self.perform(operation, &request);
                    Err(Failure { maybe_done: true, ..refuse(Reason::Other) })
                }
                _ => self.perform(operation, &request),
            }
        }
        .boxed()
    }
}

fn refuse(reason: Reason) -> Failure {
    let error = Error::new(ErrorKind::StorageUnavailable, format!("refused: {reason:?}"));
    Failure { reason, maybe_done: false, error }
}
