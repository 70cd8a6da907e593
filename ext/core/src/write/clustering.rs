//! The columns that a table is clustered by (Delta protocol, "Clustered Table").

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::features::writes_feature;
use crate::schema::ColumnPath;
use crate::snapshot::Snapshot;

const DOMAIN: &str = "delta.clustering";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Clustering {
    clustering_columns: Vec<ColumnPath>,
}

/// Paths of physical names; none where the table is not clustered.
pub(super) fn clustering_columns(table: &Snapshot) -> Result<Vec<ColumnPath>> {
    let configuration = table.domain_metadata().find(|(domain, _)| *domain == DOMAIN).map(|(_, text)| text);
    match configuration {
        Some(text) if writes_feature(table.protocol(), "clustering") => serde_json::from_str::<Clustering>(text)
            .map(|clustering| clustering.clustering_columns)
            .map_err(|e| Error::corrupt(format!("the metadata domain {DOMAIN} cannot be read")).with_source(e)),
        _ => Ok(Vec::new()),
    }
}
