use arrow::buffer::BooleanBuffer;
use arrow::datatypes::Int64Type;
use serde_json::{Value, json};

use super::*;

const FEATURES: &[&str] =
    &["invariants", "checkConstraints", "generatedColumns", "allowColumnDefaults", "identityColumns", "timestampNtz"];

fn column(name: &str, data_type: Value, metadata: Value) -> Value {
    json!({"name": name, "type": data_type, "nullable": true, "metadata": metadata})
}

fn fields(fields: &[Value]) -> Schema {
    Schema::from_json(&json!({"type": "struct", "fields": fields}).to_string()).unwrap()
}

fn opened(storage: &Storage, schema: &Schema, constraints: &[(&str, &str)]) -> Result<FileWriter, crate::error::Error> {
    let constraints: Vec<(String, &str)> =
        constraints.iter().map(|(name, text)| (format!("delta.constraints.{name}"), *text)).collect();
    let constraints: Vec<(&str, &str)> = constraints.iter().map(|(k, v)| (k.as_str(), *v)).collect();
    let table = table(storage, schema, &[], FEATURES, &constraints);
    FileWriter::new(&table, Context::default(), Clock::from_fn(|| NOW))
}

/// The rows that a file then has, or the message of why not.
async fn wrote(
    schema: &Schema,
    constraints: &[(&str, &str)],
    rows: impl Into<RowBatch>,
) -> Result<RecordBatch, String> {
    let storage = Storage::in_memory().unwrap();
    let mut writer = opened(&storage, schema, constraints).map_err(|e| e.message().to_owned())?;
    let rows = rows.into();
    if let Ok(wanted @ 1..) = writer.identities_wanted(&rows) {
        let block = IdentityBlock::next(&IdentityColumn::all(schema).unwrap(), wanted);
        writer.give_identities(block.map_err(|e| e.message().to_owned())?);
    }
    if let Err(error) = writer.write(rows).await {
        assert_eq!(error.kind(), ErrorKind::ConstraintViolation, "{error}");
        writer.abort().await;
        assert!(keys(&storage).await.is_empty());
        return Err(error.message().to_owned());
    }
    let adds = writer.finish().await.unwrap().into_adds();
    Ok(read(&storage, &adds[0]).await.1.remove(0))
}

fn optional(values: &[Option<i64>]) -> ArrayRef {
    Arc::new(Int64Array::from(values.to_vec()))
}

fn absent(batch: RecordBatch, columns: &[(usize, &[bool])]) -> RowBatch {
    RowBatch { batch, absent: columns.iter().map(|(p, rows)| (*p, BooleanBuffer::from(rows.to_vec()))).collect() }
}

#[tokio::test]
async fn a_constraint_must_be_true_of_every_row() {
    let positive: &[(&str, &str)] = &[("positive", "id > 0"), ("known", "p IS NOT NULL AND p <> 'x'")];
    let try_rows = async |ids: &[Option<i64>], p: Vec<Option<&str>>| {
        wrote(&two_columns(), positive, batch(&two_columns(), vec![optional(ids), texts(p)])).await
    };
    try_rows(&[Some(1), Some(2)], vec![Some("a"), Some("b")]).await.unwrap();
    for (ids, p, message) in [
        ([Some(1), Some(0)], [Some("a"), Some("b")], "row 1: the constraint positive (id > 0) does not hold: id is 0"),
        ([Some(1), None], [Some("a"), Some("b")], "row 1: the constraint positive (id > 0) does not hold: id is null"),
        (
            [Some(1), Some(0)],
            [Some("x"), Some("b")],
            "row 0: the constraint known (p IS NOT NULL AND p <> 'x') does not hold: p is \"x\"",
        ),
    ] {
        assert_eq!(try_rows(&ids, p.to_vec()).await.unwrap_err(), message);
    }
}

