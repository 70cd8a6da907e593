//! A fault in each request of a write, in turn: the outcome that is told is the truth, and the table is whole.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;

use super::*;
use crate::error::ErrorKind;
use crate::expr::{CompareOp, Predicate};
use crate::scan::{Scan, ScanOptions};
use crate::schema::ColumnPath;
use crate::storage::faults::{Fault, Faulty, memory_store};
use crate::value::Scalar;

const OFF: usize = usize::MAX;
/// How long a slow request takes, and what a call has for all of it.
const SLOW: Duration = Duration::from_millis(150);
const DEADLINE: Duration = Duration::from_millis(60);

/// A store that fails its request number `at` after it was armed, once.
struct Armed {
    storage: Storage,
    healthy: Storage,
    count: Arc<AtomicUsize>,
    left: Arc<AtomicUsize>,
}

impl Armed {
    fn new(fault: Fault) -> Self {
        let (count, left) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(OFF)));
        let (counting, at) = (Arc::clone(&count), Arc::clone(&left));
        let store = memory_store();
        let judge = move |_: &str, key: &str| {
            // Checksums and checkpoints are written behind the commit, at times of their own.
            let behind = key.ends_with(".crc") || key.contains("checkpoint");
            if behind || at.load(Ordering::SeqCst) == OFF {
                return Fault::None;
            }
            let number = counting.fetch_add(1, Ordering::SeqCst);
            if number == at.load(Ordering::SeqCst) { fault } else { Fault::None }
        };
        let faulty = Arc::new(Faulty::new(Arc::clone(&store), judge));
        let storage = Storage::for_test(faulty).unwrap();
        Self { storage, healthy: Storage::for_test(store).unwrap(), count, left }
    }

    fn arm(&self, at: usize) {
        self.count.store(0, Ordering::SeqCst);
        self.left.store(at, Ordering::SeqCst);
    }
}

async fn ids(storage: &Storage) -> Vec<i64> {
    let snapshot = Snapshot::open(storage, None).await.unwrap();
    let mut rows = Scan::new(snapshot, ScanOptions::default()).unwrap().stream(Context::default());
    let mut ids = Vec::new();
    while let Some(batch) = rows.next().await.unwrap() {
        let column = batch.column(0).as_any().downcast_ref::<Int64Array>().unwrap();
        ids.extend(column.iter().flatten());
    }
    ids.sort_unstable();
    ids
}

/// Data files that no version names.
async fn strays(storage: &Storage) -> Vec<String> {
    let newest = Snapshot::open(storage, None).await.unwrap().version();
    let mut named = BTreeSet::new();
    for version in 0..=newest {
        for line in crate::log::read_change_lines(storage, version).await.unwrap() {
            named.extend(line.add.map(|a| a.path));
            named.extend(line.cdc.map(|c| c.path));
        }
    }
    let mut stored: Vec<String> = storage.list("", None).await.unwrap().into_iter().map(|f| f.key).collect();
    stored.extend(storage.list("_change_data", None).await.unwrap().into_iter().map(|f| f.key));
    stored.retain(|key| key.ends_with(".parquet") && !named.contains(key));
    stored
}

type Write = for<'a> fn(Snapshot, &'a Context) -> BoxFuture<'a, Result<Appended>>;

