//! Row ids of new files (Delta protocol, "Row Tracking").

use serde::{Deserialize, Serialize};

use super::conflict::ROW_TRACKING_DOMAIN;
use crate::action::{Add, DomainMetadata, Protocol};
use crate::error::{Error, Result};
use crate::features::writes_feature;
use crate::snapshot::Snapshot;
use crate::stats::num_records;

/// Hands out row ids from the table's high-water mark on.
pub(super) struct RowIds {
    version: i64,
    mark: i64,
    assigned: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mark {
    row_id_high_water_mark: i64,
}

impl RowIds {
    /// For the commit after `base`, under `protocol`; `None` where the table assigns no ids.
    pub(super) fn after(base: &Snapshot, protocol: &Protocol, suspended: bool) -> Result<Option<Self>> {
        if suspended || !writes_feature(protocol, "rowTracking") {
            return Ok(None);
        }
        let domain = base.domain_metadata().find(|(domain, _)| *domain == ROW_TRACKING_DOMAIN);
        let mark = match domain {
            None => -1,
            Some((_, text)) => {
                let mark: Mark = serde_json::from_str(text).map_err(|e| {
                    Error::corrupt(format!("domain {ROW_TRACKING_DOMAIN} has no rowIdHighWaterMark: {text:?}"))
                        .with_source(e)
                })?;
                mark.row_id_high_water_mark
            }
        };
        let version = i64::try_from(base.version() + 1).map_err(|_| Error::internal("the version is too large"))?;
        Ok(Some(Self { version, mark, assigned: false }))
    }

    /// The same file with ids for its rows, unless it has some.
    pub(super) fn assign(&mut self, add: &Add) -> Result<Add> {
        let mut add = add.clone();
        if add.base_row_id.is_none() {
            let rows = add.stats.as_deref().and_then(num_records).and_then(|n| i64::try_from(n).ok());
            let rows = rows.ok_or_else(|| {
                Error::schema(format!("file {} does not tell how many rows it has, as row tracking needs", add.path))
            })?;
            let too_many = || Error::corrupt("the table's row ids are used up");
            add.base_row_id = Some(self.mark.checked_add(1).ok_or_else(too_many)?);
            self.mark = self.mark.checked_add(rows).ok_or_else(too_many)?;
            self.assigned = true;
        }
        add.default_row_commit_version.get_or_insert(self.version);
        Ok(add)
    }

    /// The domain with the new mark, where it has moved.
    pub(super) fn domain(&self) -> Result<Option<DomainMetadata>> {
        if !self.assigned {
            return Ok(None);
        }
        let configuration = serde_json::to_string(&Mark { row_id_high_water_mark: self.mark })
            .map_err(|e| Error::internal("a mark cannot be written as JSON").with_source(e))?;
        Ok(Some(DomainMetadata { domain: ROW_TRACKING_DOMAIN.to_owned(), configuration, removed: false }))
    }
}
