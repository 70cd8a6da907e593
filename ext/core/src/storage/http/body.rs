//! The body of an answer, counted as it comes.

use std::pin::Pin;
use std::task::{Context as Polled, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use object_store::client::{HttpError, HttpResponseBody};

use crate::context::Context;

pub(super) struct Counted {
    body: HttpResponseBody,
    call: Context,
    request: u64,
}

impl Counted {
    /// The body of the answer to the request of that hash.
    pub(super) fn new(body: HttpResponseBody, call: Context, request: u64) -> Self {
        Self { body, call, request }
    }
}

impl Body for Counted {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        polled: &mut Polled<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(polled);
        match &frame {
            Poll::Ready(Some(Ok(frame))) => {
                let bytes = frame.data_ref().map_or(0, Bytes::len);
                self.call.meter().received(bytes as u64);
            }
            Poll::Ready(Some(Err(_))) => self.call.meter().failed(self.request),
            Poll::Ready(None) | Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
