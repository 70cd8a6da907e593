//! By what names columns are in files, partition values and statistics.

use serde_json::{Value, json};

use super::*;
use crate::action::{DomainMetadata, TableActionLine};

fn mapped(name: &str, physical: &str, id: i64, data_type: Value) -> Value {
    let metadata = json!({"delta.columnMapping.physicalName": physical, "delta.columnMapping.id": id});
    json!({"name": name, "type": data_type, "nullable": true, "metadata": metadata})
}

fn structure(fields: &[Value]) -> Value {
    json!({"type": "struct", "fields": fields})
}

/// `id` and `pair` whose names in files are each other's, at every level, a partition column, and what nests them.
fn crossed() -> StructType {
    let pair =
        |first: i64| structure(&[mapped("x", "y", first, json!("long")), mapped("y", "x", first + 1, json!("string"))]);
    let list = json!({"type": "array", "elementType": pair(20), "containsNull": true});
    let map = json!({"type": "map", "keyType": "string", "valueType": pair(30), "valueContainsNull": true});
    let fields = [
        mapped("id", "pair", 1, json!("long")),
        mapped("pair", "id", 2, pair(10)),
        mapped("p", "col-p", 3, json!("string")),
        mapped("list", "col-list", 4, list),
        mapped("map", "col-map", 5, map),
    ];
    StructType::from_json(&structure(&fields).to_string()).unwrap()
}

fn pairs(x: &[i64], fields: &arrow::datatypes::Fields) -> StructArray {
    let names: StringArray = x.iter().map(|x| Some(format!("t{x}"))).collect();
    StructArray::new(fields.clone(), vec![longs(x.iter().copied()), Arc::new(names)], None)
}

fn crossed_rows() -> RecordBatch {
    let schema = crossed();
    let arrow = schema.to_arrow();
    let Arrow::Struct(pair) = arrow.field(1).data_type() else { panic!() };
    let Arrow::List(element) = arrow.field(3).data_type() else { panic!() };
    let Arrow::Map(entries, _) = arrow.field(4).data_type() else { panic!() };
    let Arrow::Struct(entry) = entries.data_type() else { panic!() };
    let present = || Some(NullBuffer::from(vec![true, false, true]));
    let list = ListArray::new(
        element.clone(),
        OffsetBuffer::from_lengths([2, 1, 0]),
        Arc::new(pairs(&[1, 2, 3], pair)),
        present(),
    );
    let both = StructArray::new(entry.clone(), vec![texts(vec![Some("k")]), Arc::new(pairs(&[7], pair))], None);
    let map = MapArray::new(entries.clone(), OffsetBuffer::from_lengths([1, 0, 0]), both, present(), false);
    batch(
        &schema,
        vec![
            longs([1, 2, 3]),
            Arc::new(pairs(&[-1, -2, -3], pair)),
            texts(vec![Some("a"), Some("a"), None]),
            Arc::new(list),
            Arc::new(map),
        ],
    )
}

async fn written(table: &Snapshot, rows: RecordBatch) -> Vec<Add> {
    let mut writer = FileWriter::new(table, Context::default(), Clock::from_fn(|| NOW)).unwrap();
    writer.write(rows).await.unwrap();
    writer.finish().await.unwrap().into_adds()
}

/// Path and field id of each field of a file, groups too.
fn fields_of(metadata: &ParquetMetaData) -> Vec<String> {
    fn walk(field: &parquet::schema::types::Type, path: &str, out: &mut Vec<String>) {
        let info = field.get_basic_info();
        let path = format!("{path}/{}", info.name());
        out.push(if info.has_id() { format!("{path}={}", info.id()) } else { path.clone() });
        if field.is_group() {
            field.get_fields().iter().for_each(|f| walk(f, &path, out));
        }
    }
    let mut out = Vec::new();
    let root = metadata.file_metadata().schema_descr().root_schema();
    root.get_fields().iter().for_each(|f| walk(f, "", &mut out));
    out
}

#[tokio::test]
async fn files_go_by_physical_names_and_ids_at_every_level() {
    for mode in ["name", "id"] {
        let storage = Storage::in_memory().unwrap();
        let schema = crossed();
        let configuration = [("delta.columnMapping.mode", mode)];
        let table = table(&storage, &schema, &["p"], &["columnMapping"], &configuration);
        let adds = written(&table, crossed_rows()).await;
        assert_eq!(adds.len(), 2);
        let values: Vec<_> = adds.iter().map(|a| a.partition_values.clone()).collect();
        let only =
            |value: Option<&str>| std::collections::BTreeMap::from([("col-p".to_owned(), value.map(str::to_owned))]);
        assert_eq!(values, [only(Some("a")), only(None)]);
        let (metadata, batches) = read(&storage, &adds[0]).await;
        assert_eq!(
            fields_of(&metadata),
            [
                "/pair=1",
                "/id=2",
                "/id/y=10",
                "/id/x=11",
                "/col-list=4",
                "/col-list/list",
                "/col-list/list/element",
                "/col-list/list/element/y=20",
                "/col-list/list/element/x=21",
                "/col-map=5",
                "/col-map/key_value",
                "/col-map/key_value/key",
                "/col-map/key_value/value",
                "/col-map/key_value/value/y=30",
                "/col-map/key_value/value/x=31",
            ]
        );
        assert_eq!(batches[0].column_by_name("pair").unwrap().as_ref(), longs([1, 2]).as_ref());
        let inner = batches[0].column_by_name("id").unwrap().as_struct();
        assert_eq!(inner.column_by_name("y").unwrap().as_ref(), longs([-1, -2]).as_ref());
        let elements = batches[0].column_by_name("col-list").unwrap().as_list::<i32>();
        assert_eq!(elements.values().len(), 2, "what lies under a null list is not written");
        let stats: Value = serde_json::from_str(adds[0].stats.as_deref().unwrap()).unwrap();
        assert_eq!(stats["minValues"], json!({"pair": 1, "id": {"y": -2, "x": "t-1"}}));
        assert_eq!(stats["nullCount"], json!({"pair": 0, "id": {"y": 0, "x": 0}, "col-list": 1, "col-map": 1}));
    }
}

