//! Statistics of one data file (Delta protocol, "Per-file Statistics"), read only as far as a predicate needs them. What
//! is missing, malformed or doubtful bounds nothing.

mod json;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::value::{RawValue, to_raw_value};

use crate::error::{Error, Result};
use crate::schema::DataType;
use crate::value::Scalar;
use crate::value::calendar::{parse_date, parse_timestamp};
use crate::value::decimal::parse_floor;

pub use json::StatsColumns;

/// Significant decimal digits that every `f64` keeps: some writers pass decimals through one.
const EXACT_F64_DIGITS: u8 = 15;

/// What is known of a column's values over a set of rows. Ends are inclusive, and may lie outside of all values.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnBounds {
    /// Whether a value may be null.
    pub may_be_null: bool,
    /// Whether a value may be other than null.
    pub may_have_value: bool,
    /// Whether a value may be NaN, whatever the upper end is.
    pub may_be_nan: bool,
    /// No value is less.
    pub min: Option<Scalar>,
    /// No value but NaN is greater.
    pub max: Option<Scalar>,
}

impl ColumnBounds {
    /// Nothing is known.
    pub fn unknown(data_type: &DataType) -> Self {
        let floating = matches!(data_type, DataType::Float | DataType::Double);
        Self { may_be_null: true, may_have_value: true, may_be_nan: floating, min: None, max: None }
    }

    /// Each row has that value, or each is null.
    pub fn exactly(value: Option<&Scalar>) -> Self {
        Self {
            may_be_null: value.is_none(),
            may_have_value: value.is_some(),
            may_be_nan: false,
            min: value.cloned(),
            max: value.cloned(),
        }
    }
}

/// The statistics of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct FileStats {
    /// Rows in the file, deleted ones among them.
    pub num_records: Option<u64>,
    /// One for each of the columns asked for.
    pub columns: Vec<ColumnBounds>,
}

/// The JSON texts of one column's statistics.
#[derive(Debug, Clone, Default)]
struct RawColumn<'a> {
    min: Option<&'a str>,
    max: Option<&'a str>,
    null_count: Option<&'a str>,
}

/// The number of rows alone.
pub fn num_records(stats: &str) -> Option<u64> {
    StatsColumns::new([]).parse(stats).num_records
}

/// The same statistics with that number of rows. Text that is no object of JSON says nothing, and is left out.
pub fn with_num_records(stats: Option<&str>, rows: u64) -> Result<String> {
    let wrong = |e: serde_json::Error| Error::internal("statistics cannot be written as JSON").with_source(e);
    let known = stats.and_then(|text| serde_json::from_str(text).ok());
    let mut parts: BTreeMap<String, Box<RawValue>> = known.unwrap_or_default();
    parts.insert("numRecords".to_owned(), to_raw_value(&rows).map_err(wrong)?);
    serde_json::to_string(&parts).map_err(wrong)
}

impl RawColumn<'_> {
    fn bounds(&self, data_type: &DataType, num_records: Option<u64>) -> ColumnBounds {
        let mut bounds = ColumnBounds::unknown(data_type);
        // A null count of a nested value counts what its writer pleases.
        if data_type.is_primitive()
            && let Some(nulls) = self.null_count.and_then(|text| text.parse::<u64>().ok())
            && num_records.is_none_or(|records| nulls <= records)
        {
            bounds.may_be_null = nulls > 0;
            bounds.may_have_value = num_records != Some(nulls);
        }
        bounds.min = self.min.and_then(|text| end(text, data_type, End::Min));
        bounds.max = self.max.and_then(|text| end(text, data_type, End::Max));
        bounds
    }
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    Min,
    Max,
}

/// One end from its JSON text, moved outwards by what writers are known to cut off.
fn end(json: &str, data_type: &DataType, which: End) -> Option<Scalar> {
    let text = || serde_json::from_str::<String>(json).ok();
    Some(match data_type {
        DataType::Byte | DataType::Short | DataType::Integer | DataType::Long => Scalar::Long(json.parse().ok()?),
        DataType::Float => Scalar::Double(float32(json)?),
        DataType::Double => Scalar::Double(double(json, which)?),
        DataType::Decimal(d) => {
            let number = if json.starts_with('"') { text()? } else { json.to_owned() };
            let (floor, exact) = parse_floor(&number, d.scale())?;
            let slack = if d.precision() > EXACT_F64_DIGITS { floor.checked_abs()? >> 51 } else { 0 };
            match which {
                End::Min => Scalar::Decimal(floor.checked_sub(slack)?, d.scale()),
                End::Max => Scalar::Decimal(floor.checked_add(slack)?.checked_add(i128::from(!exact))?, d.scale()),
            }
        }
        DataType::String => Scalar::String(text()?),
        DataType::Date => Scalar::Date(i32::try_from(parse_date(&text()?)?).ok()?),
        DataType::Timestamp => match parse_timestamp(&text()?)? {
            (micros, Some(offset)) => Scalar::Timestamp(widen(micros.checked_sub(offset)?, which)),
            // The zone of whoever wrote it is not known.
            (_, None) => return None,
        },
        DataType::TimestampNtz => match parse_timestamp(&text()?)? {
            (micros, None | Some(0)) => Scalar::TimestampNtz(widen(micros, which)),
            _ => return None,
        },
        _ => return None,
    })
}

/// Timestamps are written with milliseconds only, and before 1970 some writers cut towards 1970.
fn widen(micros: i64, which: End) -> i64 {
    match which {
        End::Min if micros < 0 => micros.saturating_sub(1000),
        End::Min => micros,
        End::Max => micros.saturating_add(1000),
    }
}

/// Digits that the shortest text of a `float` has at most.
const FLOAT_DIGITS: usize = 9;

/// Text that was a `float` before the column was widened names another `double` than the one it has become.
fn double(json: &str, which: End) -> Option<f64> {
    let value = float64(json)?;
    let digits = json.bytes().take_while(|b| !matches!(b, b'e' | b'E')).filter(u8::is_ascii_digit).count();
    Some(match (float32(json), which) {
        (Some(narrow), End::Min) if digits <= FLOAT_DIGITS => value.min(narrow),
        (Some(narrow), End::Max) if digits <= FLOAT_DIGITS => value.max(narrow),
        _ => value,
    })
}

fn float32(json: &str) -> Option<f64> {
    match not_finite(json) {
        Some(value) => Some(value),
        None => json.parse::<f32>().ok().filter(|v| v.is_finite()).map(f64::from),
    }
}

fn float64(json: &str) -> Option<f64> {
    not_finite(json).or_else(|| json.parse().ok())
}

fn not_finite(json: &str) -> Option<f64> {
    match json {
        "\"NaN\"" => Some(f64::NAN),
        "\"Infinity\"" => Some(f64::INFINITY),
        "\"-Infinity\"" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}
