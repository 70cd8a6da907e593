//! What the JSON library calls: a row's columns, and one column's value.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{cell, variant};
use crate::error::Error;
use crate::ingest::columns::{Buffer, Column, Map, Record};
use crate::ingest::{Misfit, OnUnknown};

/// Why a line is no row.
pub(super) enum Cause {
    Misfit(Misfit),
    Malformed(serde_json::Error),
    NotText,
}

impl Cause {
    #[cold]
    pub(super) fn at_line(&self, number: u64) -> Error {
        match self {
            Self::Misfit(misfit) => misfit.at(Some(&format!("line {number}"))),
            Self::NotText => Error::schema(format!("line {number} is not valid UTF-8")),
            Self::Malformed(error) => {
                let text = error.to_string();
                let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
                Error::schema(format!("line {number} is not JSON: {what} (column {})", error.column()))
            }
        }
    }
}

/// Where a misfit goes: the JSON library's errors are only texts.
pub(super) type Refused<'a> = &'a mut Option<Misfit>;

fn refuse<E: serde::de::Error>(refused: Refused<'_>, misfit: Misfit) -> E {
    *refused = Some(misfit);
    E::custom("")
}

fn under(refused: &mut Option<Misfit>, step: impl FnOnce() -> String) {
    if let Some(misfit) = refused.take() {
        *refused = Some(misfit.under(step()));
    }
}

/// One row, number `row` of its batch.
pub(super) struct RowSeed<'a> {
    pub(super) record: &'a mut Record,
    pub(super) row: usize,
    pub(super) on_unknown: OnUnknown,
    pub(super) refused: Refused<'a>,
}

impl<'de> DeserializeSeed<'de> for RowSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        fill(self.record, self.row, self.on_unknown, self.refused, map)
    }
}

/// Appends one value to each column. Of a key that comes twice the last value counts, as in Ruby's JSON.
fn fill<'de, A: MapAccess<'de>>(
    record: &mut Record,
    row: usize,
    on_unknown: OnUnknown,
    refused: Refused<'_>,
    mut map: A,
) -> Result<(), A::Error> {
    let mut given = 0;
    let mut likely = 0;
    while let Some(place) = map.next_key_seed(KeySeed { record, likely })? {
        let index = match place {
            Place::Column(index) => index,
            Place::Unknown(_) if on_unknown == OnUnknown::Ignore => {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            Place::Unknown(name) => {
                if on_unknown == OnUnknown::Add && map.next_value::<&RawValue>()?.get() == "null" {
                    continue;
                }
                let known = record.names.join(", ");
                let misfit = match on_unknown {
                    OnUnknown::Add => Misfit::because("no such column, and its type cannot be told from this value"),
                    _ => Misfit::because(format!("no such column in the schema, which has {known}")),
                };
                return Err(refuse(refused, misfit.under(format!(".{name}"))));
            }
        };
        let column = &mut record.columns[index];
        if column.len() > row {
            column.truncate(row);
        } else {
            given += 1;
        }
        let value = map.next_value_seed(ColumnSeed { column, on_unknown, refused });
        if let Err(error) = value {
            under(refused, || format!(".{}", record.names[index]));
            return Err(error);
        }
        likely = index + 1;
    }
    if given < record.columns.len() {
        for (column, name) in record.columns.iter_mut().zip(&record.names) {
            if column.len() > row || column.append_absent() {
                continue;
            }
            if !column.nullable {
                let misfit = Misfit::because("missing, but the schema has it as not null");
                return Err(refuse(refused, misfit.under(format!(".{name}"))));
            }
            column.append_null();
        }
    }
    Ok(())
}

enum Place<'de> {
    Column(usize),
    Unknown(Cow<'de, str>),
}

/// A key; most likely that of the column after the last one.
struct KeySeed<'a> {
    record: &'a Record,
    likely: usize,
}

impl KeySeed<'_> {
    #[inline]
    fn find(&self, name: &str) -> Option<usize> {
        match self.record.names.get(self.likely) {
            Some(likely) if likely == name => Some(self.likely),
            _ => self.record.positions.get(name).copied(),
        }
    }
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Place<'de>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed<'_> {
    type Value = Place<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.find(name).map_or_else(|| Place::Unknown(Cow::Owned(name.to_owned())), Place::Column))
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(self.find(name).map_or(Place::Unknown(Cow::Borrowed(name)), Place::Column))
    }
}