#[tokio::test]
async fn rows_are_counted_over_batches_and_the_files_are_taken_away() {
    let storage = Storage::in_memory().unwrap();
    let mut writer = opened(&storage, &two_columns(), &[("small", "id < 100000")]).unwrap();
    writer.write(batch(&two_columns(), vec![longs(0..99_000), texts(vec![None; 99_000])])).await.unwrap();
    let error =
        writer.write(batch(&two_columns(), vec![longs(99_000..101_000), texts(vec![None; 2_000])])).await.unwrap_err();
    assert!(error.message().starts_with("row 100000: the constraint small"), "{error}");
    writer.abort().await;
    assert!(keys(&storage).await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_computed_is_refused_by_name_before_anything_is_written() {
    let storage = Storage::in_memory().unwrap();
    for (text, part) in
        [("my_function(id) > 0", "my_function"), ("id +", "end"), ("nope > 1", "nope"), ("id + 1", "no condition")]
    {
        let error = opened(&storage, &two_columns(), &[("odd", text)]).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::UnsupportedFeature);
        for part in ["the constraint odd", part] {
            assert!(error.message().contains(part), "{part} is not in {error}");
        }
    }
    for metadata in [
        json!({"delta.generationExpression": "uuid()"}),
        json!({"CURRENT_DEFAULT": "p"}),
        json!({"delta.invariants": "{\"unique\":true}"}),
        json!({"__CHAR_VARCHAR_TYPE_STRING": "struct<a:char(1)>"}),
    ] {
        let error = opened(&storage, &fields(&[column("odd", json!("string"), metadata)]), &[]).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::UnsupportedFeature);
        assert!(error.message().contains("column odd"), "{error}");
    }
}

#[tokio::test]
async fn what_the_protocol_does_not_list_asks_for_nothing() {
    let storage = Storage::in_memory().unwrap();
    let metadata = json!({"delta.invariants": "?", "delta.generationExpression": "?", "CURRENT_DEFAULT": "?",
        "delta.identity.start": "?"});
    let schema = fields(&[column("id", json!("long"), metadata)]);
    let table = table(&storage, &schema, &[], &[], &[("delta.constraints.x", "?")]);
    FileWriter::new(&table, Context::default(), Clock::system()).unwrap();
}

#[tokio::test]
async fn invariants_hold_inside_of_structs_too() {
    let rule = |text: &str| json!({"delta.invariants": json!({"expression": {"expression": text}}).to_string()});
    let inner = json!({"type": "struct", "fields": [column("x", json!("long"), rule("s.x % 2 = 0"))]});
    let schema = fields(&[column("id", json!("long"), rule("id <= 9")), column("s", inner, json!({}))]);
    let rows = |id: i64, x: i64| {
        let Arrow::Struct(inner) = schema.to_arrow().field(1).data_type().clone() else { panic!() };
        batch(&schema, vec![longs([id]), Arc::new(StructArray::new(inner, vec![longs([x])], None))])
    };
    wrote(&schema, &[], rows(9, 4)).await.unwrap();
    let error = wrote(&schema, &[], rows(9, 3)).await.unwrap_err();
    assert_eq!(error, "row 0: the invariant of column s.x (s.x % 2 = 0) does not hold: s.x is 3");
    assert!(wrote(&schema, &[], rows(10, 4)).await.unwrap_err().contains("the invariant of column id (id <= 9)"));
}

fn generated() -> Schema {
    fields(&[
        column("at", json!("timestamp"), json!({})),
        column("day", json!("date"), json!({"delta.generationExpression": "CAST(at AS DATE)"})),
        column("n", json!("short"), json!({"delta.generationExpression": "year(at) -- of the event"})),
    ])
}

fn generated_rows(at: &[Option<i64>], days: &[Option<i32>], n: &[Option<i16>]) -> RecordBatch {
    let times = TimestampMicrosecondArray::from(at.to_vec()).with_timezone("UTC");
    let days = Date32Array::from(days.to_vec());
    batch(&generated(), vec![Arc::new(times), Arc::new(days), Arc::new(Int16Array::from(n.to_vec()))])
}

#[tokio::test]
async fn generated_columns_are_computed_where_they_are_not_given() {
    const DAY: i64 = 86_400_000_000;
    let rows = generated_rows(&[Some(DAY), None, Some(3 * DAY - 1)], &[None, None, Some(2)], &[None, None, None]);
    let written = wrote(&generated(), &[], absent(rows, &[(1, &[true, true, false]), (2, &[true; 3])])).await.unwrap();
    let expected = generated_rows(
        &[Some(DAY), None, Some(3 * DAY - 1)],
        &[Some(1), None, Some(2)],
        &[Some(1970), None, Some(1970)],
    );
    assert_eq!(written.columns(), expected.columns());
}

#[tokio::test]
async fn generated_columns_that_are_given_must_be_what_is_computed() {
    let all = |days: &[Option<i32>]| generated_rows(&[Some(0), None], days, &[Some(1970), None]);
    wrote(&generated(), &[], all(&[Some(0), None])).await.unwrap();
    for days in [[Some(1), None], [None, None], [Some(0), Some(0)]] {
        let error = wrote(&generated(), &[], all(&days)).await.unwrap_err();
        let row = usize::from(days[0] == Some(0));
        assert!(
            error.starts_with(&format!("row {row}: the generated column day (CAST(at AS DATE)) does not hold")),
            "{error}"
        );
        assert!(error.contains("day is ") && error.contains("at is "), "{error}");
    }
}

