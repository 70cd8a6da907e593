//! A streaming upload: one put where it is small, parts where it is not.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::task::JoinHandle;

use super::{Parts, Store};
use crate::context::{self, Context};
use crate::error::{Error, Result};

/// Up to this many bytes go up as one put, and then as one part. S3 takes no part below 5 MiB but the last one.
const PART_BYTES: usize = 8 << 20;

/// Parts of that size. S3 takes 10,000 parts of an object, so from then on they grow; some stores want all parts of one
/// size, and few files come to that.
const EVEN_PARTS: usize = 5_000;

/// Parts after which the size of the next ones doubles, then.
const GROWS_AFTER: usize = 1_000;

/// How often it doubles.
const DOUBLINGS: usize = 5;

/// Parts on their way at a time.
const PARTS_IN_FLIGHT: usize = 2;

/// How long an upload that nobody wants any more may take to clean up.
const CLEANING: Duration = Duration::from_secs(30);

/// Nobody sees the object until [`Upload::finish`] has returned. Dropped before that, also in the middle of it, it leaves
/// nothing behind that a reader could find, and gives its parts back as far as it can.
pub struct Upload {
    store: Arc<dyn Store>,
    key: String,
    waiting: BytesMut,
    parts: Option<Box<dyn Parts>>,
    under_way: VecDeque<JoinHandle<Result<()>>>,
    begun: usize,
    bytes: u64,
}

impl Upload {
    pub(super) fn new(store: Arc<dyn Store>, key: &str) -> Self {
        Self {
            store,
            key: key.to_owned(),
            waiting: BytesMut::new(),
            parts: None,
            under_way: VecDeque::new(),
            begun: 0,
            bytes: 0,
        }
    }

    /// Bytes taken so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes `bytes`; waits while too many parts are on their way.
    pub async fn write(&mut self, mut bytes: Bytes) -> Result<()> {
        self.bytes += bytes.len() as u64;
        while !bytes.is_empty() {
            let room = part_bytes(self.begun).saturating_sub(self.waiting.len());
            if room == 0 {
                let part = self.waiting.split().freeze();
                self.send(part).await?;
                continue;
            }
            let now = bytes.split_to(room.min(bytes.remaining()));
            self.waiting.extend_from_slice(&now);
        }
        Ok(())
    }

    async fn send(&mut self, part: Bytes) -> Result<()> {
        while self.under_way.len() >= PARTS_IN_FLIGHT {
            self.arrived().await?;
        }
        let parts = match &mut self.parts {
            Some(parts) => parts,
            none => none.insert(self.store.start_upload(&self.key).await?),
        };
        self.begun += 1;
        self.under_way.push_back(context::spawn(parts.put(part)));
        Ok(())
    }

    /// Waits for the part that is longest on its way.
    async fn arrived(&mut self) -> Result<()> {
        let Some(part) = self.under_way.front_mut() else { return Ok(()) };
        let done = part.await;
        self.under_way.pop_front();
        done.map_err(|e| Error::internal("the task that sends a part failed").with_source(e))?
    }

    /// Publishes the object; it is durable when this returns. Gives its size in bytes.
    pub async fn finish(mut self) -> Result<u64> {
        let last = self.waiting.split().freeze();
        if self.parts.is_none() {
            self.store.put(&self.key, last).await?;
            return Ok(self.bytes);
        }
        if !last.is_empty() {
            self.send(last).await?;
        }
        while !self.under_way.is_empty() {
            self.arrived().await?;
        }
        // Kept until it is complete: who drops this meanwhile gives the upload up.
        if let Some(parts) = &mut self.parts {
            parts.complete().await?;
        }
        self.parts = None;
        Ok(self.bytes)
    }

    /// Gives the upload up.
    pub async fn abort(mut self) {
        if let Some(parts) = self.parts.take() {
            give_up(parts, std::mem::take(&mut self.under_way)).await;
        }
    }
}

/// Bytes of the part with that number.
fn part_bytes(number: usize) -> usize {
    let doublings = number.saturating_sub(EVEN_PARTS - GROWS_AFTER) / GROWS_AFTER;
    PART_BYTES << doublings.min(DOUBLINGS)
}

/// A part that arrives after the rest is gone would stay for ever, so they end first.
async fn give_up(mut parts: Box<dyn Parts>, under_way: VecDeque<JoinHandle<Result<()>>>) {
    under_way.iter().for_each(JoinHandle::abort);
    for part in under_way {
        let _ = part.await;
    }
    let _ = parts.abort().await;
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let (Some(parts), Ok(runtime)) = (self.parts.take(), tokio::runtime::Handle::try_current()) {
            let under_way = std::mem::take(&mut self.under_way);
            // Not for the call, whose deadline may have passed.
            let call = Context::new(Some(CLEANING));
            runtime.spawn(async move { call.scope(give_up(parts, under_way)).await });
        }
    }
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upload({}, {} bytes)", self.key, self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_parts_are_enough_for_half_a_terabyte() {
        assert!((0..EVEN_PARTS).all(|number| part_bytes(number) == PART_BYTES));
        let all: u64 = (0..10_000).map(|number| part_bytes(number) as u64).sum();
        assert!(all > 500 << 30, "{all}");
        assert_eq!(part_bytes(9_999), PART_BYTES << DOUBLINGS);
        assert_eq!(part_bytes(usize::MAX), PART_BYTES << DOUBLINGS);
    }
}
