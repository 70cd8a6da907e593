use serde_json::{Value, json};

use super::*;
use crate::error::{ConflictKind, Error, ErrorKind};
use crate::schema::ColumnMapping;
use crate::storage::faults::{Fault, Faulty, memory_store};

async fn made(properties: &[(&str, &str)]) -> Snapshot {
    let storage = Storage::in_memory().unwrap();
    let properties = properties.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    create(&storage, NewTable { properties, ..new_table() }, &Context::default(), &Clock::system()).await.unwrap()
}

async fn altered(base: &Snapshot, changes: Value) -> Result<Snapshot> {
    let changes = Change::list_from_json(&changes.to_string()).unwrap();
    let done = alter(base.clone(), &changes, None, &Context::default(), &Clock::system()).await?;
    let read = Snapshot::open(base.storage(), None).await.unwrap();
    assert_eq!((read.protocol(), read.metadata()), (done.snapshot.protocol(), done.snapshot.metadata()));
    assert_eq!(read.version(), done.snapshot.version());
    Ok(done.snapshot)
}

async fn refusal(base: &Snapshot, changes: Value, parts: &[&str]) -> Error {
    let error = altered(base, changes).await.unwrap_err();
    for part in parts {
        assert!(error.message().contains(part), "{part} is not in {error}");
    }
    assert_eq!(base.refresh().await.unwrap().version(), base.version(), "a refused change was committed");
    error
}

fn add(column: &str, of: impl Into<Value>) -> Value {
    let field = json!({"type": of.into(), "nullable": true, "metadata": {}});
    json!({"change": "add_column", "column": column, "field": field, "first": false})
}

fn set(key: &str, value: &str) -> Value {
    json!({"change": "set_properties", "properties": {key: value}})
}

fn constraint(name: &str, expression: &str) -> Value {
    json!({"change": "add_constraint", "name": name, "expression": expression})
}

fn by_name() -> Value {
    set("delta.columnMapping.mode", "name")
}

fn names(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.schema().names().collect()
}

#[tokio::test]
async fn columns_are_added_where_they_are_wanted() {
    let base = append(&made(&[]).await, &[1], None).await.unwrap().snapshot;
    let inner =
        json!({"type": "struct", "fields": [{"name": "city", "type": "string", "nullable": false, "metadata": {}}]});
    let mut after_id = add("note", "string");
    after_id["after"] = "ID".into();
    let mut first = add("address", inner);
    first["first"] = true.into();
    let changed = altered(&base, json!([after_id, first, add("Address.zip", "string"), add("t", "timestamp_ntz")]))
        .await
        .unwrap();
    assert_eq!(names(&changed), ["address", "id", "note", "country", "t"]);
    assert_eq!(changed.schema().fields[0].data_type.to_string(), "struct<city:string,zip:string>");
    assert_eq!(changed.protocol().reader_features, Some(vec!["timestampNtz".to_owned()]));
    assert_eq!(changed.protocol().writer_features.clone().unwrap(), ["appendOnly", "invariants", "timestampNtz"]);
    for (change, parts) in [
        (add("NOTE", "long"), ["NOTE", "there is one"]),
        (add("a b", "long"), ["a b", "delta.columnMapping.mode"]),
        (add("id.x", "long"), ["id", "not a struct"]),
        (add("nope.x", "long"), ["nope", "address, id"]),
    ] {
        refusal(&changed, json!([change]), &parts).await;
    }
    for (key, value, part) in [
        ("nullable", json!(false), "null: false"),
        ("metadata", json!({"CURRENT_DEFAULT": "1"}), "change_default"),
        ("metadata", json!({"delta.generationExpression": "1"}), "generated"),
    ] {
        let mut change = add("x", "long");
        change["field"][key] = value;
        refusal(&changed, json!([change]), &["column x", part]).await;
    }
}

