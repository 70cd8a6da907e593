//! Classic checkpoints, of one file or several (Delta protocol, "Checkpoints").

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, ListArray, MapArray, RecordBatch, StringArray, StructArray};
use arrow::datatypes::{DataType, Int64Type};
use futures::TryStreamExt;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::{ParquetRecordBatchStream, ParquetRecordBatchStreamBuilder};

use super::partial::Partial;
use super::segment::Checkpoint;
use crate::action::{Format, Metadata, Protocol, TableActionLine, Txn};
use crate::error::{Error, Result};
use crate::storage::{ObjectMeta, ParquetFile, Storage, parquet_error};
use crate::value::cast;

/// Rows decoded at a time.
const BATCH_ROWS: usize = 8192;

/// Reads the checkpoint's protocol, metadata and transactions into `partial`; its file actions are not touched.
pub(super) async fn read_table_actions(
    storage: &Storage,
    checkpoint: &Checkpoint,
    partial: &mut Partial,
) -> Result<()> {
    for part in &checkpoint.parts {
        let mut batches = open(storage, part, &["protocol", "metaData", "txn"]).await?;
        while let Some(batch) = batches.try_next().await.map_err(|e| parquet_error(&part.key, e))? {
            table_actions(&batch, partial).map_err(|e| e.context(format_args!("checkpoint {}", part.key)))?;
        }
    }
    Ok(())
}

/// Batches of a checkpoint file with those columns only. A name may reach into a struct, as in `add.path`; columns that
/// the file does not have are left out.
pub(super) async fn open(
    storage: &Storage,
    part: &ObjectMeta,
    columns: &[&str],
) -> Result<ParquetRecordBatchStream<ParquetFile>> {
    let fail = |e| parquet_error(&part.key, e);
    let file = ParquetFile::open(storage, &part.key, part.size).await?;
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = ParquetRecordBatchStreamBuilder::new_with_options(file, options).await.map_err(fail)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
    builder.with_projection(mask).with_batch_size(BATCH_ROWS).build().map_err(fail)
}

fn table_actions(batch: &RecordBatch, partial: &mut Partial) -> Result<()> {
    if let Some(protocol) = Columns::of(batch, "protocol")? {
        for row in protocol.rows() {
            partial.apply(TableActionLine { protocol: Some(protocol_at(&protocol, row)?), ..Default::default() });
        }
    }
    if let Some(metadata) = Columns::of(batch, "metaData")? {
        for row in metadata.rows() {
            partial.apply(TableActionLine { metadata: Some(metadata_at(&metadata, row)?), ..Default::default() });
        }
    }
    if let Some(txn) = Columns::of(batch, "txn")? {
        for row in txn.rows() {
            partial.apply(TableActionLine { txn: Some(txn_at(&txn, row)?), ..Default::default() });
        }
    }
    Ok(())
}

fn protocol_at(columns: &Columns, row: usize) -> Result<Protocol> {
    let version = |name: &str| {
        let number = columns.required(name, columns.integer(name, row)?)?;
        i32::try_from(number).map_err(|_| Error::corrupt(format!("protocol.{name} is out of range: {number}")))
    };
    Ok(Protocol {
        min_reader_version: version("minReaderVersion")?,
        min_writer_version: version("minWriterVersion")?,
        // Some writers leave an empty list where the version uses none.
        reader_features: columns.list("readerFeatures", row)?.filter(|f| !f.is_empty()),
        writer_features: columns.list("writerFeatures", row)?.filter(|f| !f.is_empty()),
    })
}

fn metadata_at(columns: &Columns, row: usize) -> Result<Metadata> {
    Ok(Metadata {
        id: columns.required("id", columns.text("id", row)?)?,
        name: columns.text("name", row)?,
        description: columns.text("description", row)?,
        format: Format::default(),
        schema_string: columns.required("schemaString", columns.text("schemaString", row)?)?,
        partition_columns: columns.list("partitionColumns", row)?.unwrap_or_default(),
        created_time: columns.integer("createdTime", row)?,
        configuration: columns.map("configuration", row)?.unwrap_or_default(),
    })
}

fn txn_at(columns: &Columns, row: usize) -> Result<Txn> {
    Ok(Txn {
        app_id: columns.required("appId", columns.text("appId", row)?)?,
        version: columns.required("version", columns.integer("version", row)?)?,
        last_updated: columns.integer("lastUpdated", row)?,
    })
}

/// The children of one action's struct column, each cast to the type that the protocol gives it.
pub(super) struct Columns<'a> {
    action: &'a str,
    rows: &'a StructArray,
    children: BTreeMap<&'a str, ArrayRef>,
}

