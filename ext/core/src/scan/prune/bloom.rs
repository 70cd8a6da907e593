//! Row groups whose Bloom filters have none of the values that the predicate asks for.

use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use parquet::basic::Type as Physical;
use parquet::bloom_filter::Sbbf;
use parquet::schema::types::ColumnDescriptor;

use super::bounds::{Integers, integers};
use super::kept::Kept;
use super::source::Source;
use crate::expr::BoundPredicate;
use crate::schema::DataType;
use crate::stats::ColumnBounds;
use crate::storage::ParquetFile;
use crate::value::Scalar;

/// Bytes of a filter at most: more than that is no saving.
const MAX_FILTER_BYTES: i32 = 8 << 20;

/// Leaves out groups of `kept` that only their filters rule out.
pub(super) async fn rule_out(
    predicate: &BoundPredicate,
    sources: &[Source],
    by_group: &[Vec<ColumnBounds>],
    file: &ParquetFile,
    metadata: &ArrowReaderMetadata,
    kept: &mut [Kept],
) {
    let looked_for = predicate.looked_for();
    let filtered = |group: usize| -> Vec<(usize, usize)> {
        let columns = metadata.metadata().row_group(group).columns();
        let has = |leaf: usize| {
            let chunk = columns.get(leaf);
            chunk.is_some_and(|c| {
                c.bloom_filter_offset().is_some()
                    && c.bloom_filter_length().is_some_and(|length| (1..=MAX_FILTER_BYTES).contains(&length))
            })
        };
        let leaf = |column: &usize| match sources.get(*column) {
            Some(Source::Leaf(leaf)) if has(*leaf) => Some((*column, *leaf)),
            _ => None,
        };
        looked_for.iter().filter_map(leaf).collect()
    };
    let mut reader = None;
    for (group, bounds) in by_group.iter().enumerate() {
        let filtered = filtered(group);
        // A group whose rows all pass has what is looked for.
        if kept[group] == Kept::Nothing || filtered.is_empty() || predicate.outcomes(bounds).always_true() {
            continue;
        }
        let reader = reader
            .get_or_insert_with(|| ParquetRecordBatchStreamBuilder::new_with_metadata(file.clone(), metadata.clone()));
        let mut filters: Vec<(usize, usize, Sbbf)> = Vec::new();
        for (column, leaf) in filtered {
            if let Ok(Some(filter)) = reader.get_row_group_column_bloom_filter(group, leaf).await {
                filters.push((column, leaf, filter));
            }
        }
        let absent = |column: usize, value: &Scalar| {
            filters.iter().any(|(of, leaf, filter)| {
                let descriptor = metadata.parquet_schema().column(*leaf);
                let data_type = predicate.columns().get(column).map(|c| &c.data_type);
                *of == column && data_type.is_some_and(|t| !may_have(filter, &descriptor, t, value))
            })
        };
        if !predicate.outcomes_without(bounds, &absent).true_ {
            kept[group] = Kept::Nothing;
        }
    }
}

/// Whether the filter may have the value in the form that the file would have it in.
fn may_have(filter: &Sbbf, column: &ColumnDescriptor, data_type: &DataType, value: &Scalar) -> bool {
    let whole = |v: i64| match column.physical_type() {
        Physical::INT32 => i32::try_from(v).ok().map(|v| filter.check(&v)),
        Physical::INT64 => Some(filter.check(&v)),
        _ => None,
    };
    let found = match (value, integers(column)) {
        (Scalar::Long(v), Some(Integers::Plain)) => whole(*v),
        (Scalar::Date(v), Some(Integers::Days)) => whole((*v).into()),
        (Scalar::Timestamp(v) | Scalar::TimestampNtz(v), Some(Integers::Instants(1))) => whole(*v),
        (Scalar::Decimal(v, scale), Some(Integers::Decimal(of))) if *scale == of => {
            i64::try_from(*v).ok().and_then(whole)
        }
        (Scalar::String(v), _) if is_plain_text(column, data_type) => Some(filter.check(v.as_bytes())),
        (Scalar::Binary(v), _) if is_plain_text(column, data_type) => Some(filter.check(v.as_slice())),
        _ => None,
    };
    found.unwrap_or(true)
}

fn is_plain_text(column: &ColumnDescriptor, data_type: &DataType) -> bool {
    column.physical_type() == Physical::BYTE_ARRAY && matches!(data_type, DataType::String | DataType::Binary)
}
