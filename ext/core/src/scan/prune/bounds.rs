//! What Parquet's statistics tell of a column, as values of the table's type. Truncated text bounds from outside; the old
//! `min` and `max` have an order that writers did not agree on, and INT96 has none.

use parquet::basic::{ColumnOrder, ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;
use parquet::schema::types::ColumnDescriptor;

use super::source::Source;
use crate::expr::BoundPredicate;
use crate::schema::DataType;
use crate::stats::ColumnBounds;
use crate::value::Scalar;
use crate::value::calendar::DAY;

/// A value as the file has it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Raw<'a> {
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Bytes(&'a [u8]),
}

/// Which end of the values a bound is of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum End {
    Min,
    Max,
}

/// What is known of each column of the predicate over one row group.
pub(super) fn of_group(
    metadata: &ParquetMetaData,
    group: usize,
    predicate: &BoundPredicate,
    sources: &[Source],
) -> Vec<ColumnBounds> {
    let bounds = |(source, data_type): (&Source, &DataType)| match source {
        Source::Same(bounds) => bounds.clone(),
        Source::Unknown => ColumnBounds::unknown(data_type),
        Source::Leaf(leaf) => of_leaf(metadata, group, *leaf, data_type),
    };
    sources.iter().zip(predicate.columns().iter().map(|c| &c.data_type)).map(bounds).collect()
}

fn of_leaf(metadata: &ParquetMetaData, group: usize, leaf: usize, data_type: &DataType) -> ColumnBounds {
    let mut bounds = ColumnBounds::unknown(data_type);
    let group = metadata.row_group(group);
    let Some(statistics) = group.columns().get(leaf).and_then(|c| c.statistics()) else { return bounds };
    let rows = u64::try_from(group.num_rows()).unwrap_or(0);
    if let Some(nulls) = statistics.null_count_opt().filter(|nulls| *nulls <= rows) {
        bounds.may_be_null = nulls > 0;
        bounds.may_have_value = nulls < rows;
    }
    if statistics.is_min_max_deprecated() || !is_ordered(metadata, leaf) {
        return bounds;
    }
    let column = metadata.file_metadata().schema_descr().column(leaf);
    let (min, max) = ends(statistics);
    bounds.min = min.and_then(|raw| scalar(&column, data_type, raw, End::Min));
    bounds.max = max.and_then(|raw| scalar(&column, data_type, raw, End::Max));
    bounds
}

/// Whether the file says in which order its bounds are.
pub(super) fn is_ordered(metadata: &ParquetMetaData, leaf: usize) -> bool {
    let order = metadata.file_metadata().column_orders().and_then(|orders| orders.get(leaf));
    matches!(order, Some(ColumnOrder::TYPE_DEFINED_ORDER(_)))
}

fn ends(statistics: &Statistics) -> (Option<Raw<'_>>, Option<Raw<'_>>) {
    let integer = |v: &i64| Raw::Integer(*v);
    let narrow = |v: &i32| Raw::Integer((*v).into());
    match statistics {
        Statistics::Boolean(s) => (s.min_opt().copied().map(Raw::Boolean), s.max_opt().copied().map(Raw::Boolean)),
        Statistics::Int32(s) => (s.min_opt().map(narrow), s.max_opt().map(narrow)),
        Statistics::Int64(s) => (s.min_opt().map(integer), s.max_opt().map(integer)),
        Statistics::Float(s) => {
            let float = |v: &f32| Raw::Float((*v).into());
            (s.min_opt().map(float), s.max_opt().map(float))
        }
        Statistics::Double(s) => (s.min_opt().copied().map(Raw::Float), s.max_opt().copied().map(Raw::Float)),
        Statistics::ByteArray(_) | Statistics::FixedLenByteArray(_) => {
            (statistics.min_bytes_opt().map(Raw::Bytes), statistics.max_bytes_opt().map(Raw::Bytes))
        }
        Statistics::Int96(_) => (None, None),
    }
}

/// What the integers of a column are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Integers {
    Plain,
    Decimal(u8),
    Days,
    /// So many microseconds each, or the reverse below 0.
    Instants(i64),
}

pub(super) fn integers(column: &ColumnDescriptor) -> Option<Integers> {
    let scale = || u8::try_from(column.type_scale()).ok();
    if let Some(logical) = column.logical_type_ref() {
        return Some(match logical {
            LogicalType::Integer(int) if int.is_signed => Integers::Plain,
            LogicalType::Decimal(_) => Integers::Decimal(scale()?),
            LogicalType::Date => Integers::Days,
            LogicalType::Timestamp(of) => match of.unit {
                TimeUnit::MILLIS => Integers::Instants(1000),
                TimeUnit::MICROS => Integers::Instants(1),
                TimeUnit::NANOS => Integers::Instants(-1000),
            },
            _ => return None,
        });
    }
    Some(match column.converted_type() {
        ConvertedType::NONE
        | ConvertedType::INT_8
        | ConvertedType::INT_16
        | ConvertedType::INT_32
        | ConvertedType::INT_64 => Integers::Plain,
        ConvertedType::DECIMAL => Integers::Decimal(scale()?),
        ConvertedType::DATE => Integers::Days,
        ConvertedType::TIMESTAMP_MILLIS => Integers::Instants(1000),
        ConvertedType::TIMESTAMP_MICROS => Integers::Instants(1),
        _ => return None,
    })
}

