//! Finding the fields of a struct, or the columns of a file, by what the table knows them by.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use arrow::datatypes::{Field as ArrowField, Fields};
use parquet::arrow::PARQUET_FIELD_ID_META_KEY;

use crate::error::{Error, Result};
use crate::scan::read_field::ReadField;
use crate::schema::ColumnPath;

/// The fields that a file has at one level. Made once a level: wide tables look up thousands.
pub(in crate::scan) struct Lookup<'a> {
    fields: &'a Fields,
    names: HashMap<&'a str, usize>,
    folded: OnceCell<HashMap<String, Option<usize>>>,
    ids: OnceCell<HashMap<i32, Option<usize>>>,
}

impl<'a> Lookup<'a> {
    pub(in crate::scan) fn new(fields: &'a Fields) -> Self {
        let mut names = HashMap::with_capacity(fields.len());
        for (index, field) in fields.iter().enumerate() {
            names.entry(field.name().as_str()).or_insert(index);
        }
        Self { fields, names, folded: OnceCell::new(), ids: OnceCell::new() }
    }

    /// Where the file has `wanted`; `None` where it does not.
    pub(in crate::scan) fn find(&self, wanted: &ReadField, path: &ColumnPath) -> Result<Option<usize>> {
        match wanted.id {
            Some(id) => self.by_id(id, path),
            None => Ok(self.by_name(&wanted.physical)),
        }
    }

    /// The field of that very name.
    pub(in crate::scan) fn exact(&self, wanted: &str) -> Option<usize> {
        self.names.get(wanted).copied()
    }

    /// The field of that name; else the only one that differs in case alone, as converted tables have it.
    pub(in crate::scan) fn by_name(&self, wanted: &str) -> Option<usize> {
        if let Some(exact) = self.exact(wanted) {
            return Some(exact);
        }
        let names = || unique(self.fields.iter().map(|f| Some(f.name().to_lowercase())));
        self.folded.get_or_init(names).get(&wanted.to_lowercase()).copied().flatten()
    }

    /// A file without ids is refused, as by Spark: its names may be those of other columns by now.
    fn by_id(&self, id: i32, path: &ColumnPath) -> Result<Option<usize>> {
        let ids = self.ids.get_or_init(|| unique(self.fields.iter().map(|f| field_id(f))));
        match ids.get(&id) {
            Some(Some(index)) => Ok(Some(*index)),
            Some(None) => Err(Error::corrupt(format!(
                "column {path} cannot be told in the file, which has the field id {id} twice"
            ))),
            None if ids.is_empty() && !self.fields.is_empty() => Err(Error::corrupt(format!(
                "column {path} cannot be found in the file: the table goes by field ids (column mapping mode id), and the \
                 file has none"
            ))),
            None => Ok(None),
        }
    }
}

/// Positions by key; `None` for a key that comes twice.
fn unique<K: Eq + std::hash::Hash>(keys: impl Iterator<Item = Option<K>>) -> HashMap<K, Option<usize>> {
    let mut positions = HashMap::new();
    for (index, key) in keys.enumerate() {
        match key.map(|key| positions.entry(key)) {
            Some(Entry::Vacant(entry)) => drop(entry.insert(Some(index))),
            Some(Entry::Occupied(mut entry)) => drop(entry.insert(None)),
            None => {}
        }
    }
    positions
}

fn field_id(field: &ArrowField) -> Option<i32> {
    field.metadata().get(PARQUET_FIELD_ID_META_KEY).and_then(|id| id.parse().ok())
}
