//! Log cleanup on a local disk, whose files can be made older.

use std::fs::File;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::*;
use crate::error::ErrorKind;
use crate::log::Cleaned;
use crate::storage::StorageOptions;

struct Aged {
    folder: TempDir,
    storage: Storage,
}

impl Aged {
    /// A table with a commit a day, the newest of today, and checkpoints of those versions.
    async fn new(properties: &Value, protocol: &Value, commits: u64, checkpoints: &[u64]) -> Self {
        let folder = TempDir::new().unwrap();
        let storage = Storage::new(folder.path().to_str().unwrap(), StorageOptions::default()).unwrap();
        storage.put(&commit_key(0), table(properties, protocol).into()).await.unwrap();
        let this = Self { folder, storage };
        for version in 1..commits {
            commit(&this.storage, version, &[add(&format!("f{version}"))]).await;
        }
        for version in checkpoints {
            let snapshot = Snapshot::open(&this.storage, Some(*version)).await.unwrap();
            checkpoint(&snapshot, &Clock::system()).await.unwrap().unwrap();
        }
        for name in this.names() {
            if let Some(version) = name.get(..20).and_then(|digits| digits.parse::<u64>().ok()) {
                this.age(&name, commits - 1 - version);
            }
        }
        this
    }

    fn age(&self, name: &str, days: u64) {
        let path = self.folder.path().join("_delta_log").join(name);
        let time = SystemTime::now() - Duration::from_secs(days * 86_400);
        File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    }

    fn put(&self, name: &str) {
        std::fs::write(self.folder.path().join("_delta_log").join(name), "").unwrap();
    }

    fn names_in(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path().join(folder)).unwrap();
        let mut names: Vec<_> = entries.map(|e| e.unwrap()).filter(|e| e.file_type().unwrap().is_file()).collect();
        names.sort_by_key(std::fs::DirEntry::file_name);
        names.iter().map(|e| e.file_name().into_string().unwrap()).collect()
    }

    fn names(&self) -> Vec<String> {
        self.names_in("_delta_log")
    }

    /// Versions of the files with that end.
    fn versions(&self, end: &str) -> Vec<u64> {
        self.names().iter().filter_map(|name| name.strip_suffix(end)?.parse().ok()).collect()
    }

    async fn clean(&self) -> crate::error::Result<Cleaned> {
        self.clean_some(1_000).await
    }

    async fn clean_some(&self, limit: usize) -> crate::error::Result<Cleaned> {
        let newest = Snapshot::open(&self.storage, None).await.unwrap();
        let before = files(&newest).await;
        let cleaned = clean(&newest, &Clock::system(), limit).await;
        let after = Snapshot::open(&self.storage, None).await.unwrap();
        same_table(&newest, &after);
        assert_eq!(files(&after).await, before);
        cleaned
    }
}

fn retention(days: u64) -> Value {
    json!({"delta.logRetentionDuration": format!("interval {days} days")})
}

#[tokio::test]
async fn what_the_retention_covers_is_kept_with_the_checkpoint_that_it_needs() {
    let log = Aged::new(&retention(10), &classic(), 30, &[5, 12, 15, 25]).await;
    for name in ["00000000000000000003.00000000000000000004.compacted.json", "00000000000000000002.json.bak", "notes"] {
        log.put(name);
    }
    // Ten days ago it was version 19, and at midnight before that version 18 was the newest: 15 is needed.
    let cleaned = log.clean().await.unwrap();
    assert!(!cleaned.more);
    assert_eq!(log.versions(".json"), (15..30).collect::<Vec<_>>());
    assert_eq!(log.versions(".checkpoint.parquet"), [15, 25]);
    assert_eq!(log.versions(".crc"), [15, 25]);
    assert_eq!(cleaned.files, 15 + 2 + 2 + 1);
    let names = log.names();
    assert!(names.contains(&"notes".to_owned()) && names.contains(&"00000000000000000002.json.bak".to_owned()));
    for version in 15..30 {
        Snapshot::open(&log.storage, Some(version)).await.unwrap();
    }
    let gone = Snapshot::open(&log.storage, Some(14)).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::TableNotFound);
    assert_eq!(log.clean().await.unwrap(), Cleaned::default());
}

