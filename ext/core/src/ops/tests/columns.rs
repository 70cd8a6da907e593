use arrow::array::new_null_array;

use super::*;
use crate::error::{ConflictKind, ErrorKind};
use crate::schema::{DataType, Field};

fn found(name: &str, data_type: DataType) -> StructType {
    StructType { fields: vec![Field::new(name, data_type, true)] }
}

/// Nulls in the schema that the append has by now.
async fn write_nulls(appender: &mut Appender, rows: usize) {
    let schema = appender.schema().to_arrow();
    let columns = schema.fields().iter().map(|f| new_null_array(f.data_type(), rows)).collect();
    appender.write(RecordBatch::try_new(schema, columns).unwrap()).await.unwrap();
}

async fn adding(base: &Snapshot, name: &str, data_type: DataType) -> Appender {
    let mut appender = begun(base, &[1, 2], None, &Context::default()).await.unwrap();
    assert!(appender.add_columns(&found(name, data_type)).await.unwrap());
    write_nulls(&mut appender, 3).await;
    appender
}

fn names(snapshot: &Snapshot) -> Vec<&str> {
    snapshot.schema().names().collect()
}

#[tokio::test]
async fn columns_come_with_the_rows() {
    let storage = Storage::in_memory().unwrap();
    let base = table(&storage).await;
    let mut appender = adding(&base, "more", DataType::Date).await;
    assert!(!appender.add_columns(&found("more", DataType::Date)).await.unwrap());
    assert!(!appender.add_columns(&found("id", DataType::String)).await.unwrap());
    assert!(appender.add_columns(&found("last", DataType::Long)).await.unwrap());
    write_nulls(&mut appender, 1).await;
    let done = appender.finish().await.unwrap();
    assert_eq!((done.snapshot.version(), done.rows, done.files), (1, 6, 3));
    let table = Snapshot::open(&storage, None).await.unwrap();
    assert_eq!(names(&table), ["id", "country", "more", "last"]);
    assert!(table.schema().fields.iter().all(|f| f.nullable));
    assert_eq!((live_rows(&table).await, stored_files(&storage).await), (6, 3));
}

#[tokio::test]
async fn others_may_add_the_same_column_meanwhile() {
    let storage = Storage::in_memory().unwrap();
    let base = table(&storage).await;
    let ours = adding(&base, "more", DataType::Date).await;
    let mut third = adding(&base, "third", DataType::Long).await;
    assert!(third.add_columns(&found("more", DataType::Date)).await.unwrap());
    adding(&base, "more", DataType::Date).await.finish().await.unwrap();
    let done = ours.finish().await.unwrap();
    assert_eq!((done.snapshot.version(), done.attempts), (2, 2));
    assert_eq!(done.snapshot.schema().names().filter(|n| *n == "more").count(), 1);
    let done = third.finish().await.unwrap();
    assert_eq!(names(&done.snapshot), ["id", "country", "more", "third"]);
    let table = Snapshot::open(&storage, None).await.unwrap();
    assert_eq!((table.version(), live_rows(&table).await), (3, 15));
}

#[tokio::test]
async fn the_same_name_with_another_type_is_a_conflict() {
    let storage = Storage::in_memory().unwrap();
    let base = table(&storage).await;
    let ours = adding(&base, "more", DataType::Date).await;
    adding(&base, "more", DataType::Long).await.finish().await.unwrap();
    let error = ours.finish().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CommitConflict(ConflictKind::MetadataChanged));
    assert_eq!(stored_files(&storage).await, 2);
    assert_eq!(names(&Snapshot::open(&storage, None).await.unwrap()), ["id", "country", "more"]);
}

#[tokio::test]
async fn an_append_that_is_given_up_leaves_no_file_of_any_schema() {
    let storage = Storage::in_memory().unwrap();
    let base = table(&storage).await;
    drop(adding(&base, "more", DataType::Date).await);
    for _ in 0..200 {
        if stored_files(&storage).await == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(stored_files(&storage).await, 0);
}

#[tokio::test]
async fn mapped_tables_give_ids_and_names() {
    let storage = Storage::in_memory().unwrap();
    let properties = [("delta.columnMapping.mode".to_owned(), "name".to_owned())].into();
    let mapped = NewTable { properties, ..new_table() };
    let base = create(&storage, mapped, &Context::default(), &Clock::system()).await.unwrap();
    let point = DataType::Struct(found("x", DataType::Long));
    let ours = adding(&base, "point", point.clone()).await;
    let theirs = adding(&base, "point", point).await;
    let done = ours.finish().await.unwrap();
    assert_eq!(done.snapshot.metadata().configuration["delta.columnMapping.maxColumnId"].as_deref(), Some("4"));
    done.snapshot.column_mapping().check(done.snapshot.schema()).unwrap();
    assert_eq!(names(&done.snapshot), ["id", "country", "point"]);
    // Their files have names of their own for the same column.
    let error = theirs.finish().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CommitConflict(ConflictKind::MetadataChanged));
}

#[tokio::test]
async fn columns_that_no_table_can_have_are_refused() {
    let storage = Storage::in_memory().unwrap();
    let base = table(&storage).await;
    let mut appender = begun(&base, &[1], None, &Context::default()).await.unwrap();
    let cases = [
        ("at", DataType::TimestampNtz, ErrorKind::UnsupportedFeature, "timestampNtz"),
        ("v", DataType::Variant, ErrorKind::UnsupportedFeature, "variantType"),
        ("a b", DataType::Long, ErrorKind::SchemaMismatch, "a b"),
        ("ID", DataType::Long, ErrorKind::SchemaMismatch, "case is ignored"),
        ("", DataType::Long, ErrorKind::SchemaMismatch, "empty"),
    ];
    for (name, data_type, kind, part) in cases {
        let error = appender.add_columns(&found(name, data_type)).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(part), "{part} is not in {error}");
    }
    assert_eq!(names(&appender.finish().await.unwrap().snapshot), ["id", "country"]);
}
