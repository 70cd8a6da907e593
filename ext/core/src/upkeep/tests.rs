mod cleanup;
mod faults;
mod turns;

use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::action::Add;
use crate::clock::Clock;
use crate::log::{ReplayOptions, commit_key};
use crate::snapshot::Snapshot;
use crate::storage::Storage;

const DAY_MS: i64 = 86_400_000;

fn clock() -> Clock {
    Clock::from_fn(|| 100 * DAY_MS)
}

fn schema() -> String {
    let field = |name: &str, of: Value| json!({"name": name, "type": of, "nullable": true, "metadata": {}});
    let inner =
        json!({"type": "struct", "fields": [field("x", json!("decimal(38,2)")), field("flag", json!("boolean"))]});
    let fields = [
        field("id", json!("long")),
        field("part", json!("date")),
        field("name", json!("string")),
        field("at", json!("timestamp")),
        field("inner", inner),
        field("list", json!({"type": "array", "elementType": "long", "containsNull": true})),
    ];
    json!({"type": "struct", "fields": fields}).to_string()
}

fn table(properties: &Value, protocol: &Value) -> String {
    let metadata = json!({"id": "t", "name": "n", "format": {"provider": "parquet", "options": {}},
        "schemaString": schema(), "partitionColumns": ["part"], "configuration": properties, "createdTime": 7});
    format!("{}\n{}\n", json!({ "protocol": protocol }), json!({ "metaData": metadata }))
}

fn classic() -> Value {
    json!({"minReaderVersion": 1, "minWriterVersion": 2})
}

fn v2() -> Value {
    json!({"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["v2Checkpoint", "deletionVectors"],
        "writerFeatures": ["v2Checkpoint", "deletionVectors", "rowTracking", "domainMetadata"]})
}

fn stats(id: i64) -> String {
    json!({"numRecords": 3, "minValues": {"id": id, "name": "a", "at": "2024-01-01T00:00:00.123Z", "inner": {"x": 1.25}},
        "maxValues": {"id": id + 9, "name": "z", "inner": {"x": 2.5}},
        "nullCount": {"id": 0, "name": 1, "list": 2, "inner": {"x": 0, "flag": 1}}})
    .to_string()
}

fn add(path: &str) -> Value {
    json!({"add": {"path": path, "partitionValues": {"part": "2024-02-29"}, "size": 10, "modificationTime": 5,
        "dataChange": true, "stats": stats(path.len() as i64)}})
}

fn full_add(path: &str) -> Value {
    let mut add = add(path);
    let vector = json!({"storageType": "u", "pathOrInlineDv": "ab^-aqEH.-t@S}K{vb[*k^", "offset": 4, "sizeInBytes": 40,
        "cardinality": 2});
    let more = json!({"deletionVector": vector, "baseRowId": 100, "defaultRowCommitVersion": 2,
        "clusteringProvider": "liquid", "tags": {"a": "b", "c": null}, "partitionValues": {"part": null}});
    add["add"].as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    add
}

fn remove(path: &str, at_ms: i64) -> Value {
    json!({"remove": {"path": path, "deletionTimestamp": at_ms, "dataChange": true, "extendedFileMetadata": true,
        "partitionValues": {"part": "2024-02-29"}, "size": 10}})
}

async fn commit(storage: &Storage, version: u64, lines: &[Value]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    storage.put(&commit_key(version), text.into()).await.unwrap();
}

async fn with(properties: &Value, protocol: &Value) -> Storage {
    let storage = Storage::in_memory().unwrap();
    storage.put(&commit_key(0), table(properties, protocol).into()).await.unwrap();
    storage
}

/// A log with a bit of everything, in three commits.
async fn filled(properties: &Value, protocol: &Value) -> Storage {
    let storage = with(properties, protocol).await;
    commit(&storage, 1, &[add("a"), add("b%20c"), add("gone"), json!({"txn": {"appId": "x", "version": 1}})]).await;
    let domain = json!({"domainMetadata": {"domain": "d", "configuration": "{}", "removed": false}});
    let txn = json!({"txn": {"appId": "x", "version": 2, "lastUpdated": 99 * DAY_MS}});
    commit(&storage, 2, &[full_add("full"), remove("gone", 99 * DAY_MS), txn, domain]).await;
    let expired = [
        remove("a", 90 * DAY_MS),
        remove("before", 1),
        json!({"domainMetadata": {"domain": "e", "configuration": "", "removed": true}}),
    ];
    commit(&storage, 3, &expired).await;
    storage
}

