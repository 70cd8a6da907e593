//! Partition values: the text that the log holds, read leniently and written exactly (Delta protocol, "Partition Value
//! Serialization").

use super::{Scalar, calendar};
use crate::error::{Error, Result};
use crate::path::HIVE_DEFAULT_PARTITION;
use crate::schema::{DataType, DecimalType};

impl Scalar {
    /// Reads the serialised value of a partition column. Empty text is null, whatever the type.
    pub fn parse_partition(text: &str, data_type: &DataType) -> Result<Option<Self>> {
        if text.is_empty() {
            return Ok(None);
        }
        let value = match data_type {
            DataType::String => Some(Self::String(text.to_owned())),
            DataType::Binary => Some(Self::Binary(unescape_binary(text).unwrap_or_else(|| text.as_bytes().to_vec()))),
            // Only converters of old directory trees left the directory's spelling in the log.
            _ if text == HIVE_DEFAULT_PARTITION => return Ok(None),
            _ => parse_plain(text.trim(), data_type),
        };
        value.map(Some).ok_or_else(|| {
            Error::corrupt(format!("the partition value {text:?} in the log is not of type {data_type}"))
        })
    }

    /// The serialised form of a value of a partition column of type `data_type`; `None` is null, which empty text
    /// and empty binary become.
    pub fn to_partition(&self, data_type: &DataType) -> Result<Option<String>> {
        let mut text = String::new();
        match (self, data_type) {
            (Self::Boolean(v), DataType::Boolean) => text.push_str(if *v { "true" } else { "false" }),
            (Self::Long(v), DataType::Byte | DataType::Short | DataType::Integer | DataType::Long) => {
                text = v.to_string();
            }
            (Self::Double(v), DataType::Float | DataType::Double) => {
                java_float(*v, data_type == &DataType::Float, &mut text);
            }
            (Self::Decimal(v, scale), DataType::Decimal(_)) => format_decimal(*v, *scale, &mut text),
            (Self::String(v), DataType::String) => text.push_str(v),
            (Self::Binary(v), DataType::Binary) => text = binary_text(v)?,
            (Self::Date(v), DataType::Date) => calendar::format_date(i64::from(*v), &mut text),
            (Self::Timestamp(v), DataType::Timestamp) => {
                calendar::format_timestamp(*v, 'T', 6, &mut text);
                text.push('Z');
            }
            (Self::TimestampNtz(v), DataType::TimestampNtz) => calendar::format_timestamp(*v, ' ', 6, &mut text),
            _ => return Err(Error::internal(format!("{self:?} is no partition value of type {data_type}"))),
        }
        Ok((!text.is_empty()).then_some(text))
    }
}

fn parse_plain(text: &str, data_type: &DataType) -> Option<Scalar> {
    match data_type {
        DataType::Boolean if text.eq_ignore_ascii_case("true") => Some(Scalar::Boolean(true)),
        DataType::Boolean if text.eq_ignore_ascii_case("false") => Some(Scalar::Boolean(false)),
        DataType::Byte => text.parse::<i8>().ok().map(|v| Scalar::Long(v.into())),
        DataType::Short => text.parse::<i16>().ok().map(|v| Scalar::Long(v.into())),
        DataType::Integer => text.parse::<i32>().ok().map(|v| Scalar::Long(v.into())),
        DataType::Long => text.parse().ok().map(Scalar::Long),
        DataType::Float => text.parse::<f32>().ok().map(|v| Scalar::Double(v.into())),
        DataType::Double => text.parse().ok().map(Scalar::Double),
        DataType::Decimal(d) => parse_decimal(text, *d).map(|v| Scalar::Decimal(v, d.scale())),
        DataType::Date => calendar::parse_date(text).and_then(|days| i32::try_from(days).ok()).map(Scalar::Date),
        // Text without a zone is taken as UTC: the session zone of who wrote it is not known.
        DataType::Timestamp => calendar::parse_timestamp(text)
            .and_then(|(micros, offset)| micros.checked_sub(offset.unwrap_or(0)))
            .map(Scalar::Timestamp),
        DataType::TimestampNtz => calendar::parse_timestamp(text)
            .and_then(|(micros, offset)| offset.is_none().then_some(Scalar::TimestampNtz(micros))),
        _ => None,
    }
}

/// Reads a decimal exactly into the scale of `of`: an exponent and missing digits are fine, lost digits are not.
fn parse_decimal(text: &str, of: DecimalType) -> Option<i128> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || whole.bytes().chain(fraction.bytes());
    if digits().next().is_none() || !digits().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Position of the last digit kept, counted from the first digit of the mantissa.
    let keep = i64::try_from(whole.len()).ok()? + i64::from(exponent) + i64::from(of.scale());
    let mut unscaled: i128 = 0;
    for (position, digit) in (0_i64..).zip(digits()) {
        if position < keep {
            unscaled = unscaled.checked_mul(10)?.checked_add(i128::from(digit - b'0'))?;
        } else if digit != b'0' {
            return None;
        }
    }
    let missing = keep - i64::try_from(digits().count()).ok()?;
    if missing > 0 && unscaled != 0 {
        unscaled = unscaled.checked_mul(10_i128.checked_pow(u32::try_from(missing).ok()?)?)?;
    }
    let signed = if negative { -unscaled } else { unscaled };
    of.fits(signed).then_some(signed)
}

