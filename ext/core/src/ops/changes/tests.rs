use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::schema::{CHANGE_TYPE, COMMIT_TIMESTAMP, COMMIT_VERSION, DataType, Field, StructType};
use crate::storage::StorageOptions;

struct Table {
    _folder: TempDir,
    storage: Storage,
    version: u64,
}

fn long(name: &str) -> Field {
    Field::new(name, DataType::Long, true)
}

fn metadata(fields: &[Field], partition_columns: &[&str], enabled: &str) -> Value {
    let schema = StructType { fields: fields.to_vec() }.to_json();
    json!({"metaData": {"id": "t", "schemaString": schema, "partitionColumns": partition_columns,
        "configuration": {"delta.enableChangeDataFeed": enabled}}})
}

impl Table {
    async fn new(first: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::new(folder.path().to_str().unwrap(), StorageOptions::default()).unwrap();
        let mut table = Self { _folder: folder, storage, version: 0 };
        table.commit(&[json!({"protocol": {"minReaderVersion": 1, "minWriterVersion": 4}}), first]).await;
        table
    }

    async fn plain() -> Self {
        Self::new(metadata(&[long("id")], &[], "true")).await
    }

    async fn commit(&mut self, actions: &[Value]) -> &mut Self {
        let lines: Vec<String> = actions.iter().map(Value::to_string).collect();
        self.storage.put(&format!("_delta_log/{:020}.json", self.version), lines.join("\n").into()).await.unwrap();
        self.version += 1;
        self
    }

    async fn changes(&self, from: u64, to: u64) -> Result<FileSet> {
        let newest = Snapshot::open(&self.storage, None).await.unwrap();
        changes(&newest, Point::Version(from), Some(Point::Version(to))).await
    }

    /// Kind of change, path, deletion vector and the vector that is read alone, of each file.
    async fn files(&self, from: u64, to: u64) -> Result<Vec<String>> {
        let newest = Snapshot::open(&self.storage, None).await.unwrap();
        let files = commit_files(&self.storage, from, to).await?;
        let (last, commits) = check(&self.storage, &files).await?;
        let derivation = Arc::new(Derivation::new(&feed_snapshot(&last)?));
        let found: Vec<Vec<FileScan>> = files_of(newest.storage(), &commits.into(), &derivation).try_collect().await?;
        Ok(found.into_iter().flatten().map(|file| shown(&file)).collect())
    }

    async fn refusal(&self, from: u64, to: u64) -> Error {
        self.changes(from, to).await.unwrap_err()
    }
}

fn shown(file: &FileScan) -> String {
    let value = |name: &str| file.add.partition_values.get(name).cloned().flatten().unwrap_or_else(|| "-".into());
    let vector = |v: &Option<crate::action::DeletionVectorDescriptor>| {
        v.as_ref().map_or("-".to_owned(), |v| v.path_or_inline_dv.clone())
    };
    format!(
        "{} {} {} dv={} only={}",
        value(COMMIT_VERSION),
        value(CHANGE_TYPE),
        file.add.path,
        vector(&file.add.deletion_vector),
        vector(&file.only)
    )
}

fn add(path: &str, more: Value) -> Value {
    action("add", path, more)
}

fn remove(path: &str, more: Value) -> Value {
    action("remove", path, more)
}

fn action(kind: &str, path: &str, more: Value) -> Value {
    let mut fields = json!({"path": path, "partitionValues": {}, "size": 1, "modificationTime": 0, "dataChange": true});
    for (name, value) in more.as_object().unwrap() {
        fields[name] = value.clone();
    }
    json!({kind: fields})
}

fn vector(name: &str) -> Value {
    json!({"deletionVector": {"storageType": "u", "pathOrInlineDv": name, "offset": 1, "sizeInBytes": 1, "cardinality": 1}})
}

#[tokio::test]
async fn adds_are_inserts_and_removes_are_deletes_in_the_order_of_the_log() {
    let mut table = Table::plain().await;
    table.commit(&[add("a", json!({})), add("b", vector("v"))]).await;
    table.commit(&[remove("b", vector("v")), add("c", json!({})), remove("a", json!({}))]).await;
    assert_eq!(
        table.files(0, 2).await.unwrap(),
        [
            "1 insert a dv=- only=-",
            "1 insert b dv=v only=-",
            "2 delete b dv=v only=-",
            "2 insert c dv=- only=-",
            "2 delete a dv=- only=-"
        ]
    );
    assert_eq!(table.files(1, 1).await.unwrap().len(), 2);
}

