//! Row tracking is turned on for a table that has rows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::FutureExt;
use serde_json::{Value, json};

use super::*;
use crate::action::Add;
use crate::error::{Error, ErrorKind};
use crate::log::commit_key;
use crate::storage::faults::{Fault, Faulty, memory_store};

const ON: &str = r#"[{"change":"set_properties","properties":{"delta.enableRowTracking":"true"}}]"#;

async fn turn_on(base: &Snapshot) -> Result<Snapshot> {
    let changes = Change::list_from_json(ON).unwrap();
    let context = Context::new(Some(Duration::from_secs(20)));
    Ok(alter(base.clone(), &changes, None, &context, &Clock::system()).await?.snapshot)
}

async fn filled(storage: &Storage, files: i64) -> Snapshot {
    let mut base = table(storage).await;
    for id in 0..files {
        base = append(&base, &[id * 10, id * 10 + 1], None).await.unwrap().snapshot;
    }
    base
}

async fn lines(storage: &Storage, version: u64) -> Vec<Value> {
    let bytes = storage.get(&commit_key(version)).await.unwrap();
    bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(|l| serde_json::from_slice(l).unwrap()).collect()
}

async fn live(table: &Snapshot) -> Vec<Add> {
    let mut replay = table.replay(ReplayOptions { stats: true, details: true, ..ReplayOptions::default() });
    let mut files = Vec::new();
    while let Some(adds) = replay.next().await.unwrap() {
        files.extend(adds);
    }
    files
}

fn rows_of(add: &Add) -> i64 {
    crate::stats::num_records(add.stats.as_deref().unwrap()).unwrap().try_into().unwrap()
}

/// All rows have ids, no id is there twice, and the mark is where it must be.
async fn assert_tracked(table: &Snapshot) {
    let files = live(table).await;
    let mut ranges: Vec<(i64, i64)> = files.iter().map(|add| (add.base_row_id.unwrap(), rows_of(add))).collect();
    ranges.sort_unstable();
    for pair in ranges.windows(2) {
        assert!(pair[0].0 + pair[0].1 <= pair[1].0, "ids are there twice: {ranges:?}");
    }
    let version = i64::try_from(table.version()).unwrap();
    assert!(files.iter().all(|add| add.default_row_commit_version.is_some_and(|v| (0..=version).contains(&v))));
    let (_, mark) = table.domain_metadata().find(|(name, _)| *name == "delta.rowTracking").unwrap();
    let mark: BTreeMap<String, i64> = serde_json::from_str(mark).unwrap();
    let last = ranges.last().map_or(-1, |(base, rows)| base + rows - 1);
    assert!(mark["rowIdHighWaterMark"] >= last, "{mark:?} {ranges:?}");
}

async fn assert_on(table: &Snapshot) {
    assert!(table.properties().row_tracking);
    assert_tracked(table).await;
}

#[tokio::test]
async fn the_protocol_comes_first_and_the_property_last() {
    let storage = Storage::in_memory().unwrap();
    let base = filled(&storage, 7).await;
    let on = turn_on(&base).await.unwrap();
    assert_on(&on).await;
    assert_eq!(live_rows(&on).await, 14);
    let mut told = Vec::new();
    for version in 8..=on.version() {
        let lines = lines(&storage, version).await;
        let info = &lines[0]["commitInfo"];
        let again: Vec<&Value> = lines.iter().map(|l| &l["add"]).filter(|a| !a.is_null()).collect();
        assert!(again.iter().all(|add| add["dataChange"] == false && add["defaultRowCommitVersion"] == version));
        assert!(version < on.version() || lines.iter().any(|l| !l["metaData"].is_null()));
        told.push((info["operation"].as_str().unwrap().to_owned(), again.len(), info["isBlindAppend"] == true));
    }
    let batch = |files| ("ROW TRACKING BACKFILL".to_owned(), files, false);
    assert_eq!(told[0], ("UPGRADE PROTOCOL".to_owned(), 0, true));
    assert_eq!(told[1..4], [batch(3), batch(3), batch(1)]);
    assert_eq!(told[4].0, "SET TBLPROPERTIES");
    assert_eq!(told.len(), 5);
    let parameters = &lines(&storage, 10).await[0]["commitInfo"];
    assert_eq!(
        (&parameters["operationParameters"], &parameters["isolationLevel"]),
        (&json!({"batchId": "1"}), &json!("SnapshotIsolation"))
    );
    assert_eq!(turn_on(&on).await.unwrap().version(), on.version());
    assert_tracked(&append(&on, &[99], None).await.unwrap().snapshot).await;
}

