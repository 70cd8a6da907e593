//! Features that a table asks for, and the lowest protocol that has them (Delta protocol, "Table Features", "Protocol
//! Evolution").

use std::collections::{BTreeMap, BTreeSet};

use super::{LEGACY_WRITER, NEWEST_READER, NEWEST_WRITER, any_field_has, canonical, needed_to_read, needed_to_write};
use crate::action::Protocol;
use crate::error::{Error, ErrorKind, Result};
use crate::schema::{DataType, StructType};

/// Names of features, in the protocol's spelling.
pub type Features = BTreeSet<&'static str>;

/// A feature that a writer may add to a table.
struct Feature {
    name: &'static str,
    /// Whether readers must know it too.
    for_readers: bool,
    /// Features that it does not go without.
    needs: &'static [&'static str],
}

const fn writers(name: &'static str) -> Feature {
    Feature { name, for_readers: false, needs: &[] }
}

const fn readers(name: &'static str) -> Feature {
    Feature { name, for_readers: true, needs: &[] }
}

const FEATURES: &[Feature] = &[
    writers("allowColumnDefaults"),
    writers("appendOnly"),
    writers("changeDataFeed"),
    writers("checkConstraints"),
    Feature { needs: &["domainMetadata"], ..writers("clustering") },
    readers("columnMapping"),
    readers("deletionVectors"),
    writers("domainMetadata"),
    writers("generatedColumns"),
    Feature { needs: &["columnMapping"], ..writers("icebergCompatV1") },
    Feature { needs: &["columnMapping"], ..writers("icebergCompatV2") },
    writers("identityColumns"),
    writers("inCommitTimestamp"),
    writers("invariants"),
    writers("materializePartitionColumns"),
    Feature { needs: &["domainMetadata"], ..writers("rowTracking") },
    readers("timestampNtz"),
    readers("typeWidening"),
    readers("v2Checkpoint"),
    readers("vacuumProtocolCheck"),
    Feature { needs: &["variantType"], ..readers("variantShredding") },
    readers("variantType"),
];

/// Properties that need a feature where they are true.
const SWITCHES: &[(&str, &str)] = &[
    ("delta.appendOnly", "appendOnly"),
    ("delta.enableChangeDataFeed", "changeDataFeed"),
    ("delta.enableDeletionVectors", "deletionVectors"),
    ("delta.enableIcebergCompatV1", "icebergCompatV1"),
    ("delta.enableIcebergCompatV2", "icebergCompatV2"),
    ("delta.enableInCommitTimestamps", "inCommitTimestamp"),
    ("delta.enableRowTracking", "rowTracking"),
    ("delta.enableTypeWidening", "typeWidening"),
    ("delta.enableVariantShredding", "variantShredding"),
];

/// What fields say of themselves that needs a feature.
const FIELD_KEYS: &[(&str, &str)] = &[
    ("CURRENT_DEFAULT", "allowColumnDefaults"),
    ("delta.generationExpression", "generatedColumns"),
    ("delta.identity.start", "identityColumns"),
    ("delta.invariants", "invariants"),
    ("delta.typeChanges", "typeWidening"),
];

const FEATURE_PREFIX: &str = "delta.feature.";
const MIN_READER: &str = "delta.minReaderVersion";
const MIN_WRITER: &str = "delta.minWriterVersion";

/// The protocol that is asked for by name: in properties that say nothing else, and are not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Whether the table uses them or not.
    pub features: Features,
    /// At least.
    pub reader_version: Option<i32>,
    /// At least, with all that older versions imply.
    pub writer_version: Option<i32>,
}

