//! Table features: which ones a protocol asks for, and which of them this library has (Delta protocol, "Table Features").

mod upgrade;

use std::collections::BTreeSet;

pub use upgrade::{Features, Wanted, asked_for, feature_named, protocol_for, upgrade};

use crate::action::{Metadata, Protocol};
use crate::error::{Error, ErrorKind, Result};
use crate::schema::{ColumnMapping, DataType, StructType, check_known};

/// Reader features that scans honour.
const READABLE: &[&str] = &[
    "columnMapping",
    "deletionVectors",
    "timestampNtz",
    "typeWidening",
    "typeWidening-preview",
    "v2Checkpoint",
    "vacuumProtocolCheck",
    "variantShredding",
    "variantShredding-preview",
    "variantType",
    "variantType-preview",
];

/// Features that writers honour whether the table uses them or not. An append deletes no row, so it writes no deletion
/// vector, and no change files: its added files are its changes.
const WRITABLE: &[&str] = &[
    "allowColumnDefaults",
    "appendOnly",
    "changeDataFeed",
    "checkConstraints",
    "clustering",
    "columnMapping",
    "deletionVectors",
    "domainMetadata",
    "generatedColumns",
    "identityColumns",
    "invariants",
    "inCommitTimestamp",
    "materializePartitionColumns",
    "rowTracking",
    "timestampNtz",
    "typeWidening",
    "typeWidening-preview",
    "v2Checkpoint",
    "vacuumProtocolCheck",
    "variantShredding",
    "variantShredding-preview",
    "variantType",
    "variantType-preview",
];

/// Features besides those under which a checkpoint holds what it always does, and the log is cleaned up as always. One
/// that is not known may ask for more.
const UPKEEP: &[&str] = &["checkpointProtection", "icebergCompatV1", "icebergCompatV2"];

/// Features that take the table's versions out of its log.
const CATALOG: &[&str] = &["catalogManaged", "catalogOwned-preview"];

const NEWEST_READER: i32 = 3;
const NEWEST_WRITER: i32 = 7;

/// What each legacy writer version implies beyond the one before it.
const LEGACY_WRITER: &[(i32, &[&str])] = &[
    (2, &["appendOnly", "invariants"]),
    (3, &["checkConstraints"]),
    (4, &["changeDataFeed", "generatedColumns"]),
    (5, &["columnMapping"]),
    (6, &["identityColumns"]),
];

/// Refuses a table that needs a reader feature which scans lack. Made before any data is read.
pub fn check_readable(protocol: &Protocol) -> Result<()> {
    check_shape(protocol)?;
    // Wherever it is listed: without its catalog, nobody knows the newest version of such a table.
    let of_catalog = listed(&protocol.writer_features).filter(|f| CATALOG.contains(f));
    let wanted: BTreeSet<&str> = needed_to_read(protocol).into_iter().chain(of_catalog).collect();
    let missing: Vec<&str> = wanted.into_iter().filter(|f| !READABLE.contains(f)).collect();
    refuse(&missing, "reading")
}

/// How data files are read. The property counts only where the protocol has the feature (Delta protocol, "Reader
/// Requirements for Column Mapping").
pub fn column_mapping(protocol: &Protocol, metadata: &Metadata) -> Result<ColumnMapping> {
    match property(metadata, "delta.columnMapping.mode") {
        Some(mode) if needed_to_read(protocol).contains("columnMapping") => ColumnMapping::from_property(mode),
        _ => Ok(ColumnMapping::None),
    }
}

/// Whether the types of columns may have changed, so that files have older ones.
pub fn widens_types(protocol: &Protocol) -> bool {
    needed_to_read(protocol).iter().any(|f| matches!(*f, "typeWidening" | "typeWidening-preview"))
}

fn needed_to_read(protocol: &Protocol) -> BTreeSet<&str> {
    match protocol.min_reader_version {
        1 => BTreeSet::new(),
        2 => BTreeSet::from(["columnMapping"]),
        _ => listed(&protocol.reader_features).collect(),
    }
}

/// Whether writers must honour the feature: it is listed, or implied by the version.
pub fn writes_feature(protocol: &Protocol, feature: &str) -> bool {
    needed_to_write(protocol).contains(feature)
}

/// All features that writers must honour.
pub fn needed_to_write(protocol: &Protocol) -> BTreeSet<&str> {
    match protocol.min_writer_version {
        NEWEST_WRITER => listed(&protocol.writer_features).collect(),
        level => LEGACY_WRITER.iter().filter(|(at, _)| *at <= level).flat_map(|(_, f)| f.iter().copied()).collect(),
    }
}