#[tokio::test]
async fn files_stay_as_they_are_but_for_ids() {
    let storage = Storage::in_memory().unwrap();
    let base = filled(&storage, 1).await;
    let file = live(&base).await.remove(0);
    let mut add = serde_json::to_value(&file).unwrap();
    add["tags"] = json!({"a": "b"});
    add["clusteringProvider"] = "theirs".into();
    add.as_object_mut().unwrap().remove("stats");
    let lines = json!({"add": add}).to_string();
    storage.put(&commit_key(2), lines.into()).await.unwrap();
    let on = turn_on(&base).await.unwrap();
    let after = live(&on).await.remove(0);
    let expected = Add {
        data_change: false,
        base_row_id: Some(0),
        default_row_commit_version: Some(4),
        stats: Some(r#"{"numRecords":2}"#.to_owned()),
        tags: Some(BTreeMap::from([("a".to_owned(), Some("b".to_owned()))])),
        clustering_provider: Some("theirs".to_owned()),
        ..file
    };
    assert_eq!(after, expected);
}

#[tokio::test]
async fn a_file_without_a_count_that_is_gone_is_told() {
    let storage = Storage::in_memory().unwrap();
    let base = filled(&storage, 1).await;
    let line = json!({"add": {"path": "gone.parquet", "partitionValues": {}, "size": 9, "modificationTime": 0, "dataChange": true}});
    storage.put(&commit_key(2), line.to_string().into()).await.unwrap();
    let error = turn_on(&base).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileNotFound);
    assert!(error.message().contains("gone.parquet") && error.message().contains("not on yet"), "{error}");
}

#[tokio::test]
async fn suspended_tracking_is_not_turned_on() {
    let storage = Storage::in_memory().unwrap();
    let base = filled(&storage, 1).await;
    let suspend = r#"[{"change":"set_properties","properties":{"delta.rowTrackingSuspended":"true"}}]"#;
    let unset = r#"[{"change":"unset_properties","keys":["delta.rowTrackingSuspended"],"if_exists":false}]"#;
    let changed = |base: Snapshot, changes: &'static str| async move {
        let changes = Change::list_from_json(changes).unwrap();
        Ok::<_, Error>(alter(base, &changes, None, &Context::default(), &Clock::system()).await?.snapshot)
    };
    let suspended = changed(base, suspend).await.unwrap();
    let at_once = [&unset[..unset.len() - 1], &ON[1..]].join(",");
    let at_once = Change::list_from_json(&at_once).unwrap();
    let both = alter(suspended.clone(), &at_once, None, &Context::default(), &Clock::system()).await;
    for error in [turn_on(&suspended).await.unwrap_err(), both.map(|_| ()).unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.message().contains("delta.rowTrackingSuspended"), "{error}");
    }
    assert_eq!(suspended.refresh().await.unwrap().version(), suspended.version());
    assert_on(&turn_on(&changed(suspended, unset).await.unwrap()).await.unwrap()).await;
}

/// A store in which another writer commits `theirs` right before version `contested` is first put.
fn overtaken(contested: u64, theirs: impl Fn(&[Value]) -> Vec<Value> + Send + Sync + 'static) -> Storage {
    let inner = memory_store();
    let (other, done) = (Arc::clone(&inner), AtomicUsize::new(0));
    let judge = move |name: &str, key: &str| {
        if (name, key) == ("put_if_absent", commit_key(contested).as_str()) && done.fetch_add(1, Ordering::SeqCst) == 0
        {
            let first = other.get(&commit_key(1)).now_or_never().unwrap().unwrap();
            let first: Vec<Value> = first
                .split(|b| *b == b'\n')
                .filter(|l| !l.is_empty())
                .map(|l| serde_json::from_slice(l).unwrap())
                .collect();
            let text: Vec<String> = theirs(&first).iter().map(Value::to_string).collect();
            other.put(&commit_key(contested), text.join("\n").into()).now_or_never().unwrap().unwrap();
        }
        Fault::None
    };
    Storage::for_test(Arc::new(Faulty::new(inner, judge))).unwrap()
}

fn added(lines: &[Value]) -> Value {
    lines.iter().map(|l| &l["add"]).find(|a| !a.is_null()).unwrap().clone()
}

#[tokio::test]
async fn a_file_that_is_removed_meanwhile_does_not_come_back() {
    // Versions 1 to 5 are appends, 6 is the protocol, 7 the first batch.
    for contested in [7, 8] {
        let storage = overtaken(contested, |first| {
            let path = added(first)["path"].clone();
            vec![json!({"remove": {"path": path, "deletionTimestamp": 1, "dataChange": true}})]
        });
        let base = filled(&storage, 5).await;
        let gone = live(&base).await.pop().unwrap().path;
        let on = turn_on(&base).await.unwrap();
        assert_on(&on).await;
        let left: Vec<String> = live(&on).await.into_iter().map(|add| add.path).collect();
        assert!(left.len() == 4 && !left.contains(&gone), "{contested}: {left:?}");
    }
}

