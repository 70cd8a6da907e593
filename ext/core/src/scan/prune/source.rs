//! Where the columns of a predicate are in one file.

use arrow::datatypes::{DataType as Arrow, Fields};
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::basic::{ConvertedType, Repetition};
use parquet::schema::types::{SchemaDescriptor, TypePtr};

use crate::action::Add;
use crate::error::Result;
use crate::expr::{BoundColumn, BoundPredicate};
use crate::scan::adapt::Lookup;
use crate::scan::plan::{partition_text, partition_value};
use crate::scan::read_field::{ReadField, ReadType};
use crate::scan::task::ScanTask;
use crate::stats::ColumnBounds;

/// What a file has of a column.
#[derive(Debug)]
pub(super) enum Source {
    /// The same in all rows: a partition value, or null where the file has no such column.
    Same(ColumnBounds),
    /// A leaf of its schema, by number, that has one value a row.
    Leaf(usize),
    /// Nothing that tells of all rows.
    Unknown,
}

/// One for each column of the predicate.
pub(super) fn sources(
    task: &ScanTask,
    predicate: &BoundPredicate,
    add: &Add,
    is_constant: &dyn Fn(&str) -> bool,
    metadata: &ArrowReaderMetadata,
) -> Result<Vec<Source>> {
    let source = |column: &BoundColumn| {
        let Some(field) = task.fields.iter().find(|f| f.name == column.name()) else { return Ok(Source::Unknown) };
        if is_constant(&field.name) {
            let text = partition_text(&add.partition_values, &field.physical);
            let value = partition_value(text, &field.name, task.partition_type(&field.name)?)?;
            return Ok(Source::Same(ColumnBounds::exactly(value.as_ref())));
        }
        Ok(in_file(field, column, metadata.schema().fields(), metadata.parquet_schema()))
    };
    predicate.columns().iter().map(source).collect()
}

/// Arrow's fields and Parquet's are walked together: ids are with the one, what is repeated is told by the other.
fn in_file(field: &ReadField, column: &BoundColumn, arrow: &Fields, schema: &SchemaDescriptor) -> Source {
    let (mut fields, mut siblings, mut wanted) = (arrow, schema.root_schema().get_fields(), field);
    let mut path: Vec<String> = Vec::new();
    for depth in 0.. {
        let index = match Lookup::new(fields).find(wanted, &column.path) {
            Ok(Some(index)) => index,
            Ok(None) => return Source::Same(ColumnBounds::exactly(None)),
            Err(_) => return Source::Unknown,
        };
        let (Some(found), Some(node)) = (fields.get(index), siblings.get(index)) else { return Source::Unknown };
        if found.name() != node.name() || fields.len() != siblings.len() || is_repeated(node) {
            return Source::Unknown;
        }
        path.push(node.name().to_owned());
        let Some(next) = column.path.names().get(depth + 1) else {
            return if node.is_primitive() { leaf(schema, &path) } else { Source::Unknown };
        };
        let (ReadType::Struct(inner), Arrow::Struct(children)) = (&wanted.data_type, found.data_type()) else {
            return Source::Unknown;
        };
        let Some(child) = inner.iter().find(|f| f.name == *next) else { return Source::Unknown };
        if node.is_primitive() || node.get_basic_info().converted_type() != ConvertedType::NONE {
            return Source::Unknown;
        }
        (fields, siblings, wanted) = (children, node.get_fields(), child);
    }
    Source::Unknown
}

fn is_repeated(node: &TypePtr) -> bool {
    let info = node.get_basic_info();
    info.has_repetition() && info.repetition() == Repetition::REPEATED
}

fn leaf(schema: &SchemaDescriptor, path: &[String]) -> Source {
    let mut found = (0..schema.num_columns()).filter(|leaf| schema.column(*leaf).path().parts() == path);
    match (found.next(), found.next()) {
        (Some(only), None) => Source::Leaf(only),
        _ => Source::Unknown,
    }
}
