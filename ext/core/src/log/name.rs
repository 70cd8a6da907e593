//! Names of files in `_delta_log` (Delta protocol, "File Types"). Whatever fits no pattern is somebody else's file.

use super::LOG_FOLDER;

/// What a file of the log is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LogFile {
    /// `n.json`
    Commit(u64),
    /// `n.checkpoint.parquet`
    ClassicCheckpoint(u64),
    /// `n.checkpoint.p.t.parquet`
    CheckpointPart { version: u64, part: u32, total: u32 },
    /// `n.checkpoint.uuid.json` or `.parquet`
    UuidCheckpoint(u64),
    /// `n.crc`
    Checksum(u64),
    /// `from.to.compacted.json`
    Compacted { from: u64 },
}

impl LogFile {
    /// Reads a key such as `_delta_log/00000000000000000010.json`.
    pub(super) fn parse(key: &str) -> Option<Self> {
        let name = key.strip_prefix(LOG_FOLDER)?.strip_prefix('/')?;
        let (digits, rest) = name.split_once('.')?;
        let version = number(digits, 20)?;
        match rest.split('.').collect::<Vec<_>>()[..] {
            ["json"] => Some(Self::Commit(version)),
            ["checkpoint", "parquet"] => Some(Self::ClassicCheckpoint(version)),
            ["checkpoint", part, total, "parquet"] => {
                let (part, total) = (number(part, 10)? as u32, number(total, 10)? as u32);
                (1 <= part && part <= total).then_some(Self::CheckpointPart { version, part, total })
            }
            ["checkpoint", id, "json" | "parquet"] if id.len() == 36 => Some(Self::UuidCheckpoint(version)),
            ["crc"] => Some(Self::Checksum(version)),
            [to, "compacted", "json"] => (number(to, 20)? > version).then_some(Self::Compacted { from: version }),
            _ => None,
        }
    }

    /// The version that it is of; the first one of several.
    pub(super) fn version(&self) -> u64 {
        match self {
            Self::Commit(version)
            | Self::ClassicCheckpoint(version)
            | Self::CheckpointPart { version, .. }
            | Self::UuidCheckpoint(version)
            | Self::Checksum(version)
            | Self::Compacted { from: version } => *version,
        }
    }

    pub(super) fn is_checkpoint(&self) -> bool {
        matches!(self, Self::ClassicCheckpoint(_) | Self::CheckpointPart { .. } | Self::UuidCheckpoint(_))
    }
}

/// A number of exactly `digits` digits that a signed 64-bit integer can hold.
fn number(text: &str, digits: usize) -> Option<u64> {
    let plain = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    if !plain {
        return None;
    }
    text.parse().ok().filter(|n| *n <= i64::MAX as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_each_kind() {
        let parse = |name: &str| LogFile::parse(&format!("_delta_log/{name}"));
        assert_eq!(parse("00000000000000000010.json"), Some(LogFile::Commit(10)));
        assert_eq!(parse("00000000000000000010.checkpoint.parquet"), Some(LogFile::ClassicCheckpoint(10)));
        assert_eq!(
            parse("00000000000000000010.checkpoint.0000000001.0000000002.parquet"),
            Some(LogFile::CheckpointPart { version: 10, part: 1, total: 2 })
        );
        assert_eq!(
            parse("00000000000000000010.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json"),
            Some(LogFile::UuidCheckpoint(10))
        );
        assert_eq!(parse("00000000000000000010.crc"), Some(LogFile::Checksum(10)));
        assert_eq!(
            parse("00000000000000000000.00000000000000000004.compacted.json"),
            Some(LogFile::Compacted { from: 0 })
        );
    }

    #[test]
    fn other_files_are_not_ours() {
        for name in [
            "0000000000000000010.json",
            "99999999999999999999.json",
            ".00000000000000000010.json.crc",
            "00000000000000000004.00000000000000000004.compacted.json",
            "00000000000000000010.checkpoint.0000000003.0000000002.parquet",
            "_last_checkpoint",
            "_commit_1.json.tmp",
            "00000000000000000010.json.bak",
            "0000000000000000001a.json",
        ] {
            assert_eq!(LogFile::parse(&format!("_delta_log/{name}")), None, "{name}");
        }
    }
}
