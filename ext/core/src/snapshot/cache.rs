//! Snapshots that the process has opened, so that opening a table again costs one listing of what is new.
//!
//! Bounded in bytes; what was not asked for longest goes first. A snapshot is only ever a point to begin from: the
//! listing says whether it is still of this table, and what came after it.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, TryLockError};

use super::Snapshot;
use crate::error::Result;
use crate::storage::Storage;

/// Bytes that the process keeps, unless it is told otherwise.
pub const DEFAULT_CACHE_BYTES: usize = 64 << 20;

/// Times that the lock is tried. It is never held for long, but a fork may have copied it while another thread held it:
/// then nothing is cached in the child.
const TRIES: usize = 100;

static PROCESS: LazyLock<SnapshotCache> = LazyLock::new(|| SnapshotCache::new(DEFAULT_CACHE_BYTES));

/// Snapshots by the address and the options of their tables.
#[derive(Debug)]
pub struct SnapshotCache(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    limit: usize,
    bytes: usize,
    /// Grows with every use.
    now: u64,
    entries: HashMap<String, Entry>,
}

#[derive(Debug)]
struct Entry {
    snapshot: Snapshot,
    bytes: usize,
    used: u64,
}

impl SnapshotCache {
    /// An empty cache of so many bytes; of none for 0.
    pub fn new(limit: usize) -> Self {
        Self(Mutex::new(Inner { limit, bytes: 0, now: 0, entries: HashMap::new() }))
    }

    /// The one of this process.
    pub fn process() -> &'static Self {
        &PROCESS
    }

    /// Sets the bound, and keeps to it from now on.
    pub fn set_limit(&self, bytes: usize) {
        if let Some(mut inner) = self.lock() {
            inner.limit = bytes;
            inner.shrink();
        }
    }

    /// The newest version of a table.
    pub async fn open(&self, storage: &Storage) -> Result<Snapshot> {
        let key = storage.identity();
        let known = self.lock().and_then(|mut inner| inner.get(&key));
        let opened = match known {
            Some(known) => known.on(storage).renew().await,
            None => Snapshot::open(storage, None).await,
        };
        if let Some(mut inner) = self.lock() {
            match &opened {
                Ok(snapshot) => inner.put(key, snapshot),
                Err(e) if e.is_retryable() => {}
                Err(_) => inner.remove(&key),
            }
        }
        opened
    }

    /// A newer version of a table that has been opened, as somebody has come to know it.
    pub fn learn(&self, newer: &Snapshot) {
        // The next listing could not tell the table from another in its place.
        if !newer.is_told_apart() {
            return;
        }
        if let Some(mut inner) = self.lock() {
            let key = newer.storage().identity();
            if inner.entries.get(&key).is_some_and(|entry| entry.snapshot.version() < newer.version()) {
                inner.put(key, newer);
            }
        }
    }

    fn lock(&self) -> Option<MutexGuard<'_, Inner>> {
        for _ in 0..TRIES {
            match self.0.try_lock() {
                Ok(inner) => return Some(inner),
                Err(TryLockError::Poisoned(e)) => return Some(e.into_inner()),
                Err(TryLockError::WouldBlock) => std::thread::yield_now(),
            }
        }
        None
    }
}

impl Inner {
    fn get(&mut self, key: &str) -> Option<Snapshot> {
        self.now += 1;
        let entry = self.entries.get_mut(key)?;
        entry.used = self.now;
        Some(entry.snapshot.clone())
    }

    fn put(&mut self, key: String, snapshot: &Snapshot) {
        // Another thread may have seen more meanwhile.
        if self.entries.get(&key).is_some_and(|e| e.snapshot.is_later_look_than(snapshot)) {
            return;
        }
        // What the caller's remembers from now on is not counted here.
        let snapshot = snapshot.on(snapshot.storage());
        self.remove(&key);
        self.now += 1;
        let bytes = snapshot.estimated_bytes() + key.len();
        self.bytes += bytes;
        self.entries.insert(key, Entry { snapshot, bytes, used: self.now });
        self.shrink();
    }