/// Makes `write` on a table with the rows 1 to 6 in two files, with `fault` in each of its requests, in turn.
async fn each_request(fault: Fault, write: Write, after: &[i64]) {
    let before = [1, 2, 3, 4, 5, 6];
    for at in 0.. {
        let armed = Armed::new(fault);
        let base = feed_table(&armed.storage).await;
        let base = append(&base, &[1, 2, 3], None).await.unwrap().snapshot;
        let base = append(&base, &[4, 5, 6], None).await.unwrap().snapshot;
        let slow = matches!(fault, Fault::Slow(_));
        let context = Context::new(slow.then_some(DEADLINE));
        armed.arm(at);
        let told = write(base, &context).await;
        let requests = armed.count.load(Ordering::SeqCst);
        if slow {
            // What was given up may still be on its way.
            tokio::time::sleep(2 * SLOW).await;
        }
        armed.left.store(OFF, Ordering::SeqCst);
        let found = ids(&armed.healthy).await;
        let place = format!("{fault:?} in request {at}: {:?}", told.as_ref().map(|t| t.attempts));
        match &told {
            Ok(done) => assert_eq!((found.as_slice(), done.skipped), (after, false), "{place}"),
            Err(e) if e.kind() == ErrorKind::CommitOutcomeUnknown => {
                assert!(found == before || found == after, "{place}: {found:?}");
            }
            Err(e) => assert_eq!(found, before, "{place}: {e}"),
        }
        // What was certain to fail, and could be deleted, is.
        if fault == Fault::Before && told.is_err() {
            for _ in 0..50 {
                if strays(&armed.healthy).await.is_empty() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let left = strays(&armed.healthy).await;
            assert_eq!(left, Vec::<String>::new(), "{place}");
        }
        // Made again with the same key, it is there once.
        let again = write(Snapshot::open(&armed.healthy, None).await.unwrap(), &Context::default()).await.unwrap();
        assert_eq!(again.skipped, found == after, "{place}");
        assert_eq!(ids(&armed.healthy).await, after, "{place}");
        if requests <= at {
            assert!(at >= 3, "only {at} requests were looked at");
            return;
        }
    }
}

async fn feed_table(storage: &Storage) -> Snapshot {
    let protocol = r#"{"protocol":{"minReaderVersion":1,"minWriterVersion":4}}"#;
    let schema = serde_json::to_string(&schema().to_json()).unwrap();
    let metadata = format!(
        r#"{{"metaData":{{"id":"t","format":{{"provider":"parquet","options":{{}}}},"schemaString":{schema},"partitionColumns":[],"configuration":{{"delta.enableChangeDataFeed":"true"}}}}}}"#
    );
    storage.put(&crate::log::commit_key(0), format!("{protocol}\n{metadata}\n").into()).await.unwrap();
    Snapshot::open(storage, None).await.unwrap()
}

fn key() -> Option<AppTransaction> {
    Some(AppTransaction::once("the key"))
}

fn append_rows(base: Snapshot, context: &Context) -> BoxFuture<'_, Result<Appended>> {
    Box::pin(async move { begun(&base, &[7, 8], key(), context).await?.finish().await })
}

fn overwrite_part(base: Snapshot, context: &Context) -> BoxFuture<'_, Result<Appended>> {
    Box::pin(async move {
        let options = AppendOptions { txn: key(), user_metadata: None };
        let mut appender = Appender::begin(base.clone(), options, context.clone(), Clock::system()).await?;
        let above = Predicate::Compare { column: ColumnPath::from("id"), op: CompareOp::GtEq, value: Scalar::Long(5) };
        appender.replacing(Overwrite::matching(&base, above, None)?)?;
        appender.write(rows(&[7, 8])).await?;
        appender.finish().await
    })
}

const AFTER_APPEND: [i64; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
const AFTER_OVERWRITE: [i64; 6] = [1, 2, 3, 4, 7, 8];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_that_fail_before() {
    each_request(Fault::Before, append_rows, &AFTER_APPEND).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_whose_answers_are_lost() {
    each_request(Fault::After, append_rows, &AFTER_APPEND).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_that_run_past_their_deadline() {
    each_request(Fault::Slow(SLOW), append_rows, &AFTER_APPEND).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overwrites_that_fail_before() {
    each_request(Fault::Before, overwrite_part, &AFTER_OVERWRITE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overwrites_whose_answers_are_lost() {
    each_request(Fault::After, overwrite_part, &AFTER_OVERWRITE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn overwrites_that_run_past_their_deadline() {
    each_request(Fault::Slow(SLOW), overwrite_part, &AFTER_OVERWRITE).await;
}
