//! Making a table: its first commit.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::clustering::domain;
use super::definition::{CONSTRAINT, Definition, Settled, check_constraint, check_rules};
use crate::action::{CommitInfo, Format, Metadata, Operation};
use crate::clock::Clock;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::features::{check_appendable, column_mapping};
use crate::log::LOG_FOLDER;
use crate::schema::{StructType, forget_table};
use crate::snapshot::Snapshot;
use crate::storage::Storage;
use crate::txn::{FirstCommit, commit_first};
use crate::write::RowRules;

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
    /// Columns and fields of structs, as dotted names, by which files are to be clustered.
    pub cluster_by: Vec<String>,
    /// Table properties, and pseudo-properties that ask for a protocol.
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
        let first = first_commit(&table, clock)?;
        let told = Snapshot::told(storage, 0, first.protocol.clone(), first.metadata.clone())?;
        RowRules::new(&told, clock)?;
        if !storage.list(LOG_FOLDER, None).await?.is_empty() && exists(storage).await? {
            return Err(there_already(storage));
        }
        context.check()?;
        commit_first(storage, first, context, clock).await?.ok_or_else(|| there_already(storage))
    };
    created.await.map_err(|e: Error| e.with_table(storage.uri()))
}

fn there_already(storage: &Storage) -> Error {
    Error::new(
        ErrorKind::TableExists,
        format!("there is a Delta table at {} already; open it, or create with if_exists: :open", storage.uri()),
    )
}

fn first_commit(table: &NewTable, clock: &Clock) -> Result<FirstCommit> {
    let mut schema = table.schema.clone();
    forget_table(&mut schema);
    let metadata = Metadata {
        id: Uuid::new_v4().to_string(),
        name: table.name.clone(),
        description: table.description.clone(),
        format: Format::default(),
        schema_string: String::new(),
        partition_columns: table.partition_by.clone(),
        created_time: Some(clock.now_ms()),
        configuration: BTreeMap::new(),
    };
    let mut definition = Definition::new(schema, metadata);
    for (key, value) in &table.properties {
        definition.set(key, value)?;
    }
    let clustering = match table.cluster_by.as_slice() {
        [] => None,
        columns => {
            definition.wanted.features.insert("clustering");
            Some(columns)
        }
    };
    let Settled { protocol, metadata, schema } = definition.settle()?;
    check_rules(&schema, &table.partition_by)?;
    for (key, text) in &metadata.configuration {
        if let (Some(name), Some(text)) = (key.strip_prefix(CONSTRAINT), text) {
            check_constraint(name, text, &schema)?;
        }
    }
    let mapping = column_mapping(&protocol, &metadata)?;
    let domains = clustering.map(|columns| domain(columns, &schema, &table.partition_by, mapping)).transpose()?;
    check_appendable(&protocol, &metadata, &schema)?;
    Ok(FirstCommit { info: info(table, &metadata), protocol, metadata, domains: domains.into_iter().collect() })
}

fn info(table: &NewTable, metadata: &Metadata) -> CommitInfo {
    let info = CommitInfo::new(Operation::CreateTable)
        .json_parameter("partitionBy", &table.partition_by)
        .json_parameter("clusterBy", &table.cluster_by)
        .json_parameter("properties", &metadata.configuration)
        .parameter("isManaged", "false");
    match &table.description {
        Some(description) => info.parameter("description", description),
        None => info,
    }
}
