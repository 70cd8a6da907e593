//! `add` rows of a checkpoint batch.

use arrow::array::{Array, Int64Array, RecordBatch};

use super::filter::Maps;

use crate::action::{Add, DeletionVectorDescriptor};
use crate::error::{Error, Result};
use crate::log::checkpoint::{Columns, ParsedStats};

/// Columns that few ask for.
const DETAILS: [&str; 5] =
    ["add.baseRowId", "add.defaultRowCommitVersion", "add.tags", "add.dataChange", "add.clusteringProvider"];

/// What is wanted of an `add`.
#[derive(Debug, Clone, Copy)]
pub(super) struct AddColumns {
    pub(super) stats: bool,
    /// Whether some statistics are only there as a struct.
    pub(super) parsed_stats: bool,
    /// Whether timestamps without a zone in these are UTC.
    pub(super) utc: bool,
    pub(super) details: bool,
}

impl AddColumns {
    pub(super) fn names(self) -> Vec<&'static str> {
        let mut names =
            vec!["add.path", "add.partitionValues", "add.size", "add.modificationTime", "add.deletionVector"];
        if self.stats {
            names.push("add.stats");
        }
        if self.parsed_stats {
            names.push("add.stats_parsed");
        }
        if self.details {
            names.extend(DETAILS);
        }
        names
    }

    /// The adds of `batch` that are `unseen`.
    pub(super) fn read(
        self,
        batch: &RecordBatch,
        unseen: impl Fn(&str, Option<&DeletionVectorDescriptor>) -> Result<bool>,
    ) -> Result<Vec<Add>> {
        let Some(columns) = Columns::of(batch, "add")? else { return Ok(Vec::new()) };
        let Some(paths) = columns.strings("path")? else { return Ok(Vec::new()) };
        let partitions = columns.maps("partitionValues")?.map(Maps::new).transpose()?;
        let vectors = columns.child("deletionVector")?;
        let (sizes, times, stats) =
            (columns.integers("size")?, columns.integers("modificationTime")?, columns.strings("stats")?);
        let parsed = columns.structs("stats_parsed")?.map(|stats| ParsedStats::new(stats, self.utc));
        let mut adds = Vec::new();
        for row in columns.rows() {
            if paths.is_null(row) {
                return Err(Error::corrupt("add.path is null"));
            }
            let deletion_vector = match &vectors {
                Some(vectors) if vectors.is_present(row) => Some(deletion_vector(vectors, row)?),
                _ => None,
            };
            if !unseen(paths.value(row), deletion_vector.as_ref())? {
                continue;
            }
            let integer = |column: Option<&Int64Array>| column.filter(|c| c.is_valid(row)).map_or(0, |c| c.value(row));
            let text = stats.filter(|s| s.is_valid(row)).map(|s| s.value(row).to_owned());
            let mut add = Add {
                path: paths.value(row).to_owned(),
                partition_values: partitions.as_ref().map(|p| p.values(row)).unwrap_or_default(),
                size: integer(sizes),
                modification_time: integer(times),
                stats: text.or_else(|| parsed.as_ref().and_then(|p| p.text(row))),
                deletion_vector,
                ..Add::default()
            };
            if self.details {
                details(&columns, row, &mut add)?;
            }
            adds.push(add);
        }
        Ok(adds)
    }
}

fn details(columns: &Columns, row: usize, add: &mut Add) -> Result<()> {
    add.base_row_id = columns.integer("baseRowId", row)?;
    add.default_row_commit_version = columns.integer("defaultRowCommitVersion", row)?;
    add.tags = columns.map("tags", row)?;
    add.data_change = columns.flag("dataChange", row)?.unwrap_or_default();
    add.clustering_provider = columns.text("clusteringProvider", row)?;
    Ok(())
}

fn deletion_vector(columns: &Columns, row: usize) -> Result<DeletionVectorDescriptor> {
    let small = |name: &str, value: i64| {
        i32::try_from(value).map_err(|_| Error::corrupt(format!("deletionVector.{name} is out of range: {value}")))
    };
    Ok(DeletionVectorDescriptor {
        storage_type: columns.required("storageType", columns.text("storageType", row)?)?,
        path_or_inline_dv: columns.required("pathOrInlineDv", columns.text("pathOrInlineDv", row)?)?,
        offset: columns.integer("offset", row)?.map(|v| small("offset", v)).transpose()?,
        size_in_bytes: small("sizeInBytes", columns.required("sizeInBytes", columns.integer("sizeInBytes", row)?)?)?,
        cardinality: columns.required("cardinality", columns.integer("cardinality", row)?)?,
    })
}