#[tokio::test]
async fn change_files_stand_alone() {
    let mut table = Table::plain().await;
    table
        .commit(&[
            add("a", json!({})),
            json!({"cdc": {"path": "_change_data/c", "partitionValues": {}, "size": 7, "dataChange": false}}),
            remove("b", json!({})),
        ])
        .await;
    assert_eq!(table.files(1, 1).await.unwrap(), ["1 - _change_data/c dv=- only=-"]);
}

#[tokio::test]
async fn rearranged_rows_are_no_changes() {
    let mut table = Table::plain().await;
    let still = json!({"dataChange": false});
    table.commit(&[remove("a", still.clone()), add("b", still), add("c", json!({}))]).await;
    assert_eq!(table.files(1, 1).await.unwrap(), ["1 insert c dv=- only=-"]);
}

#[tokio::test]
async fn two_vectors_of_one_file_are_compared() {
    let mut table = Table::plain().await;
    table.commit(&[remove("a", json!({})), add("a", vector("v1"))]).await;
    table.commit(&[add("a", vector("v2")), remove("a", vector("v1"))]).await;
    table.commit(&[remove("a", vector("v2")), add("a", json!({}))]).await;
    table.commit(&[remove("a%20b", vector("v")), add("a b", vector("v"))]).await;
    assert_eq!(
        table.files(1, 4).await.unwrap(),
        ["1 delete a dv=- only=v1", "2 delete a dv=v1 only=v2", "2 insert a dv=v2 only=v1", "3 insert a dv=- only=v2"]
    );
}

#[tokio::test]
async fn the_feed_has_to_be_on_in_every_version() {
    let mut table = Table::new(metadata(&[long("id")], &[], "false")).await;
    table.commit(&[metadata(&[long("id")], &[], "TRUE")]).await;
    table.commit(&[add("a", json!({}))]).await;
    table.commit(&[metadata(&[long("id")], &[], "false")]).await;
    table.commit(&[metadata(&[long("id")], &[], "true")]).await;
    table.changes(1, 2).await.unwrap();
    table.changes(4, 4).await.unwrap();
    for (from, to, version) in [(0, 2, 0), (1, 4, 3), (3, 4, 3), (0, 4, 0)] {
        let error = table.refusal(from, to).await;
        assert_eq!((error.kind(), error.version()), (ErrorKind::Configuration, Some(version)));
        assert!(error.message().contains(&format!("version {version} ")), "{error}");
    }
}

#[tokio::test]
async fn ranges_that_are_not_there() {
    let mut table = Table::plain().await;
    for _ in 0..4 {
        table.commit(&[add("a", json!({}))]).await;
    }
    assert_eq!(table.refusal(3, 2).await.kind(), ErrorKind::Argument);
    let past = table.refusal(1, 9).await;
    assert_eq!((past.kind(), past.message().contains("the newest is 4")), (ErrorKind::TableNotFound, true));
    table.storage.delete("_delta_log/00000000000000000002.json").await.unwrap();
    let newest = Snapshot::told(
        &table.storage,
        4,
        Snapshot::open(&table.storage, Some(0)).await.unwrap().protocol().clone(),
        Snapshot::open(&table.storage, Some(0)).await.unwrap().metadata().clone(),
    )
    .unwrap();
    let gone = changes(&newest, Point::Version(1), None).await.unwrap_err();
    assert_eq!((gone.kind(), gone.version()), (ErrorKind::TableNotFound, Some(2)));
    assert!(gone.message().contains("that of version 3"), "{gone}");
}

