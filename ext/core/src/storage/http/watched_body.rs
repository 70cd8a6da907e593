//! The body of an answer, which is an error where no byte comes for too long.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use object_store::client::{HttpError, HttpResponseBody};
use tokio::time::{Instant, Sleep};

use super::unbelievable::Unbelievable;

pub(super) struct Watched {
    body: HttpResponseBody,
    stall: Duration,
    late: Pin<Box<Sleep>>,
}

impl Watched {
    pub(super) fn new(body: HttpResponseBody, stall: Duration) -> Self {
        Self { body, stall, late: Box::pin(tokio::time::sleep(stall)) }
    }
}

// No `size_hint`: what an answer says of its length must not become a reservation of memory.
impl Body for Watched {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        polled: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(polled);
        let stall = self.stall;
        if frame.is_ready() {
            self.late.as_mut().reset(Instant::now() + stall);
            return frame;
        }
        self.late.as_mut().poll(polled).map(|()| Some(Err(Unbelievable::Stalled(stall).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
