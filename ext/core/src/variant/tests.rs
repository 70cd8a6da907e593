use super::*;
use crate::error::{ErrorKind, Result};

const NO_NAMES: &[u8] = &[1, 0, 0];

/// Metadata with those names.
fn metadata(names: &[&str]) -> Vec<u8> {
    let mut numbering = Names::default();
    numbering.load(NO_NAMES).unwrap();
    names.iter().for_each(|name| assert!(numbering.id(name).is_ok()));
    let mut bytes = Vec::new();
    numbering.write(&mut bytes).unwrap();
    bytes
}

fn encoded(value: &Variant<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    scalar(value, &mut bytes).unwrap();
    bytes
}

fn decode<'a>(metadata: &'a [u8], bytes: &'a [u8]) -> Result<Variant<'a>> {
    check(metadata, bytes)?;
    Ok(Variant::decode(Metadata::new(metadata)?, bytes)?.0)
}

fn refusal(metadata: &[u8], value: &[u8]) -> String {
    let error = decode(metadata, value).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CorruptTable);
    error.message().to_owned()
}

#[test]
fn scalars_come_back() {
    let text = "ü".repeat(40);
    let values = [
        Variant::Null,
        Variant::Boolean(true),
        Variant::Boolean(false),
        Variant::Long(-128),
        Variant::Long(-129),
        Variant::Long(32_768),
        Variant::Long(i64::from(i32::MIN) - 1),
        Variant::Float(-0.5),
        Variant::Double(1e300),
        Variant::Decimal(-125, 2),
        Variant::Decimal(-1_000_000_000, 9),
        Variant::Decimal(i128::MIN + 1, 38),
        Variant::Date(-719_162),
        Variant::Timestamp(i64::MIN),
        Variant::TimestampNtz(-1),
        Variant::TimestampNanos(i64::MAX),
        Variant::TimestampNtzNanos(0),
        Variant::Time(86_399_999_999),
        Variant::Uuid([7; 16]),
        Variant::Binary(&[0, 255]),
        Variant::String(""),
        Variant::String("short"),
        Variant::String(&text),
    ];
    for value in values {
        let bytes = encoded(&value);
        assert_eq!(decode(NO_NAMES, &bytes).unwrap(), value);
        for cut in 0..bytes.len() {
            assert!(decode(NO_NAMES, &bytes[..cut]).is_err(), "{value:?} cut to {cut}");
        }
    }
}

/// As in the specification's examples and as Spark writes it.
#[test]
fn bytes_of_other_writers() {
    assert_eq!(decode(NO_NAMES, &[0x20, 0x02, 0xd2, 0x04, 0, 0]).unwrap(), Variant::Decimal(1234, 2));
    assert_eq!(decode(NO_NAMES, &[0x09, b'H', b'I']).unwrap(), Variant::String("HI"));
    let sorted = [0x11, 2, 0, 1, 2, b'a', b'b'];
    let object = [0x02, 2, 0, 1, 0, 1, 3, 0x04, 0x0c, 42];
    let Variant::Object(found) = decode(&sorted, &object).unwrap() else { panic!() };
    assert_eq!(found.field(1).unwrap(), ("b", &[0x0c, 42][..]));
    // Values may lie in another order than their names.
    let crossed = [0x02, 2, 0, 1, 2, 0, 3, 0x0c, 42, 0x04];
    let Variant::Object(found) = decode(&sorted, &crossed).unwrap() else { panic!() };
    let value = |i| Variant::decode(found.metadata(), found.field(i).unwrap().1).unwrap().0;
    assert_eq!((value(0), value(1)), (Variant::Boolean(true), Variant::Long(42)));
}