#[tokio::test]
async fn a_file_that_others_give_ids_keeps_them() {
    let storage = overtaken(7, |first| {
        let mut again = added(first);
        for (key, value) in
            [("baseRowId", json!(0)), ("defaultRowCommitVersion", json!(7)), ("dataChange", json!(false))]
        {
            again[key] = value;
        }
        let domain =
            json!({"domain": "delta.rowTracking", "configuration": "{\"rowIdHighWaterMark\":1}", "removed": false});
        vec![json!({"add": again}), json!({"domainMetadata": domain})]
    });
    let on = turn_on(&filled(&storage, 5).await).await.unwrap();
    assert_on(&on).await;
    let first = live(&on).await.into_iter().find(|add| add.base_row_id == Some(0)).unwrap();
    assert_eq!(first.default_row_commit_version, Some(7));
}

#[tokio::test]
async fn a_batch_that_others_did_is_left_out() {
    let storage = overtaken(3, |first| {
        let mut again = added(first);
        (again["baseRowId"], again["defaultRowCommitVersion"], again["dataChange"]) =
            (json!(5), json!(3), json!(false));
        let domain =
            json!({"domain": "delta.rowTracking", "configuration": "{\"rowIdHighWaterMark\":9}", "removed": false});
        vec![json!({"add": again}), json!({"domainMetadata": domain})]
    });
    let on = turn_on(&filled(&storage, 1).await).await.unwrap();
    assert_on(&on).await;
    assert_eq!((on.version(), live(&on).await[0].base_row_id), (4, Some(5)));
}

#[tokio::test]
async fn a_file_without_ids_that_comes_last_is_not_missed() {
    // A writer that knows nothing of the protocol, right before the property is set.
    let storage = overtaken(4, |first| {
        let mut other = added(first);
        other["path"] = "late.parquet".into();
        vec![json!({"add": other})]
    });
    let on = turn_on(&filled(&storage, 1).await).await.unwrap();
    assert_on(&on).await;
    assert_eq!((on.version(), live(&on).await.len()), (6, 2));
}

/// Every request of it fails, once: whatever is there then, the next try ends it.
#[tokio::test]
async fn it_goes_on_from_wherever_it_was_stopped() {
    for fault in [Fault::Before, Fault::After] {
        for number in 0.. {
            let seen = Arc::new(AtomicUsize::new(usize::MAX / 2));
            let counter = Arc::clone(&seen);
            let judge = move |_: &str, _: &str| {
                if counter.fetch_add(1, Ordering::SeqCst) == number { fault } else { Fault::None }
            };
            let storage = Storage::for_test(Arc::new(Faulty::new(memory_store(), judge))).unwrap();
            let base = filled(&storage, 4).await;
            seen.store(0, Ordering::SeqCst);
            let told = turn_on(&base).await;
            let requests = seen.swap(usize::MAX / 2, Ordering::SeqCst);
            let now = Snapshot::open(&storage, None).await.unwrap();
            assert_eq!(live_rows(&now).await, 8);
            match told {
                Ok(done) => assert_eq!((done.version(), now.properties().row_tracking), (now.version(), true)),
                Err(e) if e.kind() == ErrorKind::CommitOutcomeUnknown => {}
                Err(e) => assert!(!now.properties().row_tracking, "request {number}: {e}"),
            }
            let on = turn_on(&now).await.unwrap();
            assert_on(&on).await;
            assert_eq!(on.version(), 8, "request {number}: nothing is done twice");
            if number >= requests {
                assert!(number > 4, "it makes a few requests");
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_go_on_meanwhile() {
    let storage = Storage::in_memory().unwrap();
    let base = filled(&storage, 20).await;
    let writers: Vec<_> = (0..3)
        .map(|writer| {
            let mut base = base.clone();
            tokio::spawn(async move {
                for id in 0..15 {
                    base = append(&base, &[1_000 * (writer + 1) + id], None).await.unwrap().snapshot;
                }
            })
        })
        .collect();
    let (one, other) = tokio::join!(turn_on(&base), turn_on(&base));
    for writer in writers {
        writer.await.unwrap();
    }
    let now = one.unwrap().refresh().await.unwrap();
    other.unwrap();
    assert_on(&now).await;
    assert_eq!(live_rows(&now).await, 40 + 45);
}
