use super::*;
use crate::error::ErrorKind;

fn legacy(reader: i32, writer: i32) -> Protocol {
    Protocol { min_reader_version: reader, min_writer_version: writer, reader_features: None, writer_features: None }
}

fn set<'a>(names: &[&'a str]) -> BTreeSet<&'a str> {
    names.iter().copied().collect()
}

/// The protocol as versions and lists.
fn shown(protocol: &Protocol) -> (i32, i32, Option<String>, Option<String>) {
    let list = |names: &Option<Vec<String>>| names.as_ref().map(|n| n.join(" "));
    let (reader, writer) = (protocol.min_reader_version, protocol.min_writer_version);
    (reader, writer, list(&protocol.reader_features), list(&protocol.writer_features))
}

fn new(features: &[&'static str]) -> Protocol {
    protocol_for(&set(features), &Wanted::default()).unwrap()
}

fn lists(reader: i32, readers: Option<&str>, writers: &str) -> (i32, i32, Option<String>, Option<String>) {
    (reader, 7, readers.map(str::to_owned), Some(writers.to_owned()))
}

#[test]
fn a_new_table_gets_what_it_asks_for_and_no_more() {
    assert_eq!(new(&[]), legacy(1, 2));
    assert_eq!(new(&["appendOnly"]), legacy(1, 2));
    assert_eq!(new(&["checkConstraints"]), legacy(1, 3));
    assert_eq!(shown(&new(&["changeDataFeed"])), lists(1, None, "appendOnly changeDataFeed invariants"));
    assert_eq!(shown(&new(&["columnMapping"])), lists(2, None, "appendOnly columnMapping invariants"));
    assert_eq!(
        shown(&new(&["columnMapping", "timestampNtz"])),
        lists(3, Some("columnMapping timestampNtz"), "appendOnly columnMapping invariants timestampNtz")
    );
    assert_eq!(shown(&new(&["rowTracking"])), lists(1, None, "appendOnly domainMetadata invariants rowTracking"));
    let all_of_four = ["checkConstraints", "changeDataFeed", "generatedColumns"];
    assert_eq!(new(&all_of_four), legacy(1, 4));
}

#[test]
fn versions_can_be_asked_for() {
    let wanted = |pairs: &[(&str, &str)]| {
        let mut wanted = Wanted::default();
        for (key, value) in pairs {
            assert!(wanted.take(key, value).unwrap());
        }
        protocol_for(&Features::new(), &wanted)
    };
    assert_eq!(wanted(&[("delta.minWriterVersion", "1")]).unwrap(), legacy(1, 1));
    for version in 2..5 {
        assert_eq!(wanted(&[("delta.minWriterVersion", &version.to_string())]).unwrap(), legacy(1, version));
    }
    assert_eq!(wanted(&[("delta.minReaderVersion", "2"), ("delta.minWriterVersion", "5")]).unwrap(), legacy(2, 5));
    assert_eq!(wanted(&[("delta.minWriterVersion", "6")]).unwrap(), legacy(2, 6));
    let seven = wanted(&[("delta.minWriterVersion", "7")]).unwrap();
    assert_eq!(shown(&seven), lists(1, None, "appendOnly invariants"));
    let both = wanted(&[("delta.minReaderVersion", "3"), ("delta.minWriterVersion", "7")]).unwrap();
    assert_eq!(shown(&both), lists(3, Some(""), "appendOnly invariants"));
    for (reader, writer) in [("3", "6"), ("2", "4")] {
        let error = wanted(&[("delta.minReaderVersion", reader), ("delta.minWriterVersion", writer)]).unwrap_err();
        assert!(error.message().contains("delta.minWriterVersion"), "{error}");
    }
    for (key, value) in [("delta.minWriterVersion", "8"), ("delta.minReaderVersion", "x"), ("delta.feature.x", "on")] {
        let error = Wanted::default().take(key, value).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.message().contains(key), "{error}");
    }
}

#[test]
fn features_go_by_name_whatever_the_case_and_unknown_ones_are_refused() {
    assert_eq!(feature_named("ROWTRACKING").unwrap(), "rowTracking");
    assert_eq!(feature_named("timestampWithoutTimezone").unwrap(), "timestampNtz");
    for name in ["catalogManaged", "geospatial", "typeWidening-preview", "x"] {
        let error = feature_named(name).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnsupportedFeature);
        assert!(error.message().starts_with(name), "{error}");
    }
    assert!(!Wanted::default().take("delta.enableChangeDataFeed", "true").unwrap());
}

#[test]
fn every_upgrade_keeps_what_was_and_adds_what_is_asked() {
    let names: Vec<&'static str> = FEATURES.iter().map(|f| f.name).collect();
    let mut asked: Vec<Features> = vec![Features::new()];
    for (i, a) in names.iter().enumerate() {
        for (j, b) in names.iter().enumerate().skip(i) {
            asked.extend(names.iter().skip(j).map(|c| Features::from([*a, *b, *c])));
        }
    }
    let mut before: Vec<Protocol> = (1..=6).map(|w| legacy(1, w)).chain([legacy(2, 5), legacy(2, 6)]).collect();
    before.extend(asked.iter().step_by(7).map(|f| with_lists(f, None)));
    for protocol in &before {
        for features in asked.iter().step_by(if protocol.min_writer_version < 7 { 1 } else { 5 }) {
            check_upgrade(protocol, features);
        }
    }
}

