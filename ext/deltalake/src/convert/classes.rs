//! The Ruby classes and constants that conversion needs, looked up once and kept from the GC for good.

use std::sync::OnceLock;

use magnus::value::{Opaque, ReprValue};
use magnus::{Error, Module, RString, Ruby, Value};

/// `Date`, `DateTime`, `Time`, `BigDecimal` and what calls on them take.
pub(super) struct Classes {
    pub(super) big_decimal: Value,
    pub(super) date: Value,
    pub(super) date_time: Value,
    pub(super) time: Value,
    /// `Date::GREGORIAN`, so that days before 1582 print as other engines print them.
    pub(super) gregorian: Value,
    /// `"E"`, the format of `BigDecimal#to_s` whose length is bounded by the digits.
    pub(super) scientific: Value,
}

struct Kept {
    big_decimal: Opaque<Value>,
    date: Opaque<Value>,
    date_time: Opaque<Value>,
    time: Opaque<Value>,
    gregorian: Opaque<Value>,
    scientific: Opaque<Value>,
}

static KEPT: OnceLock<Kept> = OnceLock::new();

impl Classes {
    /// The classes; their libraries are loaded at the first call.
    pub(super) fn get(ruby: &Ruby) -> Result<Self, Error> {
        let kept = match KEPT.get() {
            Some(kept) => kept,
            None => {
                let kept = Kept::look_up(ruby)?;
                KEPT.get_or_init(|| kept)
            }
        };
        Ok(Self {
            big_decimal: ruby.get_inner(kept.big_decimal),
            date: ruby.get_inner(kept.date),
            date_time: ruby.get_inner(kept.date_time),
            time: ruby.get_inner(kept.time),
            gregorian: ruby.get_inner(kept.gregorian),
            scientific: ruby.get_inner(kept.scientific),
        })
    }
}

impl Kept {
    fn look_up(ruby: &Ruby) -> Result<Self, Error> {
        ruby.require("bigdecimal")?;
        ruby.require("date")?;
        let object = ruby.class_object();
        let class = |name: &str| -> Result<Opaque<Value>, Error> { object.const_get(name).map(|v| keep(ruby, v)) };
        let date: Value = object.const_get("Date")?;
        let scientific: RString = ruby.str_new("E");
        scientific.freeze();
        Ok(Self {
            big_decimal: class("BigDecimal")?,
            date: keep(ruby, date),
            date_time: class("DateTime")?,
            time: class("Time")?,
            gregorian: keep(ruby, date.funcall::<_, _, Value>("const_get", ("GREGORIAN",))?),
            scientific: keep(ruby, scientific.as_value()),
        })
    }
}

fn keep(ruby: &Ruby, value: Value) -> Opaque<Value> {
    ruby.gc_register_mark_object(value);
    Opaque::from(value)
}
