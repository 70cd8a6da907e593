//! Days and microseconds of the proleptic Gregorian calendar to ISO 8601 text and back, over the whole range of both.

use std::fmt::Write;

/// Microseconds of a day.
pub const DAY: i64 = 86_400_000_000;
const HOUR: i64 = 3_600_000_000;
const MINUTE: i64 = 60_000_000;
const SECOND: i64 = 1_000_000;

/// Days since 1970-01-01 of a date that exists.
pub fn days_from_civil(year: i64, month: u32, day: u32) -> Option<i64> {
    if !(1..=12).contains(&month) || day == 0 || day > days_in_month(year, month) || year.abs() > 10_000_000 {
        return None;
    }
    // Years start in March here, so that the leap day is the last of its year.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * i64::from((month + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// Year, month and day of a day since 1970-01-01.
pub fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 } as u32;
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// The day so many months later; the last of its month where that one is shorter. `None` past the years that there are.
pub fn add_months(days: i64, months: i64) -> Option<i64> {
    let (year, month, day) = civil_from_days(days);
    let total = year.checked_mul(12)?.checked_add(i64::from(month) - 1)?.checked_add(months)?;
    let (year, month) = (total.div_euclid(12), total.rem_euclid(12) as u32 + 1);
    days_from_civil(year, month, day.min(days_in_month(year, month)))
}

fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `YYYY-MM-DD`; years past 9999 have a plus, years before 0 a minus.
pub fn format_date(days: i64, out: &mut String) {
    let (year, month, day) = civil_from_days(days);
    let sign = match year {
        10_000.. => "+",
        ..0 => "-",
        _ => "",
    };
    let _ = write!(out, "{sign}{:04}-{month:02}-{day:02}", year.unsigned_abs());
}

/// `YYYY-MM-DDTHH:MM:SS.ffffff` with `digits` (3 or 6) of fraction, cut towards the past.
pub fn format_timestamp(micros: i64, separator: char, digits: usize, out: &mut String) {
    format_date(micros.div_euclid(DAY), out);
    let rest = micros.rem_euclid(DAY);
    let (hour, minute, second) = (rest / HOUR, rest % HOUR / MINUTE, rest % MINUTE / SECOND);
    let fraction = if digits == 3 { rest % SECOND / 1_000 } else { rest % SECOND };
    let _ = write!(out, "{separator}{hour:02}:{minute:02}:{second:02}.{fraction:0digits$}");
}

/// Reads a date: days since 1970-01-01.
pub fn parse_date(text: &str) -> Option<i64> {
    let (days, rest) = take_date(text)?;
    rest.is_empty().then_some(days)
}

/// Reads a date with or without a time of day, after a `T` or a space: microseconds since 1970-01-01 on the clock that
/// the text is of, and the offset of that clock from UTC in microseconds, where the text has one. Digits past the
/// microsecond are cut.
pub fn parse_timestamp(text: &str) -> Option<(i64, Option<i64>)> {
    let (days, rest) = take_date(text)?;
    let midnight = i128::from(days) * i128::from(DAY);
    let Some(rest) = rest.strip_prefix(['T', 't', ' ']) else {
        return rest.is_empty().then_some((i64::try_from(midnight).ok()?, None));
    };
    let (time, rest) = take_time(rest)?;
    Some((i64::try_from(midnight + i128::from(time)).ok()?, parse_offset(rest)?))
}

fn take_date(text: &str) -> Option<(i64, &str)> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (year, rest) = take_number(unsigned, 4, 7)?;
    let (month, rest) = take_number(rest.strip_prefix('-')?, 1, 2)?;
    let (day, rest) = take_number(rest.strip_prefix('-')?, 1, 2)?;
    let days = days_from_civil(if negative { -year } else { year }, month as u32, day as u32)?;
    Some((days, rest))
}

fn take_time(text: &str) -> Option<(i64, &str)> {
    let (hour, rest) = take_number(text, 1, 2)?;
    let (minute, rest) = take_number(rest.strip_prefix(':')?, 1, 2)?;
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => take_number(rest, 1, 2)?,
        None => (0, rest),
    };
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => take_fraction(rest)?,
        None => (0, rest),
    };
    let fits = hour < 24 && minute < 60 && second < 60;
    fits.then_some((hour * HOUR + minute * MINUTE + second * SECOND + fraction, rest))
}

