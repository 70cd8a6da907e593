//! A snapshot as a checkpoint.

use super::Snapshot;
use crate::action::DomainMetadata;
use crate::error::Result;
use crate::features::{check_upkeep, has_v2_checkpoints};
use crate::log::{FileColumns, NewCheckpoint, Segment, TableState, WrittenCheckpoint, write_checkpoint};
use crate::properties::IndexedColumns;
use crate::schema::{ColumnMapping, DataType, Field, StructType};

impl Snapshot {
    /// The checkpoint that this version was read from, if it was.
    pub fn checkpoint_version(&self) -> Option<u64> {
        self.0.segment.checkpoint_version()
    }

    /// The newest checkpoint up to this version that the log has by now.
    pub async fn newest_checkpoint(&self) -> Result<Option<u64>> {
        let segment =
            Segment::load(self.storage(), Some(self.version())).await.map_err(|e| e.with_table(self.uri()))?;
        Ok(segment.checkpoint_version())
    }

    /// Writes the checkpoint of this version; `None` where there is a good one already. `gently` it takes one thread only.
    pub async fn write_checkpoint(&self, now_ms: i64, gently: bool) -> Result<Option<WrittenCheckpoint>> {
        let written = async {
            check_upkeep(self.protocol())?;
            let storage = &self.storage().afresh();
            // The handle's own segment may have begun with a checkpoint of long ago.
            let mut segment = Segment::load(storage, Some(self.version())).await?;
            if segment.checkpoint_version() == Some(self.version()) {
                (segment, _) = TableState::load(storage, segment).await?;
                if segment.checkpoint_version() == Some(self.version()) {
                    return Ok(None);
                }
            }
            write_checkpoint(storage, &segment, &self.new_checkpoint(now_ms, gently)).await.map(Some)
        };
        written.await.map_err(|e| e.with_table(self.uri()).with_version(self.version()))
    }

    fn new_checkpoint(&self, now_ms: i64, gently: bool) -> NewCheckpoint {
        let domains = self.domain_metadata().map(|(domain, configuration)| DomainMetadata {
            domain: domain.to_owned(),
            configuration: configuration.to_owned(),
            removed: false,
        });
        let mut domains: Vec<_> = domains.collect();
        domains.sort_by(|a, b| a.domain.cmp(&b.domain));
        let mut txns: Vec<_> = self.txns().filter(|txn| self.is_kept(txn, now_ms)).cloned().collect();
        txns.sort_by(|a, b| a.app_id.cmp(&b.app_id));
        NewCheckpoint {
            protocol: self.protocol().clone(),
            metadata: self.metadata().clone(),
            txns,
            domains,
            columns: self.file_columns(),
            removes_after_ms: self.properties().deleted_file_retention_ms.map(|kept| now_ms.saturating_sub(kept)),
            v2: self.properties().v2_checkpoints && has_v2_checkpoints(self.protocol()),
            gently,
        }
    }

    fn file_columns(&self) -> FileColumns {
        let properties = self.properties();
        if !properties.checkpoint_stats_struct {
            return FileColumns { stats_json: properties.checkpoint_stats_json, stats: None, partitions: None };
        }
        let mapping = self.column_mapping();
        let is_partition = |field: &&Field| self.partition_columns().contains(&field.name);
        let data = self.schema().fields.iter().filter(|f| !is_partition(f)).cloned().collect();
        let stats = stats_type(&StructType { fields: data }, mapping, &mut IndexedColumns::new(properties));
        let partitions = self.schema().fields.iter().filter(is_partition).filter(|f| has_values(&f.data_type));
        let partitions: Vec<Field> =
            partitions.map(|f| Field::new(mapping.physical_name(f), f.data_type.clone(), true)).collect();
        FileColumns {
            stats_json: properties.checkpoint_stats_json,
            stats: Some(stats),
            partitions: (!partitions.is_empty()).then_some(StructType { fields: partitions }),
        }
    }
}

/// The type of the statistics of those columns (Delta protocol, "Per-file Statistics").
fn stats_type(columns: &StructType, mapping: ColumnMapping, indexed: &mut IndexedColumns) -> StructType {
    let (mut bounds, mut counts) = (StructType::default(), StructType::default());
    by_column(columns, mapping, indexed, &mut Vec::new(), &mut bounds, &mut counts);
    let mut fields = vec![Field::new("numRecords", DataType::Long, true)];
    for (name, inside) in [("minValues", &bounds), ("maxValues", &bounds), ("nullCount", &counts)] {
        // Parquet has no structs without fields.
        if !inside.fields.is_empty() {
            fields.push(Field::new(name, DataType::Struct(inside.clone()), true));
        }
    }
    fields.push(Field::new("tightBounds", DataType::Boolean, true));
    StructType { fields }
}

fn by_column(
    columns: &StructType,
    mapping: ColumnMapping,
    indexed: &mut IndexedColumns,
    path: &mut Vec<String>,
    bounds: &mut StructType,
    counts: &mut StructType,
) {
    for field in &columns.fields {
        path.push(field.name.to_lowercase());
        let name = mapping.physical_name(field);
        if let DataType::Struct(inside) = &field.data_type {
            let (mut inner_bounds, mut inner_counts) = (StructType::default(), StructType::default());
            by_column(inside, mapping, indexed, path, &mut inner_bounds, &mut inner_counts);
            for (outer, inner) in [(&mut *bounds, inner_bounds), (&mut *counts, inner_counts)] {
                if !inner.fields.is_empty() {
                    outer.fields.push(Field::new(name, DataType::Struct(inner), true));
                }
            }
        } else if indexed.takes(path) {
            if has_bounds(&field.data_type) {
                bounds.fields.push(Field::new(name, field.data_type.clone(), true));
            }
            counts.fields.push(Field::new(name, DataType::Long, true));
        }
        path.pop();
    }
}

/// As in Spark: neither booleans nor binary values, and nothing that is nested.
fn has_bounds(data_type: &DataType) -> bool {
    has_values(data_type) && !matches!(data_type, DataType::Boolean | DataType::Binary)
}

fn has_values(data_type: &DataType) -> bool {
    data_type.is_primitive() && !matches!(data_type, DataType::Void | DataType::Unknown(_))
}
