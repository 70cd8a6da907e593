//! A commit, step by step (`protocol.md` 3.7), and what others do for one that was left half-way.

use bytes::Bytes;
use futures::future::join4;
use uuid::Uuid;

use super::super::probe::TEMPORARY;
use super::super::{LOG_FOLDER, PutOutcome, error, is_not_found};
use super::entries::Created;
use super::entry::Entry;
use super::table::DynamoLogStore;
use crate::error::{Error, ErrorKind, Result};

/// Tries to give a file its name.
const TRIES: u32 = 4;

/// The version whose commit has that key.
pub(super) fn version_of(key: &str) -> Option<u64> {
    let digits = key.strip_prefix(LOG_FOLDER)?.strip_prefix('/')?.strip_suffix(".json")?;
    let plain = digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

fn file_name(version: u64) -> String {
    format!("{version:020}.json")
}

fn key_of(file_name: &str) -> String {
    format!("{LOG_FOLDER}/{file_name}")
}

impl DynamoLogStore {
    /// Commits `body` as `version`. Whoever was told that a version is taken finds it in the log.
    pub(super) async fn commit(&self, version: u64, body: Bytes) -> Result<PutOutcome> {
        let table_path = self.name().await.map_err(Error::before_writing)?;
        let file_name = file_name(version);
        let temp_path = format!(".tmp/{file_name}.{}", Uuid::new_v4());
        let entry = Entry { table_path, file_name, temp_path, complete: false };
        let (key, temp_key) = (entry.key(), entry.temp_key());
        // The first write has a name of its own, so nothing need wait for what the log and the entries say.
        let (taken, before, own, written) = join4(
            self.exists(&key),
            self.check_before(&entry, version),
            async { if version == 0 { self.entries.get(&entry.table_path, &entry.file_name).await } else { Ok(None) } },
            self.store.put(&temp_key, body.clone()),
        )
        .await;
        let prepared = async {
            if taken? {
                return Ok(Some(PutOutcome::AlreadyExists));
            }
            before?;
            written?;
            // A table that was deleted has left its entries: the first one is taken, and there is no file to see.
            match own? {
                Some(old) => self.settle(&old).await.map(|()| Some(PutOutcome::AlreadyExists)),
                None => Ok(None),
            }
        };
        match prepared.await.map_err(Error::before_writing) {
            Ok(None) => {}
            told => {
                self.drop_temporary(&temp_key).await;
                return told.map(|outcome| outcome.unwrap_or(PutOutcome::AlreadyExists));
            }
        }
        match self.entries.create(&entry).await {
            Ok(Created::Ours) => {}
            Ok(Created::Theirs(theirs)) => {
                self.drop_temporary(&temp_key).await;
                self.settle(&theirs).await.map_err(Error::before_writing)?;
                return Ok(PutOutcome::AlreadyExists);
            }
            Err(e) => {
                if e.wrote_nothing() {
                    self.drop_temporary(&temp_key).await;
                }
                return Err(e);
            }
        }
        let _ = self.name.set(entry.table_path.clone());
        self.publish_own(&entry, &body).await
    }

    /// Gives our commit its name. It is one by its entry, whatever becomes of this: others can do it.
    async fn publish_own(&self, entry: &Entry, body: &Bytes) -> Result<PutOutcome> {
        let key = entry.key();
        let mut etag = None;
        for _ in 0..TRIES {
            match self.create(&key, body.clone()).await {
                Ok(PutOutcome::Created(given)) => etag = given,
                Ok(PutOutcome::AlreadyExists | PutOutcome::Unsure) => match self.store.get(&key).await {
                    Ok(there) if there == *body => {}
                    // Somebody commits to this table without DynamoDB. What the log has is what readers see.
                    Ok(_) => return Ok(PutOutcome::AlreadyExists),
                    Err(e) => return Err(e),
                },
                Err(_) => continue,
            }
            let _ = self.mark(entry).await;
            break;
        }
        Ok(PutOutcome::Created(etag))
    }

    /// The version before must have its file before this one gets its own.
    async fn check_before(&self, entry: &Entry, version: u64) -> Result<()> {
        let Some(before) = version.checked_sub(1).map(file_name) else { return Ok(()) };
        let key = key_of(&before);
        let (found, there) =
            futures::future::join(self.entries.get(&entry.table_path, &before), self.exists(&key)).await;
        match found? {
            Some(found) if !found.complete => self.finish(&found).await,
            // Somebody may have finished it between the two answers.
            _ if there? || self.exists(&key).await? => Ok(()),
            _ => Err(Error::corrupt(format!("the commit before it, {}/{key}, is not there", self.uri))),
        }
    }

    /// Makes sure that a version which is taken is in the log.
    async fn settle(&self, entry: &Entry) -> Result<()> {
        if !entry.complete {
            return self.finish(entry).await;
        }
        match self.exists(&entry.key()).await? {
            true => Ok(()),
            false => Err(self.left_behind(entry)),
        }
    }

    /// Gives the file of an entry its name, and marks the entry.
    pub(super) async fn finish(&self, entry: &Entry) -> Result<()> {
        let mut tries = 1;
        while let Err(e) = self.publish(entry).await {
            if tries == TRIES || e.kind() == ErrorKind::PermissionDenied {
                return Err(e);
            }
            tries += 1;
        }
        // The file is there, and that is all that readers need.
        let _ = self.mark(entry).await;
        Ok(())
    }

    async fn publish(&self, entry: &Entry) -> Result<()> {
        let key = entry.key();
        if self.exists(&key).await? {
            return Ok(());
        }
        match self.store.get(&entry.temp_key()).await {
            Ok(body) => self.create(&key, body).await.map(|_| ()),
            Err(e) if is_not_found(&e) => Err(self.left_behind(entry)),
            Err(e) => Err(e),
        }
    }

    async fn mark(&self, entry: &Entry) -> Result<()> {
        let now = u64::try_from(self.clock.now_ms() / 1000).unwrap_or_default();
        self.entries.complete(entry, now).await
    }

    /// Puts unless there is one; where the store has no such put, the entries alone exclude others, and all of them put the
    /// same.
    pub(super) async fn create(&self, key: &str, body: Bytes) -> Result<PutOutcome> {
        match self.store.put_if_absent(key, body.clone()).await {
            Err(e) if error::is_not_implemented(&e) => match self.exists(key).await? {
                true => Ok(PutOutcome::AlreadyExists),
                false => self.store.put(key, body).await.map(|()| PutOutcome::Created(None)),
            },
            done => done,
        }
    }

    async fn exists(&self, key: &str) -> Result<bool> {
        match self.store.head(key).await {
            Ok(_) => Ok(true),
            Err(e) if is_not_found(&e) => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// Nothing names it, and nobody misses it.
    async fn drop_temporary(&self, key: &str) {
        let _ = self.store.delete(key).await;
    }

    fn left_behind(&self, entry: &Entry) -> Error {
        Error::corrupt(format!(
            "DynamoDB has an entry for {} of {}, and {} has neither that file nor {}: a table that was here has left its \
             entries. Delete all items whose tablePath is {:?}, then try again",
            entry.file_name,
            entry.table_path,
            self.uri,
            entry.temp_key(),
            entry.table_path
        ))
    }

    /// Makes the table of entries where there is none.
    pub(super) async fn ready(&self) -> Result<()> {
        if self.name.initialized() {
            return Ok(());
        }
        let (name, newest) = self.newest().await?;
        if newest.is_some() || self.entries.has_table(&name).await? {
            return Ok(());
        }
        // Another table of entries, or one elsewhere, would exclude nobody.
        if self.store.holds_any(TEMPORARY).await? {
            let what = format!("and {} shows that its writers have one, so its name or region is another", self.uri);
            return Err(Error::new(ErrorKind::Configuration, self.entries.no_table(&what)));
        }
        self.entries.create_table().await
    }
}
