use std::sync::Arc;
use std::time::Duration;

use arrow::array::*;
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType as Arrow, Field as ArrowField, Schema as ArrowSchema, TimeUnit};
use arrow::record_batch::RecordBatch;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::ParquetMetaData;

use super::*;
use crate::action::{Add, Format, Metadata, Protocol};
use crate::clock::Clock;
use crate::context::Context;
use crate::error::ErrorKind;
use crate::path::{DataPath, parse_data_path};
use crate::schema::{DataType, DecimalType, Field, IdentityBlock, IdentityColumn, Schema, StructType};
use crate::snapshot::Snapshot;
use crate::storage::Storage;

fn field(name: &str, data_type: DataType) -> Field {
    Field::new(name, data_type, true)
}

fn properties(pairs: &[(&str, &str)]) -> TableProperties {
    let pairs = pairs.iter().map(|(k, v)| ((*k).to_owned(), Some((*v).to_owned())));
    TableProperties::new(&pairs.collect()).unwrap()
}

fn writer(schema: &Schema, partition_by: &[&str], storage: &Storage, options: Option<WriteOptions>) -> FileWriter {
    let options = options.unwrap_or_else(|| WriteOptions::new(&properties(&[])));
    let table = table(storage, schema, partition_by, &[], &[]);
    FileWriter::with_options(&table, Context::default(), Clock::from_fn(|| NOW), options).unwrap()
}

/// The time at which all of it happens.
const NOW: i64 = 1_700_000_000_000;

/// A table of that schema which lists those features, without a log.
fn table(
    storage: &Storage,
    schema: &Schema,
    partition_by: &[&str],
    features: &[&str],
    configuration: &[(&str, &str)],
) -> Snapshot {
    let list = |of_readers: bool| {
        let needed = |f: &&&str| !of_readers || ["columnMapping", "timestampNtz", "variantType"].contains(*f);
        Some(features.iter().filter(needed).map(|f| (*f).to_owned()).collect())
    };
    let protocol = Protocol {
        min_reader_version: 3,
        min_writer_version: 7,
        reader_features: list(true),
        writer_features: list(false),
    };
    let metadata = Metadata {
        id: "t".to_owned(),
        name: None,
        description: None,
        format: Format::default(),
        schema_string: schema.to_json(),
        partition_columns: partition_by.iter().map(|c| (*c).to_owned()).collect(),
        created_time: None,
        configuration: configuration.iter().map(|(k, v)| ((*k).to_owned(), Some((*v).to_owned()))).collect(),
    };
    Snapshot::told(storage, 0, protocol, metadata).unwrap()
}

fn key(add: &Add) -> String {
    match parse_data_path(&add.path).unwrap() {
        DataPath::Relative(key) => key,
        DataPath::Absolute(url) => panic!("{url}"),
    }
}

async fn read(storage: &Storage, add: &Add) -> (ParquetMetaData, Vec<RecordBatch>) {
    let bytes = storage.get(&key(add)).await.unwrap();
    assert_eq!(bytes.len() as i64, add.size);
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
    let metadata = (**builder.metadata()).clone();
    (metadata, builder.build().unwrap().map(|b| b.unwrap()).collect())
}

async fn keys(storage: &Storage) -> Vec<String> {
    let mut keys = Vec::new();
    for directory in ["", "p=x/", "p=y/", "p=z/"] {
        keys.extend(storage.list(directory, None).await.unwrap().into_iter().map(|m| m.key));
    }
    keys
}

fn batch(schema: &Schema, columns: Vec<ArrayRef>) -> RecordBatch {
    RecordBatch::try_new(schema.to_arrow(), columns).unwrap()
}

