//! A table in memory that holds hostile bytes in one place, and a reader of all of it.

use bytes::Bytes;
use serde_json::{Value, json};

use super::place::Place;
use super::seeds;
use crate::clock::Clock;
use crate::context::Context;
use crate::error::{ErrorKind, Result};
use crate::expr::Predicate;
use crate::ingest::{Chunk, LineParser, Lines, OnUnknown, found_in};
use crate::ops::{Point, StagedFiles, changes, commit_staged};
use crate::scan::{FileSet, FileTask, Scan, ScanOptions};
use crate::schema::{DataType, Field, StructType};
use crate::snapshot::Snapshot;
use crate::storage::Storage;
use crate::value::Scalar;

const CHECKPOINT: &str = "_delta_log/00000000000000000001.checkpoint.parquet";
const MANIFEST: &str = "_delta_log/00000000000000000001.checkpoint.3a0d65cd-4056-49b8-937b-95f9e3ee90e5.json";
const SIDECAR: &str = "3a0d65cd-4056-49b8-937b-95f9e3ee90e6.parquet";
const VECTORS: &str = "deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin";
/// The UUID above as the log has it.
const VECTORS_ID: &str = "^-aqEH.-t@S}K{vb[*k^";

/// Makes the table, opens it and reads everything there is to read.
pub(super) async fn read(place: Place, bytes: &[u8]) -> Result<()> {
    let storage = Storage::in_memory()?;
    write(&storage, place, bytes).await?;
    if place == Place::Lines {
        return take_lines(bytes);
    }
    if place == Place::Task {
        let task = FileTask::from_json(&String::from_utf8_lossy(bytes))?;
        return read_files(&task.into_files(&storage)?).await;
    }
    let snapshot = Snapshot::open(&storage, None).await?;
    if place == Place::Changes {
        return read_files(&changes(&snapshot, Point::Version(0), None).await?).await;
    }
    if place == Place::Staged {
        let staged = StagedFiles::from_json(&String::from_utf8_lossy(bytes))?;
        let (context, clock) = (Context::default(), Clock::system());
        let done = commit_staged(snapshot, &[staged], None, None, &context, &clock).await?;
        return read_rows(&done.snapshot, ScanOptions::default()).await;
    }
    let predicates = [None, Some(Predicate::IsNotNull("id".into())), Some(above("id", 2))];
    let text = (place == Place::Predicate).then(|| Predicate::Sql(String::from_utf8_lossy(bytes).into_owned()));
    for predicate in predicates.into_iter().chain(text.map(Some)) {
        let options = ScanOptions { predicate, ..ScanOptions::default() };
        read_rows(&snapshot, options).await?;
    }
    let scan = Scan::new(snapshot.clone(), ScanOptions::default())?;
    scan.count(&Context::default()).await?;
    scan.explain(&Context::default()).await?;
    let mut files = scan.files();
    while let Some(lot) = files.next().await? {
        for file in lot.iter() {
            file.rows();
            file.partition()?;
        }
    }
    Ok(())
}

/// Makes rows of the lines in every way that there is, whatever blocks they come in.
fn take_lines(bytes: &[u8]) -> Result<()> {
    let mut schema = seeds::schema();
    schema.fields.push(Field::new("v", DataType::Variant, true));
    let mut lines = Lines::default();
    let mut first = Ok(());
    for block in bytes.chunks(bytes.len().div_ceil(3).max(1)) {
        let whole = lines.push(block)?;
        for chunk in whole.into_iter() {
            first = first.and(take_chunk(&schema, &chunk));
        }
    }
    match lines.finish() {
        Some(chunk) => first.and(take_chunk(&schema, &chunk)),
        None => first,
    }
}

fn take_chunk(schema: &StructType, chunk: &Chunk) -> Result<()> {
    LineParser::new(schema, OnUnknown::Ignore, &[]).parse(chunk, true)?;
    let grown = schema.merged_with(&found_in(chunk, schema));
    LineParser::new(&grown, OnUnknown::Add, &[0]).parse(chunk, true)?;
    LineParser::new(schema, OnUnknown::Raise, &[]).parse(chunk, false).map(drop)
}

async fn read_files(files: &FileSet) -> Result<()> {
    let scan = files.scan(ScanOptions::default())?;
    let mut rows = scan.stream(Context::default());
    while rows.next().await?.is_some() {}
    scan.count(&Context::default()).await?;
    Ok(())
}

async fn read_rows(snapshot: &Snapshot, options: ScanOptions) -> Result<()> {
    let mut rows = Scan::new(snapshot.clone(), options)?.stream(Context::default());
    while rows.next().await?.is_some() {}
    Ok(())
}

fn above(column: &str, value: i64) -> Predicate {
    Predicate::Compare { column: column.into(), op: crate::expr::CompareOp::Gt, value: Scalar::Long(value) }
}

