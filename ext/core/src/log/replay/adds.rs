//! `add` rows of a checkpoint batch.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, MapArray, RecordBatch, StringArray};
use arrow::datatypes::DataType;

use crate::action::{Add, DeletionVectorDescriptor, PartitionValues};
use crate::error::{Error, Result};
use crate::log::checkpoint::Columns;
use crate::value::cast;

/// Tells by its partition values whether a file is wanted.
pub type PartitionFilter = Arc<dyn Fn(&PartitionValues) -> Result<bool> + Send + Sync>;

/// Decisions of the partition filter that are remembered; past it they are made anew.
const REMEMBERED: usize = 1 << 16;

/// Turns rows into actions; files that the partition filter refuses cost a look-up each.
pub(super) struct CheckpointAdds {
    partitions: Option<PartitionFilter>,
    decisions: HashMap<Vec<u8>, bool>,
    skipped: u64,
}

impl CheckpointAdds {
    pub(super) fn new(partitions: Option<PartitionFilter>) -> Self {
        Self { partitions, decisions: HashMap::new(), skipped: 0 }
    }

    /// Columns of a checkpoint that hold what is wanted of an `add`.
    pub(super) fn columns(stats: bool) -> &'static [&'static str] {
        const ALL: &[&str] =
            &["add.path", "add.partitionValues", "add.size", "add.modificationTime", "add.deletionVector", "add.stats"];
        if stats { ALL } else { &ALL[..ALL.len() - 1] }
    }

    pub(super) fn skipped(&self) -> u64 {
        self.skipped
    }

    /// The adds of `batch` that are `unseen` and that the partition filter wants.
    pub(super) fn read(
        &mut self,
        batch: &RecordBatch,
        unseen: impl Fn(&str, Option<&DeletionVectorDescriptor>) -> Result<bool>,
    ) -> Result<Vec<Add>> {
        let Some(columns) = Columns::of(batch, "add")? else { return Ok(Vec::new()) };
        let Some(paths) = columns.strings("path")? else { return Ok(Vec::new()) };
        let partitions = columns.maps("partitionValues")?.map(Maps::new).transpose()?;
        let vectors = columns.child("deletionVector")?;
        let (sizes, times, stats) =
            (columns.integers("size")?, columns.integers("modificationTime")?, columns.strings("stats")?);
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
            if !self.wants(partitions.as_ref(), row)? {
                self.skipped += 1;
                continue;
            }
            let integer = |column: Option<&arrow::array::Int64Array>| {
                column.filter(|c| c.is_valid(row)).map_or(0, |c| c.value(row))
            };
            adds.push(Add {
                path: paths.value(row).to_owned(),
                partition_values: partitions.as_ref().map(|p| p.values(row)).unwrap_or_default(),
                size: integer(sizes),
                modification_time: integer(times),
                stats: stats.filter(|s| s.is_valid(row)).map(|s| s.value(row).to_owned()),
                deletion_vector,
                ..Add::default()
            });
        }
        Ok(adds)
    }

    fn wants(&mut self, partitions: Option<&Maps>, row: usize) -> Result<bool> {
        let (Some(filter), Some(partitions)) = (&self.partitions, partitions) else { return Ok(true) };
        let mut raw = Vec::new();
        partitions.raw(row, &mut raw);
        if let Some(known) = self.decisions.get(&raw) {
            return Ok(*known);
        }
        let wanted = filter(&partitions.values(row))?;
        if self.decisions.len() < REMEMBERED {
            self.decisions.insert(raw, wanted);
        }
        Ok(wanted)
    }
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

/// A column of text maps.
struct Maps<'a> {
    maps: &'a MapArray,
    keys: StringArray,
    values: StringArray,
}

impl<'a> Maps<'a> {
    fn new(maps: &'a MapArray) -> Result<Self> {
        let text = |column: &dyn Array| {
            let column = cast(column, &DataType::Utf8)
                .map_err(|e| Error::corrupt("add.partitionValues is not a map of text").with_source(e))?;
            Ok(column.as_string::<i32>().clone())
        };
        Ok(Self { maps, keys: text(maps.keys())?, values: text(maps.values())? })
    }

    fn entries(&self, row: usize) -> std::ops::Range<usize> {
        if self.maps.is_null(row) {
            return 0..0;
        }
        let offsets = self.maps.value_offsets();
        offsets[row] as usize..offsets[row + 1] as usize
    }

    fn values(&self, row: usize) -> PartitionValues {
        self.entries(row)
            .map(|at| {
                let value = self.values.is_valid(at).then(|| self.values.value(at).to_owned());
                (self.keys.value(at).to_owned(), value)
            })
            .collect()
    }

    /// The entries as bytes that tell different values apart.
    fn raw(&self, row: usize, out: &mut Vec<u8>) {
        for at in self.entries(row) {
            let key = self.keys.value(at).as_bytes();
            out.extend((key.len() as u32).to_le_bytes());
            out.extend(key);
            let value = if self.values.is_valid(at) { Some(self.values.value(at).as_bytes()) } else { None };
            out.extend(value.map_or(u32::MAX, |v| v.len() as u32).to_le_bytes());
            out.extend(value.unwrap_or_default());
        }
    }
}
