//! Table properties with types (Delta protocol, "Table Properties").

mod indexed;

use std::collections::BTreeMap;

use parquet::basic::{Compression, ZstdLevel};

use crate::error::{Error, ErrorKind, Result};
use crate::schema::ColumnPath;

pub use indexed::IndexedColumns;

/// Bytes of a data file that writers aim at.
const TARGET_FILE_SIZE: u64 = 128 << 20;

/// Bytes of a row group, by Hadoop's name: Spark hands a table's properties on to its Parquet writer.
const ROW_GROUP_BYTES: &str = "parquet.block.size";

/// Commits from one checkpoint to the next.
const CHECKPOINT_INTERVAL: u64 = 10;

const DAY_MS: i64 = 86_400_000;

/// Characters of random folder names, and the most that are made.
const RANDOM_PREFIX: usize = 2;
const LONGEST_RANDOM_PREFIX: usize = 32;

/// The properties that this library acts on; all others are kept in the metadata as they are.
#[derive(Debug, Clone, PartialEq)]
pub struct TableProperties {
    /// Leaf columns that get statistics, in schema order; -1 for all.
    pub num_indexed_cols: i64,
    /// Columns that get statistics, instead of the first ones.
    pub stats_columns: Option<Vec<ColumnPath>>,
    /// Characters kept of a string in statistics.
    pub string_prefix_length: usize,
    /// Codec of new data files.
    pub compression: Compression,
    /// Bytes of a data file that writers aim at.
    pub target_file_size: u64,
    /// Bytes of a row group of new data files, where the table says so.
    pub row_group_bytes: Option<u64>,
    /// Whether files lie in folders of random names instead of those of their partitions.
    pub random_prefixes: bool,
    /// Characters of such a name.
    pub random_prefix_length: usize,
    /// Whether rows may only be added.
    pub append_only: bool,
    /// Whether rows have ids.
    pub row_tracking: bool,
    /// Whether commit times stand in the commits.
    pub in_commit_timestamps: bool,
    /// First version with a commit time of its own; absent where every version has one.
    pub in_commit_timestamp_from: Option<u64>,
    /// Whether commits count as one after the other in some order, and not just in that of their versions.
    pub write_serializable: bool,
    /// How long transaction identifiers count, in milliseconds; absent where they always do.
    pub txn_retention_ms: Option<i64>,
    /// Commits from one checkpoint to the next.
    pub checkpoint_interval: u64,
    /// Whether checkpoints are to have V2 content, where the protocol has it.
    pub v2_checkpoints: bool,
    /// Whether checkpoints have statistics as JSON text.
    pub checkpoint_stats_json: bool,
    /// Whether checkpoints have statistics and partition values as structs.
    pub checkpoint_stats_struct: bool,
    /// How long removed files are kept, in milliseconds; `None` where it cannot be read, so that nothing may be taken
    /// for expired.
    pub deleted_file_retention_ms: Option<i64>,
    /// How long the log is kept, in the same way.
    pub log_retention_ms: Option<i64>,
    /// Whether the expired log may be deleted.
    pub log_cleanup: bool,
}

