//! The columns that a table is clustered by (Delta protocol, "Clustered Table").

use serde::Deserialize;
use serde_json::json;

use crate::action::DomainMetadata;
use crate::error::{Error, Result};
use crate::properties::column_list;
use crate::schema::{ColumnMapping, ColumnPath, DataType, StructType};
use crate::snapshot::Snapshot;

/// As many as Spark takes.
const MOST_COLUMNS: usize = 4;

/// The domain that names them, by their physical names.
pub(super) fn domain(
    columns: &[String],
    schema: &StructType,
    partition_columns: &[String],
    mapping: ColumnMapping,
) -> Result<DomainMetadata> {
    if !partition_columns.is_empty() {
        return Err(Error::schema(
            "a table is partitioned or clustered, not both: leave out partition_by or cluster_by",
        ));
    }
    if columns.len() > MOST_COLUMNS {
        return Err(Error::schema(format!(
            "a table is clustered by {MOST_COLUMNS} columns at most, not {}",
            columns.len()
        )));
    }
    let mut physical = Vec::new();
    for name in columns {
        let path = match column_list(name).as_slice() {
            [path] => path.clone(),
            _ => return Err(Error::schema(format!("clustering column {name:?} is not the name of one column"))),
        };
        check(&path, schema)?;
        let path = mapping.physical_path(schema, &path);
        if physical.contains(&path) {
            return Err(Error::schema(format!("clustering column {name} is given twice")));
        }
        physical.push(path);
    }
    let configuration = json!({"clusteringColumns": physical, "domainName": DOMAIN}).to_string();
    Ok(DomainMetadata { domain: DOMAIN.to_owned(), configuration, removed: false })
}

const DOMAIN: &str = "delta.clustering";

/// Whether the column of that physical path, or a field of it, is one that `table` is clustered by.
pub(super) fn is_clustered_by(table: &Snapshot, path: &ColumnPath) -> Result<bool> {
    let Some((_, text)) = table.domain_metadata().find(|(domain, _)| *domain == DOMAIN) else { return Ok(false) };
    let unreadable = |e| Error::corrupt(format!("the metadata domain {DOMAIN} cannot be read")).with_source(e);
    let clustering: Clustering = serde_json::from_str(text).map_err(unreadable)?;
    Ok(clustering.clustering_columns.iter().any(|column| column.starts_with(path)))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Clustering {
    clustering_columns: Vec<ColumnPath>,
}

/// Files are told apart by the statistics of these columns, so that there have to be some.
fn check(path: &ColumnPath, schema: &StructType) -> Result<()> {
    let mut fields = Some(schema);
    let mut found = None;
    for name in path.names() {
        found = fields.and_then(|f| f.field(name)).map(|f| &f.data_type);
        fields = match found {
            Some(DataType::Struct(inner)) => Some(inner),
            _ => None,
        };
    }
    match found {
        None => Err(Error::schema(format!("clustering column {path} is not in the schema"))),
        Some(t) if !t.is_primitive() || matches!(t, DataType::Boolean | DataType::Binary | DataType::Void) => {
            Err(Error::schema(format!(
                "column {path} is of type {t}, which has no bounds that a table could be clustered by"
            )))
        }
        Some(_) => Ok(()),
    }
}