async fn files(snapshot: &Snapshot) -> Vec<Add> {
    let mut replay = snapshot.replay(ReplayOptions { stats: true, details: true, partitions: None });
    let mut adds = Vec::new();
    while let Some(more) = replay.next().await.unwrap() {
        adds.extend(more);
    }
    // Checkpoints say of no file that it changes data; partitions and statistics are compared by what they say.
    for add in &mut adds {
        add.data_change = false;
        let text = add.stats.take();
        add.stats = text.map(|t| serde_json::from_str::<Value>(&t).unwrap()).map(|v| sorted(&v).to_string());
    }
    adds.sort_by(|a, b| a.path.cmp(&b.path));
    adds
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let ordered: std::collections::BTreeMap<_, _> = fields.iter().map(|(k, v)| (k, sorted(v))).collect();
            json!(ordered)
        }
        other => other.clone(),
    }
}

async fn wipe_commits(storage: &Storage, through: u64) {
    for version in 0..=through {
        storage.delete(&commit_key(version)).await.unwrap();
    }
}

fn same_table(one: &Snapshot, other: &Snapshot) {
    assert_eq!(one.protocol(), other.protocol());
    assert_eq!(one.metadata(), other.metadata());
    let txns = |s: &Snapshot| s.txns().cloned().collect::<Vec<_>>();
    assert_eq!(txns(one), txns(other));
    let domains = |s: &Snapshot| s.domain_metadata().map(|(d, c)| (d.to_owned(), c.to_owned())).collect::<Vec<_>>();
    assert_eq!(domains(one), domains(other));
}

#[tokio::test]
async fn a_table_is_the_same_from_its_checkpoint_alone() {
    let structs = json!({"delta.checkpoint.writeStatsAsStruct": "true"});
    let only_structs =
        json!({"delta.checkpoint.writeStatsAsStruct": "true", "delta.checkpoint.writeStatsAsJson": "false"});
    let policy = json!({"delta.checkpointPolicy": "v2"});
    for (properties, protocol) in [
        (json!({}), classic()),
        (structs, classic()),
        (only_structs.clone(), v2()),
        (policy.clone(), v2()),
        (policy, classic()),
    ] {
        let storage = filled(&properties, &protocol).await;
        let before = Snapshot::open(&storage, None).await.unwrap();
        let expected = files(&before).await;
        assert_eq!(expected.len(), 2);
        let written = checkpoint(&before, &clock()).await.unwrap().unwrap();
        assert_eq!((written.version, written.files, written.table_bytes), (3, 2, Some(20)));
        wipe_commits(&storage, 3).await;
        let after = Snapshot::open(&storage, None).await.unwrap();
        assert_eq!((after.version(), after.checkpoint_version()), (3, Some(3)));
        same_table(&before, &after);
        let found = files(&after).await;
        if properties == only_structs {
            let plain = |adds: &[Add]| adds.iter().map(|a| Add { stats: None, ..a.clone() }).collect::<Vec<_>>();
            assert_eq!(plain(&found), plain(&expected));
            let stats: Value = serde_json::from_str(found[0].stats.as_ref().unwrap()).unwrap();
            assert_eq!(stats["minValues"]["inner"]["x"].to_string(), "1.25");
            assert_eq!(stats["nullCount"], json!({"id": 0, "name": 1, "list": 2, "inner": {"x": 0, "flag": 1}}));
        } else {
            assert_eq!(found, expected, "{properties}");
        }
        // Once more from the checkpoint: nothing of it gets lost on the way to the next one.
        commit(&storage, 4, &[json!({"commitInfo": {}})]).await;
        let next = after.refresh().await.unwrap();
        checkpoint(&next, &clock()).await.unwrap().unwrap();
        storage.delete(&commit_key(4)).await.unwrap();
        storage.delete(&written.key).await.unwrap();
        let again = Snapshot::open(&storage, None).await.unwrap();
        assert_eq!(again.version(), 4);
        same_table(&before, &again);
        assert_eq!(files(&again).await, found, "{properties}");
    }
}

