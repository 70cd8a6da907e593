//! Dates and times. Days and instants are counted in the proleptic Gregorian calendar, as Delta and Ruby's Time do; a Date in
//! the Julian calendar, as Ruby has it before 1582, is the day that it shows: it stands for what a database or a text said.

use deltalake_core::value::{calendar, iso8601};
use magnus::value::{LazyId, ReprValue};
use magnus::{Error, Value};

use super::context::Context;
use crate::convert::classes::Classes;
use crate::convert::failure::Refusal;
use crate::convert::fast::{self, Shape};
use crate::convert::read::EPOCH_JULIAN_DAY;

/// `Date::ENGLAND`: from this Julian day on nobody's Date is in the Julian calendar.
const LAST_REFORM: i64 = 2_361_222;

const MICROS: i64 = 1_000_000;
const DAY_MICROS: i64 = 86_400 * MICROS;

static JD: LazyId = LazyId::new("jd");
static IS_JULIAN: LazyId = LazyId::new("julian?");
static YEAR: LazyId = LazyId::new("year");
static MONTH: LazyId = LazyId::new("month");
static DAY: LazyId = LazyId::new("mday");
static DAY_FRACTION: LazyId = LazyId::new("day_fraction");
static OFFSET: LazyId = LazyId::new("offset");
static UTC_OFFSET: LazyId = LazyId::new("utc_offset");
static TO_TIME: LazyId = LazyId::new("to_time");
static MULTIPLY: LazyId = LazyId::new("*");
static FLOOR: LazyId = LazyId::new("floor");

/// A Date, a DateTime at midnight, or `YYYY-MM-DD`.
pub(super) fn date(context: &Context<'_>, shape: Shape, value: Value) -> Result<i32, Refusal> {
    let days = match shape {
        Shape::String => fast::with_bytes(value, |b| std::str::from_utf8(b).ok().and_then(iso8601::date)).map(Ok),
        Shape::Data => days(&context.classes, value)?,
        _ => None,
    };
    match days {
        Some(Ok(days)) => Ok(days),
        Some(Err(TimeOfDay)) => Err(Refusal::expected("date, without a time of day", value)),
        None => Err(Refusal::expected("date (a Date, or a String as \"2026-01-31\")", value)),
    }
}

/// A DateTime has a time of day, which a date would lose.
pub(in crate::convert) struct TimeOfDay;

/// Days since 1970-01-01 of a Date; none where it is no Date or too far away.
pub(in crate::convert) fn days(classes: &Classes, value: Value) -> Result<Option<Result<i32, TimeOfDay>>, Error> {
    if !fast::kind_of(value, classes.date) {
        return Ok(None);
    }
    if fast::kind_of(value, classes.date_time) && !micros_of_day(value)?.eq(&0) {
        return Ok(Some(Err(TimeOfDay)));
    }
    Ok(epoch_day(value)?.and_then(|days| i32::try_from(days).ok()).map(Ok))
}

/// A Time, a DateTime, what has `to_time`, or ISO 8601 text with a zone. Digits below a microsecond are cut off.
pub(super) fn timestamp(context: &Context<'_>, shape: Shape, value: Value) -> Result<i64, Refusal> {
    if matches!(shape, Shape::String) {
        let moment = parse(value).ok_or_else(|| Refusal::expected(TIMESTAMP, value))?;
        if moment.offset.is_none() {
            return Err(Refusal::expected("timestamp with a zone (\"Z\" or \"+02:00\" at the end)", value));
        }
        return moment.instant().ok_or_else(|| out_of_range(value));
    }
    instant(&context.classes, value)?.micros(TIMESTAMP, value)
}

/// As [`timestamp`], but what counts is what the clock on the wall shows, and text has no zone.
pub(super) fn timestamp_ntz(context: &Context<'_>, shape: Shape, value: Value) -> Result<i64, Refusal> {
    if matches!(shape, Shape::String) {
        let moment = parse(value).ok_or_else(|| Refusal::expected(TIMESTAMP_NTZ, value))?;
        if moment.offset.is_some() {
            return Err(Refusal::expected("timestamp_ntz without a zone", value));
        }
        return Ok(moment.wall);
    }
    wall_clock(&context.classes, value)?.micros(TIMESTAMP_NTZ, value)
}

const TIMESTAMP: &str = "timestamp (a Time, or a String as \"2026-01-31T12:00:00Z\")";
const TIMESTAMP_NTZ: &str = "timestamp_ntz (a Time, or a String as \"2026-01-31T12:00:00\")";

#[cold]
fn out_of_range(value: Value) -> Refusal {
    Refusal::expected("a time within 292,000 years of 1970", value)
}

fn parse(value: Value) -> Option<iso8601::Moment> {
    fast::with_bytes(value, |bytes| std::str::from_utf8(bytes).ok().and_then(iso8601::moment))
}