fn check_upgrade(before: &Protocol, asked: &Features) {
    let after = upgrade(before, asked, &Wanted::default()).unwrap();
    let old: BTreeSet<&str> = needed_to_write(before).union(&needed_to_read(before)).copied().collect();
    let needed = with_needs(asked.iter());
    let Some(after) = after else {
        assert!(needed.is_subset(&old), "{before:?} lacks some of {asked:?}");
        return;
    };
    let union: BTreeSet<&str> = old.union(&needed).copied().collect();
    assert_eq!(needed_to_write(&after), union, "{before:?} with {asked:?}");
    let readers: BTreeSet<&str> = union.iter().copied().filter(|f| is_for_readers(f)).collect();
    assert_eq!(needed_to_read(&after), readers, "{before:?} with {asked:?}");
    assert!(after.min_writer_version >= before.min_writer_version);
    assert!(after.min_reader_version >= before.min_reader_version);
    assert_eq!(after.writer_features.is_some(), after.min_writer_version == 7);
    assert_eq!(after.reader_features.is_some(), after.min_reader_version == 3);
    assert_eq!(upgrade(&after, asked, &Wanted::default()).unwrap(), None);
}

#[test]
fn what_others_listed_stays_as_it_was() {
    let before = Protocol {
        min_reader_version: 3,
        min_writer_version: 7,
        reader_features: Some(vec!["somethingNew".to_owned(), "timestampWithoutTimezone".to_owned()]),
        writer_features: Some(vec!["x".to_owned(), "somethingNew".to_owned(), "timestampWithoutTimezone".to_owned()]),
    };
    let after = upgrade(&before, &set(&["deletionVectors", "timestampNtz"]), &Wanted::default()).unwrap().unwrap();
    let readers = "somethingNew timestampWithoutTimezone deletionVectors";
    assert_eq!(shown(&after), lists(3, Some(readers), &format!("x {readers}")));
}

#[test]
fn a_preview_of_a_feature_does() {
    let before = with_lists(&set(&["typeWidening-preview"]), None);
    let before =
        Protocol { min_reader_version: 3, reader_features: Some(vec!["typeWidening-preview".to_owned()]), ..before };
    assert_eq!(upgrade(&before, &set(&["typeWidening"]), &Wanted::default()).unwrap(), None);
}

#[test]
fn columns_and_properties_ask_for_features() {
    let field = |metadata: &str, of: &str| {
        let inner = format!(r#"{{"name":"x","type":"{of}","nullable":true,"metadata":{metadata}}}"#);
        let list =
            format!(r#"{{"type":"array","elementType":{{"type":"struct","fields":[{inner}]}},"containsNull":true}}"#);
        let text =
            format!(r#"{{"type":"struct","fields":[{{"name":"l","type":{list},"nullable":true,"metadata":{{}}}}]}}"#);
        StructType::from_json(&text).unwrap()
    };
    let plain = || field("{}", "long");
    let asks = |schema: StructType, key: &str, value: &str| -> Vec<&str> {
        asked_for(&schema, &BTreeMap::from([(key.to_owned(), Some(value.to_owned()))])).into_iter().collect()
    };
    for (key, value, feature) in [
        ("delta.appendOnly", "true", "appendOnly"),
        ("delta.enableChangeDataFeed", "TRUE", "changeDataFeed"),
        ("delta.enableDeletionVectors", "true", "deletionVectors"),
        ("delta.enableInCommitTimestamps", "true", "inCommitTimestamp"),
        ("delta.enableRowTracking", "true", "rowTracking"),
        ("delta.enableTypeWidening", "true", "typeWidening"),
        ("delta.columnMapping.mode", "id", "columnMapping"),
        ("delta.checkpointPolicy", "v2", "v2Checkpoint"),
        ("delta.constraints.positive", "id > 0", "checkConstraints"),
    ] {
        assert_eq!(asks(plain(), key, value), [feature], "{key}");
    }
    for (key, value) in [
        ("delta.enableChangeDataFeed", "false"),
        ("delta.columnMapping.mode", "none"),
        ("delta.checkpointPolicy", "classic"),
        ("mine", "true"),
    ] {
        assert!(asks(plain(), key, value).is_empty(), "{key}");
    }
    for (metadata, of, feature) in [
        ("{}", "timestamp_ntz", "timestampNtz"),
        ("{}", "variant", "variantType"),
        (r#"{"CURRENT_DEFAULT":"1"}"#, "long", "allowColumnDefaults"),
        (r#"{"delta.generationExpression":"1"}"#, "long", "generatedColumns"),
        (r#"{"delta.identity.start":1}"#, "long", "identityColumns"),
        (r#"{"delta.invariants":"{}"}"#, "long", "invariants"),
    ] {
        assert_eq!(asks(field(metadata, of), "mine", "1"), [feature]);
    }
}

#[test]
fn a_table_that_is_there_can_be_asked_for_versions() {
    let wanted = |reader: Option<i32>, writer: Option<i32>| Wanted {
        reader_version: reader,
        writer_version: writer,
        ..Wanted::default()
    };
    let up = |before: &Protocol, reader, writer| upgrade(before, &Features::new(), &wanted(reader, writer)).unwrap();
    assert_eq!(up(&legacy(1, 2), None, Some(4)), Some(legacy(1, 4)));
    assert_eq!(up(&legacy(1, 4), None, Some(2)), None);
    assert_eq!(up(&legacy(1, 2), Some(2), Some(5)), Some(legacy(2, 5)));
    assert_eq!(shown(&up(&legacy(1, 2), None, Some(7)).unwrap()), lists(1, None, "appendOnly invariants"));
    let newest = up(&legacy(2, 5), Some(3), Some(7)).unwrap();
    let writers = "appendOnly changeDataFeed checkConstraints columnMapping generatedColumns invariants";
    assert_eq!(shown(&newest), lists(3, Some("columnMapping"), writers));
    assert_eq!(up(&newest, Some(3), Some(7)), None);
}
