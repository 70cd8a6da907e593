//! The partition filter, applied while a checkpoint is decoded: nothing else is decoded of files that it refuses.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, MapArray, RecordBatch, StringArray};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ArrowPredicate;

use crate::action::PartitionValues;
use crate::error::{Error, Result};
use crate::log::checkpoint::Columns;
use crate::value::cast;

/// Tells by its partition values whether a file is wanted.
pub type PartitionFilter = Arc<dyn Fn(&PartitionValues) -> Result<bool> + Send + Sync>;

/// Decisions of the filter that are remembered; past it they are made anew.
const REMEMBERED: usize = 1 << 16;

/// The filter over batches with `add.partitionValues` alone.
pub(super) struct Wanted {
    filter: PartitionFilter,
    decisions: HashMap<Vec<u8>, bool>,
    projection: ProjectionMask,
}

impl Wanted {
    pub(super) fn new(filter: PartitionFilter, projection: ProjectionMask) -> Self {
        Self { filter, decisions: HashMap::new(), projection }
    }

    fn rows(&mut self, batch: &RecordBatch) -> Result<BooleanArray> {
        let mut wanted = vec![false; batch.num_rows()];
        if let Some(columns) = Columns::of(batch, "add")? {
            let partitions = columns.maps("partitionValues")?.map(Maps::new).transpose()?;
            for row in columns.rows() {
                wanted[row] = partitions.as_ref().is_none_or(|p| self.wants(p, row));
            }
        }
        Ok(wanted.into())
    }

    /// A file that the filter fails on is wanted: whoever looks at it next finds what is wrong, and can name the file.
    fn wants(&mut self, partitions: &Maps, row: usize) -> bool {
        let mut raw = Vec::new();
        partitions.raw(row, &mut raw);
        if let Some(known) = self.decisions.get(&raw) {
            return *known;
        }
        let wanted = (self.filter)(&partitions.values(row)).unwrap_or(true);
        if self.decisions.len() < REMEMBERED {
            self.decisions.insert(raw, wanted);
        }
        wanted
    }
}

impl ArrowPredicate for Wanted {
    fn projection(&self) -> &ProjectionMask {
        &self.projection
    }

    fn evaluate(&mut self, batch: RecordBatch) -> Result<BooleanArray, ArrowError> {
        self.rows(&batch).map_err(|e| ArrowError::ExternalError(Box::new(e)))
    }
}

/// A column of text maps.
pub(super) struct Maps<'a> {
    maps: &'a MapArray,
    keys: StringArray,
    values: StringArray,
}

impl<'a> Maps<'a> {
    pub(super) fn new(maps: &'a MapArray) -> Result<Self> {
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

    pub(super) fn values(&self, row: usize) -> PartitionValues {
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
