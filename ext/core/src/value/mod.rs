//! One value of a Delta primitive type: a partition value, a bound of statistics, a literal in a predicate.

mod arrow;
pub mod calendar;
mod cast;
pub mod decimal;
mod element;
pub mod iso8601;
mod json;
mod partition;

pub(crate) use arrow::{compare_decimals, compare_floats};
pub(crate) use partition::{format_decimal, java_float};

pub use cast::cast;

use crate::schema::DataType;

/// A value that is not null. One variant serves all types whose values compare alike: every integer is `Long`, both
/// floats are `Double` (a `float` is widened exactly).
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(into = "json::Written", try_from = "json::Written")]
pub enum Scalar {
    /// `boolean`.
    Boolean(bool),
    /// `byte`, `short`, `integer`, `long`.
    Long(i64),
    /// `float`, `double`.
    Double(f64),
    /// `decimal`: the unscaled value and the scale.
    Decimal(i128, u8),
    /// `string`.
    String(String),
    /// `binary`.
    Binary(Vec<u8>),
    /// `date`: days since 1970-01-01.
    Date(i32),
    /// `timestamp`: microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
    /// `timestamp_ntz`: microseconds since 1970-01-01T00:00:00 on the same wall clock.
    TimestampNtz(i64),
}

impl Scalar {
    /// Whether this is the form that values of `data_type` have.
    pub fn is_of(&self, data_type: &DataType) -> bool {
        use DataType as T;
        matches!(
            (self, data_type),
            (Self::Boolean(_), T::Boolean)
                | (Self::Long(_), T::Byte | T::Short | T::Integer | T::Long)
                | (Self::Double(_), T::Float | T::Double)
                | (Self::Decimal(..), T::Decimal(_))
                | (Self::String(_), T::String)
                | (Self::Binary(_), T::Binary)
                | (Self::Date(_), T::Date)
                | (Self::Timestamp(_), T::Timestamp)
                | (Self::TimestampNtz(_), T::TimestampNtz)
        )
    }
}
