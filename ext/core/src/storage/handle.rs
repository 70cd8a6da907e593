//! A store as the rest of the crate holds it: cheap to clone, and whole again after a fork.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use super::location::Location;
use super::memo::Memo;
use super::options::StorageOptions;
use super::ranges::Plan;
use super::{ObjectMeta, PutOutcome, Store, Upload, Walked, stack};
use crate::error::{Error, Result};

/// Requests for the ranges of one call at a time.
const PIECES_IN_FLIGHT: usize = 8;

/// How often a lock is tried that others hold for some microseconds: a second client would ask for credentials again.
const TRIES: usize = 200;

/// A table's root in its store. Clones share the client; a child process after `fork` makes a client of its own.
#[derive(Clone)]
pub struct Storage(Arc<Inner>, Option<Arc<Memo>>);

struct Inner {
    location: Location,
    client: Mutex<Option<Client>>,
    fixed: Option<Arc<dyn Store>>,
    /// Stores of files elsewhere that the log names, by scheme and authority.
    beside: Mutex<BTreeMap<String, Storage>>,
}

/// A client and the process that made it: its sockets and threads are of no use in any other.
struct Client {
    pid: u32,
    store: Option<Arc<dyn Store>>,
}

impl Drop for Client {
    fn drop(&mut self) {
        // What a parent process made is leaked: dropping it would touch sockets and threads that are not here.
        if self.pid != std::process::id() {
            std::mem::forget(self.store.take());
        }
    }
}

impl Storage {
    /// The root at `address`. No request is made.
    pub fn new(address: &str, options: StorageOptions) -> Result<Self> {
        let location = Location::parse(address, options)?;
        let storage = Self::at(location);
        storage.store()?;
        Ok(storage)
    }

    /// The same, with a client made when it is needed.
    pub(super) fn at(location: Location) -> Self {
        Self(Arc::new(Inner { location, client: Mutex::new(None), fixed: None, beside: Mutex::default() }), None)
    }

    /// A root served by `store`, whatever that is.
    pub fn with_store(location: Location, store: Arc<dyn Store>) -> Self {
        Self(Arc::new(Inner { location, client: Mutex::new(None), fixed: Some(store), beside: Mutex::default() }), None)
    }

    /// The address, for messages.
    pub fn uri(&self) -> &str {
        self.0.location.uri()
    }

    /// The same for roots that are the same, however they are spelt. Holds secrets: not for messages.
    pub fn identity(&self) -> String {
        let mut identity = self.0.location.identity();
        if let Some(fixed) = &self.0.fixed {
            identity.push_str(&format!("\0{:p}", Arc::as_ptr(fixed)));
        }
        identity
    }

    pub(super) fn location(&self) -> &Location {
        &self.0.location
    }

    pub(super) fn stores_beside(&self) -> &Mutex<BTreeMap<String, Self>> {
        &self.0.beside
    }

    /// The client of this process.
    fn store(&self) -> Result<Arc<dyn Store>> {
        if let Some(fixed) = &self.0.fixed {
            return Ok(Arc::clone(fixed));
        }
        let connect = || stack::connect(&self.0.location);
        // Never waits for long: a fork may have copied the lock while another thread held it.
        let locked = (0..TRIES).find_map(|_| self.0.client.try_lock().map_err(|_| std::thread::yield_now()).ok());
        let Some(mut slot) = locked else { return connect() };
        let pid = std::process::id();
        match &*slot {
            Some(Client { pid: made_in, store: Some(store) }) if *made_in == pid => Ok(Arc::clone(store)),
            _ => {
                let store = connect()?;
                *slot = Some(Client { pid, store: Some(Arc::clone(&store)) });
                Ok(store)
            }
        }
    }

    /// The same root for one table, of which small files of the log need not be read twice. Only over a network.
    #[must_use]
    pub fn remembering(&self) -> Self {
        Self(Arc::clone(&self.0), self.is_remote().then(Arc::default))
    }

    /// The same root with a copy of what `other` remembers of the same table.
    #[must_use]
    pub fn remembering_as(&self, other: &Self) -> Self {
        Self(Arc::clone(&self.0), other.1.as_ref().map(|memo| Arc::new(memo.copy())))
    }

    /// The same root for who has to know what is really there.
    #[must_use]
    pub fn afresh(&self) -> Self {
        Self(Arc::clone(&self.0), None)
    }