impl<'a> Columns<'a> {
    /// The struct column `action` of the batch, if the file has it.
    pub(super) fn of(batch: &'a RecordBatch, action: &'a str) -> Result<Option<Self>> {
        let Some(column) = batch.column_by_name(action) else { return Ok(None) };
        let rows = column.as_struct_opt().ok_or_else(|| Error::corrupt(format!("column {action} is not a struct")))?;
        Self::nested(action, rows).map(Some)
    }

    fn nested(action: &'a str, rows: &'a StructArray) -> Result<Self> {
        let mut children = BTreeMap::new();
        for (field, child) in rows.fields().iter().zip(rows.columns()) {
            children.insert(field.name().as_str(), canonical(child)?);
        }
        Ok(Self { action, rows, children })
    }

    /// The struct column `name` inside this one.
    pub(super) fn child(&'a self, name: &'a str) -> Result<Option<Self>> {
        match self.children.get(name).map(|c| c.as_struct_opt()) {
            None => Ok(None),
            Some(Some(rows)) => Self::nested(name, rows).map(Some),
            Some(None) => Err(self.wrong(name, "a struct")),
        }
    }

    /// Rows on which the action is there.
    pub(super) fn rows(&self) -> impl Iterator<Item = usize> + use<'a> {
        let rows = self.rows;
        (0..rows.len()).filter(|row| rows.is_valid(*row))
    }

    pub(super) fn is_present(&self, row: usize) -> bool {
        self.rows.is_valid(row)
    }

    pub(super) fn text(&self, name: &str, row: usize) -> Result<Option<String>> {
        Ok(self.strings(name)?.filter(|a| a.is_valid(row)).map(|a| a.value(row).to_owned()))
    }

    pub(super) fn strings(&self, name: &str) -> Result<Option<&StringArray>> {
        let Some(column) = self.children.get(name) else { return Ok(None) };
        column.as_string_opt::<i32>().map(Some).ok_or_else(|| self.wrong(name, "text"))
    }

    pub(super) fn integers(&self, name: &str) -> Result<Option<&Int64Array>> {
        let Some(column) = self.children.get(name) else { return Ok(None) };
        column.as_primitive_opt::<Int64Type>().map(Some).ok_or_else(|| self.wrong(name, "a number"))
    }

    pub(super) fn integer(&self, name: &str, row: usize) -> Result<Option<i64>> {
        Ok(self.integers(name)?.filter(|a| a.is_valid(row)).map(|a| a.value(row)))
    }

    pub(super) fn maps(&self, name: &str) -> Result<Option<&MapArray>> {
        let Some(column) = self.children.get(name) else { return Ok(None) };
        column.as_map_opt().map(Some).ok_or_else(|| self.wrong(name, "a map"))
    }

    fn list(&self, name: &str, row: usize) -> Result<Option<Vec<String>>> {
        let Some(column) = self.children.get(name) else { return Ok(None) };
        let lists: &ListArray = column.as_list_opt::<i32>().ok_or_else(|| self.wrong(name, "a list"))?;
        if lists.is_null(row) {
            return Ok(None);
        }
        let items = canonical(&lists.value(row))?;
        let items = items.as_string_opt::<i32>().ok_or_else(|| self.wrong(name, "a list of text"))?;
        Ok(Some(items.iter().flatten().map(str::to_owned).collect()))
    }

    fn map(&self, name: &str, row: usize) -> Result<Option<BTreeMap<String, Option<String>>>> {
        let Some(maps) = self.maps(name)?.filter(|m| m.is_valid(row)) else { return Ok(None) };
        let entries = maps.value(row);
        let (keys, values) = (canonical(entries.column(0))?, canonical(entries.column(1))?);
        match (keys.as_string_opt::<i32>(), values.as_string_opt::<i32>()) {
            (Some(keys), Some(values)) => Ok(Some(
                keys.iter().flatten().map(str::to_owned).zip(values.iter().map(|v| v.map(str::to_owned))).collect(),
            )),
            _ => Err(self.wrong(name, "a map of text")),
        }
    }

    pub(super) fn required<T>(&self, name: &str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| Error::corrupt(format!("{}.{name} is null or missing", self.action)))
    }

    fn wrong(&self, name: &str, wanted: &str) -> Error {
        Error::corrupt(format!("{}.{name} is not {wanted}", self.action))
    }
}

/// All text as `Utf8`, all integers as `Int64`: checkpoint writers differ.
fn canonical(column: &ArrayRef) -> Result<ArrayRef> {
    let wanted = match column.data_type() {
        DataType::Binary => DataType::Utf8,
        DataType::Int8 | DataType::Int16 | DataType::Int32 => DataType::Int64,
        _ => return Ok(column.clone()),
    };
    cast(column, &wanted).map_err(|e| Error::corrupt("a column has values of another type").with_source(e))
}