    fn remove(&mut self, key: &str) {
        if let Some(entry) = self.entries.remove(key) {
            self.bytes -= entry.bytes;
        }
    }

    fn shrink(&mut self) {
        while self.bytes > self.limit {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { return };
            self.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;

    use super::*;
    use crate::error::ErrorKind;
    use crate::log::commit_key;
    use crate::storage::faults::{Fault, Faulty, memory_store};

    fn first(id: &str) -> Bytes {
        format!(
            r#"{{"protocol":{{"minReaderVersion":1,"minWriterVersion":2}}}}
{{"metaData":{{"id":"{id}","schemaString":"{{\"type\":\"struct\",\"fields\":[]}}"}}}}"#
        )
        .into()
    }

    /// A table, and the counter of its requests.
    async fn table(id: &str) -> (Storage, Arc<Faulty>) {
        let counter = Arc::new(Faulty::new(memory_store(), |_, _| Fault::None));
        let storage = Storage::for_test(counter.clone()).unwrap();
        storage.put(&commit_key(0), first(id)).await.unwrap();
        counter.take_requests();
        (storage, counter)
    }

    #[tokio::test]
    async fn a_known_table_costs_one_listing_and_what_is_new() {
        let (storage, counter) = table("t").await;
        let cache = SnapshotCache::new(1 << 20);
        let opened = cache.open(&storage).await.unwrap();
        assert!(counter.take_requests().len() > 1);
        let again = cache.open(&storage).await.unwrap();
        assert_eq!(counter.take_requests(), ["list _delta_log"]);
        assert!(Arc::ptr_eq(opened.schema(), again.schema()));
        storage.put(&commit_key(1), Bytes::from_static(br#"{"txn":{"appId":"a","version":4}}"#)).await.unwrap();
        counter.take_requests();
        let newer = cache.open(&storage).await.unwrap();
        assert_eq!(counter.take_requests(), ["list _delta_log".to_owned(), format!("get {}", commit_key(1))]);
        assert_eq!((newer.version(), newer.txn("a", 0).map(|t| t.version)), (1, Some(4)));
    }

    #[tokio::test]
    async fn commits_of_this_process_are_known_without_being_read() {
        let (storage, counter) = table("t").await;
        let cache = SnapshotCache::new(1 << 20);
        let opened = cache.open(&storage).await.unwrap();
        opened.storage().put_if_absent(&commit_key(1), Bytes::from_static(b"{}")).await.unwrap();
        cache.learn(&opened.advance(&[]).unwrap());
        counter.take_requests();
        let again = cache.open(&storage).await.unwrap();
        assert_eq!((again.version(), counter.take_requests()), (1, vec!["list _delta_log".to_owned()]));
        // Files are replayed from what was read and written before.
        let mut replay = again.replay(Default::default());
        while replay.next().await.unwrap().is_some() {}
        assert_eq!(counter.take_requests(), [] as [String; 0]);
        // Another table in its place, of as many commits, when the newest that is known was never listed.
        storage.put(&commit_key(2), Bytes::from_static(b"{}")).await.unwrap();
        cache.learn(&again.advance(&[]).unwrap());
        for version in 0..3 {
            storage.put(&commit_key(version), if version == 0 { first("u") } else { "{}".into() }).await.unwrap();
        }
        let other = cache.open(&storage).await.unwrap();
        assert_eq!((other.metadata().id.as_str(), other.version()), ("u", 2));
    }

    #[tokio::test]
    async fn what_nobody_opened_or_listed_is_not_learnt() {
        let (storage, _) = table("t").await;
        let cache = SnapshotCache::new(1 << 20);
        cache.learn(&Snapshot::open(&storage, None).await.unwrap());
        assert_eq!(cache.lock().unwrap().entries.len(), 0);
        let opened = cache.open(&storage).await.unwrap();
        let told = Snapshot::told(&storage, 7, opened.protocol().clone(), opened.metadata().clone()).unwrap();
        cache.learn(&told);
        assert_eq!(cache.lock().unwrap().get(&storage.identity()).unwrap().version(), 0);
    }

    #[tokio::test]
    async fn a_table_made_anew_in_the_same_place_is_noticed() {
        let (storage, _) = table("t").await;
        let cache = SnapshotCache::new(1 << 20);
        cache.open(&storage).await.unwrap();
        storage.put(&commit_key(0), first("u")).await.unwrap();
        storage.put(&commit_key(1), Bytes::from_static(b"{}")).await.unwrap();
        let opened = cache.open(&storage).await.unwrap();
        assert_eq!((opened.metadata().id.as_str(), opened.version()), ("u", 1));
        for version in 0..2 {
            storage.delete(&commit_key(version)).await.unwrap();
        }
        assert_eq!(cache.open(&storage).await.unwrap_err().kind(), ErrorKind::TableNotFound);
        storage.put(&commit_key(0), first("v")).await.unwrap();
        assert_eq!(cache.open(&storage).await.unwrap().metadata().id, "v");
    }

    #[tokio::test]
    async fn what_log_cleanup_took_is_not_begun_with() {
        let (storage, counter) = table("t").await;
        let cache = SnapshotCache::new(1 << 20);
        for version in 1..3 {
            storage.put(&commit_key(version), Bytes::from_static(b"{}")).await.unwrap();
        }
        cache.open(&storage).await.unwrap();
        let add = r#"{"add":{"path":"a","partitionValues":{},"size":1,"modificationTime":0,"dataChange":true}}"#;
        let checkpoint =
            [b"{\"checkpointMetadata\":{\"version\":1}}\n", &first("t")[..], b"\n", add.as_bytes()].concat();
        let key = "_delta_log/00000000000000000001.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json";
        storage.put(key, checkpoint.into()).await.unwrap();
        for version in 0..2 {
            storage.delete(&commit_key(version)).await.unwrap();
        }
        counter.take_requests();
        let opened = cache.open(&storage).await.unwrap();
        assert_eq!(counter.take_requests(), ["list _delta_log"]);
        let mut replay = opened.replay(crate::log::ReplayOptions::default());
        assert_eq!(replay.next().await.unwrap().unwrap()[0].path, "a");
    }

    #[tokio::test]
    async fn what_was_not_used_for_longest_makes_room() {
        let (a, requests_a) = table("a").await;
        let (b, requests_b) = table("b").await;
        let (c, requests_c) = table("c").await;
        let one = Snapshot::open(&a, None).await.unwrap().estimated_bytes() + a.identity().len();
        let cache = SnapshotCache::new(one * 5 / 2);
        for storage in [&a, &b, &a, &c] {
            cache.open(storage).await.unwrap();
        }
        let counts = async || {
            let mut counts = Vec::new();
            for (storage, requests) in [(&c, &requests_c), (&a, &requests_a), (&b, &requests_b)] {
                requests.take_requests();
                cache.open(storage).await.unwrap();
                counts.push(requests.take_requests().len() == 1);
            }
            counts
        };
        assert_eq!(counts().await, [true, true, false]);
        cache.set_limit(0);
        assert_eq!(counts().await, [false; 3]);
    }

    #[tokio::test]
    async fn many_at_once_see_the_newest_version() {
        let (storage, _) = table("t").await;
        let cache = Arc::new(SnapshotCache::new(1 << 20));
        for version in 1..20 {
            storage.put(&commit_key(version), Bytes::from_static(b"{}")).await.unwrap();
            let opens = (0..8).map(|_| {
                let (cache, storage) = (Arc::clone(&cache), storage.clone());
                tokio::spawn(async move { cache.open(&storage).await.unwrap().version() })
            });
            for open in opens.collect::<Vec<_>>() {
                assert_eq!(open.await.unwrap(), version);
            }
        }
    }
}
