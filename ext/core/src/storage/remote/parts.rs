//! An upload in parts, each of which is tried again by itself.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::PutPayload;
use object_store::multipart::PartId;
use object_store::path::Path;

use super::client::Client;
use super::failure::{Cause, Failure};
use super::head::head;
use super::told::is_missing;
use super::tries::Tries;
use crate::error::{Error, Result};
use crate::storage::Parts;
use crate::storage::http::Seen;

pub(super) struct RemoteParts {
    client: Arc<Client>,
    key: String,
    path: Path,
    id: String,
    bytes: u64,
    sent: Arc<Mutex<Vec<Option<PartId>>>>,
}

pub(super) async fn start(client: &Arc<Client>, key: &str) -> Result<RemoteParts> {
    let path = client.path(key)?;
    let mut tries = Tries::new(client, "begin the upload of", key);
    let id = loop {
        let store = tries.store();
        match tries.once(store.create_multipart(&path)).await {
            Ok((id, _)) => break id,
            Err(failure) => tries.again(failure).await?,
        }
    };
    Ok(RemoteParts { client: Arc::clone(client), key: key.to_owned(), path, id, bytes: 0, sent: Arc::default() })
}

impl Parts for RemoteParts {
    fn put(&mut self, bytes: Bytes) -> BoxFuture<'static, Result<()>> {
        let (client, path, id, key) = (Arc::clone(&self.client), self.path.clone(), self.id.clone(), self.key.clone());
        let sent = Arc::clone(&self.sent);
        let number = {
            let mut sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
            sent.push(None);
            sent.len() - 1
        };
        self.bytes += bytes.len() as u64;
        async move {
            let mut tries = Tries::new(&client, "write", &key);
            let payload = PutPayload::from_bytes(bytes);
            let part = loop {
                let store = tries.store();
                match tries.once(store.put_part(&path, &id, number, payload.clone())).await {
                    Ok((part, _)) => break part,
                    Err(failure) => tries.again(failure).await?,
                }
            };
            if let Some(slot) = sent.lock().unwrap_or_else(PoisonError::into_inner).get_mut(number) {
                *slot = Some(part);
            }
            Ok(())
        }
        .boxed()
    }

    fn complete(&mut self) -> BoxFuture<'_, Result<()>> {
        async move {
            let parts: Option<Vec<PartId>> =
                self.sent.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect();
            let parts = parts.ok_or_else(|| Error::internal("an upload was completed before its parts were sent"))?;
            let mut tries = Tries::new(&self.client, "complete", &self.key);
            loop {
                let store = tries.store();
                let failure = match tries.once(store.complete_multipart(&self.path, &self.id, parts.clone())).await {
                    Ok(_) => return Ok(()),
                    Err(failure) => failure,
                };
                // The upload is over once it is complete: an earlier try did it, and its answer was lost.
                if tries.may_be_done() && is_over(&failure) && self.is_there().await? {
                    return Ok(());
                }
                tries.again(failure).await?;
            }
        }
        .boxed()
    }

    fn abort(&mut self) -> BoxFuture<'_, Result<()>> {
        async move {
            let mut tries = Tries::new(&self.client, "give up the upload of", &self.key);
            loop {
                let store = tries.store();
                match tries.once(store.abort_multipart(&self.path, &self.id)).await {
                    Ok(_) => return Ok(()),
                    Err(failure) if is_over(&failure) => return Ok(()),
                    Err(failure) => tries.again(failure).await?,
                }
            }
        }
        .boxed()
    }
}

impl RemoteParts {
    /// Whether the object is there, as long as it has to be.
    async fn is_there(&self) -> Result<bool> {
        match head(&self.client, &self.key).await {
            Ok(meta) => Ok(meta.size == self.bytes),
            Err(e) if is_missing(&e) => Ok(false),
            Err(e) => Err(e),
        }
    }
}

/// Whether there is no such upload any more.
fn is_over(failure: &Failure) -> bool {
    let status = |seen: &Seen| seen.refusal.as_ref().map(|refusal| refusal.status);
    failure.cause == Cause::Missing || status(&failure.seen) == Some(404)
}
