//! Opening one data file: its footer, the columns of it that are read, and how they become the table's.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use arrow::array::ArrayRef;
use bytes::Bytes;
use futures::FutureExt;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::arrow::async_reader::AsyncFileReader;

use super::adapt::{Adapter, Lookup};
use super::mask::RowMask;
use super::plan::{PlannedFile, in_file, partition_text, partition_value};
use super::prune::{Kept, prune};
use super::read_field::ReadField;
use super::task::ScanTask;
use super::tracked::TrackedColumn;
use crate::action::{Add, DeletionVectorDescriptor};
use crate::context::Context;
use crate::deletion_vector::{self, DeletionVector};
use crate::error::{Error, ErrorKind, Result};
use crate::path::parse_data_path;
use crate::schema::ColumnPath;
use crate::snapshot::Snapshot;
use crate::storage::{ParquetFile, Storage, is_not_found, parquet_error, reader_metadata, reader_options};
use crate::value::Scalar;

/// A data file whose footer is read.
pub(super) struct OpenFile {
    pub(super) file: ParquetFile,
    pub(super) metadata: ArrowReaderMetadata,
    /// Top-level columns of the file that are read, in the order of the file.
    pub(super) read: Vec<usize>,
    /// One for each field of the task that is needed.
    pub(super) columns: Vec<Column>,
    /// What is read of each row group.
    pub(super) kept: Vec<Kept>,
    pub(super) filter: bool,
    /// Where only some rows are read.
    pub(super) mask: Option<RowMask>,
    /// For messages.
    pub(super) name: String,
}

/// Where a column of the result comes from.
#[derive(Debug)]
pub(super) enum Column {
    /// From the file: the index among the columns that are read.
    File(usize, Adapter),
    /// The same for every row: one batch of it.
    Constant(ArrayRef),
    /// Made from the numbers of the rows.
    Tracked(TrackedColumn),
}

impl OpenFile {
    /// Whether the numbers of the rows matter.
    pub(super) fn by_number(&self) -> bool {
        self.mask.is_some() || self.columns.iter().any(|column| matches!(column, Column::Tracked(_)))
    }

    pub(super) async fn open(task: &ScanTask, planned: PlannedFile) -> Result<Self> {
        let PlannedFile { add, only, constants, filter } = planned;
        Context::current().meter().opened();
        let (storage, key) = task.snapshot.storage().locate(parse_data_path(&add.path)?)?;
        let opened = async {
            let opened = footer(&storage, &key, u64::try_from(add.size).unwrap_or(0)).await;
            opened.map_err(|e| if is_not_found(&e) { gone(task.snapshot.version(), &key).with_source(e) } else { e })
        };
        let vectors = (vector(task, &add, add.deletion_vector.as_ref()), vector(task, &add, only.as_ref()));
        let ((file, mut metadata), deleted, only) = futures::try_join!(opened, vectors.0, vectors.1)?;
        let parse = |vector: Option<(Bytes, &DeletionVectorDescriptor)>| {
            let parsed = vector.map(|(bytes, descriptor)| DeletionVector::parse(&bytes, descriptor, rows(&metadata)));
            parsed.transpose().map_err(|e| in_file(e, &add))
        };
        let mask = RowMask::new(parse(deleted)?, parse(only)?);
        let in_file_schema = Arc::clone(metadata.schema());
        let lookup = Lookup::new(in_file_schema.fields());
        let is_constant = |name: &str| task.is_partition(name) || constants.iter().any(|c| c == name);
        let fields = if filter { &task.fields[..] } else { &task.fields[..task.outputs] };
        let root = |field: &ReadField| match task.row_tracking(&field.name) {
            _ if is_constant(&field.name) => Ok(None),
            Some(_) => Ok(lookup.exact(&field.physical)),
            None => lookup.find(field, &ColumnPath::from(field.name.as_str())),
        };
        let roots: Vec<Option<usize>> = fields.iter().map(root).collect::<Result<_>>().map_err(|e| in_file(e, &add))?;
        let mut read: Vec<usize> = roots.iter().flatten().copied().collect();
        read.sort_unstable();
        read.dedup();
        let column = |(field, root): (&ReadField, &Option<usize>)| -> Result<Column> {
            let path = ColumnPath::from(field.name.as_str());
            if is_constant(&field.name) {
                return constant(task, &add, field).map(Column::Constant);
            }
            let adapted = |root: &usize| {
                let adapter = Adapter::new(in_file_schema.field(*root).data_type(), &field.data_type, &path)?;
                Ok::<_, Error>((read.partition_point(|r| r < root), adapter))
            };
            Ok(match (task.row_tracking(&field.name), root.as_ref().map(adapted).transpose()?) {
                (Some(kind), stored) => Column::Tracked(TrackedColumn::new(kind, &add, stored)),
                (None, Some((index, adapter))) => Column::File(index, adapter),
                (None, None) => Column::Constant(Adapter::missing(&field.data_type, &path).nulls(task.batch_size)),
            })
        };
        let columns = fields.iter().zip(&roots).map(column).collect::<Result<Vec<_>>>();
        let columns = columns.map_err(|e| in_file(e, &add))?;
        let kept = match filter {
            true => prune(task, &add, &is_constant, &file, &mut metadata, &read).await.map_err(|e| in_file(e, &add))?,
            false => vec![Kept::All; metadata.metadata().num_row_groups()],
        };
        Ok(Self { file, metadata, read, columns, kept, filter, mask, name: key })
    }
}

