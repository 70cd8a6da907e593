//! Overwrites that another writer gets in the way of, between the look at the table and the commit.

use std::sync::Mutex;

use futures::FutureExt;
use serde_json::json;

use super::*;
use crate::action::{Add, Remove};
use crate::error::{ConflictKind, ErrorKind};
use crate::expr::Predicate;
use crate::log::commit_key;
use crate::schema::CHANGE_TYPE;
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
async fn empty_text_in_a_partition_is_checked_as_the_null_that_it_becomes() {
    let mut base = race().await.base;
    let none = RecordBatch::try_new(
        schema().to_arrow(),
        vec![Arc::new(Int64Array::from(vec![9])), Arc::new(StringArray::from(vec![""]))],
    )
    .unwrap();
    let overwrite = async |base: &Snapshot, text: &str| {
        let mut appender = begun(base, &[], None, &Context::default()).await.unwrap();
        appender.replacing(Overwrite::matching(base, Predicate::Sql(text.to_owned()), None).unwrap()).unwrap();
        // What the encoder refuses shows at the latest at the end.
        appender.write(none.clone()).await?;
        appender.finish().await
    };
    let refused = overwrite(&base, "country = ''").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConstraintViolation);
    assert!(refused.message().ends_with("of every row (in a partition column, \"\" is null)"), "{refused}");
    for _ in 0..3 {
        base = overwrite(&base, "country IS NULL").await.unwrap().snapshot;
    }
    assert_eq!(ids_of(&base).await, [1, 2, 3, 4, 9]);
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

/// A table of those features with ids 1 to 6 in one file.
async fn with_features(readers: &[&str], writers: &[&str], schema: &str, configuration: serde_json::Value) -> Snapshot {
    let storage = Storage::in_memory().unwrap();
    let protocol = json!({"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": readers,
        "writerFeatures": writers}});
    let metadata = json!({"metaData": {"id": "t", "format": {"provider": "parquet", "options": {}},
        "schemaString": schema, "partitionColumns": [], "configuration": configuration}});
    storage.put(&commit_key(0), format!("{protocol}\n{metadata}\n").into()).await.unwrap();
    let base = Snapshot::open(&storage, None).await.unwrap();
    append(&base, &[1, 2, 3, 4, 5, 6], None).await.unwrap().snapshot
}

async fn ids_of(snapshot: &Snapshot) -> Vec<i64> {
    let mut rows = crate::scan::Scan::new(snapshot.clone(), Default::default()).unwrap().stream(Context::default());
    let mut ids = Vec::new();
    while let Some(batch) = rows.next().await.unwrap() {
        let column = batch.column_by_name("id").unwrap().as_any().downcast_ref::<Int64Array>().unwrap().clone();
        ids.extend(column.iter().flatten());
    }
    ids.sort_unstable();
    ids
}

async fn live(snapshot: &Snapshot) -> Vec<Add> {
    let options = ReplayOptions { stats: true, details: true, ..ReplayOptions::default() };
    let mut replay = snapshot.replay(options);
    let mut found = Vec::new();
    while let Some(adds) = replay.next().await.unwrap() {
        found.extend(adds);
    }
    found
}

async fn replace_from(base: &Snapshot, text: &str, ids: &[i64]) -> Appended {
    let mut appender = begun(base, &[], None, &Context::default()).await.unwrap();
    appender.replacing(Overwrite::matching(base, Predicate::Sql(text.to_owned()), None).unwrap()).unwrap();
    appender.write(rows(ids)).await.unwrap();
    appender.finish().await.unwrap()
}

#[tokio::test]
async fn rows_that_a_vector_has_deleted_stay_deleted() {
    let features = ["deletionVectors"];
    let base = with_features(&features, &features, &schema().to_json(), json!({})).await;
    let file = live(&base).await.remove(0);
    let vector = crate::deletion_vector::testing::inline(&[0, 2]);
    let add = Add { deletion_vector: Some(serde_json::from_value(vector).unwrap()), ..file.clone() };
    let info = crate::action::CommitInfo::new(crate::action::Operation::Delete);
    let deleting = crate::txn::Transaction {
        adds: vec![add.clone()],
        removes: vec![Remove::of(file, 1, true)],
        ..crate::txn::Transaction::new(info)
    };
    let done = crate::txn::commit(base, deleting, &Context::default(), &Clock::system()).await.unwrap();
    assert_eq!(ids_of(&done.snapshot).await, [2, 4, 5, 6]);
    let done = replace_from(&done.snapshot, "id >= 5", &[7]).await;
    assert_eq!((ids_of(&done.snapshot).await, done.copied_rows), (vec![2, 4, 7], 2));
    let lines = crate::log::read_change_lines(done.snapshot.storage(), 3).await.unwrap();
    let removed: Vec<Remove> = lines.into_iter().filter_map(|l| l.remove).collect();
    assert_eq!(removed.len(), 1);
    assert_eq!(removed[0].deletion_vector, add.deletion_vector);
}

#[tokio::test]
async fn mapped_columns_are_rewritten_under_their_own_names_with_their_changes() {
    let field = |name: &str, of: &str, id: i64| {
        json!({"name": name, "type": of, "nullable": true, "metadata":
            {"delta.columnMapping.physicalName": format!("col-{id}"), "delta.columnMapping.id": id}})
    };
    let schema =
        json!({"type": "struct", "fields": [field("id", "long", 1), field("country", "string", 2)]}).to_string();
    for mode in ["name", "id"] {
        let configuration = json!({"delta.columnMapping.mode": mode, "delta.columnMapping.maxColumnId": "2",
            "delta.enableChangeDataFeed": "true"});
        let writers = ["columnMapping", "changeDataFeed"];
        let base = with_features(&["columnMapping"], &writers, &schema, configuration).await;
        let done = replace_from(&base, "id % 3 = 0", &[9, 12]).await;
        assert_eq!((ids_of(&done.snapshot).await, done.copied_rows), (vec![1, 2, 4, 5, 9, 12], 4), "{mode}");
        let feed = changes(&done.snapshot, Point::Version(2), None).await.unwrap();
        let mut stream = feed.scan(Default::default()).unwrap().stream(Context::default());
        let mut told = Vec::new();
        while let Some(batch) = stream.next().await.unwrap() {
            use arrow::array::AsArray;
            let ids = batch.column_by_name("id").unwrap().as_primitive::<arrow::datatypes::Int64Type>().clone();
            let kinds = batch.column_by_name(CHANGE_TYPE).unwrap().as_string::<i32>().clone();
            told.extend((0..batch.num_rows()).map(|i| (kinds.value(i).to_owned(), ids.value(i))));
        }
        told.sort();
        let expected = [("delete", 3), ("delete", 6), ("insert", 9), ("insert", 12)];
        assert_eq!(told, expected.map(|(kind, id)| (kind.to_owned(), id)), "{mode}");
    }
}