fn longs(values: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

fn texts(values: Vec<Option<&str>>) -> ArrayRef {
    Arc::new(StringArray::from(values))
}

/// `id: long, p: string`, partitioned by `p` where the test says so.
fn two_columns() -> Schema {
    StructType { fields: vec![field("id", DataType::Long), field("p", DataType::String)] }
}

#[tokio::test]
async fn every_type_comes_back_from_parquet() {
    let decimal = |p, s| DataType::Decimal(DecimalType::new(p, s).unwrap());
    let json = r#"{"type":"struct","fields":[
        {"name":"l","type":{"type":"array","elementType":"string","containsNull":true},"nullable":true,"metadata":{}},
        {"name":"m","type":{"type":"map","keyType":"string","valueType":"long","valueContainsNull":true},"nullable":true,"metadata":{}},
        {"name":"s","type":{"type":"struct","fields":[{"name":"x","type":"long","nullable":false,"metadata":{}},{"name":"v","type":"void","nullable":true,"metadata":{}}]},"nullable":true,"metadata":{}}]}"#;
    let mut schema = StructType {
        fields: vec![
            Field::new("id", DataType::Long, false),
            field("b", DataType::Boolean),
            field("d9", decimal(9, 2)),
            field("d18", decimal(18, 0)),
            field("d38", decimal(38, 38)),
            field("bin", DataType::Binary),
            field("date", DataType::Date),
            field("ts", DataType::Timestamp),
            field("ntz", DataType::TimestampNtz),
            field("nothing", DataType::Void),
        ],
    };
    schema.fields.extend(StructType::from_json(json).unwrap().fields);
    let arrow = schema.to_arrow();
    let of = |name: &str| arrow.field_with_name(name).unwrap().data_type().clone();
    let number = |v: i128, p, s| -> ArrayRef {
        Arc::new(Decimal128Array::from(vec![Some(v), None]).with_precision_and_scale(p, s).unwrap())
    };
    let Arrow::List(element) = of("l") else { panic!() };
    let list = ListArray::new(
        element,
        OffsetBuffer::from_lengths([2, 0]),
        texts(vec![Some("a"), None]),
        Some(NullBuffer::from(vec![true, false])),
    );
    let Arrow::Map(entries, _) = of("m") else { panic!() };
    let Arrow::Struct(entry) = entries.data_type().clone() else { panic!() };
    let pairs = StructArray::new(entry, vec![texts(vec![Some("k")]), longs([7])], None);
    let map = MapArray::new(entries, OffsetBuffer::from_lengths([1, 0]), pairs, None, false);
    let Arrow::Struct(inner) = of("s") else { panic!() };
    let object = StructArray::new(
        inner,
        vec![longs([5, 0]), Arc::new(NullArray::new(2))],
        Some(NullBuffer::from(vec![true, false])),
    );
    let rows = batch(
        &schema,
        vec![
            longs([1, 2]),
            Arc::new(BooleanArray::from(vec![Some(true), None])),
            number(-999_999_999, 9, 2),
            number(10_i128.pow(18) - 1, 18, 0),
            number(1 - 10_i128.pow(38), 38, 38),
            Arc::new(BinaryArray::from(vec![Some(&b"\xff\0"[..]), None])),
            Arc::new(Date32Array::from(vec![Some(-1_000_000), None])),
            Arc::new(TimestampMicrosecondArray::from(vec![Some(-1), None]).with_timezone("UTC")),
            Arc::new(TimestampMicrosecondArray::from(vec![Some(i64::MAX), None])),
            Arc::new(NullArray::new(2)),
            Arc::new(list),
            Arc::new(map),
            Arc::new(object),
        ],
    );
    let storage = Storage::in_memory().unwrap();
    let mut writer = writer(&schema, &[], &storage, None);
    writer.write(rows.clone()).await.unwrap();
    let written = writer.finish().await.unwrap();
    let adds = written.into_adds();
    let (metadata, batches) = read(&storage, &adds[0]).await;

    assert_eq!(batches[0].num_rows(), 2);
    for name in ["id", "b", "d9", "d18", "d38", "bin", "date", "ts", "ntz", "l", "m"] {
        let (back, sent) = (batches[0].column_by_name(name).unwrap(), rows.column_by_name(name).unwrap());
        assert_eq!(back.as_ref(), sent.as_ref(), "{name}");
    }
    let s = batches[0].column_by_name("s").unwrap().as_struct();
    assert_eq!((s.num_columns(), s.is_null(1)), (1, true));
    assert!(batches[0].column_by_name("nothing").is_none());

    let file = metadata.file_metadata();
    assert!(file.key_value_metadata().is_none(), "no Arrow schema in the footer");
    assert!(file.created_by().unwrap().starts_with("deltalake-ruby version "));
    let physical: Vec<String> =
        file.schema_descr().columns().iter().map(|c| format!("{} {}", c.path().string(), c.physical_type())).collect();
    assert_eq!(
        physical,
        [
            "id INT64",
            "b BOOLEAN",
            "d9 INT32",
            "d18 INT64",
            "d38 FIXED_LEN_BYTE_ARRAY",
            "bin BYTE_ARRAY",
            "date INT32",
            "ts INT64",
            "ntz INT64",
            "l.list.element BYTE_ARRAY",
            "m.key_value.key BYTE_ARRAY",
            "m.key_value.value INT64",
            "s.x INT64",
        ]
    );
    let micros = |utc: bool| Arrow::Timestamp(TimeUnit::Microsecond, utc.then(|| "UTC".into()));
    assert_eq!(batches[0].schema().field_with_name("ts").unwrap().data_type(), &micros(true));
    assert_eq!(batches[0].schema().field_with_name("ntz").unwrap().data_type(), &micros(false));
}