/// Plain digits with the whole scale.
pub(crate) fn format_decimal(unscaled: i128, scale: u8, out: &mut String) {
    let scale = usize::from(scale);
    let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    if unscaled < 0 {
        out.push('-');
    }
    out.push_str(whole);
    if scale > 0 {
        out.push('.');
        out.push_str(fraction);
    }
}

/// As Java's `toString` writes a double, or a float: plain from 10^-3 to 10^7, else scientific.
pub(crate) fn java_float(value: f64, float: bool, out: &mut String) {
    let shortest = if float { format!("{:e}", value as f32) } else { format!("{value:e}") };
    if !value.is_finite() {
        out.push_str(if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        });
        return;
    }
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value == 0.0 || (-3..7).contains(&exponent) {
        let plain = shortest_plain(mantissa, exponent);
        out.push_str(&plain);
    } else {
        out.push_str(mantissa);
        if !mantissa.contains('.') {
            out.push_str(".0");
        }
        out.push('E');
        out.push_str(&exponent.to_string());
    }
}

/// `1.25` and 2 make `125.0`.
fn shortest_plain(mantissa: &str, exponent: i32) -> String {
    let (sign, unsigned) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits: String = unsigned.chars().filter(char::is_ascii_digit).collect();
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat((-exponent - 1) as usize));
    }
    let point = exponent as usize + 1;
    let (whole, fraction) = digits.split_at(point.min(digits.len()));
    let padding = "0".repeat(point - whole.len());
    format!("{sign}{whole}{padding}.{}", if fraction.is_empty() { "0" } else { fraction })
}

/// Text that Spark and the readers of the specification agree on exists only for UTF-8.
fn binary_text(bytes: &[u8]) -> Result<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) if unescape_binary(text).is_none() => Ok(text.to_owned()),
        _ => Err(Error::schema(
            "a binary partition column holds bytes that are not UTF-8 text, which engines read back differently; \
             partition by a string column instead",
        )),
    }
}