fn take_fraction(text: &str) -> Option<(i64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || digits > 9 {
        return None;
    }
    let micros = text.bytes().chain(std::iter::repeat(b'0')).take(digits.min(6));
    let value = micros.fold(0, |sum, b| sum * 10 + i64::from(b - b'0'));
    Some((value * 10_i64.pow(6 - digits.min(6) as u32), &text[digits..]))
}

/// Nothing, `Z`, `+HH:MM`, `+HHMM` or `+HH`.
fn parse_offset(text: &str) -> Option<Option<i64>> {
    let text = text.trim_start();
    if text.is_empty() {
        return Some(None);
    }
    if matches!(text, "Z" | "z" | "UTC") {
        return Some(Some(0));
    }
    let (sign, rest) = match text.as_bytes()[0] {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let (hours, rest) = take_number(rest.get(..2)?, 2, 2).map(|(hours, _)| (hours, &rest[2..]))?;
    let minutes = match rest.strip_prefix(':').unwrap_or(rest) {
        "" => 0,
        digits => take_number(digits, 2, 2).filter(|(_, rest)| rest.is_empty())?.0,
    };
    (hours <= 18 && minutes < 60).then_some(Some(sign * (hours * HOUR + minutes * MINUTE)))
}

fn take_number(text: &str, least: usize, most: usize) -> Option<(i64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits < least || digits > most {
        return None;
    }
    Some((text[..digits].parse().ok()?, &text[digits..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree_with_chrono() {
        let epoch = chrono::NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
        for days in (-1_000_000..3_000_000).step_by(997) {
            let (year, month, day) = civil_from_days(days);
            let date = epoch.checked_add_signed(chrono::TimeDelta::days(days)).unwrap();
            assert_eq!(chrono::NaiveDate::from_ymd_opt(year as i32, month, day), Some(date));
            assert_eq!(days_from_civil(year, month, day), Some(days));
        }
    }

    #[test]
    fn the_whole_range_of_a_date_comes_back() {
        for days in [i64::from(i32::MIN), i64::from(i32::MAX), -719_528, -719_529, 2_932_896, 2_932_897] {
            let mut text = String::new();
            format_date(days, &mut text);
            assert_eq!(parse_date(&text), Some(days), "{text}");
        }
    }

    #[test]
    fn dates_that_do_not_exist() {
        for text in ["2023-02-29", "1900-02-29", "2024-13-01", "2024-00-01", "2024-01-00", "2024-01-32", "24-01-01"] {
            assert_eq!(parse_date(text), None, "{text}");
        }
        assert!(parse_date("2000-02-29").is_some());
        assert!(parse_date("2024-01-01x").is_none());
    }

    #[test]
    fn timestamps_in_all_spellings() {
        let noon = Some((12 * HOUR, None));
        assert_eq!(parse_timestamp("1970-01-01T12:00:00"), noon);
        assert_eq!(parse_timestamp("1970-01-01 12:00"), noon);
        assert_eq!(parse_timestamp("1970-01-01 12:00:00.0"), noon);
        assert_eq!(parse_timestamp("1970-01-02"), Some((DAY, None)));
        assert_eq!(parse_timestamp("1970-01-01T00:00:00.000001Z"), Some((1, Some(0))));
        assert_eq!(parse_timestamp("1970-01-01T00:00:00.123456789Z"), Some((123_456, Some(0))));
        assert_eq!(parse_timestamp("1969-12-31T23:59:59.999999+00:00"), Some((-1, Some(0))));
        assert_eq!(parse_timestamp("1970-01-01T01:00:00-0530"), Some((HOUR, Some(-5 * HOUR - 30 * MINUTE))));
        for text in [
            "1970-01-01T24:00:00",
            "1970-01-01T12",
            "1970-01-01T12:00:00.",
            "1970-01-01T12:00:00 CET",
            "1970-01-01T",
            "é",
        ] {
            assert_eq!(parse_timestamp(text), None, "{text}");
        }
    }

    #[test]
    fn extreme_instants_come_back() {
        for micros in [i64::MIN, i64::MAX, -1, 0, 253_402_300_800_000_000] {
            let mut text = String::new();
            format_timestamp(micros, 'T', 6, &mut text);
            assert_eq!(parse_timestamp(&text), Some((micros, None)), "{text}");
        }
    }

    #[test]
    fn milliseconds_are_cut_towards_the_past() {
        let mut text = String::new();
        format_timestamp(-1, 'T', 3, &mut text);
        assert_eq!(text, "1969-12-31T23:59:59.999");
    }
}