/// The value of a partition column, from the log alone: a column of that name in the file does not count.
fn constant(task: &ScanTask, add: &Add, field: &ReadField) -> Result<ArrayRef> {
    let data_type = task.partition_type(&field.name)?;
    let text = partition_text(&add.partition_values, &field.physical);
    let value = partition_value(text, &field.name, data_type)?;
    Scalar::repeat(value.as_ref(), data_type, task.batch_size)
}

/// A serialised deletion vector, if there is one.
async fn vector<'a>(
    task: &ScanTask,
    add: &Add,
    descriptor: Option<&'a DeletionVectorDescriptor>,
) -> Result<Option<(Bytes, &'a DeletionVectorDescriptor)>> {
    let Some(descriptor) = descriptor else { return Ok(None) };
    let fetched = deletion_vector::fetch(task.snapshot.storage(), descriptor).await;
    fetched.map(|bytes| Some((bytes, descriptor))).map_err(|e| in_file(e, add))
}

/// How many rows the file has, deleted ones among them.
fn rows(metadata: &ArrowReaderMetadata) -> u64 {
    let groups = metadata.metadata().row_groups().iter();
    groups.fold(0, |rows: u64, group| rows.saturating_add(u64::try_from(group.num_rows()).unwrap_or(0)))
}

/// How many rows the file of `add` has, deleted ones among them, as its footer tells.
pub async fn rows_in_file(table: &Snapshot, add: &Add) -> Result<u64> {
    let (storage, key) = table.storage().locate(parse_data_path(&add.path)?)?;
    match footer(&storage, &key, u64::try_from(add.size).unwrap_or(0)).await {
        Ok((_, metadata)) => Ok(rows(&metadata)),
        Err(e) if is_not_found(&e) => Err(gone(table.version(), &key).with_source(e)),
        Err(e) => Err(e),
    }
}

async fn footer(storage: &Storage, key: &str, size: u64) -> Result<(ParquetFile, ArrowReaderMetadata)> {
    // A disk does not tell a file that is too short from one that cannot be read.
    let is_of_size = |e: &Error| e.kind() == ErrorKind::CorruptTable || !(storage.is_remote() || is_not_found(e));
    let error = match read_footer(storage, key, size).await {
        Err(e) if size > 0 && is_of_size(&e) => e,
        done => return done,
    };
    // Some writers log a size that the file does not have.
    match storage.head(key).await {
        Ok(meta) if meta.size != size => read_footer(storage, key, meta.size).await,
        _ => Err(error),
    }
}

async fn read_footer(storage: &Storage, key: &str, size: u64) -> Result<(ParquetFile, ArrowReaderMetadata)> {
    let mut file = ParquetFile::open(storage, key, size).await?;
    let options = reader_options();
    let read = async {
        let metadata = file.get_metadata(Some(&options)).await?;
        reader_metadata(metadata)
    };
    let metadata = AssertUnwindSafe(read).catch_unwind().await.map_err(|_| panicked(key))?;
    let metadata = metadata.map_err(|e| parquet_error(&format!("data file {key}"), e))?;
    Ok((file, metadata))
}

/// What a panic of the Parquet reader is to the caller: the file made it.
pub(super) fn panicked(key: &str) -> Error {
    Error::corrupt(format!("data file {key} is damaged: the Parquet reader gave up on it"))
}

fn gone(version: u64, key: &str) -> Error {
    let (what, instead) = match key.starts_with("_change_data/") {
        true => ("change file", "begin with a later version"),
        false => ("data file", "open a newer version"),
    };
    let message = format!(
        "{what} {key} is gone: the log has it in version {version}, and the store does not; a vacuum may have deleted it, \
         if so {instead}"
    );
    Error::new(ErrorKind::FileNotFound, message)
}
