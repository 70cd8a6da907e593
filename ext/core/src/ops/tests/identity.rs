//! Appends to tables with identity columns, by several processes: snapshots that were opened on their own share nothing.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use arrow::array::{AsArray, new_null_array};
use arrow::datatypes::Int64Type;
use serde_json::{Value, json};

use super::*;
use crate::error::{ConflictKind, ErrorKind};
use crate::log::commit_key;
use crate::scan::Scan;
use crate::schema::{DataType, Field, IdentityColumn};
use crate::storage::faults::{Fault, Faulty, memory_store};
use crate::write::RowBatch;

const CONFLICT: ErrorKind = ErrorKind::CommitConflict(ConflictKind::MetadataChanged);

fn identities(start: i64, step: i64) -> StructType {
    let metadata = json!({"delta.identity.start": start, "delta.identity.step": step,
        "delta.identity.allowExplicitInsert": false});
    let field = |name: &str, of: &str, metadata: &Value| json!({"name": name, "type": of, "nullable": true, "metadata": metadata});
    let fields = [field("id", "long", &metadata), field("country", "string", &json!({}))];
    StructType::from_json(&json!({"type": "struct", "fields": fields}).to_string()).unwrap()
}

async fn made(storage: &Storage, start: i64, step: i64) -> Snapshot {
    let wanted = NewTable { schema: identities(start, step), ..NewTable::default() };
    create(storage, wanted, &Context::default(), &Clock::system()).await.unwrap()
}

async fn opened(storage: &Storage) -> Snapshot {
    Snapshot::open(storage, None).await.unwrap()
}

fn unnumbered(country: &str, rows: usize) -> RowBatch {
    let given = identities(1, 1).to_arrow();
    let countries = Arc::new(StringArray::from(vec![country; rows]));
    let columns: Vec<ArrayRef> = vec![new_null_array(&DataType::Long.to_arrow(), rows), countries];
    RowBatch::without(RecordBatch::try_new(given, columns).unwrap(), &[0])
}

async fn started(base: &Snapshot, country: &str, rows: usize, txn: Option<AppTransaction>) -> Appender {
    let options = AppendOptions { txn, user_metadata: None };
    let mut appender = Appender::begin(base.clone(), options, Context::default(), Clock::system()).await.unwrap();
    appender.write(unnumbered(country, rows)).await.unwrap();
    appender
}

async fn appended(base: &Snapshot, rows: usize) -> Result<Appended> {
    started(base, "ours", rows, None).await.finish().await
}

async fn ids(storage: &Storage) -> Vec<i64> {
    let scan = Scan::new(opened(storage).await, Default::default()).unwrap();
    let mut rows = scan.stream(Context::default());
    let mut ids = Vec::new();
    while let Some(batch) = rows.next().await.unwrap() {
        ids.extend(batch.column_by_name("id").unwrap().as_primitive::<Int64Type>().values());
    }
    ids.sort_unstable();
    ids
}

fn mark(snapshot: &Snapshot) -> Option<i64> {
    IdentityColumn::all(snapshot.schema()).unwrap()[0].mark
}

