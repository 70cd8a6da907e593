//! [`Store`] over the clouds. `object_store` signs, sends and reads one request; what is done with its answer is decided here:
//! believed, tried again under the call's deadline, or told.

mod client;
mod failure;
mod head;
mod list;
mod parts;
mod read;
#[cfg(test)]
mod tests;
mod told;
mod tries;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{BoxFuture, try_join_all};
use object_store::{ObjectStoreExt, PutMode, PutPayload};

use self::client::Client;
use self::failure::Cause;
use self::tries::Tries;
use super::cloud::Connected;
use super::location::{Cloud, Location};
use super::{ObjectMeta, Parts, PutOutcome, Store, Walked};
use crate::error::Result;

pub(super) use self::told::{is_missing, refused_with};

/// A table's root in a cloud's store.
pub(super) struct Remote(Arc<Client>);

impl Remote {
    /// The root of `location`, with the client that was made for it.
    pub(super) fn new(cloud: &Cloud, location: &Location, connected: &Connected) -> Self {
        Self(Arc::new(Client::new(cloud, location, connected)))
    }

    async fn put_as(&self, key: &str, bytes: Bytes, mode: PutMode) -> Result<PutOutcome> {
        let path = self.0.path(key)?;
        let mut tries = Tries::new(&self.0, "write", key);
        let payload = PutPayload::from_bytes(bytes);
        loop {
            let store = tries.store();
            match tries.once(store.put_opts(&path, payload.clone(), mode.clone().into())).await {
                Ok((put, _)) => return Ok(PutOutcome::Created(put.e_tag)),
                Err(failure) if failure.cause == Cause::Exists && matches!(mode, PutMode::Create) => {
                    return Ok(if tries.may_be_done() { PutOutcome::Unsure } else { PutOutcome::AlreadyExists });
                }
                Err(failure) => tries.again(failure).await?,
            }
        }
    }
}

impl Store for Remote {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Bytes>> {
        async move { read::read(&self.0, key, None, None).await }.boxed()
    }

    fn get_ranges<'a>(
        &'a self,
        key: &'a str,
        ranges: &'a [Range<u64>],
        version: &'a OnceLock<String>,
    ) -> BoxFuture<'a, Result<Vec<Bytes>>> {
        async move {
            let fetch = |range: &Range<u64>| read::read(&self.0, key, Some(range.clone()), Some(version));
            try_join_all(ranges.iter().map(fetch)).await
        }
        .boxed()
    }

    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<ObjectMeta>> {
        head::head(&self.0, key).boxed()
    }

    fn list<'a>(&'a self, prefix: &'a str, start_after: Option<&'a str>) -> BoxFuture<'a, Result<Vec<ObjectMeta>>> {
        list::list(&self.0, prefix, start_after).boxed()
    }

    fn list_short<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Option<Vec<ObjectMeta>>>> {
        list::list_short(&self.0, prefix).boxed()
    }

    fn walk(&self, most: usize) -> BoxFuture<'_, Result<Walked>> {
        list::walk(&self.0, most).boxed()
    }

    fn holds_any<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<bool>> {
        list::holds_any(&self.0, prefix).boxed()
    }

    fn put<'a>(&'a self, key: &'a str, bytes: Bytes) -> BoxFuture<'a, Result<()>> {
        async move { self.put_as(key, bytes, PutMode::Overwrite).await.map(|_| ()) }.boxed()
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, bytes: Bytes) -> BoxFuture<'a, Result<PutOutcome>> {
        self.put_as(key, bytes, PutMode::Create).boxed()
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<()>> {
        async move {
            let path = self.0.path(key)?;
            let mut tries = Tries::new(&self.0, "delete", key);
            loop {
                let store = tries.store();
                match tries.once(store.delete(&path)).await {
                    Ok(_) => return Ok(()),
                    Err(failure) if failure.cause == Cause::Missing => return Ok(()),
                    Err(failure) => tries.again(failure).await?,
                }
            }
        }
        .boxed()
    }

    fn start_upload<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Box<dyn Parts>>> {
        async move { Ok(Box::new(parts::start(&self.0, key).await?) as Box<dyn Parts>) }.boxed()
    }

    fn errors_are_final(&self) -> bool {
        false
    }
}
