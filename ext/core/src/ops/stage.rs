//! Files that are written by one process and committed by another.

use std::collections::HashSet;

use futures::{TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use super::appended::{Appended, Count, Replaced};
use crate::action::{Add, CommitInfo, Metadata, Operation, Protocol};
use crate::clock::Clock;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::path::{DataPath, Root, parse_data_path};
use crate::snapshot::Snapshot;
use crate::stats::num_records;
use crate::storage::is_not_found;
use crate::txn::{AppTransaction, Transaction, check_identities, check_layout, commit};
use crate::value::Scalar;
use crate::write::WrittenFiles;

/// Of the JSON that this version of the library writes, and reads.
const FORMAT: u32 = 1;

/// Files looked at at a time.
const LOOKS_IN_FLIGHT: usize = 16;

/// Data files in the store that no commit names yet. It has a JSON form, which holds no option of the store. The files stay
/// where they are until they are committed or vacuumed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StagedFiles {
    format: u32,
    /// The version that the rows were prepared for.
    version: u64,
    protocol: Protocol,
    #[serde(rename = "metaData")]
    metadata: Metadata,
    adds: Vec<Add>,
    /// Whether rows have identities that were reserved for them after that version.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    identities: bool,
}

impl StagedFiles {
    pub(super) fn new(base: &Snapshot, files: WrittenFiles) -> Self {
        let metadata = base.metadata();
        // Users' own properties stay at home.
        let kept = metadata.configuration.iter().filter(|(name, _)| name.starts_with("delta."));
        let configuration = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
        Self {
            format: FORMAT,
            version: base.version(),
            protocol: base.protocol().clone(),
            metadata: Metadata { name: None, description: None, configuration, ..metadata.clone() },
            identities: files.identities.is_some(),
            adds: files.into_adds(),
        }
    }

    /// Reads the JSON form.
    pub fn from_json(text: &str) -> Result<Self> {
        let wrong = || Error::argument("this is not the JSON of staged files");
        let staged: Self = serde_json::from_str(text).map_err(|e| wrong().with_source(e))?;
        if staged.format != FORMAT {
            return Err(wrong().context(format_args!(
                "it is of format {}, and {FORMAT} can be read: it was made by another version of deltalake",
                staged.format
            )));
        }
        if i64::try_from(staged.version).is_err() {
            return Err(wrong().context(format_args!("version {} is out of range", staged.version)));
        }
        Ok(staged)
    }

    /// The JSON form.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|e| Error::internal("staged files have no JSON form").with_source(e))
    }

    /// Rows of all files.
    pub fn rows(&self) -> u64 {
        let rows = self.adds.iter().filter_map(|add| add.stats.as_deref().and_then(num_records));
        rows.fold(0, u64::saturating_add)
    }

    /// How many files there are.
    pub fn files(&self) -> u64 {
        self.adds.len() as u64
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.adds.iter().fold(0, |sum, add| sum.saturating_add(u64::try_from(add.size).unwrap_or(0)))
    }

    /// The files as new ones of `base`, if they can be.
    fn adds_to(&self, base: &Snapshot, clock: &Clock) -> Result<Vec<Add>> {
        if self.metadata.id != base.metadata().id {
            return Err(Error::argument("the staged files are those of another table"));
        }
        check_layout(&self.then(base)?, base).map_err(|e| {
            Error::schema(format!(
                "the files were staged for version {} of the table, and do not fit it any more: {}; stage the rows again",
                self.version,
                e.message()
            ))
        })?;
        self.adds.iter().map(|add| as_new(add, base, clock)).collect()
    }

    /// The table that the rows were prepared for.
    fn then(&self, base: &Snapshot) -> Result<Snapshot> {
        let (protocol, metadata) = (self.protocol.clone(), self.metadata.clone());
        Snapshot::told(base.storage(), self.version, protocol, metadata).map_err(as_argument)
    }
}