/// What a Ruby value is on the axis of time.
pub(in crate::convert) enum Counted {
    /// Microseconds since 1970.
    Micros(i64),
    /// A time that 64 bits of microseconds cannot count.
    TooFar,
    /// Of a class that is no time.
    NotATime,
}

impl Counted {
    fn new(micros: Option<i64>) -> Self {
        micros.map_or(Self::TooFar, Self::Micros)
    }

    #[inline]
    fn micros(self, expected: &str, value: Value) -> Result<i64, Refusal> {
        match self {
            Self::Micros(micros) => Ok(micros),
            Self::TooFar => Err(out_of_range(value)),
            Self::NotATime => Err(Refusal::expected(expected, value)),
        }
    }
}

/// Microseconds since 1970-01-01T00:00:00Z.
pub(in crate::convert) fn instant(classes: &Classes, value: Value) -> Result<Counted, Error> {
    if fast::kind_of(value, classes.date_time) {
        let wall = date_time_wall(value)?;
        let offset = date_time_offset(value)?;
        return Ok(Counted::new(wall.and_then(|wall| wall.checked_sub(offset))));
    }
    Ok(as_time(classes, value)?.map_or(Counted::NotATime, |time| Counted::new(time_micros(time))))
}

/// Microseconds since 1970-01-01T00:00:00 on the value's own wall clock.
pub(in crate::convert) fn wall_clock(classes: &Classes, value: Value) -> Result<Counted, Error> {
    if fast::kind_of(value, classes.date_time) {
        return Ok(Counted::new(date_time_wall(value)?));
    }
    let Some(time) = as_time(classes, value)? else {
        return Ok(Counted::NotATime);
    };
    // Of the value itself: `to_time` of a time with a zone may have moved to the system's zone.
    let offset: i64 = value.funcall(*UTC_OFFSET, ())?;
    Ok(Counted::new(time_micros(time).and_then(|micros| micros.checked_add(offset * MICROS))))
}

/// The value as a real Time: itself, or what its `to_time` gives. Dates and Strings are none, though Rails gives them one.
fn as_time(classes: &Classes, value: Value) -> Result<Option<Value>, Error> {
    match fast::shape(value) {
        Shape::Data if fast::kind_of(value, classes.time) => return Ok(Some(value)),
        Shape::Data if fast::kind_of(value, classes.date) => return Ok(None),
        Shape::Data | Shape::Other => {}
        _ => return Ok(None),
    }
    if !value.respond_to(*TO_TIME, false)? {
        return Ok(None);
    }
    let time: Value = value.funcall(*TO_TIME, ())?;
    Ok(fast::kind_of(time, classes.time).then_some(time))
}

/// `None` for a time that Ruby or 64 bits of microseconds cannot count.
fn time_micros(time: Value) -> Option<i64> {
    let (seconds, nanos) = fast::time_parts(time).ok()?;
    seconds.checked_mul(MICROS)?.checked_add(nanos / 1_000)
}

/// A `jd` past 64 bits is as far away as one can say.
fn julian_day(date: Value) -> Result<i64, Error> {
    let day: Value = date.funcall(*JD, ())?;
    Ok(match fast::shape(day) {
        Shape::Fixnum(day) => day,
        _ => i64::MAX,
    })
}

/// Days since 1970-01-01; none where they cannot be counted, or the Gregorian calendar has no such day.
fn epoch_day(date: Value) -> Result<Option<i64>, Error> {
    let day = julian_day(date)?;
    if day >= LAST_REFORM || !date.funcall::<_, _, bool>(*IS_JULIAN, ())? {
        return Ok(day.checked_sub(EPOCH_JULIAN_DAY));
    }
    let (year, month, day) = (date.funcall(*YEAR, ())?, date.funcall(*MONTH, ())?, date.funcall(*DAY, ())?);
    Ok(calendar::days_from_civil(year, month, day))
}

/// By its parts, and not by `to_time`, which old versions of `date` take through the Julian calendar.
fn date_time_wall(value: Value) -> Result<Option<i64>, Error> {
    let days = epoch_day(value)?;
    let micros = micros_of_day(value)?;
    Ok(days.and_then(|days| days.checked_mul(DAY_MICROS)).and_then(|start| start.checked_add(micros)))
}

fn micros_of_day(date_time: Value) -> Result<i64, Error> {
    let fraction: Value = date_time.funcall(*DAY_FRACTION, ())?;
    fraction.funcall::<_, _, Value>(*MULTIPLY, (DAY_MICROS,))?.funcall(*FLOOR, ())
}

fn date_time_offset(date_time: Value) -> Result<i64, Error> {
    let offset: Value = date_time.funcall(*OFFSET, ())?;
    offset.funcall::<_, _, Value>(*MULTIPLY, (DAY_MICROS,))?.funcall(*FLOOR, ())
}