#[tokio::test]
async fn folders_tell_nothing_of_mapped_columns() {
    let storage = Storage::in_memory().unwrap();
    let configuration = [("delta.columnMapping.mode", "name")];
    let table = table(&storage, &crossed(), &["p"], &["columnMapping"], &configuration);
    for add in written(&table, crossed_rows()).await {
        let (folder, name) = add.path.split_once('/').unwrap();
        assert!(folder.len() == 2 && folder.chars().all(|c| c.is_ascii_alphanumeric()), "{folder}");
        assert!(name.starts_with("part-"), "{name}");
    }
}

#[tokio::test]
async fn random_folders_are_had_for_the_asking() {
    let storage = Storage::in_memory().unwrap();
    let configuration = [("delta.randomizeFilePrefixes", "true"), ("delta.randomPrefixLength", "5")];
    let table = table(&storage, &two_columns(), &["p"], &[], &configuration);
    let adds = written(&table, batch(&two_columns(), vec![longs([1]), texts(vec![Some("x")])])).await;
    assert_eq!(adds[0].path.split_once('/').unwrap().0.len(), 5);
    assert_eq!(adds[0].partition_values["p"].as_deref(), Some("x"));
}

#[tokio::test]
async fn annotations_without_a_mode_mean_nothing() {
    let storage = Storage::in_memory().unwrap();
    for (features, mode) in [(vec!["columnMapping"], "none"), (vec![], "name")] {
        let configuration = [("delta.columnMapping.mode", mode)];
        let table = table(&storage, &crossed(), &["p"], &features, &configuration);
        let adds = written(&table, crossed_rows()).await;
        let (metadata, _) = read(&storage, &adds[0]).await;
        assert_eq!(fields_of(&metadata)[..4], ["/id", "/pair", "/pair/x", "/pair/y"]);
        assert!(adds[0].path.starts_with("p=a/"), "{}", adds[0].path);
        assert_eq!(adds[0].partition_values["p"].as_deref(), Some("a"));
    }
}

#[tokio::test]
async fn partition_columns_are_in_files_where_that_is_asked_for() {
    let storage = Storage::in_memory().unwrap();
    let table = table(&storage, &two_columns(), &["id"], &["materializePartitionColumns"], &[]);
    let adds = written(&table, batch(&two_columns(), vec![longs([7, 7]), texts(vec![Some("x"), None])])).await;
    let (metadata, batches) = read(&storage, &adds[0]).await;
    assert_eq!(fields_of(&metadata), ["/p", "/id"]);
    assert_eq!(batches[0].column_by_name("id").unwrap().as_ref(), longs([7, 7]).as_ref());
    assert_eq!(adds[0].partition_values["id"].as_deref(), Some("7"));
    assert!(!adds[0].stats.as_ref().unwrap().contains("\"id\""), "the log has the values of partition columns");
}

#[tokio::test]
async fn clustering_columns_have_statistics_wherever_they_stand() {
    let storage = Storage::in_memory().unwrap();
    let configuration = [("delta.columnMapping.mode", "name"), ("delta.dataSkippingNumIndexedCols", "1")];
    let columns = &["columnMapping", "clustering", "domainMetadata"];
    let table = table(&storage, &crossed(), &["p"], columns, &configuration);
    let clustered = |text: &str| {
        let domain =
            DomainMetadata { domain: "delta.clustering".to_owned(), configuration: text.to_owned(), removed: false };
        table.advance(&[TableActionLine { domain_metadata: Some(domain), ..TableActionLine::default() }]).unwrap()
    };
    let plain = written(&table, crossed_rows()).await;
    let stats: Value = serde_json::from_str(plain[0].stats.as_deref().unwrap()).unwrap();
    assert_eq!(stats["minValues"], json!({"pair": 1}));
    let adds =
        written(&clustered(r#"{"clusteringColumns":[["id","x"]],"domainName":"delta.clustering"}"#), crossed_rows())
            .await;
    let stats: Value = serde_json::from_str(adds[0].stats.as_deref().unwrap()).unwrap();
    assert_eq!(stats["minValues"], json!({"pair": 1, "id": {"x": "t-1"}}));
    let error = FileWriter::new(&clustered("{}"), Context::default(), Clock::system()).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::CorruptTable);
}