/// What a stranger's JSON says of a file, as far as a new file may have it.
fn as_new(add: &Add, base: &Snapshot, clock: &Clock) -> Result<Add> {
    let wrong = |what: &str| Err(Error::argument(format!("staged file {:?} {what}", add.path)));
    if !matches!(parse_data_path(&add.path).map_err(as_argument)?, DataPath::Relative(_)) {
        return wrong("is outside of the table");
    }
    if add.size < 0 || add.deletion_vector.is_some() || add.base_row_id.is_some() {
        return wrong("says what no new file has");
    }
    if add.stats.as_deref().and_then(num_records).is_none() {
        return wrong("does not tell its number of rows");
    }
    let mapping = base.column_mapping();
    for name in base.partition_columns() {
        let field = base.schema().field(name).ok_or_else(|| Error::internal("a partition column is missing"))?;
        match add.partition_values.get(mapping.physical_name(field)) {
            None => return wrong(&format!("has no value of partition column {name}")),
            Some(None) => {}
            Some(Some(text)) => {
                Scalar::parse_partition(text, &field.data_type).map_err(as_argument)?;
            }
        }
    }
    if add.partition_values.len() != base.partition_columns().len() {
        return wrong("has values of columns that are no partition columns");
    }
    Ok(Add { data_change: true, default_row_commit_version: None, modification_time: clock.now_ms(), ..add.clone() })
}

/// The same error as one of an argument: the log is not to blame.
fn as_argument(error: Error) -> Error {
    match error.kind() {
        ErrorKind::CorruptTable | ErrorKind::SchemaMismatch => Error::argument(error.message().to_owned()),
        _ => error,
    }
}

/// Makes all of `staged` part of the table at `base` or later, in one commit.
pub async fn commit_staged(
    base: Snapshot,
    staged: &[StagedFiles],
    txn: Option<AppTransaction>,
    user_metadata: Option<String>,
    context: &Context,
    clock: &Clock,
) -> Result<Appended> {
    let uri = base.uri().to_owned();
    let committed = async {
        let base = context.limit(base.refresh()).await?;
        base.check_appendable()?;
        let mut adds = Vec::new();
        for files in staged {
            adds.extend(files.adds_to(&base, clock)?);
        }
        check_distinct(&base, &adds)?;
        let done = txn.as_ref().is_some_and(|t| t.is_done(&base, clock.now_ms()));
        if !done {
            context.limit(check_stored(&base, &adds)).await?;
            context.limit(check_reserved(&base, staged)).await?;
        }
        let count = Count {
            rows: staged.iter().fold(0, |sum, s| sum.saturating_add(s.rows())),
            files: adds.len() as u64,
            bytes: staged.iter().fold(0, |sum, s| sum.saturating_add(s.bytes())),
        };
        let info = CommitInfo::new(Operation::Write)
            .parameter("mode", "Append")
            .json_parameter("partitionBy", &base.partition_columns())
            .metric("numFiles", count.files)
            .metric("numOutputRows", count.rows)
            .metric("numOutputBytes", count.bytes)
            .user_metadata(user_metadata);
        let mut transaction = Transaction { adds, txn, ..Transaction::new(info) };
        transaction.files.identities = staged.iter().any(|s| s.identities).then(|| base.clone());
        let outcome = commit(base, transaction, context, clock).await?;
        Ok(count.appended(outcome, Replaced::default()))
    };
    committed.await.map_err(|e: Error| e.with_table(uri))
}

/// Values that were reserved for rows must not have been given out again since.
async fn check_reserved(base: &Snapshot, staged: &[StagedFiles]) -> Result<()> {
    let Some(oldest) = staged.iter().filter(|s| s.identities).min_by_key(|s| s.version) else { return Ok(()) };
    check_identities(&oldest.then(base)?, base).await
}

fn check_distinct(base: &Snapshot, adds: &[Add]) -> Result<()> {
    let root = Root::new(base.uri());
    let mut seen = HashSet::new();
    for add in adds {
        if !seen.insert(root.key(&add.path, None)?) {
            return Err(Error::argument(format!("staged file {:?} is given twice", add.path)));
        }
    }
    Ok(())
}

/// Files that are gone, since vacuum takes those that no commit names for long, would break the table.
async fn check_stored(base: &Snapshot, adds: &[Add]) -> Result<()> {
    let root = Root::new(base.uri());
    stream::iter(adds.iter().map(Ok))
        .try_for_each_concurrent(LOOKS_IN_FLIGHT, |add| {
            let root = root.clone();
            async move {
                let key = root.key(&add.path, None)?.path;
                let stored = base.storage().head(&key).await.map_err(|e| match is_not_found(&e) {
                    true => Error::argument(format!("staged file {:?} is gone: stage its rows again", add.path)),
                    false => e,
                })?;
                match u64::try_from(add.size) == Ok(stored.size) {
                    true => Ok(()),
                    false => Err(Error::argument(format!("staged file {:?} is of another size", add.path))),
                }
            }
        })
        .await
}
