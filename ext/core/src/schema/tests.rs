use super::*;

const SCHEMA: &str = r#"{"type":"struct","fields":[{"name":"id","type":"long","nullable":false,"metadata":{}},{"name":"price","type":"decimal(12,2)","nullable":true,"metadata":{"comment":"in euro","n":1}},{"name":"tags","type":{"type":"array","elementType":"string","containsNull":true},"nullable":true,"metadata":{}},{"name":"m","type":{"type":"map","keyType":"string","valueType":{"type":"struct","fields":[{"name":"x","type":"timestamp_ntz","nullable":true,"metadata":{}}]},"valueContainsNull":false},"nullable":true,"metadata":{}}]}"#;

#[test]
fn json_comes_back_byte_for_byte() {
    assert_eq!(StructType::from_json(SCHEMA).unwrap().to_json(), SCHEMA);
}

#[test]
fn every_primitive_has_its_name() {
    for name in [
        "boolean",
        "byte",
        "short",
        "integer",
        "long",
        "float",
        "double",
        "string",
        "binary",
        "date",
        "timestamp",
        "timestamp_ntz",
        "variant",
        "void",
        "decimal(38,38)",
    ] {
        assert_eq!(DataType::from_name(name).unwrap().to_string(), name);
    }
}

#[test]
fn varchar_is_a_string_to_a_reader() {
    assert_eq!(DataType::from_name("varchar(10)").unwrap(), DataType::String);
}

#[test]
fn an_unknown_type_is_named() {
    let error = DataType::from_name("geometry(EPSG:4326)").unwrap_err();
    assert_eq!(error.kind(), crate::error::ErrorKind::UnsupportedFeature);
    assert!(error.message().contains("geometry"));
}

#[test]
fn a_bomb_of_nesting_is_an_error() {
    let depth = 100_000;
    let text = format!(
        r#"{{"type":"struct","fields":[{{"name":"a","type":{}"long"{},"nullable":true}}]}}"#,
        r#"{"type":"array","containsNull":true,"elementType":"#.repeat(depth),
        "}".repeat(depth)
    );
    assert!(StructType::from_json(&text).is_err());
}

#[test]
fn names_must_differ_in_more_than_case() {
    let schema =
        StructType { fields: vec![Field::new("a", DataType::Long, true), Field::new("A", DataType::Long, true)] };
    assert!(check_table(&schema, &[], ColumnMapping::None).unwrap_err().message().contains("twice"));
}

#[test]
fn partition_columns_are_checked() {
    let schema = StructType::from_json(SCHEMA).unwrap();
    let refused = |columns: &[&str]| {
        let columns: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
        check_table(&schema, &columns, ColumnMapping::None).is_err()
    };
    assert!(refused(&["nope"]));
    assert!(refused(&["tags"]));
    assert!(refused(&["id", "id"]));
    assert!(!refused(&["id", "price"]));
}

#[test]
fn deep_schemas_are_read_and_absurd_ones_are_refused() {
    let nested = |levels: usize| {
        let open = r#"{"type":"struct","fields":[{"name":"a","nullable":true,"metadata":{},"type":"#;
        format!("{}\"long\"{}", open.repeat(levels), "}]}".repeat(levels))
    };
    let deep = StructType::from_json(&nested(100)).unwrap();
    assert_eq!(StructType::from_json(&deep.to_json()).unwrap(), deep);
    let error = StructType::from_json(&nested(101)).unwrap_err();
    assert!(error.message().contains("more than 100 deep"), "{error}");
}

#[test]
fn malformed_schemas_are_errors() {
    for text in [
        "",
        "null",
        "[]",
        "\"long\"",
        "{}",
        r#"{"type":"struct"}"#,
        r#"{"type":"struct","fields":{}}"#,
        r#"{"type":"struct","fields":[1]}"#,
        r#"{"type":"struct","fields":[{"type":"long"}]}"#,
        r#"{"type":"struct","fields":[{"name":"a"}]}"#,
        r#"{"type":"struct","fields":[{"name":"a","type":1}]}"#,
        r#"{"type":"struct","fields":[{"name":"a","type":{"type":"array"}}]}"#,
        r#"{"type":"struct","fields":[{"name":"a","type":"long","metadata":1}]}"#,
    ] {
        assert!(StructType::from_json(text).is_err(), "{text}");
    }
    let lenient = r#"{"type":"struct","fields":[{"name":"a","type":"long","nullable":null,"metadata":null,"x":[]}]}"#;
    assert!(StructType::from_json(lenient).unwrap().fields[0].nullable);
}

#[test]
fn odd_names_need_column_mapping() {
    for name in ["a b", "a,b", "a;b", "{", "(", "a\nb", "a\tb", "a=b"] {
        let schema = StructType { fields: vec![Field::new(name, DataType::Long, true)] };
        let error = check_table(&schema, &[], ColumnMapping::None).unwrap_err();
        assert!(error.message().contains("delta.columnMapping.mode"), "{error}");
        check_table(&schema, &[], ColumnMapping::Name).unwrap();
    }
}