async fn tombstones(storage: &Storage) -> Vec<String> {
    use crate::log::tests::parquet::read_column;
    let mut files = storage.list("_delta_log", None).await.unwrap();
    files.retain(|f| f.key.contains("checkpoint.") && f.key.ends_with("parquet"));
    read_column(storage.get(&files.last().unwrap().key).await.unwrap(), "remove", "path")
}

#[tokio::test]
async fn removes_are_kept_until_they_expire() {
    let storage = filled(&json!({}), &classic()).await;
    checkpoint(&Snapshot::open(&storage, None).await.unwrap(), &clock()).await.unwrap().unwrap();
    assert_eq!(tombstones(&storage).await, ["gone"]);
    commit(&storage, 4, &[add("gone"), remove("b%20c", 100 * DAY_MS)]).await;
    checkpoint(&Snapshot::open(&storage, None).await.unwrap(), &clock()).await.unwrap().unwrap();
    assert_eq!(tombstones(&storage).await, ["b%20c"]);
    commit(&storage, 5, &[]).await;
    let later = Clock::from_fn(|| 108 * DAY_MS);
    checkpoint(&Snapshot::open(&storage, None).await.unwrap(), &later).await.unwrap().unwrap();
    assert_eq!(tombstones(&storage).await, [""; 0]);
    let unreadable = json!({"delta.deletedFileRetentionDuration": "for a while"});
    let storage = filled(&unreadable, &classic()).await;
    checkpoint(&Snapshot::open(&storage, None).await.unwrap(), &later).await.unwrap().unwrap();
    assert_eq!(tombstones(&storage).await, ["a", "before", "gone"]);
}

#[tokio::test]
async fn transactions_are_kept_until_they_expire() {
    let properties = json!({"delta.setTransactionRetentionDuration": "interval 2 days"});
    let storage = filled(&properties, &classic()).await;
    commit(&storage, 4, &[json!({"txn": {"appId": "old", "version": 1, "lastUpdated": 90 * DAY_MS}})]).await;
    commit(&storage, 5, &[json!({"txn": {"appId": "timeless", "version": 1}})]).await;
    checkpoint(&Snapshot::open(&storage, None).await.unwrap(), &clock()).await.unwrap().unwrap();
    wipe_commits(&storage, 5).await;
    let after = Snapshot::open(&storage, None).await.unwrap();
    assert_eq!(after.txns().map(|t| (t.app_id.as_str(), t.version)).collect::<Vec<_>>(), [("x", 2)]);
}

#[tokio::test]
async fn many_files_go_into_sidecars() {
    let storage = with(&json!({"delta.checkpointPolicy": "v2"}), &v2()).await;
    let adds: Vec<Value> = (0..9_000).map(|n| add(&format!("f{n}"))).collect();
    commit(&storage, 1, &adds).await;
    let before = Snapshot::open(&storage, None).await.unwrap();
    let expected = files(&before).await;
    let written = checkpoint(&before, &clock()).await.unwrap().unwrap();
    assert_eq!((written.files, written.actions), (9_000, 9_004));
    let sidecars = storage.list("_delta_log/_sidecars", None).await.unwrap();
    assert_eq!(sidecars.len(), 1);
    wipe_commits(&storage, 1).await;
    let after = Snapshot::open(&storage, None).await.unwrap();
    assert_eq!(files(&after).await, expected);
    let hint: Value = serde_json::from_slice(&storage.get("_delta_log/_last_checkpoint").await.unwrap()).unwrap();
    assert_eq!(hint["v2Checkpoint"]["path"], written.key.rsplit('/').next().unwrap());
}

