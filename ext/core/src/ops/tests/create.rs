use super::*;
use crate::error::{Error, ErrorKind};

#[tokio::test]
async fn a_table_is_made_once() {
    let storage = Storage::in_memory().unwrap();
    assert!(!exists(&storage).await.unwrap());
    let snapshot = table(&storage).await;
    assert_eq!(snapshot.version(), 0);
    assert!(exists(&storage).await.unwrap());
    let again = create(&storage, new_table(), &Context::default(), &Clock::system()).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::TableExists);
}

#[tokio::test]
async fn of_many_creators_one_wins() {
    let storage = Storage::in_memory().unwrap();
    let tries = (0..8).map(|_| {
        let storage = storage.clone();
        tokio::spawn(async move { create(&storage, new_table(), &Context::default(), &Clock::system()).await })
    });
    let results = futures::future::join_all(tries).await;
    let made = results.iter().filter(|r| r.as_ref().unwrap().is_ok()).count();
    assert_eq!(made, 1);
}

#[tokio::test]
async fn what_is_read_back_is_what_was_asked_for() {
    let storage = Storage::in_memory().unwrap();
    let wanted = NewTable {
        partition_by: vec!["country".to_owned()],
        name: Some("orders".to_owned()),
        description: Some("all of them".to_owned()),
        properties: [("delta.appendOnly".to_owned(), "true".to_owned()), ("mine".to_owned(), "1".to_owned())].into(),
        ..new_table()
    };
    create(&storage, wanted, &Context::default(), &Clock::system()).await.unwrap();
    let snapshot = Snapshot::open(&storage, None).await.unwrap();
    assert_eq!(**snapshot.schema(), schema());
    assert_eq!(snapshot.partition_columns(), ["country"]);
    assert_eq!(snapshot.metadata().name.as_deref(), Some("orders"));
    assert_eq!(snapshot.metadata().configuration["mine"].as_deref(), Some("1"));
    assert!(snapshot.properties().append_only);
}

async fn made(schema: &str, properties: &[(&str, &str)], cluster_by: &[&str]) -> Result<Snapshot> {
    let storage = Storage::in_memory().unwrap();
    let wanted = NewTable {
        schema: StructType::from_json(schema).unwrap(),
        cluster_by: cluster_by.iter().map(|c| (*c).to_owned()).collect(),
        properties: properties.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        ..NewTable::default()
    };
    let made = create(&storage, wanted, &Context::default(), &Clock::system()).await;
    match &made {
        Ok(made) => {
            let read = Snapshot::open(&storage, None).await.unwrap();
            assert_eq!((read.protocol(), read.metadata()), (made.protocol(), made.metadata()));
            assert_eq!(read.domain_metadata().collect::<Vec<_>>(), made.domain_metadata().collect::<Vec<_>>());
            assert_eq!(read.in_commit_timestamp(), made.in_commit_timestamp());
        }
        Err(_) => assert!(!exists(&storage).await.unwrap(), "a refused table was made"),
    }
    made
}

fn one(name: &str, of: &str, metadata: &str) -> String {
    let id = r#"{"name":"id","type":"long","nullable":true,"metadata":{}}"#;
    format!(
        r#"{{"type":"struct","fields":[{id},{{"name":"{name}","type":{of},"nullable":true,"metadata":{metadata}}}]}}"#
    )
}

async fn refusal(schema: &str, properties: &[(&str, &str)], cluster_by: &[&str]) -> Error {
    made(schema, properties, cluster_by).await.unwrap_err()
}

#[tokio::test]
async fn features_that_no_table_can_have_are_refused_by_name() {
    for (properties, name) in [
        ([("delta.feature.somethingNew", "supported")], "somethingNew"),
        ([("delta.feature.catalogManaged", "supported")], "catalogManaged"),
        ([("delta.enableIcebergCompatV2", "true")], "icebergCompatV2"),
    ] {
        let error = refusal(&schema().to_json(), &properties, &[]).await;
        assert_eq!(error.kind(), ErrorKind::UnsupportedFeature);
        assert!(error.message().contains(name), "{error}");
    }
}