#[test]
fn objects_and_arrays_of_any_size_come_back() {
    for size in [0usize, 1, 255, 256, 70_000] {
        let names: Vec<String> = (0..size).map(|i| format!("n{i:06}")).collect();
        let metadata = metadata(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let value = |i: usize| encoded(&Variant::Long(i as i64));
        let mut parts: Vec<Part<'_>> =
            names.iter().enumerate().rev().map(|(i, name)| Part { name, id: i as u32, value: value(i) }).collect();
        let mut bytes = Vec::new();
        object(&mut parts, &mut bytes).unwrap();
        let Variant::Object(found) = decode(&metadata, &bytes).unwrap() else { panic!() };
        assert_eq!(found.len(), size);
        for i in (0..size).step_by(997) {
            assert_eq!(found.field(i).unwrap().0, names[i]);
            assert!(found.field(i).unwrap().1.starts_with(&value(i)));
        }
        let mut bytes = Vec::new();
        array(&(0..size).map(value).collect::<Vec<_>>(), &mut bytes).unwrap();
        let Variant::Array(found) = decode(NO_NAMES, &bytes).unwrap() else { panic!() };
        assert_eq!(found.len(), size);
        assert!((0..size).step_by(997).all(|i| found.element(i).unwrap().starts_with(&value(i))));
    }
}

#[test]
fn names_are_numbered_on() {
    let given = metadata(&["a", "b"]);
    let mut names = Names::default();
    names.load(&given).unwrap();
    assert_eq!((names.id("b").unwrap(), names.id("new").unwrap(), names.id("new").unwrap()), (1, 2, 2));
    let mut bytes = Vec::new();
    names.write(&mut bytes).unwrap();
    let all = Metadata::new(&bytes).unwrap();
    assert_eq!([0, 1, 2].map(|i| all.name(i).unwrap()), ["a", "b", "new"]);
    names.load(NO_NAMES).unwrap();
    assert_eq!(names.id("b").unwrap(), 0);
}

#[test]
fn nesting_has_a_bound() {
    let nested = |depth: usize| {
        (0..depth).fold(encoded(&Variant::Null), |inner, _| {
            let mut outer = Vec::new();
            array(&[inner], &mut outer).unwrap();
            outer
        })
    };
    decode(NO_NAMES, &nested(MAX_DEPTH)).unwrap();
    assert!(refusal(NO_NAMES, &nested(MAX_DEPTH + 1)).contains("nested"));
    assert!(refusal(NO_NAMES, &nested(10_000)).contains("nested"));
}

/// Each array has two elements, and both are the same bytes: 2^100 values in some hundred bytes.
#[test]
fn values_that_overlap_are_refused() {
    let bomb = (0..100).fold(encoded(&Variant::Null), |inner, _| {
        let end = u32::try_from(inner.len()).unwrap();
        let mut outer = vec![(3 << 2) | 3, 2];
        [0, 0, end].iter().for_each(|offset| outer.extend_from_slice(&offset.to_le_bytes()));
        outer.extend_from_slice(&inner);
        outer
    });
    assert!(refusal(NO_NAMES, &bomb).contains("overlap"));
}

#[test]
fn what_lies_about_its_size_is_refused() {
    let huge_array = [0b11_1111, 0xff, 0xff, 0xff, 0xff];
    let huge_object = [0b111_1110, 0xff, 0xff, 0xff, 0xff];
    for value in
        [&[][..], &huge_array, &huge_object, &[16 << 2, 0xff, 0xff, 0xff, 0xff], &[3, 1, 0, 9, 0], &[3, 1, 9, 1, 0]]
    {
        refusal(NO_NAMES, value);
    }
    for bad in [&[][..], &[2, 0, 0], &[1], &[0xc1, 0xff, 0xff, 0xff, 0xff]] {
        refusal(bad, &[0]);
    }
    let one = [2, 1, 0, 0, 1, 0];
    assert!(refusal(NO_NAMES, &one).contains("name"));
    assert!(refusal(&[1, 1, 0, 9, b'a'], &one).contains("name"));
    assert!(refusal(&[1, 1, 0, 1, 0xff], &one).contains("UTF-8"));
    assert!(refusal(&metadata(&["a"]), &[2, 2, 0, 0, 0, 1, 2, 0, 0]).contains("twice"));
    assert!(refusal(NO_NAMES, &[0x20, 39, 0, 0, 0, 0]).contains("scale"));
    assert!(refusal(NO_NAMES, &[0x05, 0xff]).contains("UTF-8"));
    let unknown = decode(NO_NAMES, &[21 << 2]).unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::UnsupportedFeature);
}

#[test]
fn no_byte_more_or_less_breaks_anything() {
    let metadata = metadata(&["a", "b"]);
    let inner = {
        let mut bytes = Vec::new();
        array(&[encoded(&Variant::String("x")), encoded(&Variant::Long(300))], &mut bytes).unwrap();
        bytes
    };
    let mut whole = Vec::new();
    let mut parts =
        [Part { name: "b", id: 1, value: inner }, Part { name: "a", id: 0, value: encoded(&Variant::Null) }];
    object(&mut parts, &mut whole).unwrap();
    decode(&metadata, &whole).unwrap();
    for place in 0..whole.len() {
        for byte in 0..=255 {
            let mut changed = whole.clone();
            changed[place] = byte;
            let _ = decode(&metadata, &changed);
        }
        assert!(decode(&metadata, &whole[..place]).is_err());
    }
}
