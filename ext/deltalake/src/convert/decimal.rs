//! Decimal numbers in text and back, exactly.

use deltalake_core::schema::DecimalType;

/// Longest text that [`write`] makes: sign, `0`, point and 38 digits.
const LONGEST: usize = 48;

/// `digits × 10^exponent`, with no zero at the end of the digits.
#[derive(Clone, Copy)]
pub(super) struct Number {
    digits: i128,
    exponent: i64,
}

/// Why a text is no [`Number`].
pub(super) enum NotExact {
    /// Not a decimal number at all; `NaN` and infinities too.
    NotANumber,
    /// More significant digits than any decimal type has.
    TooLong,
}

impl Number {
    /// A whole number.
    pub(super) fn whole(value: i128) -> Self {
        Self { digits: value, exponent: 0 }
    }

    /// Reads `-12.5`, `0.125e2` and the like.
    pub(super) fn parse(text: &[u8]) -> Result<Self, NotExact> {
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let (mantissa, exponent) = match text.iter().position(|b| matches!(b, b'e' | b'E')) {
            Some(at) => (&text[..at], parse_exponent(&text[at + 1..])?),
            None => (text, 0),
        };
        let point = mantissa.iter().position(|&b| b == b'.');
        let (whole, fraction) = point.map_or((mantissa, &[][..]), |at| (&mantissa[..at], &mantissa[at + 1..]));
        if whole.is_empty() || (point.is_some() && fraction.is_empty()) {
            return Err(NotExact::NotANumber);
        }
        let mut number = Self { digits: 0, exponent: exponent - fraction.len() as i64 };
        let mut zeros = 0;
        for &byte in whole.iter().chain(fraction) {
            match byte {
                b'0' => zeros += 1,
                b'1'..=b'9' => {
                    number.digits = number.digits.checked_mul(power(zeros + 1)?).ok_or(NotExact::TooLong)?;
                    number.digits = number.digits.checked_add(i128::from(byte - b'0')).ok_or(NotExact::TooLong)?;
                    zeros = 0;
                }
                _ => return Err(NotExact::NotANumber),
            }
            if number.digits == 0 {
                zeros = 0;
            }
        }
        number.exponent += i64::from(zeros);
        if negative {
            number.digits = -number.digits;
        }
        Ok(number)
    }

    /// The unscaled value at that scale, or `None` where digits would be lost or there are too many.
    pub(super) fn unscaled(self, scale: u8) -> Option<i128> {
        if self.digits == 0 {
            return Some(0);
        }
        let shift = self.exponent.checked_add(i64::from(scale))?;
        if shift < 0 {
            let divisor = 10i128.checked_pow(u32::try_from(-shift).ok()?)?;
            return (self.digits % divisor == 0).then(|| self.digits / divisor);
        }
        self.digits.checked_mul(10i128.checked_pow(u32::try_from(shift).ok()?)?)
    }

    /// The unscaled value of `data_type`, or `None` where it does not fit exactly.
    pub(super) fn fit(self, data_type: DecimalType) -> Option<i128> {
        self.unscaled(data_type.scale()).filter(|&unscaled| data_type.fits(unscaled))
    }

    /// The fewest digits after the point that lose nothing.
    pub(super) fn scale(self) -> Option<u8> {
        u8::try_from((-self.exponent).max(0)).ok()
    }
}

fn power(exponent: u32) -> Result<i128, NotExact> {
    10i128.checked_pow(exponent).ok_or(NotExact::TooLong)
}

fn parse_exponent(text: &[u8]) -> Result<i64, NotExact> {
    std::str::from_utf8(text).ok().and_then(|t| t.parse::<i32>().ok()).map(i64::from).ok_or(NotExact::NotANumber)
}

/// Text of an unscaled value, in a buffer on the stack.
pub(super) struct Text {
    bytes: [u8; LONGEST],
    start: usize,
}

impl Text {
    /// The text; ASCII.
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[self.start..]).unwrap_or_default()
    }
}

/// `unscaled × 10^-scale` as `-12.50`.
pub(super) fn write(unscaled: i128, scale: u8) -> Text {
    let mut text = Text { bytes: [0; LONGEST], start: LONGEST };
    let mut put = |byte: u8| {
        text.start -= 1;
        text.bytes[text.start] = byte;
    };
    let mut rest = unscaled.unsigned_abs();
    let mut written = 0;
    while rest > 0 || written <= scale {
        if written == scale && scale > 0 {
            put(b'.');
        }
        // Division of 128 bits is slow: only while there are that many.
        let digit = match u64::try_from(rest) {
            Ok(small) => {
                rest = u128::from(small / 10);
                small % 10
            }
            Err(_) => {
                let digit = rest % 10;
                rest /= 10;
                digit as u64
            }
        };
        put(b'0' + digit as u8);
        written += 1;
    }
    if unscaled < 0 {
        put(b'-');
    }
    text
}
