//! Reading statistics text without building what is not asked for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{FileStats, RawColumn};
use crate::schema::DataType;

/// The columns whose statistics are wanted: compiled once, used for every file.
#[derive(Debug, Clone)]
pub struct StatsColumns {
    root: Names,
    types: Vec<DataType>,
}

/// A name's column, or the names inside it.
#[derive(Debug, Clone, Default)]
struct Names(BTreeMap<String, Wanted>);

#[derive(Debug, Clone, Default)]
struct Wanted {
    column: Option<usize>,
    inside: Names,
}

impl StatsColumns {
    /// Columns by their physical names, outermost first.
    pub fn new<'a>(columns: impl IntoIterator<Item = (&'a [String], &'a DataType)>) -> Self {
        let mut this = Self { root: Names::default(), types: Vec::new() };
        for (index, (path, data_type)) in columns.into_iter().enumerate() {
            this.types.push(data_type.clone());
            let Some((last, parents)) = path.split_last() else { continue };
            let mut names = &mut this.root;
            for parent in parents {
                names = &mut names.0.entry(parent.clone()).or_default().inside;
            }
            names.0.entry(last.clone()).or_default().column = Some(index);
        }
        this
    }

    /// What the text says of them. Text that is no statistics says nothing.
    pub fn parse(&self, text: &str) -> FileStats {
        let mut raw = RawStats { num_records: None, columns: vec![RawColumn::default(); self.types.len()] };
        let mut json = serde_json::Deserializer::from_str(text);
        let seed = StatsSeed { names: &self.root, raw: &mut raw };
        if seed.deserialize(&mut json).is_err() || json.end().is_err() {
            raw = RawStats { num_records: None, columns: vec![RawColumn::default(); self.types.len()] };
        }
        let bounds = |(column, data_type): (&RawColumn<'_>, &DataType)| column.bounds(data_type, raw.num_records);
        FileStats { num_records: raw.num_records, columns: raw.columns.iter().zip(&self.types).map(bounds).collect() }
    }
}

struct RawStats<'de> {
    num_records: Option<u64>,
    columns: Vec<RawColumn<'de>>,
}

/// Which of a column's statistics an object holds.
#[derive(Clone, Copy)]
enum Part {
    Min,
    Max,
    NullCount,
}

struct StatsSeed<'a, 'de> {
    names: &'a Names,
    raw: &'a mut RawStats<'de>,
}

impl<'de> DeserializeSeed<'de> for StatsSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for StatsSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("statistics")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            let part = match &*key {
                "numRecords" => {
                    let text: &RawValue = map.next_value()?;
                    self.raw.num_records = text.get().parse().ok();
                    continue;
                }
                "minValues" => Part::Min,
                "maxValues" => Part::Max,
                "nullCount" => Part::NullCount,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            map.next_value_seed(PartSeed { names: self.names, part, columns: &mut self.raw.columns })?;
        }
        Ok(())
    }
}

struct PartSeed<'a, 'de> {
    names: &'a Names,
    part: Part,
    columns: &'a mut [RawColumn<'de>],
}

impl<'de> DeserializeSeed<'de> for PartSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for PartSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object by column name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match self.names.0.get(&*key) {
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
                Some(Wanted { column: Some(index), .. }) => {
                    let text: &'de RawValue = map.next_value()?;
                    let slot = match self.part {
                        Part::Min => &mut self.columns[*index].min,
                        Part::Max => &mut self.columns[*index].max,
                        Part::NullCount => &mut self.columns[*index].null_count,
                    };
                    *slot = (text.get() != "null").then(|| text.get());
                }
                Some(Wanted { inside, .. }) => {
                    map.next_value_seed(PartSeed { names: inside, part: self.part, columns: &mut *self.columns })?;
                }
            }
        }
        Ok(())
    }

    // Some writers put null where they have nothing, or one number where the column is nested.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
}