/// The bound as a value of the table's type; `None` where the two do not go together or nothing is sure.
pub(super) fn scalar(column: &ColumnDescriptor, data_type: &DataType, raw: Raw<'_>, end: End) -> Option<Scalar> {
    match raw {
        Raw::Boolean(v) => (*data_type == DataType::Boolean).then_some(Scalar::Boolean(v)),
        Raw::Integer(v) => integer(integers(column)?, column.physical_type(), data_type, v),
        // NaN is in no order that writers agree on.
        Raw::Float(v) if v.is_nan() => None,
        Raw::Float(v) => match (column.physical_type(), data_type) {
            (Physical::FLOAT, DataType::Float | DataType::Double) | (Physical::DOUBLE, DataType::Double) => {
                Some(Scalar::Double(v))
            }
            _ => None,
        },
        Raw::Bytes(bytes) => of_bytes(column, data_type, bytes, end),
    }
}

fn integer(kind: Integers, physical: Physical, data_type: &DataType, v: i64) -> Option<Scalar> {
    use DataType as T;
    let micros = |micros: i64| match data_type {
        T::Timestamp => Some(Scalar::Timestamp(micros)),
        T::TimestampNtz => Some(Scalar::TimestampNtz(micros)),
        _ => None,
    };
    match (kind, data_type) {
        (Integers::Plain, T::Byte | T::Short | T::Integer | T::Long) => Some(Scalar::Long(v)),
        (Integers::Plain, T::Double) if physical == Physical::INT32 => Some(Scalar::Double(v as f64)),
        (Integers::Plain, T::Decimal(_)) => Some(Scalar::Decimal(v.into(), 0)),
        (Integers::Plain, T::Timestamp | T::TimestampNtz) if physical == Physical::INT64 => micros(v),
        (Integers::Plain | Integers::Days, T::Date) if physical == Physical::INT32 => {
            i32::try_from(v).ok().map(Scalar::Date)
        }
        (Integers::Days, T::TimestampNtz) => micros(v.checked_mul(DAY)?),
        (Integers::Decimal(scale), T::Decimal(_)) => Some(Scalar::Decimal(v.into(), scale)),
        // As the values are: cut towards the past.
        (Integers::Instants(-1000), _) => micros(v.div_euclid(1000)),
        (Integers::Instants(factor), _) => micros(v.checked_mul(factor)?),
        _ => None,
    }
}

fn of_bytes(column: &ColumnDescriptor, data_type: &DataType, bytes: &[u8], end: End) -> Option<Scalar> {
    let is_decimal = matches!(column.logical_type_ref(), Some(LogicalType::Decimal(_)))
        || column.converted_type() == ConvertedType::DECIMAL;
    match data_type {
        DataType::Decimal(_) if is_decimal => {
            Some(Scalar::Decimal(big_endian(bytes)?, u8::try_from(column.type_scale()).ok()?))
        }
        _ if is_decimal || !is_text(column) => None,
        DataType::Binary => Some(Scalar::Binary(bytes.to_vec())),
        DataType::String => text(bytes, end).map(Scalar::String),
        _ => None,
    }
}

/// Whether the bytes are compared as bytes.
fn is_text(column: &ColumnDescriptor) -> bool {
    match column.logical_type_ref() {
        Some(LogicalType::String | LogicalType::Enum | LogicalType::Json | LogicalType::Bson) => true,
        Some(_) => false,
        None => matches!(
            column.converted_type(),
            ConvertedType::NONE | ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON | ConvertedType::BSON
        ),
    }
}

/// Text that was cut within a character bounds from below as far as it is whole, and not from above.
fn text(bytes: &[u8], end: End) -> Option<String> {
    match (std::str::from_utf8(bytes), end) {
        (Ok(text), _) => Some(text.to_owned()),
        (Err(cut), End::Min) => std::str::from_utf8(bytes.get(..cut.valid_up_to())?).ok().map(str::to_owned),
        (Err(_), End::Max) => None,
    }
}

/// A two's complement of any length that fits 128 bits.
fn big_endian(bytes: &[u8]) -> Option<i128> {
    let negative = *bytes.first()? >= 0x80;
    let fill = if negative { 0xff } else { 0 };
    let (front, back) = bytes.split_at(bytes.len().saturating_sub(16));
    let mut wide = [fill; 16];
    wide[16 - back.len()..].copy_from_slice(back);
    let value = i128::from_be_bytes(wide);
    (front.iter().all(|b| *b == fill) && (value < 0) == negative).then_some(value)
}