/// Refuses a table that needs a feature which appends lack: a listed feature that is not in use does not stop them.
pub fn check_appendable(protocol: &Protocol, metadata: &Metadata, schema: &StructType) -> Result<()> {
    check_readable(protocol)?;
    schema.fields.iter().try_for_each(check_known)?;
    let needed = needed_to_write(protocol);
    let has_variants = needed.contains("variantType") || needed.contains("variantType-preview");
    if !has_variants && schema.contains(&|t| *t == DataType::Variant) {
        return Err(Error::unsupported(
            "a column of type variant needs the table feature variantType, which the table's protocol lacks",
        ));
    }
    let missing: Vec<&str> =
        needed.into_iter().filter(|f| !WRITABLE.contains(f) && is_active_for_append(f, metadata)).collect();
    refuse(&missing, "writing")
}

/// Refuses a table that has a feature of which nobody here knows what it asks of checkpoints.
pub fn check_upkeep(protocol: &Protocol) -> Result<()> {
    check_readable(protocol)?;
    let listed: BTreeSet<&str> = listed(&protocol.reader_features).chain(listed(&protocol.writer_features)).collect();
    let unknown: Vec<&str> = listed.into_iter().filter(|f| !WRITABLE.contains(f) && !UPKEEP.contains(f)).collect();
    refuse(&unknown, "checkpointing")
}

/// Whether the protocol has checkpoints with V2 content.
pub fn has_v2_checkpoints(protocol: &Protocol) -> bool {
    listed(&protocol.reader_features).any(|f| f == "v2Checkpoint")
}

/// Whether history must be kept for readers that understand less than the newest version needs.
pub fn protects_checkpoints(protocol: &Protocol) -> bool {
    listed(&protocol.writer_features).any(|f| f == "checkpointProtection")
}

fn check_shape(protocol: &Protocol) -> Result<()> {
    let (reader, writer) = (protocol.min_reader_version, protocol.min_writer_version);
    if !(1..=NEWEST_READER).contains(&reader) {
        return Err(Error::unsupported(format!(
            "the table needs reader version {reader}; this library reads versions 1 to {NEWEST_READER}: use a newer release"
        )));
    }
    if reader == 3 && writer < NEWEST_WRITER {
        return Err(Error::corrupt(format!(
            "the protocol action has reader version 3 with writer version {writer}: reader features need writer version 7"
        )));
    }
    if !(1..=NEWEST_WRITER).contains(&writer) {
        return Err(Error::unsupported(format!(
            "the table needs writer version {writer}; this library knows versions 1 to {NEWEST_WRITER}: use a newer release"
        )));
    }
    Ok(())
}

fn listed(features: &Option<Vec<String>>) -> impl Iterator<Item = &str> {
    features.iter().flatten().map(|f| canonical(f))
}

/// Names under which early writers listed a feature.
fn canonical(name: &str) -> &str {
    match name {
        "timestampWithoutTimezone" => "timestampNtz",
        other => other,
    }
}

fn property<'a>(metadata: &'a Metadata, key: &str) -> Option<&'a str> {
    metadata.configuration.get(key).and_then(|v| v.as_deref())
}

/// Whether an append must do something for `feature`: "supported" is in the protocol, "active" in the metadata.
fn is_active_for_append(feature: &str, metadata: &Metadata) -> bool {
    match feature {
        "icebergCompatV1" => metadata.is_on("delta.enableIcebergCompatV1"),
        "icebergCompatV2" => metadata.is_on("delta.enableIcebergCompatV2"),
        _ => true,
    }
}

fn any_field_has(schema: &StructType, key: &str) -> bool {
    fn in_type(data_type: &DataType, key: &str) -> bool {
        match data_type {
            DataType::Struct(s) => any_field_has(s, key),
            DataType::Array(a) => in_type(&a.element, key),
            DataType::Map(m) => in_type(&m.key, key) || in_type(&m.value, key),
            _ => false,
        }
    }
    schema.fields.iter().any(|f| f.metadata.contains_key(key) || in_type(&f.data_type, key))
}

