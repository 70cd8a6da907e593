//! Making a table: its first commit.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::action::{Action, CommitInfo, Format, Metadata, Operation};
use crate::clock::Clock;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::features::{check_appendable, protocol_for};
use crate::log::{LOG_FOLDER, commit_key};
use crate::properties::TableProperties;
use crate::schema::{DataType, StructType, check_new_table};
use crate::snapshot::Snapshot;
use crate::storage::{PutOutcome, Storage};
use crate::txn::body_of;

/// What a new table is to be.
#[derive(Debug, Clone, Default)]
pub struct NewTable {
    /// Columns, partition columns among them.
    pub schema: StructType,
    /// Names of partition columns.
    pub partition_by: Vec<String>,
    /// For people.
    pub name: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// Table properties.
    pub properties: BTreeMap<String, String>,
}

/// Whether there is a log at the root.
pub async fn exists(storage: &Storage) -> Result<bool> {
    match Snapshot::open(storage, None).await {
        Ok(_) => Ok(true),
        Err(e) if e.kind() == ErrorKind::TableNotFound => Ok(false),
        // What cannot be read here is a table all the same.
        Err(e) if matches!(e.kind(), ErrorKind::UnsupportedFeature | ErrorKind::CorruptTable) => Ok(true),
        Err(e) => Err(e),
    }
}

/// Creates the table; `TableExists` where one is there, or where another process was first.
pub async fn create(storage: &Storage, table: NewTable, context: &Context, clock: &Clock) -> Result<Snapshot> {
    let created = async {
        let (metadata, protocol) = (metadata(&table, clock)?, protocol_for(&table.schema));
        check_appendable(&protocol, &metadata, &table.schema)?;
        if !storage.list(LOG_FOLDER, None).await?.is_empty() && exists(storage).await? {
            return Err(there_already(storage));
        }
        context.check()?;
        let actions = [
            Action::CommitInfo(Box::new(info(&table, clock))),
            Action::Protocol(protocol.clone()),
            Action::Metadata(Box::new(metadata.clone())),
        ];
        let (storage, body) = (storage.clone(), body_of(&actions)?);
        let in_flight = context.gate().enter(0);
        let put = tokio::spawn(async move {
            let _in_flight = in_flight;
            let outcome = storage.put_if_absent(&commit_key(0), body).await?;
            Ok((outcome, storage))
        });
        match put.await {
            Ok(Ok((PutOutcome::Created, storage))) => Snapshot::first(&storage, protocol, metadata),
            Ok(Ok((PutOutcome::AlreadyExists, storage))) => Err(there_already(&storage)),
            Ok(Err(e)) => Err(e),
            Err(e) => Err(Error::internal("the task that puts the first commit failed").with_source(e)),
        }
    };
    created.await.map_err(|e: Error| e.with_table(storage.uri()))
}

fn there_already(storage: &Storage) -> Error {
    Error::new(
        ErrorKind::TableExists,
        format!("there is a Delta table at {} already; open it, or create with if_exists: :open", storage.uri()),
    )
}

fn metadata(table: &NewTable, clock: &Clock) -> Result<Metadata> {
    check_new_table(&table.schema, &table.partition_by)?;
    if table.schema.contains(&|t| *t == DataType::Variant) {
        return Err(Error::unsupported(
            "a column of type variant needs the table feature variantType, which new tables cannot have yet",
        ));
    }
    let configuration: BTreeMap<_, _> =
        table.properties.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
    check_properties(&configuration)?;
    Ok(Metadata {
        id: Uuid::new_v4().to_string(),
        name: table.name.clone(),
        description: table.description.clone(),
        format: Format::default(),
        schema_string: table.schema.to_json(),
        partition_columns: table.partition_by.clone(),
        created_time: Some(clock.now_ms()),
        configuration,
    })
}

/// Properties that ask for a table feature are refused: the table would not do what they say.
fn check_properties(configuration: &BTreeMap<String, Option<String>>) -> Result<()> {
    TableProperties::new(configuration)?;
    const ASK_FOR_FEATURES: &[&str] = &[
        "delta.enableChangeDataFeed",
        "delta.enableDeletionVectors",
        "delta.enableRowTracking",
        "delta.enableTypeWidening",
        "delta.enableVariantShredding",
        "delta.enableInCommitTimestamps",
        "delta.enableIcebergCompatV1",
        "delta.enableIcebergCompatV2",
    ];
    for (key, value) in configuration {
        let value = value.as_deref().unwrap_or_default();
        let asks = (ASK_FOR_FEATURES.contains(&key.as_str()) && value.eq_ignore_ascii_case("true"))
            || (key == "delta.columnMapping.mode" && value != "none")
            || (key == "delta.checkpointPolicy" && value == "v2")
            || key.starts_with("delta.constraints.")
            || key.starts_with("delta.feature.")
            || matches!(key.as_str(), "delta.minReaderVersion" | "delta.minWriterVersion");
        if asks {
            return Err(Error::unsupported(format!(
                "table property {key} = {value:?} asks for a table feature that new tables cannot have yet"
            )));
        }
    }
    Ok(())
}

fn info(table: &NewTable, clock: &Clock) -> CommitInfo {
    let info = CommitInfo::new(Operation::CreateTable)
        .json_parameter("partitionBy", &table.partition_by)
        .json_parameter("properties", &table.properties)
        .parameter("isManaged", "false");
    let info = match &table.description {
        Some(description) => info.parameter("description", description),
        None => info,
    };
    CommitInfo { timestamp: clock.now_ms(), ..info }
}