#[tokio::test]
async fn dropping_and_renaming_need_column_mapping() {
    let base = append(&made(&[]).await, &[1, 2], None).await.unwrap().snapshot;
    let (drop, rename) = (
        json!({"change": "drop_column", "column": "country"}),
        json!({"change": "rename_column", "column": "country", "to": "land"}),
    );
    for change in [&drop, &rename] {
        refusal(&base, json!([change]), &["country", "columnMapping", "set_properties"]).await;
    }
    let mapped = altered(&base, json!([by_name(), rename])).await.unwrap();
    assert_eq!(names(&mapped), ["id", "land"]);
    assert_eq!(mapped.column_mapping().physical_name(&mapped.schema().fields[1]), "country");
    assert_eq!((mapped.protocol().min_reader_version, mapped.protocol().min_writer_version), (2, 7));
    assert_eq!(mapped.metadata().configuration["delta.columnMapping.maxColumnId"].as_deref(), Some("2"));

    // A column of the name of one that was dropped is another column.
    let dropped = json!({"change": "drop_column", "column": "Land"});
    let again = altered(&mapped, json!([dropped, add("country", "string")])).await.unwrap();
    let field = &again.schema().fields[1];
    assert_ne!(again.column_mapping().physical_name(field), "country");
    assert_eq!(again.column_mapping().file_id(field), Some(3));

    // In the commit that begins to map them too.
    let plain = append(&made(&[]).await, &[1], None).await.unwrap().snapshot;
    let once = altered(&plain, json!([by_name(), drop, add("country", "string")]));
    let once = once.await.unwrap();
    assert_ne!(once.column_mapping().physical_name(&once.schema().fields[1]), "country");
    ColumnMapping::Name.check(once.schema()).unwrap();
}

#[tokio::test]
async fn modes_of_mapping_change_one_way_only() {
    let plain = made(&[]).await;
    refusal(&plain, json!([set("delta.columnMapping.mode", "id")]), &["delta.columnMapping.mode", "name"]).await;
    for mode in ["name", "id"] {
        let mapped = made(&[("delta.columnMapping.mode", mode)]).await;
        let other = if mode == "name" { "id" } else { "name" };
        for to in ["none", other] {
            refusal(&mapped, json!([set("delta.columnMapping.mode", to)]), &["delta.columnMapping.mode"]).await;
        }
        let unset = json!({"change": "unset_properties", "keys": ["delta.columnMapping.mode"], "if_exists": false});
        refusal(&mapped, json!([unset]), &["delta.columnMapping.mode"]).await;
    }
}

#[tokio::test]
async fn what_a_table_is_made_of_stays() {
    let storage = Storage::in_memory().unwrap();
    let mut schema = schema();
    let generated = StructType::from_json(
        r#"{"type":"struct","fields":[{"name":"twice","type":"long","nullable":true,"metadata":{"delta.generationExpression":"id * 2L"}}]}"#,
    );
    schema.fields.extend(generated.unwrap().fields);
    let properties = [("delta.columnMapping.mode", "name"), ("delta.constraints.known", "country <> 'x'")];
    let wanted = NewTable {
        schema,
        partition_by: vec!["country".to_owned()],
        properties: properties.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        ..NewTable::default()
    };
    let base = match create(&storage, wanted, &Context::default(), &Clock::system()).await {
        Ok(base) => base,
        Err(e) => panic!("{e}"),
    };
    let drop = |column: &str| json!([{"change": "drop_column", "column": column}]);
    let rename = |column: &str, to: &str| json!([{"change": "rename_column", "column": column, "to": to}]);
    refusal(&base, drop("country"), &["country", "partition column"]).await;
    refusal(&base, drop("id"), &["id", "generated column twice"]).await;
    refusal(&base, rename("id", "x"), &["id", "generated column twice"]).await;
    refusal(&base, rename("country", "x"), &["country", "constraint known", "drop_constraint"]).await;
    refusal(&base, rename("twice", "ID"), &["twice", "ID"]).await;
    refusal(&base, drop("nope"), &["nope", "id, country, twice"]).await;
    let free =
        altered(&base, json!([{"change": "drop_constraint", "name": "KNOWN", "if_exists": false}])).await.unwrap();
    let renamed = altered(&free, rename("country", "land")).await.unwrap();
    assert_eq!(renamed.partition_columns(), ["land"]);
    let dropped = altered(&renamed, drop("twice")).await.unwrap();
    assert_eq!(names(&dropped), ["id", "land"]);
    refusal(&dropped, drop("id"), &["partition column"]).await;
}