/// Bytes of text that is nothing but `\u00XX`, as some writers spell binary.
fn unescape_binary(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || !text.len().is_multiple_of(6) {
        return None;
    }
    text.as_bytes()
        .chunks(6)
        .map(|chunk| {
            let digits = std::str::from_utf8(chunk.strip_prefix(b"\\u00")?).ok()?;
            digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u8::from_str_radix(digits, 16).ok()).flatten()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(precision: u8, scale: u8) -> DataType {
        DataType::Decimal(DecimalType::new(precision, scale).unwrap())
    }

    fn read(text: &str, data_type: &DataType) -> Scalar {
        Scalar::parse_partition(text, data_type).unwrap().unwrap()
    }

    fn write(value: Scalar, data_type: &DataType) -> String {
        let text = value.to_partition(data_type).unwrap().unwrap();
        assert_eq!(read(&text, data_type), value, "{text} does not come back");
        text
    }

    #[test]
    fn every_type_comes_back_and_has_its_text() {
        use DataType as T;
        assert_eq!(write(Scalar::Boolean(true), &T::Boolean), "true");
        assert_eq!(write(Scalar::Long(-128), &T::Byte), "-128");
        assert_eq!(write(Scalar::Long(32_767), &T::Short), "32767");
        assert_eq!(write(Scalar::Long(-7), &T::Integer), "-7");
        assert_eq!(write(Scalar::Long(i64::MIN), &T::Long), "-9223372036854775808");
        assert_eq!(write(Scalar::String("a b/é=%".into()), &T::String), "a b/é=%");
        assert_eq!(write(Scalar::Binary(b"hello\0".to_vec()), &T::Binary), "hello\0");
        assert_eq!(write(Scalar::Date(19_723), &T::Date), "2024-01-01");
        assert_eq!(write(Scalar::Timestamp(1_704_067_200_000_001), &T::Timestamp), "2024-01-01T00:00:00.000001Z");
        assert_eq!(write(Scalar::TimestampNtz(-1), &T::TimestampNtz), "1969-12-31 23:59:59.999999");
    }

    #[test]
    fn years_outside_four_digits() {
        assert_eq!(write(Scalar::Date(2_932_897), &DataType::Date), "+10000-01-01");
        assert_eq!(write(Scalar::Date(-719_529), &DataType::Date), "-0001-12-31");
        assert_eq!(write(Scalar::Date(-719_528), &DataType::Date), "0000-01-01");
        assert_eq!(read("10000-01-01", &DataType::Date), Scalar::Date(2_932_897));
        assert_eq!(write(Scalar::Timestamp(i64::MAX), &DataType::Timestamp), "+294247-01-10T04:00:54.775807Z");
    }

    #[test]
    fn decimals_keep_sign_and_scale() {
        assert_eq!(write(Scalar::Decimal(-5, 2), &decimal(12, 2)), "-0.05");
        assert_eq!(write(Scalar::Decimal(-12_345, 2), &decimal(12, 2)), "-123.45");
        assert_eq!(write(Scalar::Decimal(0, 3), &decimal(5, 3)), "0.000");
        assert_eq!(write(Scalar::Decimal(7, 0), &decimal(5, 0)), "7");
        let widest = 10_i128.pow(38) - 1;
        assert_eq!(write(Scalar::Decimal(-widest, 38), &decimal(38, 38)), format!("-0.{}", "9".repeat(38)));
    }

    #[test]
    fn decimals_of_other_spellings() {
        let price = decimal(5, 2);
        assert_eq!(read("1.5", &price), Scalar::Decimal(150, 2));
        assert_eq!(read("+1", &price), Scalar::Decimal(100, 2));
        assert_eq!(read("1.2300", &price), Scalar::Decimal(123, 2));
        assert_eq!(read("1.23E+2", &price), Scalar::Decimal(12_300, 2));
        assert_eq!(read("125e-2", &price), Scalar::Decimal(125, 2));
        assert_eq!(read(".5", &price), Scalar::Decimal(50, 2));
        assert_eq!(read("0E+999999", &price), Scalar::Decimal(0, 2));
        for text in ["1.234", "1000", "1e9", "1e2147483647", "e", "-", "1.2.3", "1_0", "NaN"] {
            assert!(Scalar::parse_partition(text, &price).is_err(), "{text}");
        }
    }

    #[test]
    fn floats_are_spelled_as_java_does() {
        let double = |v: f64| write(Scalar::Double(v), &DataType::Double);
        assert_eq!(double(1.0), "1.0");
        assert_eq!(double(-0.0), "-0.0");
        assert_eq!(double(0.001), "0.001");
        assert_eq!(double(0.0001), "1.0E-4");
        assert_eq!(double(123.456), "123.456");
        assert_eq!(double(9_999_999.0), "9999999.0");
        assert_eq!(double(1e7), "1.0E7");
        assert_eq!(double(-1.5e300), "-1.5E300");
        assert_eq!(double(f64::NEG_INFINITY), "-Infinity");
        assert_eq!(Scalar::Double(f64::NAN).to_partition(&DataType::Double).unwrap().unwrap(), "NaN");
        assert!(matches!(read("nan", &DataType::Double), Scalar::Double(v) if v.is_nan()));
        assert_eq!(write(Scalar::Double(f64::from(0.1_f32)), &DataType::Float), "0.1");
    }

    #[test]
    fn timestamps_of_other_writers() {
        let noon = Scalar::Timestamp(12 * 3_600_000_000);
        for text in [
            "1970-01-01 12:00:00",
            "1970-01-01T12:00:00Z",
            "1970-01-01T14:00:00.000+02:00",
            "1970-01-01 12:00:00.000000",
        ] {
            assert_eq!(read(text, &DataType::Timestamp), noon, "{text}");
        }
        assert_eq!(read("1970-01-01T00:00:01", &DataType::TimestampNtz), Scalar::TimestampNtz(1_000_000));
        assert!(Scalar::parse_partition("1970-01-01T00:00:01Z", &DataType::TimestampNtz).is_err());
    }

    #[test]
    fn empty_is_null_for_every_type() {
        for data_type in [DataType::String, DataType::Long, DataType::Binary, DataType::Date] {
            assert_eq!(Scalar::parse_partition("", &data_type).unwrap(), None);
        }
        assert_eq!(Scalar::String(String::new()).to_partition(&DataType::String).unwrap(), None);
        assert_eq!(Scalar::parse_partition(HIVE_DEFAULT_PARTITION, &DataType::Long).unwrap(), None);
        assert_eq!(read(HIVE_DEFAULT_PARTITION, &DataType::String), Scalar::String(HIVE_DEFAULT_PARTITION.into()));
    }

    #[test]
    fn binary_that_cannot_come_back_is_refused() {
        assert_eq!(read("\\u0001\\u00ff", &DataType::Binary), Scalar::Binary(vec![1, 255]));
        assert!(Scalar::Binary(vec![0xff]).to_partition(&DataType::Binary).is_err());
        assert!(Scalar::Binary(b"\\u0041".to_vec()).to_partition(&DataType::Binary).is_err());
    }

    #[test]
    fn values_out_of_range_or_of_another_kind_are_refused() {
        assert!(Scalar::parse_partition("128", &DataType::Byte).is_err());
        assert!(Scalar::parse_partition("1.5", &DataType::Integer).is_err());
        assert!(Scalar::parse_partition("yes", &DataType::Boolean).is_err());
        assert!(Scalar::Long(1).to_partition(&DataType::String).is_err());
        assert_eq!(read("TRUE", &DataType::Boolean), Scalar::Boolean(true));
    }
}