async fn write(storage: &Storage, place: Place, bytes: &[u8]) -> Result<()> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let put = async |key: &str, bytes: &[u8]| storage.put(key, Bytes::copy_from_slice(bytes)).await;
    put("a.parquet", &seeds::data_file()?).await?;
    let commit = async |version: u64, actions: &[Value]| {
        let lines: Vec<String> = actions.iter().map(Value::to_string).collect();
        put(&format!("_delta_log/{version:020}.json"), lines.join("\n").as_bytes()).await
    };
    let first = [protocol(), metadata(&seeds::schema().to_json(), &[])];
    match place {
        Place::Commit => {
            commit(0, &first).await?;
            put("_delta_log/00000000000000000001.json", bytes).await
        }
        Place::Schema => commit(0, &[protocol(), metadata(&text, &[]), add(json!({}))]).await,
        Place::Checkpoint => put(CHECKPOINT, bytes).await,
        Place::JsonCheckpoint => {
            put(&format!("_delta_log/_sidecars/{SIDECAR}"), &seeds::checkpoint()?).await?;
            put(MANIFEST, bytes).await
        }
        Place::Sidecar => {
            put(&format!("_delta_log/_sidecars/{SIDECAR}"), bytes).await?;
            put(MANIFEST, &seeds::manifest(bytes.len())).await
        }
        Place::Hint => {
            commit(0, &first).await?;
            commit(1, &[add(json!({}))]).await?;
            put("_delta_log/_last_checkpoint", bytes).await
        }
        Place::Statistics => commit(0, &[&first[..], &[add(json!({"stats": text}))]].concat()).await,
        Place::PartitionValue => {
            let columns = seeds::partition_columns();
            let schema = StructType { fields: [seeds::schema().fields, columns.clone()].concat() };
            let names: Vec<&str> = columns.iter().map(|f| f.name.as_str()).collect();
            let values: Value =
                names.iter().map(|n| ((*n).to_owned(), json!(text))).collect::<serde_json::Map<_, _>>().into();
            for name in &names {
                let one = add(json!({"partitionValues": {(*name): &text}}));
                commit(0, &[protocol(), metadata(&schema.to_json(), &names), one]).await?;
                // Each column's own refusal must not hide the others'; a bug of ours must not be hidden either.
                if let Err(error) = Box::pin(read_all(storage)).await
                    && error.kind() == ErrorKind::Internal
                {
                    return Err(error);
                }
            }
            commit(0, &[protocol(), metadata(&schema.to_json(), &names), add(json!({"partitionValues": values}))]).await
        }
        Place::DataFile => {
            commit(0, &[&first[..], &[add(json!({"size": bytes.len()}))]].concat()).await?;
            put("a.parquet", bytes).await
        }
        Place::DeletionVector => {
            let vector = json!({"storageType": "u", "pathOrInlineDv": VECTORS_ID, "offset": 1,
                "sizeInBytes": bytes.len().saturating_sub(9), "cardinality": 6});
            commit(
                0,
                &[&first[..], &[add(json!({"deletionVector": vector, "stats": r#"{"numRecords":40}"#}))]].concat(),
            )
            .await?;
            put(VECTORS, bytes).await
        }
        Place::InlineDeletionVector => {
            let vector = json!({"storageType": "i", "pathOrInlineDv": text, "sizeInBytes": 44, "cardinality": 6});
            commit(0, &[&first[..], &[add(json!({"deletionVector": vector}))]].concat()).await
        }
        Place::Variant => {
            let (length, rest) = bytes.split_first().unwrap_or((&0, &[]));
            let (metadata_bytes, value) = rest.split_at(usize::from(*length).min(rest.len()));
            let id = Field::new("id", DataType::Long, true);
            let schema = StructType { fields: vec![id, Field::new("v", DataType::Variant, true)] };
            commit(0, &[protocol(), metadata(&schema.to_json(), &[]), add(json!({}))]).await?;
            put("a.parquet", &seeds::variant_file(metadata_bytes, value)?).await
        }
        Place::Task | Place::Lines => Ok(()),
        Place::Staged => {
            commit(0, &[protocol(), metadata(&seeds::schema().to_json(), &[])]).await?;
            put("a.parquet", &seeds::data_file()?).await
        }
        Place::Changes => {
            let mut feed = metadata(&seeds::schema().to_json(), &[]);
            feed["metaData"]["configuration"] = json!({"delta.enableChangeDataFeed": "true"});
            commit(0, &[protocol(), feed]).await?;
            put("_delta_log/00000000000000000001.json", bytes).await
        }
        Place::Predicate => commit(0, &[&first[..], &[add(json!({}))]].concat()).await,
    }
}

async fn read_all(storage: &Storage) -> Result<()> {
    let snapshot = Snapshot::open(storage, None).await?;
    read_rows(&snapshot, ScanOptions::default()).await
}

fn protocol() -> Value {
    let features = ["timestampNtz", "deletionVectors", "v2Checkpoint", "variantType"];
    json!({"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": features,
        "writerFeatures": features}})
}

fn metadata(schema: &str, partition_columns: &[&str]) -> Value {
    json!({"metaData": {"id": "t", "format": {"provider": "parquet", "options": {}}, "configuration": {},
        "schemaString": schema, "partitionColumns": partition_columns}})
}

/// The data file of the seeds. `more` overrides members of the `add`.
fn add(more: Value) -> Value {
    let mut add = json!({"path": "a.parquet", "partitionValues": {}, "size": 0, "modificationTime": 0,
        "dataChange": true});
    for (name, value) in more.as_object().into_iter().flatten() {
        add[name] = value.clone();
    }
    json!({ "add": add })
}