#[tokio::test]
async fn an_add_says_what_the_file_is() {
    let storage = Storage::in_memory().unwrap();
    let mut writer = writer(&two_columns(), &[], &storage, None);
    writer.write(batch(&two_columns(), vec![longs([1, 2]), texts(vec![Some("x"), None])])).await.unwrap();
    let written = writer.finish().await.unwrap();
    assert_eq!((written.rows, written.bytes), (2, written.adds[0].size as u64));
    let add = &written.adds[0];
    assert!(add.path.starts_with("part-00000-") && add.path.ends_with("-c000.zstd.parquet"), "{}", add.path);
    assert_eq!((add.modification_time, add.data_change), (1_700_000_000_000, true));
    assert!(add.partition_values.is_empty());
    assert_eq!(
        add.stats.as_deref(),
        Some(
            r#"{"numRecords":2,"minValues":{"id":1,"p":"x"},"maxValues":{"id":2,"p":"x"},"nullCount":{"id":0,"p":1}}"#
        )
    );
}

#[tokio::test]
async fn rows_go_to_their_partitions() {
    let storage = Storage::in_memory().unwrap();
    let mut writer = writer(&two_columns(), &["p"], &storage, None);
    let values = ["a/b", "", "x y", "a/b", "%"];
    writer.write(batch(&two_columns(), vec![longs(0..5), texts(values.map(Some).to_vec())])).await.unwrap();
    writer.write(batch(&two_columns(), vec![longs(5..7), texts(vec![None, Some("a/b")])])).await.unwrap();
    let adds = writer.finish().await.unwrap().into_adds();

    let mut found = Vec::new();
    for add in &adds {
        let (_, batches) = read(&storage, add).await;
        assert!(batches[0].column_by_name("p").is_none(), "partition columns are not in files");
        let ids: Vec<i64> = batches
            .iter()
            .flat_map(|b| b.column(0).as_primitive::<arrow::datatypes::Int64Type>().values().to_vec())
            .collect();
        assert!(!add.stats.as_ref().unwrap().contains("\"p\""));
        found.push((add.partition_values["p"].as_deref(), key(add).split_once('/').unwrap().0.to_owned(), ids));
    }
    assert_eq!(
        found,
        [
            (Some("a/b"), "p=a%2Fb".to_owned(), vec![0, 3, 6]),
            (None, "p=__HIVE_DEFAULT_PARTITION__".to_owned(), vec![1, 5]),
            (Some("x y"), "p=x y".to_owned(), vec![2]),
            (Some("%"), "p=%25".to_owned(), vec![4]),
        ]
    );
    assert!(adds[0].path.starts_with("p=a%252Fb/part-"), "{}", adds[0].path);
    assert!(adds[2].path.starts_with("p=x%20y/part-"), "{}", adds[2].path);
}

#[tokio::test]
async fn partitions_have_a_real_directory_each() {
    let root = tempfile::tempdir().unwrap();
    let storage = Storage::new(root.path().to_str().unwrap(), Default::default()).unwrap();
    let mut writer = writer(&two_columns(), &["p"], &storage, None);
    let values = [".", "..", "../../x", "a:b", "#1", "x#1", "é ü", "~", "a\nb", "nul\0"];
    writer.write(batch(&two_columns(), vec![longs(0..10), texts(values.map(Some).to_vec())])).await.unwrap();
    let adds = writer.finish().await.unwrap().into_adds();
    assert_eq!(adds.len(), 10);
    for add in &adds {
        assert_eq!(read(&storage, add).await.1[0].num_rows(), 1);
    }
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 10);
}