impl Wanted {
    /// Takes one property; false where it is one of another kind.
    pub fn take(&mut self, key: &str, value: &str) -> Result<bool> {
        if let Some(name) = key.strip_prefix(FEATURE_PREFIX) {
            if !matches!(value, "supported" | "enabled") {
                return Err(wrong(format!(
                    "table property {key} is {value:?}: the one value that adds a feature is \"supported\""
                )));
            }
            self.features.insert(feature_named(name)?);
            return Ok(true);
        }
        let (version, newest) = match key {
            MIN_READER => (&mut self.reader_version, NEWEST_READER),
            MIN_WRITER => (&mut self.writer_version, NEWEST_WRITER),
            _ => return Ok(false),
        };
        let number = value.parse().ok().filter(|n| (1..=newest).contains(n));
        let unknown = || wrong(format!("table property {key} is {value:?}, and there are versions 1 to {newest}"));
        *version = Some(number.ok_or_else(unknown)?);
        Ok(true)
    }

    /// All that the versions imply, with the features.
    fn implied(&self) -> Result<Features> {
        let mut features = self.features.clone();
        let writer = self.writer_version;
        let least = match self.reader_version {
            Some(2) => 5,
            Some(NEWEST_READER) => NEWEST_WRITER,
            _ => 1,
        };
        if writer.is_some_and(|w| w < least) {
            return Err(wrong(format!(
                "{MIN_READER} {} goes with {MIN_WRITER} {least} or more",
                self.reader_version.unwrap_or_default()
            )));
        }
        if self.reader_version == Some(2) {
            features.insert("columnMapping");
        }
        features.extend(implied_by(writer.filter(|w| *w < NEWEST_WRITER).unwrap_or(1)));
        Ok(features)
    }
}

fn wrong(what: String) -> Error {
    Error::new(ErrorKind::Configuration, what)
}

/// The feature of that name, whatever its case. One that this library cannot give to tables is refused.
pub fn feature_named(name: &str) -> Result<&'static str> {
    let known = FEATURES.iter().find(|f| f.name.eq_ignore_ascii_case(canonical(name)));
    known.map(|f| f.name).ok_or_else(|| {
        let names: Vec<&str> = FEATURES.iter().map(|f| f.name).collect();
        Error::unsupported(format!(
            "{name} is no table feature that this library can give to tables; it can give {}",
            names.join(", ")
        ))
    })
}

/// The features that columns and properties use.
pub fn asked_for(schema: &StructType, configuration: &BTreeMap<String, Option<String>>) -> Features {
    let text = |key: &str| configuration.get(key).and_then(|v| v.as_deref()).map(str::trim);
    let is = |key: &str, value: &str| text(key).is_some_and(|v| v.eq_ignore_ascii_case(value));
    let mut features: Features = SWITCHES.iter().filter(|(key, _)| is(key, "true")).map(|(_, f)| *f).collect();
    features.extend(FIELD_KEYS.iter().filter(|(key, _)| any_field_has(schema, key)).map(|(_, f)| *f));
    let mapped = text("delta.columnMapping.mode").is_some_and(|mode| !mode.eq_ignore_ascii_case("none"));
    let others = [
        (mapped, "columnMapping"),
        (is("delta.checkpointPolicy", "v2"), "v2Checkpoint"),
        (configuration.keys().any(|key| key.starts_with("delta.constraints.")), "checkConstraints"),
        (schema.contains(&|t| *t == DataType::TimestampNtz), "timestampNtz"),
        (schema.contains(&|t| *t == DataType::Variant), "variantType"),
    ];
    features.extend(others.iter().filter(|(asks, _)| *asks).map(|(_, f)| *f));
    features
}

/// The lowest protocol for a new table with `features`: all that (1, 2) has, unless an older writer version is wanted.
pub fn protocol_for(features: &Features, wanted: &Wanted) -> Result<Protocol> {
    let mut all = with_needs(features.iter().chain(&wanted.implied()?));
    if wanted.writer_version != Some(1) {
        all.extend(implied_by(2));
    }
    let listed = wanted.writer_version == Some(NEWEST_WRITER) || wanted.reader_version == Some(NEWEST_READER);
    let protocol = if listed { with_lists(&all, None) } else { lowest(&all) };
    Ok(with_reader_list(protocol, wanted))
}

