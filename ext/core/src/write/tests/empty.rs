use serde_json::{Value, json};

use super::*;

const FEATURES: &[&str] =
    &["invariants", "checkConstraints", "generatedColumns", "allowColumnDefaults", "materializePartitionColumns"];

fn of(fields: Value) -> Schema {
    Schema::from_json(&json!({"type": "struct", "fields": fields}).to_string()).unwrap()
}

/// `id: long` and `p`, by which the table is partitioned.
fn id_and(p: Value) -> Schema {
    of(json!([{"name": "id", "type": "long", "nullable": true, "metadata": {}}, p]))
}

fn generated(name: &str, data_type: &str, text: &str) -> Value {
    let metadata = json!({"delta.generationExpression": text});
    json!({"name": name, "type": data_type, "nullable": true, "metadata": metadata})
}

fn text(nullable: bool) -> Schema {
    id_and(json!({"name": "p", "type": "string", "nullable": nullable, "metadata": {}}))
}

/// The partitions of the files that come of it, and what these hold of `p`; or the message of why there are none.
async fn wrote(
    schema: &Schema,
    configuration: &[(&str, &str)],
    rows: impl Into<RowBatch>,
) -> Result<Vec<(Option<String>, ArrayRef)>, String> {
    let storage = Storage::in_memory().unwrap();
    let table = table(&storage, schema, &["p"], FEATURES, configuration);
    let mut writer = FileWriter::new(&table, Context::default(), Clock::from_fn(|| NOW)).unwrap();
    if let Err(error) = writer.write(rows).await {
        writer.abort().await;
        return Err(error.message().to_owned());
    }
    let mut files = Vec::new();
    for add in writer.finish().await.unwrap().into_adds() {
        let held = read(&storage, &add).await.1[0].column_by_name("p").unwrap().clone();
        files.push((add.partition_values["p"].clone(), held));
    }
    Ok(files)
}

#[tokio::test]
async fn what_is_null_in_the_log_is_null_in_the_file() {
    let rows = batch(&text(true), vec![longs(0..4), texts(vec![Some("a"), Some(""), None, Some("")])]);
    let files = wrote(&text(true), &[], rows.slice(1, 3)).await.unwrap();
    assert_eq!((files.len(), &files[0].0, files[0].1.len(), files[0].1.null_count()), (1, &None, 3, 3));
    let files = wrote(&text(true), &[], rows.slice(0, 2)).await.unwrap();
    let partitions: Vec<_> = files.iter().map(|(p, held)| (p.as_deref(), held.null_count())).collect();
    assert_eq!(partitions, [(Some("a"), 0), (None, 1)]);
}

#[tokio::test]
async fn a_column_without_nulls_takes_no_empty_text_or_binary() {
    let message =
        "row 1: column p is null, and the table's schema allows no nulls there (in a partition column, \"\" is null)";
    let rows = batch(&text(false), vec![longs([1, 2]), texts(vec![Some("a"), Some("")])]);
    assert_eq!(wrote(&text(false), &[], rows).await.unwrap_err(), message);
    let binary = id_and(json!({"name": "p", "type": "binary", "nullable": false, "metadata": {}}));
    let rows = batch(&binary, vec![longs([1, 2]), Arc::new(BinaryArray::from(vec![&b"a"[..], b""]))]);
    assert_eq!(wrote(&binary, &[], rows.clone()).await.unwrap_err(), message);
    assert_eq!(wrote(&binary, &[], rows.slice(0, 1)).await.unwrap()[0].0.as_deref(), Some("a"));
}

#[tokio::test]
async fn only_partition_columns_have_no_empty_text() {
    let schema = of(json!([
        {"name": "t", "type": "string", "nullable": false, "metadata": {}},
        {"name": "p", "type": "string", "nullable": true, "metadata": {}}
    ]));
    let check = [("delta.constraints.c", "t IS NOT NULL AND p IS NULL")];
    wrote(&schema, &check, batch(&schema, vec![texts(vec![Some("")]), texts(vec![Some("")])])).await.unwrap();
}