#[tokio::test]
async fn without_a_checkpoint_before_the_cutoff_everything_stays() {
    let log = Aged::new(&retention(10), &classic(), 30, &[25]).await;
    assert_eq!(log.clean().await.unwrap(), Cleaned::default());
    assert_eq!(log.versions(".json").len(), 30);
}

#[tokio::test]
async fn an_incomplete_checkpoint_is_nothing_to_begin_with() {
    let log = Aged::new(&retention(10), &classic(), 30, &[5]).await;
    let whole = std::fs::read(log.folder.path().join("_delta_log/00000000000000000005.checkpoint.parquet")).unwrap();
    for part in [1, 3] {
        let name = format!("_delta_log/00000000000000000012.checkpoint.{part:010}.0000000003.parquet");
        std::fs::write(log.folder.path().join(name), &whole).unwrap();
    }
    log.put("00000000000000000015.checkpoint.parquet");
    log.clean().await.unwrap();
    assert_eq!(log.versions(".json"), (5..30).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_damaged_checkpoint_stops_it() {
    let log = Aged::new(&retention(10), &classic(), 30, &[5, 15]).await;
    let path = log.folder.path().join("_delta_log/00000000000000000015.checkpoint.parquet");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() - 20]).unwrap();
    log.age("00000000000000000015.checkpoint.parquet", 14);
    assert_eq!(log.clean().await.unwrap_err().kind(), ErrorKind::CorruptTable);
    assert_eq!(log.versions(".json").len(), 30);
}

#[tokio::test]
async fn a_gap_stops_it() {
    let log = Aged::new(&retention(10), &classic(), 30, &[15]).await;
    let newest = Snapshot::open(&log.storage, None).await.unwrap();
    log.storage.delete(&commit_key(20)).await.unwrap();
    let error = clean(&newest, &Clock::system(), 100).await.unwrap_err();
    assert!(error.message().contains("version 20 is missing"), "{error}");
    assert_eq!(log.versions(".json").len(), 29);
}

