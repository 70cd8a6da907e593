//! Overwrites that another writer gets in the way of, between the look at the table and the commit.

use std::sync::Mutex;

use futures::FutureExt;
use serde_json::json;

use super::*;
use crate::action::{Add, Remove};
use crate::error::{ConflictKind, ErrorKind};
use crate::expr::Predicate;
use crate::log::commit_key;
use crate::storage::faults::{Fault, Faulty, memory_store};

/// A partitioned table with ids 1 to 4, c0 and c1; `theirs` is committed right before the next commit.
struct Race {
    storage: Storage,
    base: Snapshot,
    theirs: Arc<Mutex<Option<String>>>,
}

async fn race() -> Race {
    let store = memory_store();
    let theirs: Arc<Mutex<Option<String>>> = Arc::default();
    let (inner, waiting) = (Arc::clone(&store), Arc::clone(&theirs));
    let judge = move |name: &str, key: &str| {
        if name == "put_if_absent"
            && let Some(text) = waiting.lock().unwrap().take()
        {
            inner.put_if_absent(key, text.into()).now_or_never().unwrap().unwrap();
        }
        Fault::None
    };
    let storage = Storage::for_test(Arc::new(Faulty::new(store, judge))).unwrap();
    let wanted = NewTable { partition_by: vec!["country".to_owned()], ..new_table() };
    let base = create(&storage, wanted, &Context::default(), &Clock::system()).await.unwrap();
    let base = append(&base, &[1, 2, 3, 4], None).await.unwrap().snapshot;
    Race { storage, base, theirs }
}

impl Race {
    fn then(&self, actions: &[serde_json::Value]) {
        let lines: Vec<String> = actions.iter().map(ToString::to_string).collect();
        *self.theirs.lock().unwrap() = Some(lines.join("\n"));
    }

    async fn files(&self, country: &str) -> Vec<Add> {
        let mut replay = self.base.replay(ReplayOptions { stats: true, ..ReplayOptions::default() });
        let mut found = Vec::new();
        while let Some(adds) = replay.next().await.unwrap() {
            found.extend(adds);
        }
        found.retain(|add| add.partition_values["country"].as_deref() == Some(country));
        found
    }

    async fn overwrite(&self, overwrite: Overwrite, ids: &[i64]) -> Result<Appended> {
        let mut appender = begun(&self.base, &[], None, &Context::default()).await?;
        appender.replacing(overwrite)?;
        appender.write(rows(ids)).await?;
        appender.finish().await
    }

    fn only(&self, text: &str) -> Overwrite {
        Overwrite::matching(&self.base, Predicate::Sql(text.to_owned()), None).unwrap()
    }
}

fn foreign(country: &str) -> serde_json::Value {
    json!({"add": {"path": "theirs", "partitionValues": {"country": country}, "size": 1, "modificationTime": 0,
        "dataChange": true, "stats": "{\"numRecords\":1}"}})
}

fn conflict(result: Result<Appended>) -> Option<ConflictKind> {
    match result {
        Ok(done) => {
            assert_eq!((done.snapshot.version(), done.attempts), (3, 2));
            None
        }
        Err(e) => match e.kind() {
            ErrorKind::CommitConflict(kind) => {
                assert_eq!(e.version(), Some(2));
                Some(kind)
            }
            other => panic!("{other:?}: {e}"),
        },
    }
}

#[tokio::test]
async fn what_others_add_to_the_rows_that_are_replaced_stops_it() {
    for (country, expected) in [("c0", None), ("c1", Some(ConflictKind::ConcurrentAppend))] {
        let race = race().await;
        race.then(&[foreign(country)]);
        let before = stored_files(&race.storage).await;
        assert_eq!(conflict(race.overwrite(race.only("country = 'c1'"), &[5]).await), expected, "{country}");
        race.then(&[]);
        assert_eq!(stored_files(&race.storage).await, before);
    }
    let race = race().await;
    race.then(&[foreign("c0")]);
    assert_eq!(conflict(race.overwrite(Overwrite::table(), &[5]).await), Some(ConflictKind::ConcurrentAppend));
}

#[tokio::test]
async fn dynamic_overwrites_read_their_own_partitions() {
    for (country, expected) in [("c0", None), ("c1", Some(ConflictKind::ConcurrentAppend))] {
        let race = race().await;
        race.then(&[foreign(country)]);
        assert_eq!(conflict(race.overwrite(Overwrite::partitions(), &[5, 7]).await), expected, "{country}");
    }
}

#[tokio::test]
async fn what_others_remove_of_the_files_that_are_replaced_stops_it() {
    let removing = |adds: Vec<Add>| -> Vec<serde_json::Value> {
        adds.into_iter().map(|add| json!({"remove": Remove::of(add, 1, true)})).collect()
    };
    let run = async |text: &str, country: &str| {
        let race = race().await;
        race.then(&removing(race.files(country).await));
        conflict(race.overwrite(race.only(text), &[5]).await)
    };
    assert_eq!(run("country = 'c1'", "c1").await, Some(ConflictKind::ConcurrentDeleteDelete));
    assert_eq!(run("country = 'c1'", "c0").await, None);
    // Nothing of c1 is above 4: the file was looked at, and stays.
    assert_eq!(run("country = 'c1' AND id % 10 = 5", "c1").await, Some(ConflictKind::ConcurrentDeleteRead));
    let race = race().await;
    race.then(&removing(race.files("c0").await));
    assert_eq!(conflict(race.overwrite(Overwrite::table(), &[5]).await), Some(ConflictKind::ConcurrentDeleteRead));
}

#[tokio::test]
async fn removes_carry_what_the_files_had() {
    let race = race().await;
    race.overwrite(Overwrite::table(), &[5]).await.unwrap();
    let text = race.storage.get(&commit_key(2)).await.unwrap();
    let lines: Vec<serde_json::Value> =
        text.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(|l| serde_json::from_slice(l).unwrap()).collect();
    let removes: Vec<&serde_json::Value> = lines.iter().map(|l| &l["remove"]).filter(|r| !r.is_null()).collect();
    assert_eq!(removes.len(), 2);
    for remove in removes {
        assert_eq!((&remove["extendedFileMetadata"], &remove["dataChange"]), (&json!(true), &json!(true)));
        assert!(remove["size"].as_i64().unwrap() > 1 && remove["stats"].as_str().unwrap().contains("numRecords"));
        assert!(remove["partitionValues"]["country"].as_str().unwrap().starts_with('c'));
    }
    assert_eq!(lines[0]["commitInfo"]["isBlindAppend"], false);
}
