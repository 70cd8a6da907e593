//! Decimals between scales, and from text, without a float on the way.

/// The unscaled value at another scale; `None` where digits would be lost or 128 bits are too few.
pub fn rescale(unscaled: i128, from: u8, to: u8) -> Option<i128> {
    floor_to_scale(unscaled, from, to).and_then(|(value, exact)| exact.then_some(value))
}

/// The greatest unscaled value at scale `to` that is not greater, and whether it is equal; `None` past 128 bits.
pub fn floor_to_scale(unscaled: i128, from: u8, to: u8) -> Option<(i128, bool)> {
    shift(unscaled, i64::from(to) - i64::from(from))
}

/// Reads a decimal in plain or scientific notation: the greatest unscaled value at `scale` that is not greater, and
/// whether it is equal. `None` for other text and past 128 bits.
pub fn parse_floor(text: &str, scale: u8) -> Option<(i128, bool)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut unscaled: i128 = 0;
    for byte in whole.bytes().chain(fraction.trim_end_matches('0').bytes()) {
        if !byte.is_ascii_digit() {
            return None;
        }
        unscaled = unscaled.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
    }
    let places = fraction.trim_end_matches('0').len() as i64;
    shift(if negative { -unscaled } else { unscaled }, i64::from(exponent) - places + i64::from(scale))
}

/// The value times ten to the power of `places`, rounded down, and whether that is exact.
fn shift(unscaled: i128, places: i64) -> Option<(i128, bool)> {
    if unscaled == 0 {
        return Some((0, true));
    }
    let factor = u32::try_from(places.unsigned_abs()).ok().and_then(|p| 10i128.checked_pow(p));
    match factor {
        Some(factor) if places >= 0 => unscaled.checked_mul(factor).map(|v| (v, true)),
        Some(factor) => Some((unscaled.div_euclid(factor), unscaled.rem_euclid(factor) == 0)),
        None if places >= 0 => None,
        None => Some((if unscaled < 0 { -1 } else { 0 }, false)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_exactly_and_rounded_down() {
        let cases = [
            ("1.5", 1, Some((15, true))),
            ("1.5", 3, Some((1500, true))),
            ("-1.55", 1, Some((-16, false))),
            ("1.55", 1, Some((15, false))),
            ("1.20", 1, Some((12, true))),
            ("12e3", 0, Some((12_000, true))),
            ("1.25E-1", 3, Some((125, true))),
            (".5", 0, Some((0, false))),
            ("-1e-400", 38, Some((-1, false))),
            ("0e999", 2, Some((0, true))),
            ("12345678901234567890123456789012345678", 0, Some((12345678901234567890123456789012345678, true))),
            ("1e39", 0, None),
            ("", 0, None),
            (".", 0, None),
            ("1,5", 0, None),
            ("NaN", 0, None),
        ];
        for (text, scale, expected) in cases {
            assert_eq!(parse_floor(text, scale), expected, "{text} at scale {scale}");
        }
    }

    #[test]
    fn rescaling_loses_nothing() {
        assert_eq!(rescale(150, 2, 1), Some(15));
        assert_eq!(rescale(151, 2, 1), None);
        assert_eq!(rescale(i128::MAX, 0, 1), None);
    }
}