/// What another writer commits as the next version: metadata with that mark, and what it says of itself.
async fn others(storage: &Storage, mark: Option<i64>, info: Value) -> Snapshot {
    let base = opened(storage).await;
    let mut metadata = base.metadata().clone();
    let mut schema: Value = serde_json::from_str(&metadata.schema_string).unwrap();
    schema["fields"][0]["metadata"]["delta.identity.highWaterMark"] = json!(mark);
    metadata.schema_string = schema.to_string();
    let lines = [json!({"commitInfo": info}).to_string(), json!({"metaData": metadata}).to_string()];
    storage.put(&commit_key(base.version() + 1), lines.join("\n").into()).await.unwrap();
    opened(storage).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_appends_land_and_no_value_comes_twice() {
    let storage = Storage::in_memory().unwrap();
    let partition_by = vec!["country".to_owned()];
    let wanted = NewTable { schema: identities(1, 1), partition_by, ..NewTable::default() };
    create(&storage, wanted, &Context::default(), &Clock::system()).await.unwrap();
    let processes = (0..6).map(|process| {
        let storage = storage.clone();
        tokio::spawn(async move {
            let mut table = opened(&storage).await;
            for append in 0..8 {
                table = appended(&table, 1 + (process + append) % 3).await.unwrap().snapshot;
            }
        })
    });
    let beside = {
        let storage = storage.clone();
        tokio::spawn(async move {
            for _ in 0..5 {
                let table = opened(&storage).await;
                let mut appender = started(&table, "other", 0, None).await;
                appender.replacing(Overwrite::partitions()).unwrap();
                appender.write(unnumbered("other", 2)).await.unwrap();
                appender.finish().await.unwrap();
            }
        })
    };
    for process in processes.collect::<Vec<_>>().into_iter().chain([beside]) {
        process.await.unwrap();
    }
    let found = ids(&storage).await;
    assert_eq!(found.len(), 6 * 16 + 2);
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
    assert!(mark(&opened(&storage).await).unwrap() >= *found.last().unwrap());
}

#[tokio::test]
async fn one_process_leaves_no_gap_and_reserves_seldom() {
    let storage = Storage::in_memory().unwrap();
    let mut table = made(&storage, 1, 1).await;
    table = appended(&table, 3).await.unwrap().snapshot;
    assert_eq!((table.version(), mark(&table)), (2, Some(3)), "what is needed and no more");
    for _ in 0..37 {
        table = appended(&table, 1).await.unwrap().snapshot;
    }
    assert_eq!(ids(&storage).await, (1..=40).collect::<Vec<_>>());
    assert_eq!(table.version(), 38 + 5, "reserved for 3 rows, and ahead 3, 6, 12, 24 more");
    assert_eq!(mark(&table), Some(48));
}

#[tokio::test]
async fn a_reservation_says_what_it_is() {
    let storage = Storage::in_memory().unwrap();
    appended(&made(&storage, 1, 1).await, 2).await.unwrap();
    let commit = storage.get(&commit_key(1)).await.unwrap();
    let lines: Vec<Value> =
        commit.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(|l| serde_json::from_slice(l).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    let info = &lines[0]["commitInfo"];
    assert_eq!(info["operation"], "RESERVE IDENTITIES");
    assert_eq!(info["operationParameters"], json!({"columns": "[\"id\"]", "count": "2"}));
    assert_eq!(info["tags"], json!({"delta.identity.schemaUpdate": "true"}));
    assert!(lines[1]["metaData"]["schemaString"].as_str().unwrap().contains(r#""delta.identity.highWaterMark":2"#));
    let append = String::from_utf8(storage.get(&commit_key(2)).await.unwrap().to_vec()).unwrap();
    assert!(!append.contains("metaData") && append.contains(r#""isBlindAppend":true"#), "{append}");
}

#[tokio::test]
async fn an_append_that_is_done_reserves_nothing() {
    let storage = Storage::in_memory().unwrap();
    let table = made(&storage, 1, 1).await;
    let once = || Some(AppTransaction::once("key"));
    let first = started(&table, "ours", 2, once()).await.finish().await.unwrap();
    let again = started(&opened(&storage).await, "ours", 2, once()).await.finish().await.unwrap();
    assert_eq!((first.skipped, again.skipped), (false, true));
    assert_eq!((opened(&storage).await.version(), ids(&storage).await), (2, vec![1, 2]));
}

#[tokio::test]
async fn values_are_not_used_where_another_writer_gives_them_out_again() {
    let spark = |operation: &str, parameters: Value, tags: Value| json!({"operation": operation, "operationParameters": parameters, "tags": tags});
    let only_marks = json!({"delta.identity.schemaUpdate": "true"});
    for (mark_then, info, rides_over) in [
        (None, spark("REPLACE TABLE", json!({}), json!({})), false),
        (Some(3), spark("CHANGE COLUMN", json!({}), json!({})), false),
        (Some(100), spark("CREATE OR REPLACE TABLE AS SELECT", json!({}), json!({})), false),
        (Some(4), spark("CREATE OR REPLACE TABLE AS SELECT", json!({}), json!({})), false),
        (Some(100), json!({}), false),
        (Some(3), spark("WRITE", json!({"mode": "Append"}), only_marks.clone()), false),
        (Some(100), spark("WRITE", json!({"mode": "Overwrite"}), json!({})), false),
        (Some(100), spark("WRITE", json!({"mode": "Overwrite"}), only_marks.clone()), true),
        (Some(100), spark("MERGE", json!({}), only_marks), true),
        (Some(100), spark("WRITE", json!({"mode": "Append"}), json!({})), true),
        (Some(4), spark("SET TBLPROPERTIES", json!({}), json!({})), true),
    ] {
        for knows_of_it in [false, true] {
            let storage = Storage::in_memory().unwrap();
            let mut table = made(&storage, 1, 1).await;
            for _ in 0..3 {
                table = appended(&table, 1).await.unwrap().snapshot;
            }
            assert_eq!(mark(&table), Some(4), "value 4 is reserved and not used");
            others(&storage, mark_then, info.clone()).await;
            let base = if knows_of_it { table.refresh().await.unwrap() } else { table };
            let next = match appended(&base, 1).await {
                Ok(_) if rides_over => 4,
                Ok(_) => {
                    assert!(knows_of_it, "{info}");
                    mark_then.unwrap_or(0) + 1
                }
                Err(error) => {
                    assert_eq!((error.kind(), rides_over, knows_of_it), (CONFLICT, false, false), "{info}");
                    continue;
                }
            };
            let mut expected = vec![1, 2, 3, next];
            expected.sort_unstable();
            assert_eq!(ids(&storage).await, expected, "{info}, {knows_of_it}");
        }
    }
}

#[tokio::test]
async fn a_table_that_is_put_back_from_a_copy_knows_nothing_of_later_values() {
    let storage = Storage::in_memory().unwrap();
    let mut table = made(&storage, 1, 1).await;
    let copy = storage.get(&commit_key(0)).await.unwrap();
    for _ in 0..3 {
        table = appended(&table, 1).await.unwrap().snapshot;
    }
    for version in 0..=table.version() {
        storage.delete(&commit_key(version)).await.unwrap();
    }
    storage.put(&commit_key(0), copy).await.unwrap();
    let back = appended(&opened(&storage).await, 1).await.unwrap().snapshot;
    assert_eq!((back.version(), ids(&storage).await), (2, vec![1]));
}

#[tokio::test]
async fn who_has_not_looked_for_long_looks_at_every_commit() {
    let storage = Storage::in_memory().unwrap();
    let mut table = made(&storage, 1, 1).await;
    for _ in 0..5 {
        table = appended(&table, 1).await.unwrap().snapshot;
    }
    let slow = || async { started(&table, "ours", 1, None).await.aged() };
    let (first, second) = (slow().await, slow().await);
    appended(&opened(&storage).await, 5).await.unwrap();
    first.finish().await.unwrap();
    others(&storage, None, json!({"operation": "REPLACE TABLE"})).await;
    others(&storage, Some(100), json!({"tags": {"delta.identity.schemaUpdate": "true"}})).await;
    assert_eq!(second.finish().await.unwrap_err().kind(), CONFLICT);
}

#[tokio::test]
async fn staged_rows_keep_their_values() {
    let storage = Storage::in_memory().unwrap();
    let table = made(&storage, 1, 1).await;
    let (one, other) = (opened(&storage).await, opened(&storage).await);
    let staged = [
        started(&one, "a", 2, None).await.stage().await.unwrap(),
        started(&other, "b", 3, None).await.stage().await.unwrap(),
    ];
    let carried: Vec<StagedFiles> =
        staged.iter().map(|s| StagedFiles::from_json(&s.to_json().unwrap()).unwrap()).collect();
    assert_eq!(carried, staged);
    appended(&table, 1).await.unwrap();
    let commit = |base: Snapshot, staged: Vec<StagedFiles>| async move {
        commit_staged(base, &staged, None, None, &Context::default(), &Clock::system()).await
    };
    commit(table.clone(), carried).await.unwrap();
    assert_eq!(ids(&storage).await, [1, 2, 3, 4, 5, 6]);

    let late = started(&opened(&storage).await, "c", 1, None).await.stage().await.unwrap();
    others(&storage, None, json!({"operation": "REPLACE TABLE"})).await;
    others(&storage, Some(50), json!({"tags": {"delta.identity.schemaUpdate": "true"}})).await;
    let error = commit(table, vec![late]).await.unwrap_err();
    assert_eq!(error.kind(), CONFLICT);
    assert!(error.message().contains("version 7"), "{error}");
}

#[tokio::test]
async fn rows_may_bring_columns_along() {
    for mode in ["none", "name"] {
        let storage = Storage::in_memory().unwrap();
        let properties = [("delta.columnMapping.mode".to_owned(), mode.to_owned())].into();
        let wanted = NewTable { schema: identities(1, 1), properties, ..NewTable::default() };
        let table = create(&storage, wanted, &Context::default(), &Clock::system()).await.unwrap();
        let mut appender = started(&table, "a", 2, None).await;
        let found = StructType { fields: vec![Field::new("more", DataType::Long, true)] };
        assert!(appender.add_columns(&found).await.unwrap());
        let schema = appender.schema().to_arrow();
        let columns = schema.fields().iter().map(|f| new_null_array(f.data_type(), 3)).collect();
        appender.write(RowBatch::without(RecordBatch::try_new(schema, columns).unwrap(), &[0])).await.unwrap();
        // Others reserve values meanwhile, before ours and after them.
        let there = appended(&opened(&storage).await, 4).await.unwrap().snapshot;
        let done = appender.finish().await.unwrap().snapshot;
        assert_eq!(done.schema().names().collect::<Vec<_>>(), ["id", "country", "more"]);
        assert!(mark(&done) >= mark(&there), "{mode}");
        let found = ids(&storage).await;
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 9, "{mode}: {found:?}");
        done.column_mapping().check(done.schema()).unwrap();
    }
}

#[tokio::test]
async fn values_end_without_a_commit() {
    let storage = Storage::in_memory().unwrap();
    let table = made(&storage, i64::MIN + 2, -1).await;
    let table = appended(&table, 2).await.unwrap().snapshot;
    let error = appended(&table, 2).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConstraintViolation);
    assert!(error.message().contains("id has no values left"), "{error}");
    assert_eq!((opened(&storage).await.version(), stored_files(&storage).await), (2, 1));
    appended(&table, 1).await.unwrap();
    assert_eq!(ids(&storage).await, [i64::MIN, i64::MIN + 1, i64::MIN + 2]);
    assert_eq!(appended(&opened(&storage).await, 1).await.unwrap_err().kind(), ErrorKind::ConstraintViolation);
}

#[tokio::test]
async fn few_values_are_not_reserved_ahead() {
    let storage = Storage::in_memory().unwrap();
    let mut table = made(&storage, 1, i64::MAX / 100).await;
    for _ in 0..20 {
        table = appended(&table, 1).await.unwrap().snapshot;
    }
    assert_eq!(mark(&table), Some(1 + 19 * (i64::MAX / 100)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn appends_that_share_commits_share_reservations() {
    let judge = |name: &str, _: &str| match name {
        "put_if_absent" => Fault::Slow(Duration::from_millis(20)),
        _ => Fault::None,
    };
    let storage = Storage::for_test(Arc::new(Faulty::new(memory_store(), judge))).unwrap();
    let (table, group) = (made(&storage, 1, 1).await, GroupCommits::default());
    let calls = (0..48).map(|_| {
        let (table, group) = (table.clone(), group.clone());
        tokio::spawn(async move {
            let mut appender = started(&table, "ours", 2, None).await;
            appender.grouped(group);
            appender.finish().await
        })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    assert_eq!(ids(&storage).await, (1..=96).collect::<Vec<_>>());
    let version = opened(&storage).await.version();
    assert!(version < 24, "{version} commits");
}

#[tokio::test]
async fn a_reservation_of_unknown_outcome_costs_values_and_no_row() {
    let puts = AtomicU32::new(0);
    let judge = move |name: &str, key: &str| {
        let commit = name == "put_if_absent" && !key.ends_with("00000000000000000000.json");
        match commit.then(|| puts.fetch_add(1, Ordering::SeqCst)) {
            Some(0) => Fault::After,
            Some(put) if put > 1 => Fault::Before,
            _ => Fault::None,
        }
    };
    let storage = Storage::for_test(Arc::new(Faulty::new(memory_store(), judge))).unwrap();
    let table = appended(&made(&storage, 1, 1).await, 2).await.unwrap().snapshot;
    assert_eq!((table.version(), ids(&storage).await), (2, vec![1, 2]), "the lost answer was looked up");
    let context = Context::new(Some(Duration::from_millis(300)));
    let mut appender = Appender::begin(table, AppendOptions::default(), context, Clock::system()).await.unwrap();
    appender.write(unnumbered("ours", 9)).await.unwrap();
    let error = appender.finish().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::StorageUnavailable | ErrorKind::DeadlineExceeded), "{error}");
    assert_eq!((stored_files(&storage).await, ids(&storage).await), (1, vec![1, 2]));
}
