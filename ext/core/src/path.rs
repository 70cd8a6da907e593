//! Paths of data files: the URI form that the log holds, the directory names that show partition values, and the check
//! that a path from the log stays inside its table (Delta protocol, "Add File and Remove File").

mod root;

use std::borrow::Cow;
use std::fmt::Write;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use url::Url;

use crate::error::{Error, Result};

pub use root::Root;

/// Directory spelling of a null partition value.
pub const HIVE_DEFAULT_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// ASCII characters that are escaped in a URI path. The colon is among them so that no first segment reads as a scheme.
const URI_ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b':')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Characters besides the controls that Hive escapes in directory names.
const HIVE_ESCAPED: &[u8] = b"\"#%'*/:=?\\\x7F{[]^";

/// Longest file name that common file systems take, in bytes.
const MAX_SEGMENT: usize = 255;

/// Schemes that Delta writers put before absolute paths.
const SCHEMES: &[&str] = &[
    "file", "s3", "s3a", "s3n", "abfs", "abfss", "adl", "az", "azure", "wasb", "wasbs", "gs", "gcs", "hdfs", "dbfs",
    "http", "https",
];

/// Where a data file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataPath {
    /// Key relative to the table's root, decoded.
    Relative(String),
    /// Address of its own, as shallow clones have.
    Absolute(Url),
}

/// The URI form of a key, as the log holds it.
pub fn encode_uri_path(key: &str) -> String {
    utf8_percent_encode(key, URI_ESCAPED).to_string()
}

/// The key that a URI path stands for. Decodes once; a plus is a plus.
pub fn decode_uri_path(path: &str) -> Result<String> {
    percent_decode_str(path).decode_utf8().map(Cow::into_owned).map_err(|e| {
        Error::corrupt(format!("the path {path:?} in the log is not percent-encoded UTF-8")).with_source(e)
    })
}

/// Reads the `path` of an `add` or `remove`. A path that would leave the table, or reach into its log, is an error.
pub fn parse_data_path(path: &str) -> Result<DataPath> {
    if let Some((scheme, rest)) = split_scheme(path) {
        let known = SCHEMES.iter().any(|s| scheme.eq_ignore_ascii_case(s));
        if known && rest.starts_with('/') {
            return absolute(path, path);
        }
        if known || rest.starts_with("//") {
            return Err(refused(path, "is not an address of a known kind"));
        }
    }
    if path.starts_with("//") {
        return Err(refused(path, "starts with two slashes"));
    }
    if path.starts_with('/') {
        return absolute(path, &format!("file://{path}"));
    }
    let key = decode_uri_path(path)?;
    check_key(path, &key)?;
    Ok(DataPath::Relative(key))
}

/// Scheme and rest of `path`. One letter is no scheme: it is a name before a colon, or a drive.
fn split_scheme(path: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = path.split_once(':')?;
    let mut letters = scheme.bytes();
    let is_scheme = scheme.len() >= 2
        && letters.next().is_some_and(|b| b.is_ascii_alphabetic())
        && letters.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    is_scheme.then_some((scheme, rest))
}

fn absolute(path: &str, url: &str) -> Result<DataPath> {
    let decoded = decode_uri_path(path)?;
    if decoded.contains('\0') {
        return Err(refused(path, "holds a NUL"));
    }
    if decoded.split('/').any(|segment| segment == "..") {
        return Err(refused(path, "climbs with \"..\""));
    }
    Url::parse(url).map(DataPath::Absolute).map_err(|e| refused(path, "is no address").with_source(e))
}

fn check_key(path: &str, key: &str) -> Result<()> {
    if key.is_empty() {
        return Err(refused(path, "is empty"));
    }
    if key.contains('\0') {
        return Err(refused(path, "holds a NUL"));
    }
    for segment in key.split('/') {
        match segment {
            ".." => return Err(refused(path, "climbs with \"..\"")),
            "." | "" => return Err(refused(path, "has an empty segment")),
            _ => {}
        }
    }
    if key.split('/').next() == Some("_delta_log") {
        return Err(refused(path, "points into the log"));
    }
    Ok(())
}

fn refused(path: &str, why: &str) -> Error {
    Error::corrupt(format!("the log names a data file by the path {path:?}, which {why}"))
}

/// `column=value/…`, escaped as Hive does. A name too long for a file system is cut: directories carry no meaning.
pub fn partition_directory(columns: &[(&str, Option<&str>)]) -> String {
    let mut directory = String::new();
    for (column, value) in columns {
        if !directory.is_empty() {
            directory.push('/');
        }
        let mut segment = String::new();
        escape_hive(column, &mut segment);
        segment.push('=');
        match value {
            Some(text) if !text.is_empty() => escape_hive(text, &mut segment),
            _ => segment.push_str(HIVE_DEFAULT_PARTITION),
        }
        let end = (0..=MAX_SEGMENT.min(segment.len())).rev().find(|&i| segment.is_char_boundary(i)).unwrap_or(0);
        directory.push_str(&segment[..end]);
    }
    directory
}