#[tokio::test]
async fn a_null_that_is_not_allowed_is_named() {
    let json = r#"{"type":"struct","fields":[
        {"name":"id","type":"long","nullable":false,"metadata":{}},
        {"name":"s","type":{"type":"struct","fields":[{"name":"x","type":"long","nullable":false,"metadata":{}}]},"nullable":true,"metadata":{}},
        {"name":"l","type":{"type":"array","elementType":"long","containsNull":false},"nullable":true,"metadata":{}},
        {"name":"m","type":{"type":"map","keyType":"long","valueType":"long","valueContainsNull":false},"nullable":true,"metadata":{}}]}"#;
    let schema = StructType::from_json(json).unwrap();
    let long = |name: &str| ArrowField::new(name, Arrow::Int64, true);
    let optional = |values: Vec<Option<i64>>| -> ArrayRef { Arc::new(Int64Array::from(values)) };
    // Row 1 has a null struct, list and map, with nulls hidden inside the first two.
    let rows = |id: Option<i64>, x: Option<i64>, element: Option<i64>, value: Option<i64>| {
        let present = || Some(NullBuffer::from(vec![true, false, true]));
        let s = StructArray::new(vec![long("x")].into(), vec![optional(vec![Some(1), None, x])], present());
        let l = ListArray::new(
            Arc::new(long("element")),
            OffsetBuffer::from_lengths([1, 1, 2]),
            optional(vec![Some(1), None, Some(2), element]),
            present(),
        );
        let entries = StructArray::new(
            vec![ArrowField::new("key", Arrow::Int64, false), long("value")].into(),
            vec![longs([1, 2]), optional(vec![Some(1), value])],
            None,
        );
        let entry = ArrowField::new("key_value", entries.data_type().clone(), false);
        let m = MapArray::new(Arc::new(entry), OffsetBuffer::from_lengths([1, 0, 1]), entries, present(), false);
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("id", optional(vec![Some(1), Some(2), id])),
            ("s", Arc::new(s)),
            ("l", Arc::new(l)),
            ("m", Arc::new(m)),
        ];
        let fields: Vec<ArrowField> =
            columns.iter().map(|(n, a)| ArrowField::new(*n, a.data_type().clone(), true)).collect();
        let arrays = columns.into_iter().map(|(_, a)| a).collect();
        RecordBatch::try_new(Arc::new(ArrowSchema::new(fields)), arrays).unwrap()
    };
    let storage = Storage::in_memory().unwrap();
    let check = async |rows: RecordBatch, path: &str| {
        let mut writer = writer(&schema, &[], &storage, None);
        let fine = batch(&two_columns(), vec![longs([1]), texts(vec![None])]);
        assert_eq!(writer.write(fine).await.unwrap_err().kind(), ErrorKind::SchemaMismatch);
        let error = writer.write(rows).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
        assert!(error.message().starts_with(&format!("row 2: column {path} is null")), "{error}");
    };
    check(rows(None, Some(1), Some(1), Some(1)), "id").await;
    check(rows(Some(1), None, Some(1), Some(1)), "s.x").await;
    check(rows(Some(1), Some(1), None, Some(1)), "l.element").await;
    check(rows(Some(1), Some(1), Some(1), None), "m.value").await;
    let mut writer = writer(&schema, &[], &storage, None);
    writer.write(rows(Some(1), Some(1), Some(1), Some(1)).slice(0, 1)).await.unwrap();
    let error = writer.write(rows(None, Some(1), Some(1), Some(1))).await.unwrap_err();
    assert!(error.message().starts_with("row 3:"), "rows are counted over batches: {error}");
}