fn refuse(missing: &[&str], what: &str) -> Result<()> {
    if missing.is_empty() {
        return Ok(());
    }
    let (noun, verb) = if missing.len() == 1 { ("feature", "is") } else { ("features", "are") };
    Err(Error::new(
        ErrorKind::UnsupportedFeature,
        format!("{what} this table needs the table {noun} {}, which {verb} not supported", missing.join(", ")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(schema: &str, configuration: &[(&str, &str)]) -> (Metadata, StructType) {
        let schema_string = format!(r#"{{"type":"struct","fields":[{schema}]}}"#);
        let schema = StructType::from_json(&schema_string).unwrap();
        let configuration = configuration.iter().map(|(k, v)| ((*k).to_owned(), Some((*v).to_owned()))).collect();
        let metadata = Metadata {
            id: "t".to_owned(),
            name: None,
            description: None,
            format: crate::action::Format::default(),
            schema_string,
            partition_columns: vec![],
            created_time: None,
            configuration,
        };
        (metadata, schema)
    }

    fn protocol(reader: i32, writer: i32, reader_features: &[&str], writer_features: &[&str]) -> Protocol {
        let list = |f: &[&str]| (!f.is_empty()).then(|| f.iter().map(|n| (*n).to_owned()).collect());
        Protocol {
            min_reader_version: reader,
            min_writer_version: writer,
            reader_features: list(reader_features),
            writer_features: list(writer_features),
        }
    }

    const ID: &str = r#"{"name":"id","type":"long","nullable":true,"metadata":{}}"#;

    #[test]
    fn an_unknown_reader_feature_is_refused_by_name() {
        let error =
            check_readable(&protocol(3, 7, &["deletionVectors", "catalogManaged"], &["catalogManaged"])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnsupportedFeature);
        assert!(error.message().contains("feature catalogManaged,"), "{error}");
    }

    #[test]
    fn each_reader_feature_is_read_or_refused_by_name() {
        for feature in [
            "columnMapping",
            "deletionVectors",
            "timestampNtz",
            "v2Checkpoint",
            "vacuumProtocolCheck",
            "typeWidening",
            "typeWidening-preview",
            "variantType",
            "variantType-preview",
            "variantShredding",
            "variantShredding-preview",
            "catalogManaged",
            "catalogOwned-preview",
            "timestampNanos",
            "adaptiveMetadata-preview",
            "geospatial",
            "geospatial-dev",
            "redirectReaderWriter-preview",
            "somethingNew",
        ] {
            match check_readable(&protocol(3, 7, &[feature], &[feature])) {
                Ok(()) => assert!(READABLE.contains(&feature), "{feature}"),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::UnsupportedFeature);
                    assert!(error.message().contains(&format!("feature {feature},")), "{error}");
                }
            }
        }
        for feature in ["timestampNtz", "vacuumProtocolCheck", "deletionVectors"] {
            assert!(READABLE.contains(&feature));
        }
        for feature in ["catalogManaged", "catalogOwned-preview"] {
            assert!(check_readable(&protocol(1, 7, &[], &[feature])).is_err());
        }
        for feature in ["rowTracking", "clustering", "redirectWriterOnly-preview", "coordinatedCommits-preview"] {
            check_readable(&protocol(1, 7, &[], &[feature])).unwrap();
        }
    }

    #[test]
    fn unknown_writer_features_do_not_stop_readers() {
        let (m, s) = metadata(ID, &[]);
        let p = protocol(1, 7, &[], &["somethingNew"]);
        check_readable(&p).unwrap();
        assert!(check_appendable(&p, &m, &s).unwrap_err().message().contains("somethingNew"));
    }

    #[test]
    fn column_mapping_matters_only_where_a_mode_is_set() {
        let p = protocol(2, 5, &[], &[]);
        let (off, schema) = metadata(ID, &[("delta.columnMapping.mode", "none")]);
        assert_eq!(column_mapping(&p, &off).unwrap(), ColumnMapping::None);
        check_appendable(&p, &off, &schema).unwrap();
        let (on, _) = metadata(ID, &[("delta.columnMapping.mode", "name")]);
        assert_eq!(column_mapping(&p, &on).unwrap(), ColumnMapping::Name);
        check_appendable(&p, &on, &schema).unwrap();
    }

    #[test]
    fn a_mode_counts_only_where_the_protocol_has_the_feature() {
        let (id, _) = metadata(ID, &[("delta.columnMapping.mode", "id")]);
        let listed = |features: &[&str]| column_mapping(&protocol(3, 7, features, features), &id).unwrap();
        assert_eq!(listed(&["columnMapping"]), ColumnMapping::Id);
        assert_eq!(listed(&["timestampNtz"]), ColumnMapping::None);
        assert_eq!(column_mapping(&protocol(2, 7, &[], &["columnMapping"]), &id).unwrap(), ColumnMapping::Id);
        assert_eq!(column_mapping(&protocol(1, 7, &[], &["columnMapping"]), &id).unwrap(), ColumnMapping::None);
    }

    #[test]
    fn what_a_version_implies_is_to_be_honoured() {
        assert!(writes_feature(&protocol(1, 3, &[], &[]), "checkConstraints"));
        assert!(!writes_feature(&protocol(1, 2, &[], &[]), "checkConstraints"));
        assert!(!writes_feature(&protocol(1, 7, &[], &["invariants"]), "checkConstraints"));
        let (m, s) = metadata(ID, &[]);
        check_appendable(&protocol(1, 6, &[], &[]), &m, &s).unwrap();
    }

    #[test]
    fn impossible_pairs_and_future_versions() {
        assert_eq!(check_readable(&protocol(3, 6, &[], &[])).unwrap_err().kind(), ErrorKind::CorruptTable);
        assert_eq!(check_readable(&protocol(4, 7, &[], &[])).unwrap_err().kind(), ErrorKind::UnsupportedFeature);
    }
}