#[tokio::test]
async fn a_clock_that_went_back_makes_no_commit_older_than_the_one_before() {
    let log = Aged::new(&retention(10), &classic(), 30, &[5, 15]).await;
    // Version 10 was written by a machine whose clock is right, the ones after it by one that is a month behind.
    log.age("00000000000000000010.json", 3);
    for version in 11..30 {
        log.age(&format!("{version:020}.json"), 40);
    }
    log.clean().await.unwrap();
    assert_eq!(log.versions(".json"), (5..30).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_younger_than_an_hour_stays_whatever_the_table_says() {
    let log = Aged::new(&retention(0), &classic(), 3, &[2]).await;
    for version in 0..3 {
        log.age(&format!("{version:020}.json"), 0);
    }
    assert_eq!(log.clean().await.unwrap(), Cleaned::default());
    let tomorrow = Clock::from_fn(|| Clock::system().now_ms() + 86_400_000);
    let newest = Snapshot::open(&log.storage, None).await.unwrap();
    clean(&newest, &tomorrow, 100).await.unwrap();
    assert_eq!(log.versions(".json"), [2]);
}

#[tokio::test]
async fn a_table_may_forbid_it() {
    let protected = json!({"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": ["checkpointProtection"]});
    let off = json!({"delta.logRetentionDuration": "interval 1 day", "delta.enableExpiredLogCleanup": "false"});
    for (properties, protocol) in [(off, classic()), (retention(1), protected)] {
        let log = Aged::new(&properties, &protocol, 10, &[5]).await;
        assert_eq!(log.clean().await.unwrap(), Cleaned::default());
        assert_eq!(log.versions(".json").len(), 10);
    }
    for text in ["for ever", "interval 1 month", "interval -5 days", "1"] {
        let log = Aged::new(&json!({ "delta.logRetentionDuration": text }), &classic(), 40, &[5]).await;
        let error = log.clean().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.message().contains("delta.logRetentionDuration"), "{error}");
        assert_eq!(log.versions(".json").len(), 40);
    }
}

#[tokio::test]
async fn so_many_files_at_once_and_the_oldest_first() {
    let log = Aged::new(&retention(10), &classic(), 30, &[5, 15]).await;
    let cleaned = log.clean_some(4).await.unwrap();
    assert_eq!((cleaned.files, cleaned.more), (4, true));
    assert_eq!(log.versions(".json"), (4..30).collect::<Vec<_>>());
    let cleaned = log.clean_some(100).await.unwrap();
    assert_eq!((cleaned.files, cleaned.more), (11 + 2, false));
    assert_eq!(log.versions(".json"), (15..30).collect::<Vec<_>>());
}

fn v2_properties() -> Value {
    json!({"delta.logRetentionDuration": "interval 10 days", "delta.checkpointPolicy": "v2"})
}

/// A table with so many files that its checkpoints have sidecars.
async fn with_sidecars() -> Aged {
    let log = Aged::new(&v2_properties(), &v2(), 30, &[]).await;
    let many: Vec<Value> = (0..100).map(|n| add(&format!("many{n}"))).collect();
    commit(&log.storage, 1, &many).await;
    for version in [5, 15, 25] {
        let snapshot = Snapshot::open(&log.storage, Some(version)).await.unwrap();
        checkpoint(&snapshot, &Clock::system()).await.unwrap().unwrap();
    }
    for name in log.names() {
        if let Some(version) = name.get(..20).and_then(|digits| digits.parse::<u64>().ok()) {
            log.age(&name, 29 - version);
        }
    }
    for name in log.names_in("_delta_log/_sidecars") {
        log.age(&format!("_sidecars/{name}"), 2);
    }
    log
}

#[tokio::test]
async fn sidecars_go_with_the_last_checkpoint_that_names_them() {
    let log = with_sidecars().await;
    std::fs::write(log.folder.path().join("_delta_log/_sidecars/young.parquet"), "").unwrap();
    std::fs::write(log.folder.path().join("_delta_log/_sidecars/notes.txt"), "").unwrap();
    std::fs::write(log.folder.path().join("_delta_log/_sidecars/old.parquet"), "").unwrap();
    log.age("_sidecars/old.parquet", 2);
    log.age("_sidecars/notes.txt", 2);
    assert_eq!(log.names_in("_delta_log/_sidecars").len(), 6);
    log.clean().await.unwrap();
    let left = log.names_in("_delta_log/_sidecars");
    assert_eq!(left.len(), 4, "{left:?}");
    assert!(left.contains(&"young.parquet".to_owned()) && left.contains(&"notes.txt".to_owned()));
    for version in [15, 25] {
        assert_eq!(
            files(&Snapshot::open(&log.storage, Some(version)).await.unwrap()).await.len(),
            100 + version as usize - 1
        );
    }
}

#[tokio::test]
async fn sidecars_stay_where_a_checkpoint_cannot_be_read() {
    let log = with_sidecars().await;
    let newest = log.names().into_iter().rfind(|name| name.contains(".checkpoint.")).unwrap();
    std::fs::write(log.folder.path().join("_delta_log").join(&newest), "damaged").unwrap();
    let snapshot = Snapshot::open(&log.storage, None).await.unwrap();
    clean(&snapshot, &Clock::system(), 100).await.unwrap();
    assert_eq!(log.versions(".json"), (15..30).collect::<Vec<_>>());
    assert_eq!(log.names_in("_delta_log/_sidecars").len(), 3);
}

#[tokio::test]
async fn a_missing_sidecar_stops_it() {
    let log = with_sidecars().await;
    for name in log.names_in("_delta_log/_sidecars") {
        std::fs::remove_file(log.folder.path().join("_delta_log/_sidecars").join(name)).unwrap();
    }
    let newest = Snapshot::open(&log.storage, None).await.unwrap();
    assert!(clean(&newest, &Clock::system(), 100).await.is_err());
    assert_eq!(log.versions(".json").len(), 30);
}

#[tokio::test]
async fn a_checkpoint_that_was_good_when_it_was_read_is_read_again() {
    let storage = filled(&json!({}), &classic()).await;
    let written = checkpoint(&Snapshot::open(&storage, None).await.unwrap(), &Clock::system()).await.unwrap().unwrap();
    let snapshot = Snapshot::open(&storage, None).await.unwrap();
    files(&snapshot).await;
    storage.put(&written.key, Bytes::from_static(b"PAR1damagedPAR1")).await.unwrap();
    let later = Clock::from_fn(|| Clock::system().now_ms() + 60 * 86_400_000);
    assert_eq!(clean(&snapshot, &later, 100).await.unwrap_err().kind(), ErrorKind::CorruptTable);
    storage.get(&commit_key(0)).await.unwrap();
}