#[tokio::test]
async fn nulls_hidden_under_a_null_struct_are_written() {
    let json = r#"{"type":"struct","fields":[{"name":"s","type":{"type":"struct","fields":[{"name":"x","type":"long","nullable":false,"metadata":{}}]},"nullable":true,"metadata":{}}]}"#;
    let schema = StructType::from_json(json).unwrap();
    let x: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None]));
    let s = StructArray::new(
        vec![ArrowField::new("x", Arrow::Int64, true)].into(),
        vec![x],
        Some(NullBuffer::from(vec![true, false])),
    );
    let fields = vec![ArrowField::new("s", s.data_type().clone(), true)];
    let rows = RecordBatch::try_new(Arc::new(ArrowSchema::new(fields)), vec![Arc::new(s)]).unwrap();
    let storage = Storage::in_memory().unwrap();
    let mut writer = writer(&schema, &[], &storage, None);
    writer.write(rows).await.unwrap();
    let adds = writer.finish().await.unwrap().into_adds();
    assert!(read(&storage, &adds[0]).await.1[0].column(0).is_null(1));
}

#[tokio::test]
async fn files_roll_at_the_target_size() {
    let storage = Storage::in_memory().unwrap();
    let options = WriteOptions {
        target_file_size: 1 << 20,
        max_buffered_bytes: 128 << 20,
        row_group_bytes: 256 << 10,
        folder: None,
    };
    let mut writer = writer(&two_columns(), &[], &storage, Some(options));
    let texts: StringArray =
        (0..400_000).map(|i| Some(format!("{:x}", (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)))).collect();
    writer.write(batch(&two_columns(), vec![longs(0..400_000), Arc::new(texts)])).await.unwrap();
    let written = writer.finish().await.unwrap();
    assert_eq!(written.rows, 400_000);
    let adds = written.into_adds();
    assert!(adds.len() > 3, "{} files", adds.len());
    let (mut rows, mut next) = (0, 0);
    for add in &adds {
        assert!(add.size < 2 << 20, "{}", add.size);
        let (metadata, batches) = read(&storage, add).await;
        rows += metadata.file_metadata().num_rows();
        for batch in batches {
            for id in batch.column(0).as_primitive::<arrow::datatypes::Int64Type>().values() {
                assert_eq!(*id, next);
                next += 1;
            }
        }
    }
    assert_eq!(rows, 400_000);
}

#[tokio::test]
async fn a_file_of_many_parts_is_one_file() {
    let storage = Storage::in_memory().unwrap();
    let options = WriteOptions {
        target_file_size: 1 << 40,
        max_buffered_bytes: 128 << 20,
        row_group_bytes: 1 << 20,
        folder: None,
    };
    let mut writer = writer(&two_columns(), &[], &storage, Some(options));
    for start in (0..2_000_000).step_by(500_000) {
        let texts: StringArray = (start..start + 500_000)
            .map(|i| Some(format!("{:x}", (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15))))
            .collect();
        writer.write(batch(&two_columns(), vec![longs(start..start + 500_000), Arc::new(texts)])).await.unwrap();
    }
    let adds = writer.finish().await.unwrap().into_adds();
    assert_eq!(adds.len(), 1);
    assert!(adds[0].size > 16 << 20, "{}", adds[0].size);
    let (metadata, _) = read(&storage, &adds[0]).await;
    assert!(metadata.num_row_groups() > 8);
    assert_eq!(metadata.file_metadata().num_rows(), 2_000_000);
}

#[tokio::test]
async fn row_groups_are_as_large_as_the_table_says() {
    let mut groups = Vec::new();
    for pairs in [&[][..], &[("parquet.block.size", "262144")], &[("parquet.block.size", "1")]] {
        let storage = Storage::in_memory().unwrap();
        let options = WriteOptions::new(&properties(pairs));
        let mut writer = writer(&two_columns(), &[], &storage, Some(options));
        let texts: StringArray =
            (0..100_000).map(|i| Some(format!("{:x}", (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)))).collect();
        writer.write(batch(&two_columns(), vec![longs(0..100_000), Arc::new(texts)])).await.unwrap();
        let adds = writer.finish().await.unwrap().into_adds();
        assert_eq!(adds.len(), 1);
        let metadata = read(&storage, &adds[0]).await.0;
        let largest = metadata.row_groups().iter().map(|g| g.compressed_size()).max().unwrap();
        groups.push((metadata.num_row_groups(), largest));
    }
    assert_eq!(groups[0].0, 1);
    assert!(groups[1].0 > 3 && groups[1].1 <= 310_000, "{groups:?}");
    assert!(groups[2].0 > groups[1].0 && groups[2].0 < 200, "one row a group would be of use to nobody: {groups:?}");
}