/// The same with reader version 3, where that is wanted.
fn with_reader_list(protocol: Protocol, wanted: &Wanted) -> Protocol {
    if wanted.reader_version != Some(NEWEST_READER) || protocol.min_reader_version == NEWEST_READER {
        return protocol;
    }
    let readers = needed_to_read(&protocol).into_iter().map(str::to_owned).collect();
    Protocol { min_reader_version: NEWEST_READER, reader_features: Some(readers), ..protocol }
}

/// `protocol` with `features` beside all that it has; `None` where it has them. It keeps what its versions imply.
pub fn upgrade(protocol: &Protocol, features: &Features, wanted: &Wanted) -> Result<Option<Protocol>> {
    let (to_write, to_read) = (needed_to_write(protocol), needed_to_read(protocol));
    let has = |names: &BTreeSet<&str>, f: &str| names.contains(f) || names.contains(format!("{f}-preview").as_str());
    let mut missing = with_needs(features.iter().chain(&wanted.implied()?));
    missing.retain(|f| !has(&to_write, f) || (is_for_readers(f) && !has(&to_read, f)));
    let lists = (wanted.writer_version == Some(NEWEST_WRITER) && protocol.min_writer_version < NEWEST_WRITER)
        || (wanted.reader_version == Some(NEWEST_READER) && protocol.min_reader_version < NEWEST_READER);
    if missing.is_empty() && !lists {
        return Ok(None);
    }
    let all: BTreeSet<&str> = to_write.into_iter().chain(to_read).chain(missing).collect();
    let listed = lists || protocol.min_writer_version == NEWEST_WRITER;
    let upgraded = if listed { with_lists(&all, Some(protocol)) } else { lowest(&all) };
    Ok(Some(with_reader_list(upgraded, wanted)))
}

fn with_needs<'a>(features: impl Iterator<Item = &'a &'static str>) -> Features {
    let mut all = Features::new();
    for name in features {
        all.insert(*name);
        all.extend(FEATURES.iter().filter(|f| f.name == *name).flat_map(|f| f.needs));
    }
    all
}

/// A pair of versions, where one implies these features and no others; else lists.
fn lowest(features: &BTreeSet<&str>) -> Protocol {
    match (1..NEWEST_WRITER).find(|level| implied_by(*level) == *features) {
        Some(level) => Protocol {
            min_reader_version: if features.contains("columnMapping") { 2 } else { 1 },
            min_writer_version: level,
            reader_features: None,
            writer_features: None,
        },
        None => with_lists(features, None),
    }
}

fn implied_by(writer_version: i32) -> Features {
    LEGACY_WRITER.iter().filter(|(at, _)| *at <= writer_version).flat_map(|(_, f)| f.iter().copied()).collect()
}

/// Reader version 2 says `columnMapping` by itself, so that the list of readers is there only for what it does not say.
/// What `before` lists comes first, spelt as it was.
fn with_lists(features: &BTreeSet<&str>, before: Option<&Protocol>) -> Protocol {
    let list = |listed: Option<&Vec<String>>, wanted: &dyn Fn(&str) -> bool| {
        let mut names = listed.cloned().unwrap_or_default();
        for feature in features.iter().filter(|f| wanted(f)) {
            if !names.iter().any(|name| canonical(name) == *feature) {
                names.push((*feature).to_owned());
            }
        }
        names
    };
    let readers_before = before.and_then(|p| p.reader_features.as_ref());
    let to_read = list(readers_before, &is_for_readers);
    let min_reader_version = match to_read.as_slice() {
        _ if readers_before.is_some() => NEWEST_READER,
        [] => 1,
        [only] if only == "columnMapping" => 2,
        _ => NEWEST_READER,
    };
    Protocol {
        min_reader_version,
        min_writer_version: NEWEST_WRITER,
        reader_features: (min_reader_version == NEWEST_READER).then_some(to_read),
        writer_features: Some(list(before.and_then(|p| p.writer_features.as_ref()), &|_| true)),
    }
}

fn is_for_readers(feature: &str) -> bool {
    FEATURES.iter().any(|f| f.for_readers && f.name == feature)
}

#[cfg(test)]
mod tests;