#[tokio::test]
async fn only_columns_may_be_added() {
    let note = Field::new("note", DataType::String, true);
    let mut table = Table::plain().await;
    table.commit(&[metadata(&[long("id"), note.clone()], &[], "true")]).await;
    let columns: Vec<String> =
        table.changes(0, 1).await.unwrap().snapshot().schema().names().map(str::to_owned).collect();
    assert_eq!(columns, ["id", "note", CHANGE_TYPE, COMMIT_VERSION, COMMIT_TIMESTAMP]);
    for (fields, partitions, why) in [
        (vec![note.clone()], vec![], "column id was dropped or renamed"),
        (vec![Field::new("id", DataType::String, true), note.clone()], vec![], "column id was long and became string"),
        (vec![long("id"), note.clone()], vec!["id"], "the partition columns are others"),
        (vec![long("id"), note.clone(), Field::new("x", DataType::Long, false)], vec![], "never null"),
    ] {
        let mut changed = Table::plain().await;
        changed.commit(&[metadata(&fields, &partitions, "true")]).await;
        let error = changed.refusal(0, 1).await;
        assert_eq!((error.kind(), error.version()), (ErrorKind::SchemaMismatch, Some(0)), "{error}");
        assert!(error.message().contains(why), "{error}");
        changed.changes(1, 1).await.unwrap();
    }
}

fn mapped(name: &str, physical: &str, id: i64) -> Field {
    let mut field = long(name);
    field.metadata.insert("delta.columnMapping.physicalName".to_owned(), json!(physical));
    field.metadata.insert("delta.columnMapping.id".to_owned(), json!(id));
    field
}

#[tokio::test]
async fn mapped_columns_may_be_renamed_and_dropped_and_types_widened() {
    let metadata = |fields: &[Field], partitions: &[&str], mode: &str| {
        let mut action = metadata(fields, partitions, "true");
        action["metaData"]["configuration"]["delta.columnMapping.mode"] = json!(mode);
        action
    };
    let features = json!(["columnMapping", "typeWidening"]);
    let protocol = json!({"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features,
        "writerFeatures": features}});
    for mode in ["name", "id"] {
        let mut narrow = mapped("w", "w1", 3);
        narrow.data_type = DataType::Integer;
        let mut table =
            Table::new(metadata(&[mapped("id", "c1", 1), mapped("p", "c2", 2), narrow.clone()], &["p"], mode)).await;
        table.commit(std::slice::from_ref(&protocol)).await;
        let widened = mapped("w", "w1", 3);
        table.commit(&[metadata(&[mapped("key", "c1", 1), mapped("q", "c2", 2), widened.clone()], &["q"], mode)]).await;
        table.commit(&[metadata(&[mapped("q", "c2", 2), widened.clone()], &["q"], mode)]).await;
        let feed = table.changes(1, 3).await.unwrap().snapshot().clone();
        let kind = feed.schema().field(CHANGE_TYPE).unwrap().clone();
        assert_eq!(
            (feed.column_mapping().physical_name(&kind), feed.column_mapping().field_id(&kind)),
            (CHANGE_TYPE, None)
        );
        // Another column of the old name is another column.
        table.commit(&[metadata(&[mapped("q", "c2", 2), mapped("w", "w9", 9)], &["q"], mode)]).await;
        table.changes(1, 4).await.unwrap();
        let shrunk = table.commit(&[metadata(&[mapped("q", "c2", 2), narrow], &["q"], mode)]).await.refusal(3, 5).await;
        assert!(shrunk.message().contains("column w was long and became integer"), "{shrunk}");
        assert_eq!(shrunk.version(), Some(3));
    }
}

#[tokio::test]
async fn a_name_of_the_feed_is_refused() {
    let table = Table::new(metadata(&[long("id"), long(CHANGE_TYPE)], &[], "true")).await;
    assert_eq!(table.refusal(0, 0).await.kind(), ErrorKind::UnsupportedFeature);
}

#[tokio::test]
async fn a_removed_file_of_no_known_partition_is_refused() {
    let gone = json!({"remove": {"path": "a", "dataChange": true}});
    let mut table = Table::new(metadata(&[long("id")], &["id"], "true")).await;
    table.commit(std::slice::from_ref(&gone)).await;
    let error = table.files(0, 1).await.unwrap_err();
    assert_eq!((error.kind(), error.version()), (ErrorKind::CorruptTable, Some(1)));
    assert!(error.message().contains("extendedFileMetadata"));
    let mut plain = Table::plain().await;
    plain.commit(&[gone]).await;
    assert_eq!(plain.files(0, 1).await.unwrap(), ["1 delete a dv=- only=-"]);
}
