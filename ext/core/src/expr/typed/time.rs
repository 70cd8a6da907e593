//! Parts of days and times, cuts to whole units, and patterns, all in UTC.

use std::fmt::Write;

use crate::value::calendar::{DAY, civil_from_days, days_from_civil};

const HOUR: i64 = 3_600_000_000;
const MINUTE: i64 = 60_000_000;
const SECOND: i64 = 1_000_000;

/// Units that days and times are cut to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
}

impl Unit {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "year" | "yyyy" | "yy" => Self::Year,
            "quarter" => Self::Quarter,
            "month" | "mm" | "mon" => Self::Month,
            "week" => Self::Week,
            "day" | "dd" => Self::Day,
            "hour" => Self::Hour,
            "minute" => Self::Minute,
            "second" => Self::Second,
            "millisecond" => Self::Millisecond,
            "microsecond" => Self::Microsecond,
            _ => return None,
        })
    }

    /// The first day of the unit that the day is in; `None` for units below a week.
    pub(super) fn first_day(self, day: i64) -> Option<i64> {
        let (year, month, _) = civil_from_days(day);
        match self {
            Self::Year => days_from_civil(year, 1, 1),
            Self::Quarter => days_from_civil(year, (month - 1) / 3 * 3 + 1, 1),
            Self::Month => days_from_civil(year, month, 1),
            Self::Week => Some(day - weekday(day)),
            _ => None,
        }
    }

    /// The first microsecond of the unit that the time is in.
    pub(super) fn start(self, micros: i64) -> Option<i64> {
        let length = match self {
            Self::Day => DAY,
            Self::Hour => HOUR,
            Self::Minute => MINUTE,
            Self::Second => SECOND,
            Self::Millisecond => 1_000,
            Self::Microsecond => 1,
            _ => return self.first_day(micros.div_euclid(DAY))?.checked_mul(DAY),
        };
        micros.checked_sub(micros.rem_euclid(length))
    }
}

/// Days since Monday.
pub(super) fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(7)
}

pub(super) fn day_of_year(day: i64) -> Option<i64> {
    let (year, ..) = civil_from_days(day);
    Some(day - days_from_civil(year, 1, 1)? + 1)
}

/// The ISO 8601 week: the first has the year's first Thursday.
pub(super) fn week_of_year(day: i64) -> Option<i64> {
    let thursday = day - weekday(day) + 3;
    Some((day_of_year(thursday)? - 1) / 7 + 1)
}

pub(super) fn hour(micros: i64) -> i64 {
    micros.rem_euclid(DAY) / HOUR
}

pub(super) fn minute(micros: i64) -> i64 {
    micros.rem_euclid(HOUR) / MINUTE
}

pub(super) fn second(micros: i64) -> i64 {
    micros.rem_euclid(MINUTE) / SECOND
}

/// One part of a pattern of `date_format`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    Text(String),
    /// A letter, and how often it is there.
    Field(char, usize),
}

/// Reads the letters `y M d D H m s S` and text; `None` for others, whose output depends on more than the time.
pub(super) fn pattern(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\'' => {
                let mut quoted = String::new();
                loop {
                    match rest.next()? {
                        '\'' if rest.peek() == Some(&'\'') => quoted.extend(rest.next()),
                        '\'' => break,
                        other => quoted.push(other),
                    }
                }
                // Two quotes outside of text are one.
                parts.push(Part::Text(if quoted.is_empty() { "'".to_owned() } else { quoted }));
            }
            'y' | 'M' | 'd' | 'D' | 'H' | 'm' | 's' | 'S' => {
                let mut count = 1;
                while rest.next_if_eq(&c).is_some() {
                    count += 1;
                }
                let most = match c {
                    'y' => 4,
                    'D' => 3,
                    'S' => 6,
                    _ => 2,
                };
                if count > most || (c == 'y' && count == 3) {
                    return None;
                }
                parts.push(Part::Field(c, count));
            }
            _ if c.is_ascii_alphabetic() || "[]{}#".contains(c) => return None,
            _ => parts.push(Part::Text(c.to_string())),
        }
    }
    Some(parts)
}

/// Writes the time by the pattern.
pub(super) fn format(parts: &[Part], micros: i64, out: &mut String) {
    let days = micros.div_euclid(DAY);
    let (year, month, day) = civil_from_days(days);
    for part in parts {
        let (value, width) = match part {
            Part::Text(text) => {
                out.push_str(text);
                continue;
            }
            Part::Field('y', 2) => (year.rem_euclid(100), 2),
            Part::Field('y', width) => {
                let sign = match year {
                    10_000.. if *width == 4 => "+",
                    ..0 => "-",
                    _ => "",
                };
                out.push_str(sign);
                (year.abs(), *width)
            }
            Part::Field('M', width) => (month.into(), *width),
            Part::Field('d', width) => (day.into(), *width),
            Part::Field('D', width) => (day_of_year(days).unwrap_or(0), *width),
            Part::Field('H', width) => (hour(micros), *width),
            Part::Field('m', width) => (minute(micros), *width),
            Part::Field('s', width) => (second(micros), *width),
            Part::Field(_, width) => (micros.rem_euclid(SECOND) / 10i64.pow(6 - *width as u32), *width),
        };
        let _ = write!(out, "{value:0width$}");
    }
}