#[tokio::test]
async fn defaults_stand_where_a_column_is_not_given_and_a_given_null_stays() {
    let default = |text: &str| json!({"CURRENT_DEFAULT": text, "EXISTS_DEFAULT": text});
    let schema = fields(&[
        column("id", json!("long"), json!({})),
        column("n", json!("long"), default("40 + 2")),
        column("t", json!("string"), default("'it''s'")),
        column("at", json!("timestamp"), default("current_timestamp()")),
        column("day", json!("date"), default("CURRENT_DATE")),
        column("d", json!("decimal(5,2)"), default("1.5")),
        column("nothing", json!("long"), default("NULL")),
        column("g", json!("long"), json!({"delta.generationExpression": "n * 2"})),
    ]);
    let nulls = |t: &Field| arrow::array::new_null_array(&t.data_type.to_arrow(), 2);
    let mut columns: Vec<ArrayRef> = schema.fields.iter().map(nulls).collect();
    columns[0] = longs([1, 2]);
    columns[1] = optional(&[None, None]);
    let missing: Vec<(usize, &[bool])> =
        (1..8).map(|p| (p, if p == 1 { &[true, false][..] } else { &[true, true][..] })).collect();
    let written = wrote(&schema, &[], absent(batch(&schema, columns), &missing)).await.unwrap();
    assert_eq!(written.column(1).as_primitive::<Int64Type>(), &Int64Array::from(vec![Some(42), None]));
    assert_eq!(written.column(2).as_string::<i32>().value(1), "it's");
    let at = written.column(3).as_primitive::<arrow::datatypes::TimestampMicrosecondType>();
    assert_eq!(at.value(0), NOW * 1_000);
    assert_eq!(i64::from(written.column(4).as_primitive::<arrow::datatypes::Date32Type>().value(1)), NOW / 86_400_000);
    assert_eq!(written.column(5).as_primitive::<arrow::datatypes::Decimal128Type>().value(0), 150);
    assert_eq!(written.column(6).null_count(), 2);
    assert_eq!(written.column(7).as_primitive::<Int64Type>(), &Int64Array::from(vec![Some(84), None]));
}

#[tokio::test]
async fn a_default_serves_a_column_without_nulls() {
    let mut schema =
        fields(&[column("id", json!("long"), json!({})), column("n", json!("long"), json!({"CURRENT_DEFAULT": "7"}))]);
    schema.fields[1].nullable = false;
    let names = vec![ArrowField::new("id", Arrow::Int64, true), ArrowField::new("n", Arrow::Int64, true)];
    let rows = RecordBatch::try_new(Arc::new(ArrowSchema::new(names)), vec![longs([1]), optional(&[None])]).unwrap();
    let written = wrote(&schema, &[], absent(rows.clone(), &[(1, &[true])])).await.unwrap();
    assert_eq!(written.column(1).as_primitive::<Int64Type>().values(), &[7]);
    let storage = Storage::in_memory().unwrap();
    let error = opened(&storage, &schema, &[]).unwrap().write(rows).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
}

fn lengths() -> Schema {
    let declared = |text: &str| json!({"__CHAR_VARCHAR_TYPE_STRING": text});
    let list = json!({"type": "array", "elementType": "string", "containsNull": true});
    let map = json!({"type": "map", "keyType": "string", "valueType": "string", "valueContainsNull": true});
    let inner = [column("a", json!("long"), json!({})), column("b", json!("string"), json!({}))];
    let object = json!({"type": "struct", "fields": inner});
    fields(&[
        column("c", json!("string"), declared("char(3)")),
        column("v", json!("string"), declared("varchar(3)")),
        column("l", list, declared("array<varchar(2)>")),
        column("m", map, declared("map<char(2),string>")),
        column("s", object, declared("struct<a:bigint,b:varchar(1)>")),
    ])
}

