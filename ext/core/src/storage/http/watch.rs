//! One client that does not wait for ever, believes no answer that cannot be, and remembers what stores say.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use object_store::client::{HttpClient, HttpError, HttpRequest, HttpResponse, HttpResponseBody, HttpService};

use super::kind::kind;
use super::refusal::{Refusal, asking, refused};
use super::unbelievable::Unbelievable;
use super::watched_body::Watched;
use crate::context::RequestKind;

/// Bytes of the body of a refusal that are read.
const REFUSAL_BYTES: usize = 64 << 10;

/// Bytes of a page of a listing, of an answer to a deletion or to an upload: they are read as a whole.
const DOCUMENT_BYTES: usize = 64 << 20;

/// The slowest upload that is no stall, in bytes a second.
const SLOWEST: u64 = 32 << 10;

#[derive(Debug)]
pub(super) struct Watch {
    inner: HttpClient,
    stall: Duration,
}

impl Watch {
    pub(super) fn new(inner: HttpClient, stall: Duration) -> Self {
        Self { inner, stall }
    }

    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let kind = kind(&request);
        let completes = request.method() == "POST" && kind == RequestKind::Put;
        asking(&request, kind == RequestKind::Other);
        let upload = Duration::from_secs(request.body().content_length() as u64 / SLOWEST);
        let answer = tokio::time::timeout(self.stall.saturating_add(upload), self.inner.execute(request)).await;
        let (parts, body) = answer.map_err(|_| Unbelievable::Stalled(self.stall))??.into_parts();
        let body = HttpResponseBody::new(Watched::new(body, self.stall));
        let header = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let status = parts.status.as_u16();
        if !parts.status.is_success() && status != 304 {
            // Credentials of machines are asked for in several ways, of which some are refused.
            let (said, rest) = match kind {
                RequestKind::Other => read(body, DOCUMENT_BYTES).await.map(|said| (said.clone(), said))?,
                _ => (beginning(body, REFUSAL_BYTES).await, Bytes::new()),
            };
            refused(Refusal::read(status, header, &said));
            return Ok(HttpResponse::from_parts(parts, rest.into()));
        }
        if header("content-range").is_some_and(|range| !is_range(&range)) {
            return Err(Unbelievable::Range.into());
        }
        let is_document = completes || matches!(kind, RequestKind::List | RequestKind::Delete);
        if !is_document {
            return Ok(HttpResponse::from_parts(parts, body));
        }
        let document = read(body, DOCUMENT_BYTES).await?;
        // S3 begins to answer before it knows how it ends.
        if completes && memchr::memmem::find(&document, b"<Error>").is_some() {
            refused(Refusal::read(status, header, &document));
        }
        if kind == RequestKind::List && goes_nowhere(&document) {
            return Err(Unbelievable::NoContinuation.into());
        }
        Ok(HttpResponse::from_parts(parts, document.into()))
    }
}

impl HttpService for Watch {
    fn call<'a, 'b>(&'a self, request: HttpRequest) -> BoxFuture<'b, Result<HttpResponse, HttpError>>
    where
        'a: 'b,
        Self: 'b,
    {
        self.execute(request).boxed()
    }
}

/// The whole body, which is an error where it is longer than that.
async fn read(body: HttpResponseBody, most: usize) -> Result<Bytes, HttpError> {
    let mut bytes = BytesMut::new();
    let mut pieces = body.bytes_stream();
    while let Some(piece) = pieces.next().await {
        bytes.extend_from_slice(&piece?);
        if bytes.len() > most {
            return Err(Unbelievable::Endless.into());
        }
    }
    Ok(bytes.freeze())
}

/// What comes of a body, up to so many bytes.
async fn beginning(body: HttpResponseBody, most: usize) -> Bytes {
    let mut bytes = BytesMut::new();
    let mut pieces = body.bytes_stream();
    while let Some(Ok(piece)) = pieces.next().await {
        bytes.extend_from_slice(&piece[..piece.len().min(most - bytes.len())]);
        if bytes.len() == most {
            break;
        }
    }
    bytes.freeze()
}

/// Whether it can be added up: `bytes first-last/size`.
fn is_range(text: &str) -> bool {
    let parts = text.trim().strip_prefix("bytes ").and_then(|rest| rest.split_once('/'));
    let Some((range, size)) = parts else { return false };
    let Some((first, last)) = range.split_once('-') else { return false };
    match (first.parse::<u64>(), last.parse::<u64>(), size.parse::<u64>()) {
        (Ok(first), Ok(last), Ok(size)) => first <= last && last < size,
        _ => false,
    }
}

/// S3 and Google: a part of a listing that does not say where the next one begins would look like its end.
fn goes_nowhere(page: &[u8]) -> bool {
    let has = |text: &[u8]| memchr::memmem::find(page, text).is_some();
    has(b"<IsTruncated>true</IsTruncated>") && !has(b"<NextContinuationToken>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_can_be() {
        assert!(is_range("bytes 0-0/1"));
        for wrong in [
            "bytes 0-18446744073709551615/18446744073709551615",
            "bytes 0-18446744073709551616/5",
            "bytes 5-4/9",
            "bytes 0-9/9",
            "bytes */9",
            "bytes -1/2",
            "0-1/2",
            "",
        ] {
            assert!(!is_range(wrong), "{wrong}");
        }
    }
}
