//! The files that hold the changed rows of one commit: its change files, or else what it adds and removes.

use std::collections::HashMap;
use std::sync::Arc;

use crate::action::{Add, AddCdc, DeletionVectorDescriptor, PartitionValues, Remove};
use crate::error::{Error, Result};
use crate::log::ChangeLine;
use crate::path::Root;
use crate::scan::FileScan;
use crate::schema::{CHANGE_TYPE, COMMIT_TIMESTAMP, COMMIT_VERSION, DataType};
use crate::snapshot::Snapshot;
use crate::value::Scalar;

const INSERT: &str = "insert";
const DELETE: &str = "delete";

/// How commits of one table become files.
pub(super) struct Derivation {
    root: Root,
    is_partitioned: bool,
    derived: Arc<[String]>,
}

/// What one commit does to one file.
#[derive(Default)]
struct Pair {
    add: Option<Add>,
    remove: Option<Remove>,
}

impl Derivation {
    pub(super) fn new(feed: &Snapshot) -> Self {
        // Two of the partition columns are the feed's own.
        let is_partitioned = feed.partition_columns().len() > 2;
        Self { root: Root::new(feed.uri()), is_partitioned, derived: Arc::new([CHANGE_TYPE.to_owned()]) }
    }

    /// Where a commit has change files they alone count (Delta protocol, "Change Data Files").
    pub(super) fn files(&self, lines: Vec<ChangeLine>, version: u64, timestamp_ms: i64) -> Result<Vec<FileScan>> {
        let when = when(version, timestamp_ms)?;
        if lines.iter().any(|line| line.cdc.is_some()) {
            return Ok(lines.into_iter().filter_map(|line| line.cdc).map(|cdc| change_file(cdc, &when)).collect());
        }
        let mut order = Vec::new();
        let mut pairs: HashMap<String, Pair> = HashMap::new();
        for line in lines {
            let add = line.add.filter(|add| add.data_change);
            let remove = line.remove.filter(|remove| remove.data_change);
            for path in add.as_ref().map(|a| &a.path).into_iter().chain(remove.as_ref().map(|r| &r.path)) {
                let key = self.root.key(path, None)?.path;
                let pair = pairs.entry(key.clone()).or_insert_with(|| {
                    order.push(key);
                    Pair::default()
                });
                pair.add = pair.add.take().or_else(|| add.clone());
                pair.remove = pair.remove.take().or_else(|| remove.clone());
            }
        }
        let mut files = Vec::new();
        for pair in order.into_iter().filter_map(|key| pairs.remove(&key)) {
            self.derive(pair, &when, version, &mut files)?;
        }
        Ok(files)
    }

    fn derive(&self, pair: Pair, when: &PartitionValues, version: u64, files: &mut Vec<FileScan>) -> Result<()> {
        let mut push = |kind: &str, mut add: Add, only: Option<DeletionVectorDescriptor>| {
            add.partition_values.extend(when.iter().map(|(name, value)| (name.clone(), value.clone())));
            add.partition_values.insert(CHANGE_TYPE.to_owned(), Some(kind.to_owned()));
            files.push(FileScan { add, only, constants: Arc::clone(&self.derived) });
        };
        match (pair.add, pair.remove) {
            (Some(add), None) => push(INSERT, add, None),
            (None, Some(remove)) => push(DELETE, self.removed(remove, version)?, None),
            (Some(add), Some(remove)) => {
                let (new, old) = (add.deletion_vector.clone(), remove.deletion_vector);
                let id = DeletionVectorDescriptor::unique_id;
                if new.as_ref().map(id) == old.as_ref().map(id) {
                    return Ok(());
                }
                if let Some(new) = &new {
                    push(DELETE, Add { deletion_vector: old.clone(), ..add.clone() }, Some(new.clone()));
                }
                if let Some(old) = old {
                    push(INSERT, add, Some(old));
                }
            }
            (None, None) => {}
        }
        Ok(())
    }

    /// The file as it was added once.
    fn removed(&self, remove: Remove, version: u64) -> Result<Add> {
        let partition_values = match remove.partition_values {
            Some(values) => values,
            None if !self.is_partitioned => PartitionValues::new(),
            None => {
                return Err(Error::corrupt(format!(
                    "the commit of version {version} removes the file {} and does not say of which partition it was \
                     (no extendedFileMetadata): the deleted rows cannot be told",
                    remove.path
                )));
            }
        };
        Ok(Add {
            path: remove.path,
            partition_values,
            // A size that is not told is asked for.
            size: remove.size.unwrap_or(0),
            deletion_vector: remove.deletion_vector,
            ..Add::default()
        })
    }
}

/// The partition values that all rows of a commit have.
fn when(version: u64, timestamp_ms: i64) -> Result<PartitionValues> {
    let micros = timestamp_ms.checked_mul(1000).ok_or_else(|| {
        Error::corrupt(format!("the commit of version {version} has a time out of range: {timestamp_ms} ms"))
    })?;
    let timestamp = Scalar::Timestamp(micros).to_partition(&DataType::Timestamp)?;
    Ok(PartitionValues::from([
        (COMMIT_VERSION.to_owned(), Some(version.to_string())),
        (COMMIT_TIMESTAMP.to_owned(), timestamp),
    ]))
}

fn change_file(cdc: AddCdc, when: &PartitionValues) -> FileScan {
    let mut partition_values = cdc.partition_values;
    partition_values.extend(when.iter().map(|(name, value)| (name.clone(), value.clone())));
    FileScan::from(Add { path: cdc.path, partition_values, size: cdc.size, ..Add::default() })
}