#[test]
fn a_row_group_fits_into_its_file_and_into_memory() {
    let of = |pairs| WriteOptions::new(&properties(pairs));
    let large = of(&[("parquet.block.size", "1073741824"), ("delta.targetFileSize", "1gb")]);
    assert_eq!(large.row_group_bytes, 1 << 30);
    assert!(large.max_buffered_bytes > 1 << 30);
    assert_eq!(of(&[("parquet.block.size", "1073741824")]).row_group_bytes, 128 << 20);
    let many = of(&[("parquet.block.size", "1"), ("delta.targetFileSize", "1024gb")]);
    assert!((1u64 << 40) / (many.row_group_bytes as u64) < 1 << 15);
    assert_eq!((of(&[]).row_group_bytes, of(&[]).max_buffered_bytes), (64 << 20, 128 << 20));
}

#[tokio::test]
async fn open_partitions_share_one_memory_budget() {
    let storage = Storage::in_memory().unwrap();
    let options = WriteOptions {
        target_file_size: 1 << 30,
        max_buffered_bytes: 1 << 20,
        row_group_bytes: 64 << 20,
        folder: None,
    };
    let mut writer = writer(&two_columns(), &["p"], &storage, Some(options));
    for round in 0..20 {
        let values: StringArray = (0..2_000).map(|i| Some(format!("{}", i % 50))).collect();
        let ids = longs((0..2_000).map(|i| i + round * 2_000));
        writer.write(batch(&two_columns(), vec![ids, Arc::new(values)])).await.unwrap();
        assert!(writer.buffered_bytes() <= 1 << 20, "{}", writer.buffered_bytes());
    }
    let written = writer.finish().await.unwrap();
    assert_eq!(written.rows, 40_000);
    let mut rows = 0;
    for add in &written.adds {
        rows += read(&storage, add).await.0.file_metadata().num_rows();
    }
    assert_eq!(rows, 40_000);
}

#[tokio::test]
async fn no_rows_are_no_files() {
    let storage = Storage::in_memory().unwrap();
    let mut writer = writer(&two_columns(), &["p"], &storage, None);
    writer.write(RecordBatch::new_empty(two_columns().to_arrow())).await.unwrap();
    let written = writer.finish().await.unwrap();
    assert_eq!((written.rows, written.bytes, written.adds.len()), (0, 0, 0));
    assert!(keys(&storage).await.is_empty());
}

#[tokio::test]
async fn a_writer_may_run_on_any_thread() {
    fn is_send<T: Send>(_: &T) {}
    let storage = Storage::in_memory().unwrap();
    let mut writer = writer(&two_columns(), &["p"], &storage, None);
    is_send(&writer);
    is_send(&writer.write(RecordBatch::new_empty(two_columns().to_arrow())));
    is_send(&writer.finish());
}

#[tokio::test]
async fn the_deadline_holds() {
    let storage = Storage::in_memory().unwrap();
    let table = table(&storage, &two_columns(), &[], &[], &[]);
    let mut writer = FileWriter::new(&table, Context::new(Some(Duration::ZERO)), Clock::system()).unwrap();
    let error = writer.write(batch(&two_columns(), vec![longs([1]), texts(vec![None])])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
}

#[tokio::test]
async fn columns_of_other_types_or_names_are_refused() {
    let storage = Storage::in_memory().unwrap();
    let other = StructType { fields: vec![field("id", DataType::String), field("p", DataType::String)] };
    let mut writer = writer(&two_columns(), &[], &storage, None);
    let error = writer.write(batch(&other, vec![texts(vec![None]), texts(vec![None])])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
    assert!(error.message().contains("column id"), "{error}");
}

/// What becomes of files that no commit takes.
mod leftovers;

/// Empty text and binary in partition columns.
mod empty;

/// What tables ask of rows.
mod rules;

/// What column mapping, clustering and materialised partition columns make of files.
mod layouts;

/// Keeps a table of figures honest; run with `--ignored --nocapture`.
mod figures;
