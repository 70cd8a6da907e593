//! A streaming upload: one put where it is small, parts where it is not.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use object_store::WriteMultipart;

use super::{Store, error};
use crate::error::Result;

/// Up to this many bytes go up as one put.
const SINGLE_PUT_BYTES: usize = 8 << 20;

/// Parts on their way at a time.
const PARTS_IN_FLIGHT: usize = 2;

/// Nobody sees the object until [`Upload::finish`] has returned. Dropped unfinished, it leaves nothing behind that a
/// reader could find, and cleans up as far as it can.
pub struct Upload {
    store: Arc<dyn Store>,
    key: String,
    small: BytesMut,
    parts: Option<WriteMultipart>,
    bytes: u64,
}

impl Upload {
    pub(super) fn new(store: Arc<dyn Store>, key: &str) -> Self {
        Self { store, key: key.to_owned(), small: BytesMut::new(), parts: None, bytes: 0 }
    }

    /// Bytes taken so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes `bytes`; waits while too many parts are on their way.
    pub async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.bytes += bytes.len() as u64;
        if self.parts.is_none() && self.small.len() + bytes.len() > SINGLE_PUT_BYTES {
            let mut parts = self.store.start_upload(&self.key).await?;
            parts.put(self.small.split().freeze());
            self.parts = Some(parts);
        }
        match &mut self.parts {
            None => self.small.extend_from_slice(&bytes),
            Some(parts) => {
                let waited = parts.wait_for_capacity(PARTS_IN_FLIGHT).await;
                waited.map_err(|e| error::fold("write", &self.key, e))?;
                parts.put(bytes);
            }
        }
        Ok(())
    }

    /// Publishes the object; it is durable when this returns. Gives its size in bytes.
    pub async fn finish(mut self) -> Result<u64> {
        match self.parts.take() {
            None => self.store.put(&self.key, self.small.split().freeze()).await?,
            Some(parts) => {
                let finished = parts.finish().await;
                finished.map_err(|e| error::fold("write", &self.key, e))?;
            }
        }
        Ok(self.bytes)
    }

    /// Gives the upload up.
    pub async fn abort(mut self) {
        if let Some(parts) = self.parts.take() {
            let _ = parts.abort().await;
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let (Some(parts), Ok(runtime)) = (self.parts.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move {
                let _ = parts.abort().await;
            });
        }
    }
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upload({}, {} bytes)", self.key, self.bytes)
    }
}
