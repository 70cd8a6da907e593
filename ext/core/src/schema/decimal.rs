//! Precision and scale.

use crate::error::{Error, Result};

/// Most digits that a decimal can have.
const MAX_PRECISION: u8 = 38;

/// `decimal(precision, scale)`, 1 ≤ precision ≤ 38, scale ≤ precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DecimalType {
    precision: u8,
    scale: u8,
}

impl DecimalType {
    /// Checks the bounds.
    pub fn new(precision: u8, scale: u8) -> Result<Self> {
        if precision == 0 || precision > MAX_PRECISION || scale > precision {
            return Err(Error::schema(format!(
                "decimal({precision},{scale}) is not a type: precision is 1 to {MAX_PRECISION} and scale at most the precision"
            )));
        }
        Ok(Self { precision, scale })
    }

    /// All digits.
    pub fn precision(self) -> u8 {
        self.precision
    }

    /// Digits after the point.
    pub fn scale(self) -> u8 {
        self.scale
    }

    /// Digits before the point.
    pub fn whole_digits(self) -> u8 {
        self.precision - self.scale
    }

    /// Whether `unscaled` has no more digits than the precision.
    pub fn fits(self, unscaled: i128) -> bool {
        unscaled.unsigned_abs() < 10u128.pow(u32::from(self.precision))
    }
}
