//! Small files of the log that were read or written once: opening a table reads its commits, and a scan of it reads them
//! again.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, TryLockError};

use bytes::Bytes;

use super::LOG_FOLDER;

/// Bytes of a file at most, and of all of them. The newest stay.
const FILE_BYTES: usize = 256 << 10;
const ALL_BYTES: usize = 1 << 20;

/// How often a lock is tried that others hold for some microseconds.
const TRIES: usize = 200;

/// Commits and checkpoints by key. A file of a version is only ever written once, so what is here is what is there, as long as
/// the table is the same: whoever finds another in its place begins with an empty memo.
#[derive(Default)]
pub(super) struct Memo(Mutex<Files>);

#[derive(Default, Clone)]
struct Files {
    by_key: BTreeMap<String, Bytes>,
    bytes: usize,
}

impl Memo {
    pub(super) fn get(&self, key: &str) -> Option<Bytes> {
        self.lock()?.by_key.get(key).cloned()
    }

    /// Keeps a file, if it is one of a version and small.
    pub(super) fn put(&self, key: &str, bytes: &Bytes) {
        if !is_of_a_version(key) || bytes.len() > FILE_BYTES {
            return;
        }
        // What came may be a part of some larger block, which would be kept by it.
        let kept = Bytes::copy_from_slice(bytes);
        let Some(mut files) = self.lock() else { return };
        files.bytes += kept.len();
        if let Some(before) = files.by_key.insert(key.to_owned(), kept) {
            files.bytes -= before.len();
        }
        while files.bytes > ALL_BYTES {
            let Some((_, oldest)) = files.by_key.pop_first() else { return };
            files.bytes -= oldest.len();
        }
    }

    pub(super) fn clear(&self) {
        if let Some(mut files) = self.lock() {
            *files = Files::default();
        }
    }

    /// One of its own with the same files.
    pub(super) fn copy(&self) -> Self {
        let files = self.lock().map(|files| files.clone());
        Self(Mutex::new(files.unwrap_or_default()))
    }

    pub(super) fn bytes(&self) -> usize {
        self.lock().map_or(0, |files| files.bytes + files.by_key.keys().map(String::len).sum::<usize>())
    }

    /// Never waits for long: a fork may have copied the lock while another thread held it.
    fn lock(&self) -> Option<MutexGuard<'_, Files>> {
        for _ in 0..TRIES {
            match self.0.try_lock() {
                Ok(files) => return Some(files),
                Err(TryLockError::Poisoned(e)) => return Some(e.into_inner()),
                Err(TryLockError::WouldBlock) => std::thread::yield_now(),
            }
        }
        None
    }
}

/// Whether it is a commit or a checkpoint, and not the hint, which is written again and again.
fn is_of_a_version(key: &str) -> bool {
    let name = key.strip_prefix(LOG_FOLDER).and_then(|name| name.strip_prefix('/'));
    name.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_digit()) && !name.contains('/'))
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memo({} bytes)", self.bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(version: u64) -> String {
        format!("{LOG_FOLDER}/{version:020}.json")
    }

    #[test]
    fn the_newest_small_files_of_versions_stay() {
        let memo = Memo::default();
        let bytes = Bytes::from(vec![7; 200 << 10]);
        for version in 0..20 {
            memo.put(&key(version), &bytes);
        }
        assert!(memo.bytes() <= ALL_BYTES + 1000);
        assert_eq!((memo.get(&key(14)), memo.get(&key(15))), (None, Some(bytes.clone())));
        memo.put(&key(19), &Bytes::from_static(b"x"));
        assert_eq!(memo.get(&key(19)).unwrap(), "x");
        for other in
            ["_delta_log/_last_checkpoint", "_delta_log/_sidecars/0.parquet", "00.parquet", "_delta_log/.tmp/0"]
        {
            memo.put(other, &bytes);
            assert_eq!(memo.get(other), None);
        }
        memo.put(&key(30), &Bytes::from(vec![0; FILE_BYTES + 1]));
        assert_eq!(memo.get(&key(30)), None);
        let copy = memo.copy();
        memo.clear();
        assert_eq!((memo.bytes(), copy.get(&key(19)).unwrap()), (0, Bytes::from_static(b"x")));
    }
}