#[tokio::test]
async fn constraints_see_null() {
    let rows = |p| batch(&text(true), vec![longs([1]), texts(vec![Some(p)])]);
    for condition in ["p IS NOT NULL", "p = ''", "length(p) = 0"] {
        let refused = wrote(&text(true), &[("delta.constraints.c", condition)], rows("")).await.unwrap_err();
        let told = format!("row 0: the constraint c ({condition}) does not hold: p is null");
        assert_eq!(refused, told + " (in a partition column, \"\" is null)");
    }
    wrote(&text(true), &[("delta.constraints.c", "p IS NULL")], rows("")).await.unwrap();
    let refused = wrote(&text(true), &[("delta.constraints.c", "p = 'b'")], rows("a")).await.unwrap_err();
    assert_eq!(refused, "row 0: the constraint c (p = 'b') does not hold: p is \"a\"");
}

#[tokio::test]
async fn rows_are_known_to_be_refused_before_they_are_written() {
    let storage = Storage::in_memory().unwrap();
    let rules = |schema: &Schema, by: &[&str]| {
        RowRules::new(&table(&storage, schema, by, FEATURES, &[]), &Clock::system()).unwrap()
    };
    let strict = rules(&text(false), &["p"]);
    assert!(strict.refuse_rows());
    let rows = batch(&text(false), vec![longs([1]), texts(vec![Some("")])]).into();
    assert!(strict.check(&rows, 7).unwrap_err().message().starts_with("row 7: column p is null"));
    assert!(!rules(&text(true), &["p"]).refuse_rows());
    assert!(!rules(&text(false), &["id"]).refuse_rows());
}

#[tokio::test]
async fn a_generated_partition_may_come_out_empty() {
    for (data_type, expression) in [("string", "trim(t) -- or null"), ("binary", "CAST(trim(t) AS BINARY)")] {
        let schema = of(json!([
            {"name": "t", "type": "string", "nullable": true, "metadata": {}},
            generated("p", data_type, expression),
        ]));
        let nothing = |n| arrow::array::new_null_array(&schema.fields[1].data_type.to_arrow(), n);
        let rows = batch(&schema, vec![texts(vec![Some(" "), Some(" a"), None]), nothing(3)]);
        let files = wrote(&schema, &[], RowBatch::without(rows, &[1])).await.unwrap();
        let partitions: Vec<_> = files.iter().map(|(p, held)| (p.as_deref(), held.len())).collect();
        assert_eq!(partitions, [(None, 2), (Some("a"), 1)], "{data_type}");
        let given = batch(&schema, vec![texts(vec![Some(" ")]), nothing(1)]);
        assert_eq!(wrote(&schema, &[], given).await.unwrap()[0].0, None);
        let wrong = batch(&schema, vec![texts(vec![Some("a")]), nothing(1)]);
        assert!(wrote(&schema, &[], wrong).await.unwrap_err().starts_with("row 0: the generated column p"));
    }
}

#[tokio::test]
async fn columns_generated_from_a_partition_see_null() {
    let schema = of(json!([
        {"name": "p", "type": "string", "nullable": true, "metadata": {}},
        generated("n", "integer", "length(p)"),
    ]));
    let rows = |n: Option<i32>| batch(&schema, vec![texts(vec![Some("")]), Arc::new(Int32Array::from(vec![n]))]);
    wrote(&schema, &[("delta.constraints.c", "n IS NULL")], RowBatch::without(rows(None), &[1])).await.unwrap();
    let refused = wrote(&schema, &[], rows(Some(0))).await.unwrap_err();
    assert!(refused.starts_with("row 0: the generated column n (length(p)) does not hold: "), "{refused}");
}

#[tokio::test]
async fn a_default_that_is_empty_is_null_too() {
    let p = json!({"name": "p", "type": "string", "nullable": false, "metadata": {"CURRENT_DEFAULT": "''"}});
    let schema = id_and(p);
    let rows = batch(&text(true), vec![longs([1]), texts(vec![None])]);
    let refused = wrote(&schema, &[], RowBatch::without(rows, &[1])).await.unwrap_err();
    assert!(refused.starts_with("row 0: column p is null"), "{refused}");
}