fn lengths_rows(c: Option<&str>, v: Option<&str>, l: Option<&str>, m: &str, s: Option<&str>) -> RecordBatch {
    let schema = lengths();
    let arrow = schema.to_arrow();
    let Arrow::List(element) = arrow.field(2).data_type() else { panic!() };
    let Arrow::Map(entries, _) = arrow.field(3).data_type() else { panic!() };
    let Arrow::Struct(entry) = entries.data_type() else { panic!() };
    let Arrow::Struct(inner) = arrow.field(4).data_type() else { panic!() };
    let list = ListArray::new(element.clone(), OffsetBuffer::from_lengths([1]), texts(vec![l]), None);
    let pairs = StructArray::new(entry.clone(), vec![texts(vec![Some(m)]), texts(vec![Some("long")])], None);
    let map = MapArray::new(entries.clone(), OffsetBuffer::from_lengths([1]), pairs, None, false);
    let object = StructArray::new(inner.clone(), vec![longs([1]), texts(vec![s])], None);
    batch(&schema, vec![texts(vec![c]), texts(vec![v]), Arc::new(list), Arc::new(map), Arc::new(object)])
}

#[tokio::test]
async fn a_char_is_padded_and_spaces_too_many_are_cut_off() {
    let written = wrote(&lengths(), &[], lengths_rows(Some("é"), Some("ab    "), Some("x  "), "k", Some(" "))).await;
    let expected = lengths_rows(Some("é  "), Some("ab "), Some("x "), "k ", Some(" "));
    assert_eq!(written.unwrap().columns(), expected.columns());
    let same = lengths_rows(Some("abc"), None, None, "kk", None);
    assert_eq!(wrote(&lengths(), &[], same.clone()).await.unwrap().columns(), same.columns());
    let nulls = lengths_rows(None, Some("ééé"), Some(""), "", None);
    let written = wrote(&lengths(), &[], nulls).await.unwrap();
    assert_eq!(written.columns(), lengths_rows(None, Some("ééé"), Some(""), "  ", None).columns());
}

#[tokio::test]
async fn an_absurd_length_takes_no_memory() {
    for declared in ["char(18446744073709551615)", "char(4000000000)"] {
        let schema = fields(&[column("c", json!("string"), json!({"__CHAR_VARCHAR_TYPE_STRING": declared}))]);
        let storage = Storage::in_memory().unwrap();
        let mut writer = opened(&storage, &schema, &[]).unwrap();
        let error = writer.write(batch(&schema, vec![texts(vec![Some("x")])])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnsupportedFeature);
    }
}

#[tokio::test]
async fn a_text_that_is_too_long_is_refused() {
    for (rows, message) in [
        (
            lengths_rows(Some("abcd"), None, None, "k", None),
            "row 0: column c is a char(3), and the value has 4 characters",
        ),
        (
            lengths_rows(None, Some("    x"), None, "k", None),
            "row 0: column v is a varchar(3), and the value has 5 characters",
        ),
        (
            lengths_rows(None, None, Some("xyz"), "k", None),
            "row 0: column l.element is a varchar(2), and the value has 3 characters",
        ),
        (
            lengths_rows(None, None, None, "ééé", None),
            "row 0: column m.key is a char(2), and the value has 3 characters",
        ),
        (
            lengths_rows(None, None, None, "k", Some("zz")),
            "row 0: column s.b is a varchar(1), and the value has 2 characters",
        ),
    ] {
        assert_eq!(wrote(&lengths(), &[], rows).await.unwrap_err(), message);
    }
}

fn identity(more: Value) -> Schema {
    let mut metadata =
        json!({"delta.identity.start": 10, "delta.identity.step": 5, "delta.identity.allowExplicitInsert": false});
    for (key, value) in more.as_object().unwrap() {
        metadata[format!("delta.identity.{key}")] = value.clone();
    }
    fields(&[column("id", json!("long"), metadata), column("p", json!("string"), json!({}))])
}

#[tokio::test]
async fn identities_are_the_values_that_were_given_for_the_rows() {
    for (more, values) in [
        (json!({}), [10, 15, 20]),
        (json!({"highWaterMark": 25}), [30, 35, 40]),
        (json!({"step": -3, "highWaterMark": 1}), [-2, -5, -8]),
    ] {
        let schema = identity(more);
        let storage = Storage::in_memory().unwrap();
        let mut writer = opened(&storage, &schema, &[]).unwrap();
        let rows = |rows| batch(&schema, vec![optional(&vec![None; rows]), texts(vec![None; rows])]);
        let columns = IdentityColumn::all(&schema).unwrap();
        let mut block = IdentityBlock::next(&columns, 3).unwrap();
        writer.give_identities(block.split(2));
        writer.write(RowBatch::without(rows(1), &[0])).await.unwrap();
        writer.give_identities(block);
        writer.write(RowBatch::without(rows(2), &[0])).await.unwrap();
        let error = writer.write(RowBatch::without(rows(1), &[0])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal, "no row gets a value that was not given for it");
        let adds = writer.finish().await.unwrap().into_adds();
        let (_, batches) = read(&storage, &adds[0]).await;
        assert_eq!(batches[0].column(0).as_primitive::<Int64Type>().values(), &values);
    }
}