    /// Forgets what it remembers: something of it was no good.
    pub fn forget(&self) {
        if let Some(memo) = &self.1 {
            memo.clear();
        }
    }

    /// Bytes of what it remembers.
    pub fn remembered_bytes(&self) -> usize {
        self.1.as_ref().map_or(0, |memo| memo.bytes())
    }

    /// See [`Store::get`].
    pub async fn get(&self, key: &str) -> Result<Bytes> {
        if let Some(bytes) = self.1.as_ref().and_then(|memo| memo.get(key)) {
            return Ok(bytes);
        }
        let bytes = self.store()?.get(key).await?;
        if let Some(memo) = &self.1 {
            memo.put(key, &bytes);
        }
        Ok(bytes)
    }

    /// One range of an object.
    pub async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes> {
        let mut parts = self.get_ranges(key, std::slice::from_ref(&range)).await?;
        Ok(parts.pop().unwrap_or_default())
    }

    /// See [`Store::get_ranges`]. Over a network near ranges come with one request, and large ones with several at once.
    pub async fn get_ranges(&self, key: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.get_ranges_of(key, ranges, &OnceLock::new()).await
    }

    /// The same, of the object that had the ETag in `version`.
    pub(super) async fn get_ranges_of(
        &self,
        key: &str,
        ranges: &[Range<u64>],
        version: &OnceLock<String>,
    ) -> Result<Vec<Bytes>> {
        let store = self.store()?;
        if !self.is_remote() {
            return store.get_ranges(key, ranges, version).await;
        }
        let plan = Plan::new(ranges);
        let fetch = |piece: Range<u64>| {
            let store = &store;
            async move { Ok::<_, Error>(store.get_ranges(key, std::slice::from_ref(&piece), version).await?.pop()) }
        };
        let pieces = stream::iter(plan.pieces.clone()).map(fetch).buffered(PIECES_IN_FLIGHT);
        let pieces: Vec<_> = pieces.try_collect().await?;
        let pieces: Option<Vec<Bytes>> = pieces.into_iter().collect();
        let whole = pieces.and_then(|pieces| plan.assemble(ranges, &pieces));
        whole.ok_or_else(|| Error::internal("a store gave fewer bytes than it was asked for"))
    }

    /// See [`Store::head`].
    pub async fn head(&self, key: &str) -> Result<ObjectMeta> {
        self.store()?.head(key).await
    }

    /// See [`Store::list`].
    pub async fn list(&self, prefix: &str, start_after: Option<&str>) -> Result<Vec<ObjectMeta>> {
        self.store()?.list(prefix, start_after).await
    }

    /// See [`Store::walk`].
    pub async fn walk(&self, most: usize) -> Result<Walked> {
        self.store()?.walk(most).await
    }

    /// See [`Store::list_short`].
    pub async fn list_short(&self, prefix: &str) -> Result<Option<Vec<ObjectMeta>>> {
        self.store()?.list_short(prefix).await
    }

    /// See [`Store::put`].
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<()> {
        self.store()?.put(key, bytes).await
    }

    /// See [`Store::put_if_absent`].
    pub async fn put_if_absent(&self, key: &str, bytes: Bytes) -> Result<PutOutcome> {
        let outcome = self.store()?.put_if_absent(key, bytes.clone()).await?;
        if let (PutOutcome::Created(_), Some(memo)) = (&outcome, &self.1) {
            memo.put(key, &bytes);
        }
        Ok(outcome)
    }

    /// See [`Store::ready_to_commit`].
    pub async fn ready_to_commit(&self) -> Result<()> {
        self.store()?.ready_to_commit().await
    }

    /// See [`Store::delete`].
    pub async fn delete(&self, key: &str) -> Result<()> {
        self.store()?.delete(key).await
    }

    /// A streaming upload to `key` in bounded memory.
    pub fn upload(&self, key: &str) -> Result<Upload> {
        Ok(Upload::new(self.store()?, key))
    }

    /// Whether a request takes the time of a network, so that many at once are better than one after the other.
    pub fn is_remote(&self) -> bool {
        self.0.fixed.is_some() || self.0.location.is_remote()
    }

    /// See [`Store::errors_are_final`].
    pub fn errors_are_final(&self) -> Result<bool> {
        Ok(self.store()?.errors_are_final())
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Storage({})", self.uri())
    }
}