#[tokio::test]
async fn mapped_tables_have_ids_and_names_of_their_own() {
    for mode in ["name", "id"] {
        // What another table gave to a column is not taken over.
        let taken = r#"{"delta.columnMapping.id":90,"delta.columnMapping.physicalName":"x","delta.typeChanges":[],"comment":"kept"}"#;
        let table =
            made(&one("odd name", r#""long""#, taken), &[("delta.columnMapping.mode", mode)], &[]).await.unwrap();
        table.column_mapping().check(table.schema()).unwrap();
        let field = &table.schema().fields[1];
        assert!(table.column_mapping().physical_name(field).starts_with("col-"));
        assert_eq!(table.column_mapping().file_id(field), Some(2));
        assert_eq!(field.metadata["comment"], "kept");
        assert!(!field.metadata.contains_key("delta.typeChanges"));
        assert_eq!(table.metadata().configuration["delta.columnMapping.maxColumnId"].as_deref(), Some("2"));
        assert_eq!((table.protocol().min_reader_version, table.protocol().min_writer_version), (2, 7));
    }
    let error = refusal(&one("odd name", r#""long""#, "{}"), &[], &[]).await;
    assert!(error.message().contains("delta.columnMapping.mode"), "{error}");
    let error = refusal(&schema().to_json(), &[("delta.columnMapping.mode", "index")], &[]).await;
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[tokio::test]
async fn pseudo_properties_are_not_kept_and_those_of_writers_cannot_be_set() {
    let asked = [("delta.feature.deletionVectors", "supported"), ("delta.minWriterVersion", "7"), ("mine", "1")];
    let table = made(&schema().to_json(), &asked, &[]).await.unwrap();
    assert_eq!(table.metadata().configuration.keys().collect::<Vec<_>>(), ["mine"]);
    assert_eq!(table.protocol().reader_features, Some(vec!["deletionVectors".to_owned()]));
    for key in ["delta.columnMapping.maxColumnId", "delta.rowTracking.materializedRowIdColumnName"] {
        let error = refusal(&schema().to_json(), &[(key, "1")], &[]).await;
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.message().contains(key), "{error}");
    }
}

#[tokio::test]
async fn times_and_row_ids_are_kept_from_the_first_commit_on() {
    let on = [("delta.enableInCommitTimestamps", "true"), ("delta.enableRowTracking", "true")];
    let table = made(&schema().to_json(), &on, &[]).await.unwrap();
    assert!(table.in_commit_timestamp().is_some());
    let configuration = &table.metadata().configuration;
    assert!(!configuration.contains_key("delta.inCommitTimestampEnablementVersion"));
    let column = configuration["delta.rowTracking.materializedRowIdColumnName"].as_deref().unwrap();
    assert!(column.starts_with("_row-id-col-"));
    assert!(configuration.contains_key("delta.rowTracking.materializedRowCommitVersionColumnName"));
    let features = table.protocol().writer_features.clone().unwrap();
    assert_eq!(features, ["appendOnly", "domainMetadata", "inCommitTimestamp", "invariants", "rowTracking"]);
}

#[tokio::test]
async fn clustered_tables_name_their_columns_as_files_do() {
    let inner = r#"{"type":"struct","fields":[{"name":"x y","type":"long","nullable":true,"metadata":{}}]}"#;
    let mapped = [("delta.columnMapping.mode", "name")];
    let table = made(&one("s", inner, "{}"), &mapped, &["id", "s.`x y`"]).await.unwrap();
    let (_, text) = table.domain_metadata().find(|(d, _)| *d == "delta.clustering").unwrap();
    let domain: serde_json::Value = serde_json::from_str(text).unwrap();
    let paths = domain["clusteringColumns"].as_array().unwrap();
    assert_eq!(paths[0].as_array().unwrap().len(), 1);
    assert_eq!(paths[1].as_array().unwrap().len(), 2);
    assert!(paths[1][1].as_str().unwrap().starts_with("col-"));
    let features = table.protocol().writer_features.clone().unwrap();
    assert!(features.contains(&"clustering".to_owned()) && features.contains(&"domainMetadata".to_owned()));
    for (columns, part) in
        [(vec!["nope"], "nope"), (vec!["s"], "struct"), (vec!["id", "id"], "twice"), (vec!["id"; 5], "4 columns")]
    {
        let error = refusal(&one("s", inner, "{}"), &mapped, &columns).await;
        assert!(error.message().contains(part), "{error}");
    }
}

#[tokio::test]
async fn constraints_and_generated_columns_must_make_sense() {
    for (text, part) in [("id >", "constraint c"), ("nope > 1", "nope"), ("id + 1", "not a condition")] {
        let error = refusal(&schema().to_json(), &[("delta.constraints.c", text)], &[]).await;
        assert!(error.message().contains(part) && error.message().contains("constraint c"), "{error}");
    }
    for (of, metadata, part) in [
        (r#""long""#, r#"{"delta.generationExpression":"x + 1"}"#, "generated column x"),
        (r#""long""#, r#"{"delta.generationExpression":"nope"}"#, "nope"),
        (r#""date""#, r#"{"delta.generationExpression":"id + 1"}"#, "CAST(id + 1 AS date)"),
        (r#""long""#, r#"{"delta.generationExpression":"id","CURRENT_DEFAULT":"1"}"#, "one of the three"),
        (r#""long""#, r#"{"CURRENT_DEFAULT":1}"#, "no SQL text"),
        (
            r#""date""#,
            r#"{"delta.identity.start":1,"delta.identity.step":1,"delta.identity.allowExplicitInsert":true}"#,
            "long",
        ),
        (
            r#""long""#,
            r#"{"delta.identity.start":1,"delta.identity.step":0,"delta.identity.allowExplicitInsert":true}"#,
            "step 0",
        ),
        (r#""long""#, r#"{"delta.identity.start":1}"#, "delta.identity.step"),
    ] {
        let error = refusal(&one("x", of, metadata), &[], &[]).await;
        assert!(error.message().contains(part), "{part} is not in {error}");
    }
    let error = refusal(&one("_Change_Type", r#""long""#, "{}"), &[("delta.enableChangeDataFeed", "true")], &[]).await;
    assert!(error.message().contains("_Change_Type"), "{error}");
}

#[tokio::test]
async fn a_lost_answer_to_the_first_commit_is_looked_up() {
    use crate::storage::faults::{Fault, Faulty, memory_store};
    use std::sync::atomic::{AtomicU32, Ordering};
    for (fault, times) in [(Fault::After, 1), (Fault::Before, 2)] {
        let seen = AtomicU32::new(0);
        let judge = move |name: &str, _: &str| {
            let hit = name == "put_if_absent" && seen.fetch_add(1, Ordering::SeqCst) < times;
            if hit { fault } else { Fault::None }
        };
        let storage = Storage::for_test(Arc::new(Faulty::new(memory_store(), judge))).unwrap();
        let made = create(&storage, new_table(), &Context::default(), &Clock::system()).await.unwrap();
        assert_eq!(made.metadata().id, Snapshot::open(&storage, None).await.unwrap().metadata().id);
    }
}

#[tokio::test]
async fn a_first_commit_of_unknown_outcome_is_told_so() {
    use crate::storage::faults::{Fault, Faulty, memory_store};
    let judge = |name: &str, _: &str| if name == "put_if_absent" { Fault::Before } else { Fault::None };
    let storage = Storage::for_test(Arc::new(Faulty::new(memory_store(), judge))).unwrap();
    let context = Context::new(Some(std::time::Duration::from_millis(200)));
    let error = create(&storage, new_table(), &context, &Clock::system()).await.unwrap_err();
    assert_eq!((error.kind(), error.version()), (ErrorKind::CommitOutcomeUnknown, Some(0)));
}