#[tokio::test]
async fn identities_are_given_only_where_that_is_allowed() {
    let rows = |schema: &Schema| {
        absent(batch(schema, vec![optional(&[None, Some(3)]), texts(vec![None, None])]), &[(0, &[true, false])])
    };
    let always = identity(json!({}));
    let error = wrote(&always, &[], rows(&always)).await.unwrap_err();
    assert!(error.starts_with("row 1: the identity column id is given"), "{error}");
    let by_default = identity(json!({"allowExplicitInsert": true}));
    let written = wrote(&by_default, &[], rows(&by_default)).await.unwrap();
    assert_eq!(written.column(0).as_primitive::<Int64Type>().values(), &[10, 3]);
    let given = batch(&by_default, vec![longs([1, 2]), texts(vec![None, None])]);
    let storage = Storage::in_memory().unwrap();
    let mut writer = opened(&storage, &by_default, &[]).unwrap();
    assert_eq!(writer.identities_wanted(&given.clone().into()).unwrap(), 0, "values that are given move no mark");
    writer.write(given).await.unwrap();
    let adds = writer.finish().await.unwrap().into_adds();
    assert_eq!(read(&storage, &adds[0]).await.1[0].column(0).as_primitive::<Int64Type>().values(), &[1, 2]);
}

#[tokio::test]
async fn a_row_takes_one_value_of_each_identity_column() {
    let metadata = |start: i64, step: i64| json!({"delta.identity.start": start, "delta.identity.step": step, "delta.identity.allowExplicitInsert": true});
    let schema = fields(&[column("a", json!("long"), metadata(1, 1)), column("b", json!("long"), metadata(-1, -1))]);
    let given =
        batch(&schema, vec![optional(&[None, Some(7), None, Some(8)]), optional(&[None, None, Some(9), Some(10)])]);
    let lacking: &[(usize, &[bool])] = &[(0, &[true, false, true, false]), (1, &[true, true, false, false])];
    let written = wrote(&schema, &[], absent(given, lacking)).await.unwrap();
    assert_eq!(written.column(0).as_primitive::<Int64Type>().values(), &[1, 7, 3, 8]);
    assert_eq!(written.column(1).as_primitive::<Int64Type>().values(), &[-1, -2, 9, 10]);
}

#[tokio::test]
async fn identities_end_where_numbers_do() {
    let schema = identity(json!({"highWaterMark": i64::MAX - 5}));
    let rows = |n: usize| RowBatch::without(batch(&schema, vec![optional(&vec![None; n]), texts(vec![None; n])]), &[0]);
    wrote(&schema, &[], rows(1)).await.unwrap();
    let error = wrote(&schema, &[], rows(2)).await.unwrap_err();
    assert!(error.contains("id has no values left"), "{error}");
}

#[tokio::test]
async fn malformed_identities_are_refused() {
    let storage = Storage::in_memory().unwrap();
    for more in [json!({"step": 0}), json!({"start": "1"}), json!({"highWaterMark": 1.5}), json!({"step": null})] {
        assert_eq!(opened(&storage, &identity(more), &[]).err().unwrap().kind(), ErrorKind::CorruptTable);
    }
    let start = json!({"delta.identity.start": 1, "delta.identity.step": 1});
    let error = opened(&storage, &fields(&[column("id", json!("integer"), start)]), &[]).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::CorruptTable);
}

#[tokio::test]
async fn rows_can_be_checked_without_being_written() {
    let storage = Storage::in_memory().unwrap();
    let schema = identity(json!({}));
    let table = table(&storage, &schema, &[], FEATURES, &[("delta.constraints.p", "p = 'x'")]);
    let rules = RowRules::new(&table, &Clock::system()).unwrap();
    assert_eq!(rules.filled(), [0]);
    assert!(rules.refuse_rows());
    let rows = |p| RowBatch::without(batch(&schema, vec![optional(&[None]), texts(vec![Some(p)])]), &[0]);
    rules.check(&rows("x"), 0).unwrap();
    assert!(rules.check(&rows("y"), 7).unwrap_err().message().starts_with("row 7: "));
    let plain = table_of_two(&storage);
    assert!(!RowRules::new(&plain, &Clock::system()).unwrap().refuse_rows());
}

fn table_of_two(storage: &Storage) -> Snapshot {
    table(storage, &two_columns(), &[], FEATURES, &[])
}
