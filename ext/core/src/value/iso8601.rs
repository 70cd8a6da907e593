//! Dates and times in ISO 8601 text, as JSON carries them, and in the form of Ruby's `Time#to_s`.

use chrono::{Datelike, NaiveDate};

/// Days from 0001-01-01 to 1970-01-01, as chrono counts.
const EPOCH_DAY: i32 = 719_163;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// A date and a time of day.
pub struct Moment {
    /// Microseconds since 1970-01-01T00:00:00 on the text's own wall clock.
    pub wall: i64,
    /// Seconds east of UTC, where the text has a zone.
    pub offset: Option<i64>,
}

impl Moment {
    /// Microseconds since 1970-01-01T00:00:00Z, where the text has a zone.
    pub fn instant(&self) -> Option<i64> {
        self.wall.checked_sub(self.offset?.checked_mul(1_000_000)?)
    }
}

/// Days since 1970-01-01 of `YYYY-MM-DD`; a year may have a sign and more digits.
pub fn date(text: &str) -> Option<i32> {
    let mut rest = Rest(text.as_bytes());
    let day = rest.date()?;
    rest.0.is_empty().then_some(day)
}

/// `YYYY-MM-DDTHH:MM[:SS[.fraction]]` and then no zone, `Z`, `UTC` or an offset. Digits below a microsecond are cut off.
pub fn moment(text: &str) -> Option<Moment> {
    let mut rest = Rest(text.as_bytes());
    let day = rest.date()?;
    if !(rest.skip(b'T') || rest.skip(b't') || rest.skip(b' ')) {
        return None;
    }
    let time = rest.time_of_day()?;
    let offset = rest.zone()?;
    let wall = i64::from(day).checked_mul(DAY)?.checked_add(time)?;
    Some(Moment { wall, offset })
}

/// What is left to read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn skip(&mut self, byte: u8) -> bool {
        match self.0.split_first() {
            Some((&first, rest)) if first == byte => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// Digits, `least` to `most` of them.
    fn number(&mut self, least: usize, most: usize) -> Option<i64> {
        let count = self.0.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
        if count < least {
            return None;
        }
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        Some(digits.iter().fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
    }

    fn date(&mut self) -> Option<i32> {
        let negative = self.skip(b'-');
        let signed = negative || self.skip(b'+');
        let year = self.number(4, if signed { 6 } else { 4 })? as i32;
        let month = self.skip(b'-').then(|| self.number(2, 2))??;
        let day = self.skip(b'-').then(|| self.number(2, 2))??;
        let date = NaiveDate::from_ymd_opt(if negative { -year } else { year }, month as u32, day as u32)?;
        Some(date.num_days_from_ce() - EPOCH_DAY)
    }

    fn time_of_day(&mut self) -> Option<i64> {
        let hour = self.number(2, 2)?;
        let minute = self.skip(b':').then(|| self.number(2, 2))??;
        let second = if self.skip(b':') { self.number(2, 2)? } else { 0 };
        let micros = if self.skip(b'.') { self.fraction()? } else { 0 };
        (hour < 24 && minute < 60 && second < 60).then_some(((hour * 60 + minute) * 60 + second) * 1_000_000 + micros)
    }

    fn fraction(&mut self) -> Option<i64> {
        let count = self.0.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        let padded = digits.iter().copied().chain(std::iter::repeat(b'0')).take(6);
        (count > 0).then(|| padded.fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
    }

    /// The zone up to the end of the text; the outer `None` is a text that is no zone.
    #[allow(clippy::option_option)]
    fn zone(&mut self) -> Option<Option<i64>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let spaced = self.skip(b' ');
        if matches!(self.0, b"Z" | b"z" | b"UTC") && (!spaced || self.0 == b"UTC") {
            return Some(Some(0));
        }
        let negative = self.skip(b'-');
        if !negative && !self.skip(b'+') {
            return None;
        }
        let hours = self.number(2, 2)?;
        let minutes = if self.skip(b':') { self.number(2, 2)? } else { self.number(2, 2).unwrap_or(0) };
        let seconds = (hours * 60 + minutes) * 60;
        (self.0.is_empty() && hours < 24 && minutes < 60).then_some(Some(if negative { -seconds } else { seconds }))
    }
}
