use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int64Type, TimestampMicrosecondType,
};
use bytes::Bytes;

use super::*;
use crate::error::ErrorKind;
use crate::ingest::OnUnknown;
use crate::schema::StructType;

fn schema(fields: &[(&str, &str, bool)]) -> StructType {
    let fields: Vec<String> = fields
        .iter()
        .map(|(name, t, nullable)| {
            let t = if t.starts_with('{') { (*t).to_owned() } else { format!("{t:?}") };
            format!(r#"{{"name":"{name}","type":{t},"nullable":{nullable},"metadata":{{}}}}"#)
        })
        .collect();
    StructType::from_json(&format!(r#"{{"type":"struct","fields":[{}]}}"#, fields.join(","))).unwrap()
}

const LIST: &str = r#"{"type":"array","elementType":"long","containsNull":true}"#;
const MAP: &str = r#"{"type":"map","keyType":"string","valueType":"long","valueContainsNull":true}"#;
const NUMBERED: &str = r#"{"type":"map","keyType":"long","valueType":"decimal(5,2)","valueContainsNull":false}"#;
const POINT: &str = r#"{"type":"struct","fields":[{"name":"x","type":"long","nullable":false,"metadata":{}},
    {"name":"y","type":"string","nullable":true,"metadata":{}}]}"#;

fn parse(schema: &StructType, text: &str) -> Result<Parsed, crate::Error> {
    parse_bytes(schema, text.as_bytes(), OnUnknown::Raise, false)
}

fn parse_bytes(
    schema: &StructType,
    text: &[u8],
    on_unknown: OnUnknown,
    leave_out: bool,
) -> Result<Parsed, crate::Error> {
    let chunk = Chunk { bytes: Bytes::copy_from_slice(text), first_line: 1 };
    LineParser::new(schema, on_unknown, &[]).parse(&chunk, leave_out)
}

fn told(fields: &[(&str, &str, bool)], text: &str) -> String {
    let error = parse(&schema(fields), text).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
    error.message().to_owned()
}

#[test]
fn every_type() {
    let schema = schema(&[
        ("a", "boolean", true),
        ("b", "byte", true),
        ("c", "long", true),
        ("d", "float", true),
        ("e", "double", true),
        ("f", "decimal(12,2)", true),
        ("g", "string", true),
        ("h", "binary", true),
        ("i", "date", true),
        ("j", "timestamp", true),
        ("k", "timestamp_ntz", true),
        ("l", LIST, true),
        ("m", MAP, true),
        ("n", POINT, true),
        ("o", "variant", true),
        ("p", "void", true),
        ("q", NUMBERED, true),
    ]);
    let line = r#"{"a":true,"b":-128,"c":9223372036854775807,"d":0.1,"e":1e-7,"f":12345678.90,"g":"ü\n\u00e9","h":"x",
        "i":"2026-01-02","j":"2026-01-02T03:04:05.5+01:00","k":"1969-12-31T23:59:59.999999","l":[1,null,3],
        "m":{"k":1,"l":null},"n":{"x":5,"y":null},"o":{"z":[1,"a",null,1.5]},"p":null,"q":{"-3":"1.5","4":2}}"#
        .replace('\n', " ");
    let text = format!("{line}\n{{}}\n{{\"o\":null,\"l\":[],\"f\":\"-0.5\",\"e\":3,\"m\":{{}}}}");
    let batch = parse(&schema, &text).unwrap().batch;
    assert_eq!(batch.num_rows(), 3);
    let column = |name: &str| batch.column_by_name(name).unwrap();
    assert!(column("a").as_boolean().value(0));
    assert_eq!(column("b").as_primitive::<Int8Type>().value(0), -128);
    assert_eq!(column("c").as_primitive::<Int64Type>().value(0), i64::MAX);
    assert_eq!(column("d").as_primitive::<Float32Type>().value(0), 0.1f32);
    assert_eq!(column("e").as_primitive::<Float64Type>().values(), &[1e-7, 0.0, 3.0]);
    assert_eq!(column("f").as_primitive::<Decimal128Type>().values(), &[1_234_567_890, 0, -50]);
    assert_eq!(column("g").as_string::<i32>().value(0), "ü\né");
    assert_eq!(column("h").as_binary::<i32>().value(0), b"x");
    assert_eq!(column("i").as_primitive::<Date32Type>().value(0), 20_455);
    assert_eq!(column("j").as_primitive::<TimestampMicrosecondType>().value(0), 1_767_319_445_500_000);
    assert_eq!(column("k").as_primitive::<TimestampMicrosecondType>().value(0), -1);
    assert_eq!(column("l").as_list::<i32>().value(0).len(), 3);
    assert_eq!((column("l").is_null(1), column("l").is_null(2)), (true, false));
    assert_eq!(column("m").as_map().value(0).column(0).as_string::<i32>().value(1), "l");
    assert_eq!(column("n").as_struct().column(0).as_primitive::<Int64Type>().value(0), 5);
    let variants = column("o").as_struct();
    let (metadata, value) = (variants.column(0).as_binary::<i32>(), variants.column(1).as_binary::<i32>());
    crate::variant::check(metadata.value(0), value.value(0)).unwrap();
    assert_eq!((variants.is_null(1), variants.is_null(2)), (true, true));
    assert_eq!(column("q").as_map().value(0).column(1).as_primitive::<Decimal128Type>().values(), &[150, 200]);
}

