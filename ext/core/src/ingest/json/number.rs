//! Numbers from their text, exactly.

use crate::ingest::Misfit;
use crate::schema::DecimalType;
use crate::value::decimal::parse_floor;

/// A number, or text of one, that fits with all its digits.
pub(super) fn decimal(text: &str, data_type: DecimalType) -> Result<i128, Misfit> {
    let name = || format!("decimal({},{})", data_type.precision(), data_type.scale());
    // A digit on both sides of the point, as JSON has it.
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = digits.starts_with(|c: char| c.is_ascii_digit()) && !digits.contains(".e") && !digits.ends_with('.');
    match parse_floor(text, data_type.scale()).filter(|_| plain) {
        Some((unscaled, true)) if data_type.fits(unscaled) => Ok(unscaled),
        None if !plain || !digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'-' | b'+')) => {
            Err(Misfit::because(format!("expected {}, got {text:?}", name())))
        }
        _ => Err(Misfit::because(format!("expected {} with no digit lost, got {text}", name()))),
    }
}

/// A JSON number as a double; a whole number only where a double holds it exactly.
pub(super) fn double(text: &str) -> Result<f64, Misfit> {
    let number: f64 = text.parse().map_err(|_| Misfit::because(format!("expected double, got {text}")))?;
    if number.is_infinite() {
        return Err(Misfit::because(format!("expected double (64 bits), got {text}")));
    }
    if !is_whole(text) || exact(text, number) {
        return Ok(number);
    }
    Err(Misfit::because(format!("expected double, which cannot hold this integer exactly, got {text}")))
}

/// A JSON number rounded to 32 bits; a whole number only where 32 bits hold it exactly. A finite number never becomes infinite.
pub(super) fn float(text: &str) -> Result<f32, Misfit> {
    let number: f32 = text.parse().map_err(|_| Misfit::because(format!("expected float, got {text}")))?;
    if number.is_infinite() {
        return Err(Misfit::because(format!("expected float (32 bits), got {text}")));
    }
    if !is_whole(text) || exact(text, f64::from(number)) {
        return Ok(number);
    }
    Err(Misfit::because(format!("expected float, which cannot hold this integer exactly, got {text}")))
}

fn is_whole(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b == b'-')
}

fn exact(text: &str, number: f64) -> bool {
    text.parse::<i128>().is_ok_and(|whole| number as i128 == whole && number < i128::MAX as f64)
}