#[tokio::test]
async fn the_hint_points_at_the_newest_checkpoint_and_never_back() {
    let storage = filled(&json!({}), &classic()).await;
    let hint = async || -> Value {
        serde_json::from_slice(&storage.get("_delta_log/_last_checkpoint").await.unwrap()).unwrap()
    };
    checkpoint(&Snapshot::open(&storage, Some(2)).await.unwrap(), &clock()).await.unwrap().unwrap();
    let first = hint().await;
    assert_eq!((&first["version"], &first["size"], &first["numOfAddFiles"]), (&json!(2), &json!(8), &json!(3)));
    assert_eq!(first["checksum"].as_str().unwrap().len(), 32);
    checkpoint(&Snapshot::open(&storage, Some(3)).await.unwrap(), &clock()).await.unwrap().unwrap();
    checkpoint(&Snapshot::open(&storage, Some(1)).await.unwrap(), &clock()).await.unwrap().unwrap();
    assert_eq!(hint().await["version"], 3);
    // One that names a checkpoint which is not there, as after a table was made anew, is no reason.
    storage.put("_delta_log/_last_checkpoint", Bytes::from_static(br#"{"version":9,"size":1}"#)).await.unwrap();
    commit(&storage, 4, &[]).await;
    checkpoint(&Snapshot::open(&storage, Some(4)).await.unwrap(), &clock()).await.unwrap().unwrap();
    assert_eq!(hint().await["version"], 4);
}

#[tokio::test]
async fn the_checksum_says_what_the_version_adds_up_to() {
    let storage = filled(&json!({}), &classic()).await;
    let snapshot = Snapshot::open(&storage, None).await.unwrap();
    checkpoint(&snapshot, &clock()).await.unwrap().unwrap();
    let bytes = storage.get("_delta_log/00000000000000000003.crc").await.unwrap();
    let checksum: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((&checksum["tableSizeBytes"], &checksum["numFiles"]), (&json!(20), &json!(2)));
    assert_eq!((&checksum["numMetadata"], &checksum["protocol"]), (&json!(1), &classic()));
    assert_eq!(checksum["metadata"]["id"], "t");
    assert_eq!(checksum.as_object().unwrap().len(), 6);
}

#[tokio::test]
async fn a_version_that_has_a_checkpoint_gets_no_other() {
    let storage = filled(&json!({}), &classic()).await;
    let snapshot = Snapshot::open(&storage, None).await.unwrap();
    let written = checkpoint(&snapshot, &clock()).await.unwrap().unwrap();
    assert_eq!(checkpoint(&snapshot, &clock()).await.unwrap(), None);
    storage.put(&written.key, Bytes::from_static(b"damaged")).await.unwrap();
    assert!(checkpoint(&snapshot, &clock()).await.unwrap().is_some());
    let again = Snapshot::open(&storage, None).await.unwrap();
    assert_eq!(again.checkpoint_version(), Some(3));
}

#[tokio::test]
async fn a_damaged_checkpoint_is_not_carried_over() {
    let storage = filled(&json!({}), &classic()).await;
    let expected = files(&Snapshot::open(&storage, None).await.unwrap()).await;
    let written = checkpoint(&Snapshot::open(&storage, Some(2)).await.unwrap(), &clock()).await.unwrap().unwrap();
    let snapshot = Snapshot::open(&storage, None).await.unwrap();
    storage.put(&written.key, Bytes::from_static(b"PAR1damagedPAR1")).await.unwrap();
    checkpoint(&snapshot, &clock()).await.unwrap().unwrap();
    wipe_commits(&storage, 3).await;
    assert_eq!(files(&Snapshot::open(&storage, None).await.unwrap()).await, expected);
}

#[tokio::test]
async fn features_that_nobody_knows_stop_it() {
    let protocol = json!({"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": ["somethingNew"]});
    let storage = filled(&json!({}), &protocol).await;
    let error = checkpoint(&Snapshot::open(&storage, None).await.unwrap(), &clock()).await.unwrap_err();
    assert!(error.message().contains("somethingNew"), "{error}");
}

#[tokio::test]
async fn a_handle_that_is_refreshed_goes_on_from_the_checkpoint_of_its_version() {
    let storage = filled(&json!({}), &classic()).await;
    let snapshot = Snapshot::open(&storage, None).await.unwrap();
    checkpoint(&snapshot, &clock()).await.unwrap().unwrap();
    assert_eq!(snapshot.checkpoint_version(), None);
    assert_eq!(snapshot.refresh().await.unwrap().checkpoint_version(), Some(3));
}