#[tokio::test]
async fn clustering_and_statistics_follow_their_columns() {
    let storage = Storage::in_memory().unwrap();
    let properties = [("delta.columnMapping.mode", "name"), ("delta.dataSkippingStatsColumns", "Id,country")];
    let wanted = NewTable {
        cluster_by: vec!["id".to_owned()],
        properties: properties.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        ..new_table()
    };
    let base = create(&storage, wanted, &Context::default(), &Clock::system()).await.unwrap();
    refusal(&base, json!([{"change": "drop_column", "column": "id"}]), &["id", "clustered"]).await;
    let renamed = altered(&base, json!([{"change": "rename_column", "column": "id", "to": "the id"}])).await.unwrap();
    let stats = |s: &Snapshot| s.metadata().configuration.get("delta.dataSkippingStatsColumns").cloned().flatten();
    assert_eq!(stats(&renamed).as_deref(), Some("`the id`,country"));
    let dropped = altered(&renamed, json!([{"change": "drop_column", "column": "country"}])).await;
    assert_eq!(stats(&dropped.unwrap()).as_deref(), Some("`the id`"));
}

#[tokio::test]
async fn types_become_wider_and_that_is_recorded() {
    let base = made(&[("delta.enableTypeWidening", "true")]).await;
    let list = json!({"type": "array", "elementType": {"type": "map", "keyType": "short", "valueType": "byte", "valueContainsNull": true}, "containsNull": true});
    let base = altered(&base, json!([add("n", "byte"), add("l", list), add("d", "decimal(5,2)")])).await.unwrap();
    let to = |column: &str, to: &str| json!({"change": "change_type", "column": column, "to": to});
    let wider = altered(
        &base,
        json!([
            to("n", "short"),
            to("n", "long"),
            to("l.element.key", "integer"),
            to("l.element.value", "double"),
            to("d", "decimal(10,3)")
        ]),
    );
    let wider = wider.await.unwrap();
    let types: Vec<String> = wider.schema().fields.iter().map(|f| f.data_type.to_string()).collect();
    assert_eq!(types, ["long", "string", "long", "array<map<integer,double>>", "decimal(10,3)"]);
    let changes = |at: usize| wider.schema().fields[at].metadata["delta.typeChanges"].to_string();
    assert_eq!(changes(2), r#"[{"toType":"short","fromType":"byte"},{"toType":"long","fromType":"short"}]"#);
    assert!(
        changes(3).contains(r#""fieldPath":"element.key""#) && changes(3).contains(r#""fieldPath":"element.value""#)
    );
    for (change, parts) in [
        (to("n", "byte"), ["column n", "wider"]),
        (to("n", "double"), ["column n", "wider"]),
        (to("country", "binary"), ["country", "wider"]),
        (to("d", "decimal(10,1)"), ["column d", "wider"]),
    ] {
        refusal(&wider, json!([change]), &parts).await;
    }
    let narrow = altered(&wider, json!([add("b", "byte")])).await.unwrap();
    refusal(&narrow, json!([to("b", "decimal(9,0)")]), &["column b"]).await;
    altered(&narrow, json!([to("b", "decimal(11,1)")])).await.unwrap();
    let plain = altered(&made(&[]).await, json!([add("n", "byte")])).await.unwrap();
    refusal(&plain, json!([to("n", "short")]), &["column n", "typeWidening", "delta.enableTypeWidening"]).await;
    let with = altered(&plain, json!([set("delta.enableTypeWidening", "true"), to("n", "short")])).await.unwrap();
    assert!(with.protocol().reader_features.clone().unwrap().contains(&"typeWidening".to_owned()));
}

#[tokio::test]
async fn fields_get_looser_and_never_stricter() {
    let null = |column: &str, to: bool| json!([{"change": "change_null", "column": column, "nullable": to}]);
    let list = json!({"type": "array", "elementType": "long", "containsNull": false});
    let base = altered(&made(&[]).await, json!([add("l", list)])).await.unwrap();
    refusal(&base, null("id", false), &["id", "add_constraint"]).await;
    let changed = altered(&base, null("l.element", true)).await.unwrap();
    assert!(changed.metadata().schema_string.contains(r#""containsNull":true"#));
    let words = json!([{"change": "change_comment", "column": "id", "comment": "ours"}, {"change": "set_name", "name": "n"},
        {"change": "set_description", "description": "d"}]);
    let told = altered(&changed, words).await.unwrap();
    assert_eq!(told.schema().fields[0].metadata["comment"], "ours");
    assert_eq!((told.metadata().name.as_deref(), told.metadata().description.as_deref()), (Some("n"), Some("d")));
    let quiet = json!([{"change": "change_comment", "column": "id", "comment": null}]);
    assert!(altered(&told, quiet).await.unwrap().schema().fields[0].metadata.is_empty());
}

#[tokio::test]
async fn what_is_not_known_of_fields_stays_as_it_was() {
    let storage = Storage::in_memory().unwrap();
    let text = r#"{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{"z":1,"a":{"b":[1.5,null,"ü"]},"__x":9007199254740993}}]}"#;
    let wanted = NewTable { schema: StructType::from_json(text).unwrap(), ..NewTable::default() };
    let base = create(&storage, wanted, &Context::default(), &Clock::system()).await.unwrap();
    let changed = altered(&base, json!([add("n", "long")])).await.unwrap();
    let kept = text.strip_suffix("]}").unwrap();
    assert!(changed.metadata().schema_string.starts_with(kept), "{}", changed.metadata().schema_string);
}

#[tokio::test]
async fn a_constraint_looks_at_the_rows_that_are_there() {
    let base = append(&made(&[]).await, &[1, 2, 3], None).await.unwrap().snapshot;
    for (text, holds) in [
        ("id > 0", true),
        ("id > 1", false),
        ("id < 3", false),
        ("country <> 'c9'", true),
        // What is unknown does not hold.
        ("id > 0 AND CAST(NULL AS BOOLEAN)", false),
        ("id > 0 -- always", true),
    ] {
        let storage = base.storage();
        let fresh = Snapshot::open(storage, None).await.unwrap();
        let done = altered(&fresh, json!([constraint("C1", text)])).await;
        match done {
            Ok(done) => {
                assert!(holds, "{text}");
                assert_eq!(done.metadata().configuration["delta.constraints.c1"].as_deref(), Some(text));
                assert_eq!(done.protocol().min_writer_version, 3);
                refusal(&done, json!([constraint("c1", "id > 5")]), &["c1", "there is one"]).await;
                altered(&done, json!([{"change": "drop_constraint", "name": "c1", "if_exists": false}])).await.unwrap();
            }
            Err(error) => {
                assert!(!holds, "{text}: {error}");
                assert_eq!(error.kind(), ErrorKind::ConstraintViolation);
                assert!(error.message().contains("C1") && error.message().contains("where("), "{error}");
            }
        }
    }
    let base = base.refresh().await.unwrap();
    refusal(&base, json!([constraint("c", "nope > 1")]), &["constraint c", "nope"]).await;
    refusal(&base, json!([constraint("c", "id + 1")]), &["constraint c", "not a condition"]).await;
    refusal(&base, json!([set("delta.constraints.c", "id > 1")]), &["add_constraint"]).await;
    refusal(&base, json!([{"change": "drop_constraint", "name": "c", "if_exists": false}]), &["no constraint c"]).await;
}

#[tokio::test]
async fn properties_raise_the_protocol_and_keep_what_it_had() {
    let base = made(&[("delta.minWriterVersion", "4")]).await;
    let raised = altered(&base, json!([set("delta.enableDeletionVectors", "true")])).await.unwrap();
    let features = raised.protocol().writer_features.clone().unwrap();
    let expected =
        ["appendOnly", "changeDataFeed", "checkConstraints", "deletionVectors", "generatedColumns", "invariants"];
    assert_eq!(features, expected);
    let listed = altered(&raised, json!([{"change": "add_feature", "name": "vacuumprotocolcheck"}])).await.unwrap();
    assert_eq!(listed.protocol().reader_features.clone().unwrap(), ["deletionVectors", "vacuumProtocolCheck"]);
    refusal(&listed, json!([{"change": "add_feature", "name": "catalogManaged"}]), &["catalogManaged"]).await;
    refusal(&listed, json!([set("delta.inCommitTimestampEnablementVersion", "1")]), &["kept by writers"]).await;
    refusal(&listed, json!([set("delta.targetFileSize", "many")]), &["delta.targetFileSize"]).await;
    let unset =
        |key: &str, if_exists: bool| json!([{"change": "unset_properties", "keys": [key], "if_exists": if_exists}]);
    refusal(&listed, unset("mine", false), &["mine", "not set"]).await;
    assert_eq!(altered(&listed, unset("mine", true)).await.unwrap().version(), listed.version());
    let off = altered(&listed, unset("delta.enableDeletionVectors", false)).await.unwrap();
    assert!(!off.metadata().configuration.contains_key("delta.enableDeletionVectors"));
    assert_eq!(off.protocol(), listed.protocol());
}

#[tokio::test]
async fn times_that_begin_later_say_since_when() {
    let base = append(&made(&[]).await, &[1], None).await.unwrap().snapshot;
    let on = altered(&base, json!([set("delta.enableInCommitTimestamps", "true")])).await.unwrap();
    let property = |key: &str| on.metadata().configuration[key].clone().unwrap();
    assert_eq!(property("delta.inCommitTimestampEnablementVersion"), "2");
    let since: i64 = property("delta.inCommitTimestampEnablementTimestamp").parse().unwrap();
    assert_eq!(on.in_commit_timestamp(), Some(since));
    let next = append(&on, &[2], None).await.unwrap().snapshot;
    assert!(next.in_commit_timestamp() > Some(since));
}

#[tokio::test]
async fn row_tracking_begins_while_there_are_no_rows() {
    let empty = made(&[]).await;
    let on = altered(&empty, json!([set("delta.enableRowTracking", "true")])).await.unwrap();
    assert!(on.metadata().configuration.contains_key("delta.rowTracking.materializedRowIdColumnName"));
    append(&on, &[1], None).await.unwrap();
    // With ids from before it is on, all is there.
    let supported = made(&[("delta.feature.rowTracking", "supported")]).await;
    let rows = append(&supported, &[1], None).await.unwrap().snapshot;
    altered(&rows, json!([set("delta.enableRowTracking", "true")])).await.unwrap();
}

#[tokio::test]
async fn the_history_says_what_was_changed() {
    let base = made(&[]).await;
    for (changes, operation, parameters) in [
        (json!([set("a", "1")]), "SET TBLPROPERTIES", json!({"properties": "{\"a\":\"1\"}"})),
        (json!([constraint("c", "id > 0")]), "ADD CONSTRAINT", json!({"expr": "id > 0", "name": "c"})),
        (
            json!([{"change": "drop_constraint", "name": "c", "if_exists": false}]),
            "DROP CONSTRAINT",
            json!({"name": "c"}),
        ),
        (json!([by_name()]), "SET TBLPROPERTIES", json!({"properties": "{\"delta.columnMapping.mode\":\"name\"}"})),
        (json!([add("x", "long"), add("y", "long")]), "ADD COLUMNS", Value::Null),
        (
            json!([{"change": "rename_column", "column": "x", "to": "z"}]),
            "RENAME COLUMN",
            json!({"newColumnName": "z", "oldColumnPath": "x"}),
        ),
        (json!([{"change": "drop_column", "column": "z"}]), "DROP COLUMNS", json!({"columns": "[\"z\"]"})),
        (json!([{"change": "change_comment", "column": "y", "comment": "c"}]), "CHANGE COLUMN", Value::Null),
        (json!([{"change": "drop_column", "column": "y"}, set("b", "1")]), "ALTER TABLE", Value::Null),
    ] {
        let done = altered(&base, changes).await.unwrap();
        let key = format!("_delta_log/{:020}.json", done.version());
        let body = base.storage().get(&key).await.unwrap();
        let first: Value = serde_json::from_slice(body.split(|b| *b == b'\n').next().unwrap()).unwrap();
        assert_eq!(first["commitInfo"]["operation"], operation);
        if !parameters.is_null() {
            assert_eq!(first["commitInfo"]["operationParameters"], parameters);
        }
    }
}

#[tokio::test]
async fn changes_are_made_again_from_what_another_writer_left() {
    let base = made(&[]).await;
    let tries = (0..8).map(|n| {
        let base = base.clone();
        tokio::spawn(async move {
            altered_only(&base, json!([set(&format!("p{n}"), "1"), add(&format!("c{n}"), "long")])).await
        })
    });
    for done in futures::future::join_all(tries).await {
        done.unwrap().unwrap();
    }
    let newest = base.refresh().await.unwrap();
    assert_eq!((newest.version(), newest.schema().fields.len()), (8, 10));
    assert_eq!(newest.metadata().configuration.len(), 8);
    let same = |_| {
        let base = base.clone();
        tokio::spawn(async move { altered_only(&base, json!([add("same", "long")])).await })
    };
    let results = futures::future::join_all((0..4).map(same)).await;
    assert_eq!(results.into_iter().filter(|r| r.as_ref().unwrap().is_ok()).count(), 1);
}

async fn altered_only(base: &Snapshot, changes: Value) -> Result<Snapshot> {
    let changes = Change::list_from_json(&changes.to_string()).unwrap();
    Ok(alter(base.clone(), &changes, None, &Context::default(), &Clock::system()).await?.snapshot)
}

#[tokio::test]
async fn rows_that_come_while_others_are_looked_at_are_a_conflict() {
    let storage = Storage::in_memory().unwrap();
    let base = append(&table(&storage).await, &[1], None).await.unwrap().snapshot;
    // Another writer adds its rows in the moment before the commit is put.
    let rows = r#"{"add":{"path":"x.parquet","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}}"#;
    let line = format!("{{\"commitInfo\":{{\"txnId\":\"another\",\"isBlindAppend\":true}}}}\n{rows}\n");
    let changes = Change::list_from_json(&json!([constraint("c", "id > 0")]).to_string()).unwrap();
    let racing = Racing { storage: storage.clone(), line };
    let error = racing.run(&base, &changes).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CommitConflict(ConflictKind::ConcurrentAppend));
}

struct Racing {
    storage: Storage,
    line: String,
}

impl Racing {
    /// Prepares the change, lets the other writer in, and commits.
    async fn run(&self, base: &Snapshot, changes: &[Change]) -> Result<()> {
        let clock = Clock::system();
        let transaction = super::super::alter::prepared(base, changes, &Context::default(), &clock).await?.unwrap();
        self.storage.put("_delta_log/00000000000000000002.json", self.line.clone().into()).await?;
        crate::txn::commit(base.clone(), transaction, &Context::default(), &clock).await.map(drop)
    }
}

#[tokio::test]
async fn a_lost_answer_to_a_change_is_looked_up() {
    use std::sync::atomic::{AtomicU32, Ordering};
    let seen = AtomicU32::new(0);
    let judge = move |name: &str, key: &str| {
        let ours = name == "put_if_absent" && key.ends_with("1.json") && seen.fetch_add(1, Ordering::SeqCst) < 1;
        if ours { Fault::After } else { Fault::None }
    };
    let storage = Storage::for_test(Arc::new(Faulty::new(memory_store(), judge))).unwrap();
    let base = table(&storage).await;
    let done = altered(&base, json!([add("x", "long")])).await.unwrap();
    assert_eq!((done.version(), done.schema().fields.len()), (1, 3));
}
