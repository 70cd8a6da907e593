//! `stats_parsed` as the JSON text that `stats` would hold (Delta protocol, "Checkpoint Schema").

use std::fmt::Write;

use arrow::array::{Array, AsArray, StructArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimeUnit, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
};

use crate::value::calendar::{format_date, format_timestamp};
use crate::value::format_decimal;

/// Structs inside of structs, at most: statistics below are left out.
const MAX_DEPTH: usize = 100;

/// The column, and whether its timestamps without a zone are UTC.
pub(in crate::log) struct ParsedStats<'a> {
    rows: &'a StructArray,
    utc: bool,
}

impl<'a> ParsedStats<'a> {
    pub(in crate::log) fn new(rows: &'a StructArray, utc: bool) -> Self {
        Self { rows, utc }
    }

    /// The statistics of a row; what has no JSON form is left out, which bounds nothing.
    pub(in crate::log) fn text(&self, row: usize) -> Option<String> {
        if self.rows.is_null(row) {
            return None;
        }
        let mut out = String::new();
        self.object(self.rows, row, 0, &mut out)?;
        Some(out)
    }

    fn object(&self, rows: &StructArray, row: usize, depth: usize, out: &mut String) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        out.push('{');
        let start = out.len();
        for (field, column) in rows.fields().iter().zip(rows.columns()) {
            if column.is_null(row) {
                continue;
            }
            let before = out.len();
            if before > start {
                out.push(',');
            }
            let _ = write!(out, "{}:", serde_json::Value::from(field.name().as_str()));
            if self.value(column, row, depth, out).is_none() {
                out.truncate(before);
            }
        }
        out.push('}');
        Some(())
    }

    fn value(&self, column: &dyn Array, row: usize, depth: usize, out: &mut String) -> Option<()> {
        let written = match column.data_type() {
            DataType::Struct(_) => return self.object(column.as_struct(), row, depth + 1, out),
            DataType::Boolean => write!(out, "{}", column.as_boolean().value(row)),
            DataType::Int8 => write!(out, "{}", column.as_primitive::<Int8Type>().value(row)),
            DataType::Int16 => write!(out, "{}", column.as_primitive::<Int16Type>().value(row)),
            DataType::Int32 => write!(out, "{}", column.as_primitive::<Int32Type>().value(row)),
            DataType::Int64 => write!(out, "{}", column.as_primitive::<Int64Type>().value(row)),
            DataType::Float32 => return float(f64::from(column.as_primitive::<Float32Type>().value(row)), out),
            DataType::Float64 => return float(column.as_primitive::<Float64Type>().value(row), out),
            DataType::Utf8 => write!(out, "{}", serde_json::Value::from(column.as_string::<i32>().value(row))),
            // Text of writers that do not mark it as such; bounds of true binary columns do not exist.
            DataType::Binary => {
                let text = std::str::from_utf8(column.as_binary::<i32>().value(row)).ok()?;
                write!(out, "{}", serde_json::Value::from(text))
            }
            DataType::Decimal128(_, scale) => {
                let scale = u8::try_from(*scale).ok()?;
                format_decimal(column.as_primitive::<Decimal128Type>().value(row), scale, out);
                return Some(());
            }
            DataType::Date32 => {
                out.push('"');
                format_date(i64::from(column.as_primitive::<Date32Type>().value(row)), out);
                out.push('"');
                return Some(());
            }
            DataType::Timestamp(unit, zone) => {
                let micros = match unit {
                    TimeUnit::Microsecond => column.as_primitive::<TimestampMicrosecondType>().value(row),
                    TimeUnit::Millisecond => {
                        column.as_primitive::<TimestampMillisecondType>().value(row).checked_mul(1_000)?
                    }
                    TimeUnit::Nanosecond => {
                        column.as_primitive::<TimestampNanosecondType>().value(row).div_euclid(1_000)
                    }
                    TimeUnit::Second => return None,
                };
                out.push('"');
                format_timestamp(micros, 'T', 6, out);
                out.push_str(if zone.is_some() || self.utc { "Z\"" } else { "\"" });
                return Some(());
            }
            _ => return None,
        };
        written.ok()
    }
}

fn float(value: f64, out: &mut String) -> Option<()> {
    match value {
        v if v.is_nan() => out.push_str("\"NaN\""),
        f64::INFINITY => out.push_str("\"Infinity\""),
        f64::NEG_INFINITY => out.push_str("\"-Infinity\""),
        v => {
            let _ = write!(out, "{v:?}");
        }
    }
    Some(())
}