impl TableProperties {
    /// Reads them from a table's configuration; a value that cannot be read is an error that names the property.
    pub fn new(configuration: &BTreeMap<String, Option<String>>) -> Result<Self> {
        let read = Reader(configuration);
        Ok(Self {
            num_indexed_cols: read.parsed("delta.dataSkippingNumIndexedCols")?.unwrap_or(32),
            stats_columns: read.text("delta.dataSkippingStatsColumns").map(column_list),
            string_prefix_length: read.parsed("delta.dataSkippingStringPrefixLength")?.unwrap_or(32),
            compression: read.compression()?,
            target_file_size: read.bytes("delta.targetFileSize")?.unwrap_or(TARGET_FILE_SIZE).max(1),
            // Set by whoever writes, and of no concern to who reads: what makes no sense is done without.
            row_group_bytes: read.text(ROW_GROUP_BYTES).and_then(|value| row_group_bytes(value).ok()),
            random_prefixes: read.flag("delta.randomizeFilePrefixes"),
            random_prefix_length: read
                .parsed::<usize>("delta.randomPrefixLength")?
                .map_or(RANDOM_PREFIX, |length| length.clamp(1, LONGEST_RANDOM_PREFIX)),
            append_only: read.flag("delta.appendOnly"),
            row_tracking: read.flag("delta.enableRowTracking"),
            in_commit_timestamps: read.flag("delta.enableInCommitTimestamps"),
            in_commit_timestamp_from: read.parsed("delta.inCommitTimestampEnablementVersion")?,
            write_serializable: read
                .text("delta.isolationLevel")
                .is_some_and(|level| level.eq_ignore_ascii_case("WriteSerializable")),
            // An interval that makes no sense forgets nothing: an append that was made must not be made again.
            txn_retention_ms: read.text("delta.setTransactionRetentionDuration").and_then(interval_ms),
            // What only upkeep goes by is no reason to refuse a table.
            checkpoint_interval: read
                .parsed("delta.checkpointInterval")
                .unwrap_or_default()
                .filter(|interval| *interval > 0)
                .unwrap_or(CHECKPOINT_INTERVAL),
            v2_checkpoints: read.text("delta.checkpointPolicy").is_some_and(|v| v.eq_ignore_ascii_case("v2")),
            checkpoint_stats_json: !read.is("delta.checkpoint.writeStatsAsJson", "false"),
            checkpoint_stats_struct: read.flag("delta.checkpoint.writeStatsAsStruct"),
            deleted_file_retention_ms: read.retention("delta.deletedFileRetentionDuration", 7 * DAY_MS),
            log_retention_ms: read.retention("delta.logRetentionDuration", 30 * DAY_MS),
            log_cleanup: !read.is("delta.enableExpiredLogCleanup", "false"),
        })
    }
}

struct Reader<'a>(&'a BTreeMap<String, Option<String>>);

impl<'a> Reader<'a> {
    fn text(&self, key: &str) -> Option<&'a str> {
        self.0.get(key).and_then(|v| v.as_deref()).map(str::trim).filter(|v| !v.is_empty())
    }

    fn flag(&self, key: &str) -> bool {
        self.is(key, "true")
    }

    fn is(&self, key: &str, value: &str) -> bool {
        self.text(key).is_some_and(|v| v.eq_ignore_ascii_case(value))
    }

    fn retention(&self, key: &str, default: i64) -> Option<i64> {
        match self.text(key) {
            None => Some(default),
            Some(text) => interval_ms(text).filter(|ms| *ms >= 0),
        }
    }

    fn parsed<T: std::str::FromStr>(&self, key: &str) -> Result<Option<T>> {
        self.text(key).map(|v| v.parse().map_err(|_| wrong(key, v))).transpose()
    }

    /// A count of bytes, with an optional unit as Spark takes it (`100mb`).
    fn bytes(&self, key: &str) -> Result<Option<u64>> {
        let Some(text) = self.text(key) else { return Ok(None) };
        let lower = text.to_ascii_lowercase();
        let digits = lower.trim_end_matches(|c: char| !c.is_ascii_digit());
        let shift = match lower[digits.len()..].trim() {
            "" | "b" => 0,
            "k" | "kb" => 10,
            "m" | "mb" => 20,
            "g" | "gb" => 30,
            _ => return Err(wrong(key, text)),
        };
        let number: u64 = digits.parse().map_err(|_| wrong(key, text))?;
        number.checked_mul(1 << shift).map(Some).ok_or_else(|| wrong(key, text))
    }

    fn compression(&self) -> Result<Compression> {
        let key = "delta.parquet.compression.codec";
        Ok(match self.text(key).map(str::to_ascii_lowercase).as_deref() {
            // Brotli is only read; readers take files of every codec, whatever the property says.
            None | Some("zstd" | "brotli") => Compression::ZSTD(ZstdLevel::default()),
            Some("snappy") => Compression::SNAPPY,
            Some("none" | "uncompressed") => Compression::UNCOMPRESSED,
            Some("gzip") => Compression::GZIP(Default::default()),
            Some("lz4" | "lz4_raw" | "lz4raw") => Compression::LZ4_RAW,
            Some(other) => return Err(wrong(key, other)),
        })
    }
}

/// Refuses a value that no writer could go by, where nothing else would.
pub fn check_value(key: &str, value: &str) -> Result<()> {
    if key == ROW_GROUP_BYTES { row_group_bytes(value).map(drop) } else { Ok(()) }
}

fn row_group_bytes(value: &str) -> Result<u64> {
    let bytes = value.trim().parse::<i64>().ok().filter(|bytes| *bytes > 0);
    bytes.and_then(|bytes| u64::try_from(bytes).ok()).ok_or_else(|| wrong(ROW_GROUP_BYTES, value))
}