#[test]
fn doubles_are_exact_to_the_last_bit() {
    let texts =
        ["0.1", "1.7976931348623157e308", "5e-324", "-0.0", "123456789.12345678", "9007199254740992", "8.5e-45"];
    for text in texts {
        let batch = parse(&schema(&[("x", "double", true)]), &format!("{{\"x\":{text}}}")).unwrap().batch;
        let value = batch.column(0).as_primitive::<Float64Type>().value(0);
        assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
    }
}

#[test]
fn what_does_not_fit_is_refused_with_line_and_column() {
    let cases = [
        (
            "long",
            r#""three""#,
            "line 1, column \"x\": expected long (a whole number of 64 bits), got the text \"three\"",
        ),
        ("long", "1.0", "got 1"),
        ("long", "9223372036854775808", "got 9223372036854775808"),
        ("long", "true", "got true"),
        ("long", "[1]", "got an array"),
        ("long", "{}", "got an object"),
        ("byte", "128", "expected byte (8 bits), got 128"),
        ("boolean", "1", "expected true or false, got 1"),
        ("string", "5", "expected string, got 5"),
        ("date", r#""2026-02-30""#, "got \"2026-02-30\""),
        ("date", "5", "expected date"),
        ("timestamp", r#""2026-01-01T00:00:00""#, "with a zone"),
        ("timestamp_ntz", r#""2026-01-01T00:00:00Z""#, "without a zone"),
        ("double", r#""1.5""#, "expected double"),
        ("double", "9007199254740993", "exactly"),
        ("double", "1e999", "64 bits"),
        ("float", "16777217", "exactly"),
        ("float", "1e39", "32 bits"),
        ("decimal(5,2)", "1.234", "with no digit lost, got 1.234"),
        ("decimal(5,2)", "1000", "with no digit lost"),
        ("decimal(5,2)", r#""x""#, "got \"x\""),
        ("decimal(5,2)", r#""1.""#, "got \"1.\""),
        ("decimal(5,2)", "true", "expected decimal"),
        (LIST, "{}", "expected an array, got an object"),
        (LIST, "[1,\"x\"]", "column \"x[1]\""),
        (MAP, "[]", "expected an object (map), got []"),
        (MAP, r#"{"k":"x"}"#, "column \"x{\"k\"}\""),
        (NUMBERED, r#"{"k":1}"#, "column \"x.key\""),
        (NUMBERED, r#"{"1":null}"#, "null, but the schema has it as not null"),
        (POINT, "[]", "expected an object (struct), got an array"),
        (POINT, r#"{"y":"a"}"#, "column \"x.x\": missing"),
        (POINT, r#"{"x":1,"z":2}"#, "column \"x.z\": no such column in the schema, which has x, y"),
        ("void", "1", "type void"),
    ];
    for (data_type, value, part) in cases {
        let message = told(&[("x", data_type, true)], &format!("{{\"x\":{value}}}"));
        assert!(message.starts_with("line 1, column \"x") && message.contains(part), "{part} is not in {message}");
    }
    assert_eq!(
        told(&[("x", "long", false)], "\n\n{}"),
        "line 3, column \"x\": missing, but the schema has it as not null"
    );
    assert_eq!(
        told(&[("x", "long", false)], "{\"x\":null}").split(": ").last().unwrap(),
        "null, but the schema has it as not null"
    );
}

#[test]
fn what_is_not_json_is_told_with_its_place() {
    let fields = [("x", "long", true)];
    assert_eq!(told(&fields, "{\"x\":1}\n{\"x\":"), "line 2 is not JSON: EOF while parsing a value (column 5)");
    assert!(
        told(&fields, "[1]").starts_with("line 1 is not JSON: invalid type: sequence, expected an object with a row")
    );
    assert!(told(&fields, "{\"x\":1} {\"x\":2}").contains("trailing characters"));
    assert!(told(&fields, "{\"x\":01}").contains("line 1"));
    assert!(told(&fields, "{\"x\":NaN}").contains("line 1"));
    assert!(told(&fields, r#"{"\ud800":1}"#).contains("line 1 is not JSON"));
    let deep = format!("{{\"x\":{}}}", "[".repeat(100_000));
    assert!(told(&[("x", "variant", true)], &deep).starts_with("line 1 is not JSON"));
    let unknown = format!("{{\"y\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let _ = parse_bytes(&schema(&fields), unknown.as_bytes(), OnUnknown::Ignore, false);
    for bytes in [&b"{\"x\":1}\n{\"y\":\"\xff\"}"[..], b"{\"x\":1}\n\xff"] {
        let error = parse_bytes(&schema(&fields), bytes, OnUnknown::Ignore, false).unwrap_err();
        assert_eq!(error.message(), "line 2 is not valid UTF-8");
    }
}

#[test]
fn the_last_of_equal_keys_counts() {
    let text = r#"{"x":1,"m":{"a":1,"b":2,"a":3},"x":2,"n":{"x":1,"x":7}}"#;
    let batch = parse(&schema(&[("x", "long", true), ("m", MAP, true), ("n", POINT, true)]), text).unwrap().batch;
    assert_eq!(batch.column(0).as_primitive::<Int64Type>().values(), &[2]);
    assert_eq!(batch.column(1).as_map().value(0).column(1).as_primitive::<Int64Type>().values(), &[3, 2]);
    assert_eq!(batch.column(2).as_struct().column(0).as_primitive::<Int64Type>().values(), &[7]);
}

#[test]
fn bad_lines_leave_nothing_behind() {
    let fields = schema(&[("x", "long", false), ("l", LIST, true), ("n", POINT, true)]);
    let text = "{\"x\":1,\"l\":[1,2]}\n{\"x\":2,\"l\":[1,\"a\"]}\r\n\n{\"l\":[9]}\n{\"x\":3,\"n\":{\"x\":1,\"y\":2}}\nnope\n{\"l\":[4],\"x\":5}";
    let parsed = parse_bytes(&fields, text.as_bytes(), OnUnknown::Raise, true).unwrap();
    assert_eq!(parsed.batch.column(0).as_primitive::<Int64Type>().values(), &[1, 5]);
    assert_eq!(parsed.batch.column(1).as_list::<i32>().values().as_primitive::<Int64Type>().values(), &[1, 2, 4]);
    let lines: Vec<&str> = parsed.bad.iter().map(|b| b.error.message().split([',', ' ']).nth(1).unwrap()).collect();
    assert_eq!(lines, ["2", "4", "5", "6"]);
    assert_eq!(parsed.bad[0].text, "{\"x\":2,\"l\":[1,\"a\"]}");
}

#[test]
fn unknown_keys_are_passed_over_on_request() {
    let text = br#"{"q":{"deep":[1,{"x":5}]},"x":1,"n":{"x":2,"zz":[]}}"#;
    let fields = schema(&[("x", "long", true), ("n", POINT, true)]);
    let batch = parse_bytes(&fields, text, OnUnknown::Ignore, false).unwrap().batch;
    assert_eq!(batch.column(0).as_primitive::<Int64Type>().values(), &[1]);
    let message = parse_bytes(&fields, text, OnUnknown::Raise, false).unwrap_err().message().to_owned();
    assert_eq!(message, "line 1, column \"q\": no such column in the schema, which has x, n");
}

#[test]
fn blocks_become_whole_lines_wherever_they_are_cut() {
    let text = "\u{feff}{\"a\":1}\r\n\n{\"b\":\"ü\"}\nlast".as_bytes();
    for size in 1..=text.len() {
        let mut lines = Lines::default();
        let mut whole = Vec::new();
        for block in text.chunks(size) {
            whole.extend(lines.push(block).unwrap());
        }
        whole.extend(lines.finish());
        let joined: Vec<u8> = whole.iter().flat_map(|c| c.bytes.to_vec()).collect();
        assert_eq!(joined, &text[3..], "blocks of {size}");
        let mut line = 1;
        for chunk in &whole {
            assert_eq!(chunk.first_line, line, "blocks of {size}");
            line += chunk.bytes.iter().filter(|b| **b == b'\n').count() as u64;
        }
    }
    assert!(Lines::default().finish().is_none());
}
