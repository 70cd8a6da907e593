//! Protocol, metadata, transactions and domains of a checkpoint; its file actions are not touched.

use arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt, stream};

use super::columns::Columns;
use super::part::{Part, panicked};
use super::sidecar::CheckpointMetadata;
use super::top::is_json;
use crate::action::{DomainMetadata, Format, Metadata, Protocol, TableActionLine, Txn};
use crate::context;
use crate::error::{Error, Result};
use crate::log::commit::{get, parse_lines};
use crate::log::listing::Checkpoint;
use crate::log::partial::Partial;
use crate::storage::{ObjectMeta, Storage, parquet_error};

/// Parts read at a time.
const PARTS_IN_FLIGHT: usize = 4;

/// For each action a column that it always has.
const SIGNS: [&str; 5] =
    ["protocol.minReaderVersion", "metaData.id", "txn.appId", "domainMetadata.domain", "checkpointMetadata.version"];

/// What is read of a file of the checkpoint.
#[derive(Default)]
struct Found {
    lines: Vec<TableActionLine>,
    v2: Vec<CheckpointMetadata>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct MetadataLine {
    checkpoint_metadata: Option<CheckpointMetadata>,
}

/// Reads the checkpoint's table actions into `partial`.
pub(in crate::log) async fn read_table_actions(
    storage: &Storage,
    checkpoint: &Checkpoint,
    partial: &mut Partial,
) -> Result<()> {
    let version = checkpoint.version;
    let mut parts = stream::iter(checkpoint.parts.clone())
        .map(|part| {
            let (storage, key) = (storage.clone(), part.key.clone());
            let read = context::spawn(async move { read_part(&storage, &part, version).await });
            async move { read.await.unwrap_or_else(|_| Err(panicked(&key))) }
        })
        .buffered(PARTS_IN_FLIGHT);
    let mut v2 = Vec::new();
    while let Some(found) = parts.try_next().await? {
        v2.extend(found.v2);
        found.lines.into_iter().for_each(|line| partial.apply(line));
    }
    check_v2(checkpoint, &v2)
}

/// Delta protocol, "Checkpoint Metadata": exactly one in V2 content. Classic names may have either content.
fn check_v2(checkpoint: &Checkpoint, found: &[CheckpointMetadata]) -> Result<()> {
    let wrong = |why: String| {
        let key = checkpoint.parts.first().map_or("", |part| &part.key);
        Err(Error::corrupt(format!("checkpoint {key} {why}")).with_version(checkpoint.version))
    };
    match found {
        [] if checkpoint.has_v2_name() => wrong("has no checkpointMetadata".to_owned()),
        [one] => match one.version {
            Some(version) if u64::try_from(version) != Ok(checkpoint.version) => {
                wrong(format!("says that it is of version {version}"))
            }
            _ => Ok(()),
        },
        [] => Ok(()),
        more => wrong(format!("has {} checkpointMetadata actions instead of one", more.len())),
    }
}

async fn read_part(storage: &Storage, part: &ObjectMeta, version: u64) -> Result<Found> {
    if is_json(part) {
        let bytes = get(storage, &part.key).await?;
        let metadata: Vec<MetadataLine> = parse_lines(&bytes, storage, &part.key, version)?;
        let v2 = metadata.into_iter().filter_map(|line| line.checkpoint_metadata).collect();
        return Ok(Found { lines: parse_lines(&bytes, storage, &part.key, version)?, v2 });
    }
    let part = Part::open(storage, part).await?;
    let columns = ["protocol", "metaData", "txn", "domainMetadata", "checkpointMetadata"];
    let mut batches = part.stream(&columns, part.row_groups_with(&SIGNS))?;
    let mut found = Found::default();
    while let Some(batch) = batches.try_next().await.map_err(|e| parquet_error(part.key(), e))? {
        table_actions(&batch, &mut found).map_err(|e| e.context(format_args!("checkpoint {}", part.key())))?;
    }
    Ok(found)
}

fn table_actions(batch: &RecordBatch, found: &mut Found) -> Result<()> {
    let lines = &mut found.lines;
    if let Some(protocol) = Columns::of(batch, "protocol")? {
        for row in protocol.rows() {
            lines.push(TableActionLine { protocol: Some(protocol_at(&protocol, row)?), ..Default::default() });
        }
    }
    if let Some(metadata) = Columns::of(batch, "metaData")? {
        for row in metadata.rows() {
            lines.push(TableActionLine { metadata: Some(metadata_at(&metadata, row)?), ..Default::default() });
        }
    }
    if let Some(txn) = Columns::of(batch, "txn")? {
        for row in txn.rows() {
            lines.push(TableActionLine { txn: Some(txn_at(&txn, row)?), ..Default::default() });
        }
    }
    if let Some(domains) = Columns::of(batch, "domainMetadata")? {
        for row in domains.rows() {
            lines.push(TableActionLine { domain_metadata: Some(domain_at(&domains, row)?), ..Default::default() });
        }
    }
    if let Some(metadata) = Columns::of(batch, "checkpointMetadata")? {
        for row in metadata.rows() {
            found.v2.push(CheckpointMetadata { version: metadata.integer("version", row)? });
        }
    }
    Ok(())
}

fn protocol_at(columns: &Columns, row: usize) -> Result<Protocol> {
    let version = |name: &str| {
        let number = columns.required(name, columns.integer(name, row)?)?;
        i32::try_from(number).map_err(|_| Error::corrupt(format!("protocol.{name} is out of range: {number}")))
    };
    Ok(Protocol {
        min_reader_version: version("minReaderVersion")?,
        min_writer_version: version("minWriterVersion")?,
        // Some writers leave an empty list where the version uses none.
        reader_features: columns.list("readerFeatures", row)?.filter(|f| !f.is_empty()),
        writer_features: columns.list("writerFeatures", row)?.filter(|f| !f.is_empty()),
    })
}

fn metadata_at(columns: &Columns, row: usize) -> Result<Metadata> {
    Ok(Metadata {
        id: columns.required("id", columns.text("id", row)?)?,
        name: columns.text("name", row)?,
        description: columns.text("description", row)?,
        format: Format::default(),
        schema_string: columns.required("schemaString", columns.text("schemaString", row)?)?,
        partition_columns: columns.list("partitionColumns", row)?.unwrap_or_default(),
        created_time: columns.integer("createdTime", row)?,
        configuration: columns.map("configuration", row)?.unwrap_or_default(),
    })
}

fn txn_at(columns: &Columns, row: usize) -> Result<Txn> {
    Ok(Txn {
        app_id: columns.required("appId", columns.text("appId", row)?)?,
        version: columns.required("version", columns.integer("version", row)?)?,
        last_updated: columns.integer("lastUpdated", row)?,
    })
}

fn domain_at(columns: &Columns, row: usize) -> Result<DomainMetadata> {
    Ok(DomainMetadata {
        domain: columns.required("domain", columns.text("domain", row)?)?,
        configuration: columns.text("configuration", row)?.unwrap_or_default(),
        removed: columns.flag("removed", row)?.unwrap_or_default(),
    })
}