fn wrong(key: &str, value: &str) -> Error {
    Error::new(ErrorKind::Configuration, format!("table property {key} has a value that cannot be used: {value:?}"))
}

/// An interval as Spark reads it: pairs of a number and a unit, with or without the word `interval` before them. No
/// months and no years, which have no fixed length.
fn interval_ms(text: &str) -> Option<i64> {
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> = lower.split_ascii_whitespace().collect();
    let pairs = words.strip_prefix(&["interval"]).unwrap_or(&words);
    if pairs.is_empty() || !pairs.len().is_multiple_of(2) {
        return None;
    }
    pairs.chunks(2).try_fold(0i64, |sum, pair| {
        let number: i64 = pair[0].parse().ok()?;
        let part = match pair[1].trim_end_matches('s') {
            "week" => number.checked_mul(7 * 86_400_000)?,
            "day" => number.checked_mul(86_400_000)?,
            "hour" => number.checked_mul(3_600_000)?,
            "minute" => number.checked_mul(60_000)?,
            "second" => number.checked_mul(1_000)?,
            "millisecond" => number,
            "microsecond" => number / 1_000,
            _ => return None,
        };
        sum.checked_add(part)
    })
}

/// Reads comma-separated paths with optional back-ticks around names.
pub fn column_list(text: &str) -> Vec<ColumnPath> {
    let mut paths = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut name = String::new();
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '`' => quoted = !quoted,
            '.' if !quoted => names.push(std::mem::take(&mut name).trim().to_owned()),
            ',' if !quoted => {
                names.push(std::mem::take(&mut name).trim().to_owned());
                paths.push(ColumnPath::new(std::mem::take(&mut names)));
            }
            c => name.push(c),
        }
    }
    names.push(name.trim().to_owned());
    paths.push(ColumnPath::new(names));
    paths.retain(|p| p.names().iter().all(|n| !n.is_empty()));
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(pairs: &[(&str, &str)]) -> Result<TableProperties> {
        TableProperties::new(&pairs.iter().map(|(k, v)| ((*k).to_owned(), Some((*v).to_owned()))).collect())
    }

    #[test]
    fn defaults() {
        let p = properties(&[]).unwrap();
        assert_eq!((p.num_indexed_cols, p.string_prefix_length, p.target_file_size), (32, 32, 128 << 20));
        assert!(matches!(p.compression, Compression::ZSTD(_)));
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(properties(&[("delta.targetFileSize", "100mb")]).unwrap().target_file_size, 100 << 20);
        assert!(properties(&[("delta.targetFileSize", "many")]).is_err());
    }

    #[test]
    fn row_groups_are_of_a_number_of_bytes() {
        assert_eq!(properties(&[("parquet.block.size", " 1048576 ")]).unwrap().row_group_bytes, Some(1 << 20));
        for value in ["0", "-1", "1mb", "9223372036854775808", "many"] {
            assert_eq!(properties(&[("parquet.block.size", value)]).unwrap().row_group_bytes, None);
            let error = check_value("parquet.block.size", value).unwrap_err();
            assert!(error.message().contains("parquet.block.size") && error.message().contains(value));
        }
        check_value("mine", "many").unwrap();
    }

    #[test]
    fn column_lists_have_quotes() {
        let p = properties(&[("delta.dataSkippingStatsColumns", "a, b.c, `x.y,z`")]).unwrap();
        let shown: Vec<Vec<String>> = p.stats_columns.unwrap().iter().map(|c| c.names().to_vec()).collect();
        assert_eq!(shown, [vec!["a"], vec!["b", "c"], vec!["x.y,z"]]);
    }

    #[test]
    fn intervals_as_spark_reads_them() {
        for (text, ms) in [
            ("interval 30 days", Some(30 * 86_400_000)),
            ("INTERVAL 1 week", Some(7 * 86_400_000)),
            ("2 hours 30 minutes", Some(9_000_000)),
            ("1 second 5 milliseconds", Some(1_005)),
            ("1 month", None),
            ("interval", None),
            ("1", None),
            ("9223372036854775807 weeks", None),
        ] {
            assert_eq!(interval_ms(text), ms, "{text}");
        }
    }

    #[test]
    fn an_unreadable_value_names_its_property() {
        let error = properties(&[("delta.dataSkippingNumIndexedCols", "x")]).unwrap_err();
        assert!(error.message().contains("delta.dataSkippingNumIndexedCols"));
    }
}