fn escape_hive(text: &str, out: &mut String) {
    for c in text.chars() {
        match u8::try_from(c) {
            Ok(b) if b < 0x20 || HIVE_ESCAPED.contains(&b) => {
                let _ = write!(out, "%{b:02X}");
            }
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn relative(path: &str) -> String {
        match parse_data_path(path).unwrap() {
            DataPath::Relative(key) => key,
            DataPath::Absolute(url) => panic!("{path} parsed as the absolute {url}"),
        }
    }

    fn address(path: &str) -> String {
        match parse_data_path(path).unwrap() {
            DataPath::Relative(key) => panic!("{path} parsed as the key {key}"),
            DataPath::Absolute(url) => url.to_string(),
        }
    }

    #[test]
    fn every_character_survives_the_log() {
        let ascii: String = (1u8..0x80).map(char::from).filter(|c| *c != '/').collect();
        for key in [ascii.as_str(), "a=%3A/b c+d.parquet", "über/日本/🦀", "a:b/x", "100%", "%25"] {
            assert_eq!(decode_uri_path(&encode_uri_path(key)).unwrap(), key);
            assert_eq!(relative(&encode_uri_path(key)), key);
        }
    }

    #[test]
    fn a_path_is_decoded_once() {
        assert_eq!(relative("ts=2024-01-01%2010%253A00/a+b.parquet"), "ts=2024-01-01 10%3A00/a+b.parquet");
        assert_eq!(encode_uri_path("t=10%3A00/a b"), "t=10%253A00/a%20b");
    }

    #[test]
    fn a_colon_alone_makes_no_scheme() {
        assert_eq!(relative("a:b/x"), "a:b/x");
        assert_eq!(relative("part:1/x"), "part:1/x");
        assert_eq!(relative("x/s3:y"), "x/s3:y");
    }

    #[test]
    fn absolute_paths_of_all_spellings() {
        assert_eq!(address("file:/a/b"), "file:///a/b");
        assert_eq!(address("file:///a/b%20c"), "file:///a/b%20c");
        assert_eq!(address("/etc/passwd"), "file:///etc/passwd");
        assert_eq!(address("s3a://bucket/t/x.parquet"), "s3a://bucket/t/x.parquet");
        assert_eq!(address("ABFSS://c@a.dfs.core.windows.net/x"), "abfss://c@a.dfs.core.windows.net/x");
    }

    #[test]
    fn a_path_that_leaves_the_table_is_refused() {
        for path in [
            "../x",
            "a/../../x",
            "a/..",
            "%2e%2e/x",
            "a/%2E%2e%2fx",
            "..%2Fx",
            "./x",
            "a//b",
            "a/",
            "",
            "//host/x",
            "a%00b",
            "file:x",
            "file:///a/../../etc/passwd",
            "s3://bucket/%2e%2e/x",
            "gopher://host/x",
            "_delta_log/00000000000000000000.json",
            "_delta%5Flog/x",
            "%ff%fe",
        ] {
            let error = parse_data_path(path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::CorruptTable, "{path}");
            assert!(error.message().contains(&format!("{path:?}")), "{error}");
        }
    }

    #[test]
    fn dots_inside_names_are_names() {
        assert_eq!(relative("..a/b../c...d"), "..a/b../c...d");
    }

    #[test]
    fn hive_escapes() {
        let escaped = |value: &str| partition_directory(&[("p", Some(value))]);
        assert_eq!(escaped("a/b:c=d%e"), "p=a%2Fb%3Ac%3Dd%25e");
        assert_eq!(escaped("\"#'*?\\{[]^\u{7f}\n\u{1}"), "p=%22%23%27%2A%3F%5C%7B%5B%5D%5E%7F%0A%01");
        assert_eq!(escaped("a b<>|}é~"), "p=a b<>|}é~");
        assert_eq!(escaped(".."), "p=..");
    }

    #[test]
    fn null_and_empty_share_a_directory() {
        let directory = partition_directory(&[("a=b", None), ("c", Some(""))]);
        assert_eq!(directory, "a%3Db=__HIVE_DEFAULT_PARTITION__/c=__HIVE_DEFAULT_PARTITION__");
        assert_eq!(partition_directory(&[]), "");
    }

    #[test]
    fn a_long_value_still_gives_a_name_that_file_systems_take() {
        let directory = partition_directory(&[("p", Some(&"é".repeat(1000))), ("q", Some("1"))]);
        let lengths: Vec<usize> = directory.split('/').map(str::len).collect();
        assert_eq!(lengths, [254, 3]);
    }
}
