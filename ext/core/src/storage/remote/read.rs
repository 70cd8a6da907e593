//! Reading bytes: what comes is counted, and what breaks off goes on where it ended.

use std::ops::Range;
use std::sync::OnceLock;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use object_store::{GetOptions, GetRange, GetResult};

use super::client::Client;
use super::failure::Failure;
use super::tries::Tries;
use crate::error::{Error, Result};
use crate::storage::http::Seen;

/// Bytes that are reserved on an answer's word for its length.
const RESERVED: u64 = 16 << 20;

/// What has come so far of one object.
struct Reading {
    range: Option<Range<u64>>,
    bytes: BytesMut,
    etag: Option<String>,
    /// Where it ends, once that is known.
    end: Option<u64>,
}

/// Those bytes of an object, or all. `version` holds its first ETag: bytes of another object are an error.
pub(super) async fn read(
    client: &Client,
    key: &str,
    range: Option<Range<u64>>,
    version: Option<&OnceLock<String>>,
) -> Result<Bytes> {
    if range.as_ref().is_some_and(|range| range.is_empty()) {
        return Ok(Bytes::new());
    }
    let path = client.path(key)?;
    let mut tries = Tries::new(client, "read", key);
    let mut reading = Reading { range, bytes: BytesMut::new(), etag: None, end: None };
    loop {
        let store = tries.store();
        let options = GetOptions { range: reading.rest(), ..GetOptions::default() };
        let failure = match tries.once(store.get_opts(&path, options)).await {
            Err(failure) => failure,
            Ok((answer, seen)) => {
                if let (Some(etag), Some(version)) = (&answer.meta.e_tag, version)
                    && version.get_or_init(|| etag.clone()) != etag
                {
                    return Err(replaced(&client.place(key)));
                }
                match reading.take(answer, seen, &mut tries).await {
                    Ok(()) => return Ok(reading.bytes.freeze()),
                    Err(failure) => failure,
                }
            }
        };
        tries.again(failure).await?;
    }
}

impl Reading {
    /// What is still to be asked for.
    fn rest(&self) -> Option<GetRange> {
        let have = self.bytes.len() as u64;
        match (&self.range, self.end) {
            (Some(range), _) => Some(GetRange::Bounded(range.start + have..range.end)),
            (None, Some(end)) if have > 0 => Some(GetRange::Bounded(have..end)),
            (None, _) => None,
        }
    }

    async fn take(&mut self, answer: GetResult, seen: Seen, tries: &mut Tries<'_>) -> Result<(), Failure> {
        let start = self.range.as_ref().map_or(0, |range| range.start);
        let end = self.range.as_ref().map_or(answer.range.end, |range| range.end);
        if !self.bytes.is_empty() && (answer.meta.e_tag.is_none() || self.etag != answer.meta.e_tag) {
            // Nothing says that what came before belongs to this.
            *self = Self { range: self.range.clone(), bytes: BytesMut::new(), etag: None, end: None };
            return Err(Failure::senseless("what came broke off, and the rest may be of another object", seen));
        }
        if answer.range.end < end {
            let came = format!("bytes {start} to {end} asked for, and it ends at {}", answer.range.end);
            return Err(Failure::short(came));
        }
        self.etag.clone_from(&answer.meta.e_tag);
        self.end = Some(end);
        let length = end.saturating_sub(start);
        self.bytes.reserve(length.saturating_sub(self.bytes.len() as u64).min(RESERVED) as usize);
        let mut pieces = answer.into_stream();
        loop {
            let piece = pieces.next().await;
            match piece {
                Some(Ok(piece)) => {
                    if self.bytes.len() as u64 + piece.len() as u64 > length {
                        self.bytes.clear();
                        return Err(Failure::senseless("more bytes came than were asked for", seen));
                    }
                    tries.got_further();
                    self.bytes.extend_from_slice(&piece);
                }
                Some(Err(error)) => return Err(Failure::of(&error, seen)),
                None if self.bytes.len() as u64 == length => return Ok(()),
                None => return Err(Failure::broken_off(format!("{} of {length} bytes came", self.bytes.len()))),
            }
        }
    }
}

fn replaced(place: &str) -> Error {
    Error::corrupt(format!("{place} was replaced by another object while it was read: read the table again"))
}
