//! Scalars in JSON, exact in every digit: the kind and the value as text.

use serde::{Deserialize, Serialize};

use super::Scalar;

/// Kind and value; a decimal has its digits and its scale apart.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Written {
    Boolean(bool),
    Long(i64),
    /// The bits: NaN and the sign of zero are values too.
    Double(u64),
    Decimal(String, u8),
    String(String),
    Binary(Vec<u8>),
    Date(i32),
    Timestamp(i64),
    TimestampNtz(i64),
}

impl From<Scalar> for Written {
    fn from(value: Scalar) -> Self {
        match value {
            Scalar::Boolean(v) => Self::Boolean(v),
            Scalar::Long(v) => Self::Long(v),
            Scalar::Double(v) => Self::Double(v.to_bits()),
            Scalar::Decimal(v, scale) => Self::Decimal(v.to_string(), scale),
            Scalar::String(v) => Self::String(v),
            Scalar::Binary(v) => Self::Binary(v),
            Scalar::Date(v) => Self::Date(v),
            Scalar::Timestamp(v) => Self::Timestamp(v),
            Scalar::TimestampNtz(v) => Self::TimestampNtz(v),
        }
    }
}

impl TryFrom<Written> for Scalar {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        Ok(match written {
            Written::Boolean(v) => Self::Boolean(v),
            Written::Long(v) => Self::Long(v),
            Written::Double(bits) => Self::Double(f64::from_bits(bits)),
            Written::Decimal(digits, scale) if scale <= 38 => {
                let unscaled = digits.parse().map_err(|_| format!("{digits:?} is no whole number of 128 bits"))?;
                Self::Decimal(unscaled, scale)
            }
            Written::Decimal(_, scale) => return Err(format!("{scale} digits after the point are too many")),
            Written::String(v) => Self::String(v),
            Written::Binary(v) => Self::Binary(v),
            Written::Date(v) => Self::Date(v),
            Written::Timestamp(v) => Self::Timestamp(v),
            Written::TimestampNtz(v) => Self::TimestampNtz(v),
        })
    }
}