/// One value of a column.
struct ColumnSeed<'a> {
    column: &'a mut Column,
    on_unknown: OnUnknown,
    refused: Refused<'a>,
}

impl<'de> DeserializeSeed<'de> for ColumnSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        match &self.column.buffer {
            // Their digits count, which a number of the JSON library has lost; and of a map its keys, before its values.
            Buffer::Float(_) | Buffer::Double(_) | Buffer::Decimal(..) | Buffer::Variant(_) | Buffer::Map(_) => {
                let raw: &RawValue = serde::Deserialize::deserialize(json)?;
                self.raw(raw.get())
            }
            _ => json.deserialize_any(self),
        }
    }
}

impl ColumnSeed<'_> {
    fn raw<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        if text == "null" {
            return self.visit_unit();
        }
        let Self { column, on_unknown, refused } = self;
        let taken = match &mut column.buffer {
            Buffer::Map(map) => {
                let read = entries(map, text, on_unknown, refused);
                return read.map_err(E::custom);
            }
            Buffer::Variant(variants) => match serde_json::from_str::<Value>(text) {
                Ok(value) => match variant::encode(&value, text) {
                    Ok((metadata, bytes)) => variants.push(&metadata, &bytes),
                    Err(error) => Err(Misfit::because(error.message())),
                },
                Err(error) => return Err(E::custom(error)),
            },
            buffer => cell::number(buffer, text),
        };
        taken.map_err(|misfit| refuse(refused, misfit))
    }
}

/// Reads a map. Where a key comes twice, the last value counts, so keys are brought together first.
fn entries(
    map: &mut Map,
    text: &str,
    on_unknown: OnUnknown,
    refused: &mut Option<Misfit>,
) -> Result<(), serde_json::Error> {
    if !text.starts_with('{') {
        return Err(refuse(
            refused,
            Misfit::because(format!("expected an object (map), got {}", cell::shortened(text))),
        ));
    }
    let given: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(text)?;
    for (key, value) in given {
        if let Err(misfit) = cell::key(&mut map.keys.buffer, &key) {
            return Err(refuse(refused, misfit.under(".key")));
        }
        let mut json = serde_json::Deserializer::from_str(value.get());
        let seed = ColumnSeed { column: &mut map.values, on_unknown, refused };
        if let Err(error) = seed.deserialize(&mut json) {
            under(refused, || format!("{{{key:?}}}"));
            return Err(error);
        }
    }
    map.end().map_err(|misfit| refuse(refused, misfit))
}

impl<'de> Visitor<'de> for ColumnSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    #[inline]
    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        if !self.column.nullable {
            return Err(refuse(self.refused, Misfit::because("null, but the schema has it as not null")));
        }
        self.column.append_null();
        Ok(())
    }

    #[inline]
    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        cell::boolean(&mut self.column.buffer, value).map_err(|misfit| refuse(self.refused, misfit))
    }

    #[inline]
    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        cell::integer(&mut self.column.buffer, value).map_err(|misfit| refuse(self.refused, misfit))
    }

    #[inline]
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => Err(refuse(self.refused, cell::misfit(&self.column.buffer, value))),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        Err(refuse(self.refused, cell::misfit(&self.column.buffer, value)))
    }

    #[inline]
    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<(), E> {
        cell::text(&mut self.column.buffer, value).map_err(|misfit| refuse(self.refused, misfit))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { column, on_unknown, refused } = self;
        let Buffer::List(list) = &mut column.buffer else {
            return Err(refuse(refused, cell::misfit(&column.buffer, "an array")));
        };
        let mut index = 0;
        loop {
            let seed = ColumnSeed { column: &mut list.elements, on_unknown, refused };
            match seq.next_element_seed(seed) {
                Ok(Some(())) => index += 1,
                Ok(None) => break,
                Err(error) => {
                    under(refused, || format!("[{index}]"));
                    return Err(error);
                }
            }
        }
        list.end().map_err(|misfit| refuse(refused, misfit))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let Self { column, on_unknown, refused } = self;
        let Buffer::Struct(inner) = &mut column.buffer else {
            return Err(refuse(refused, cell::misfit(&column.buffer, "an object")));
        };
        let row = inner.validity.len();
        fill(&mut inner.record, row, on_unknown, refused, map)?;
        inner.validity.push(true);
        Ok(())
    }
}
