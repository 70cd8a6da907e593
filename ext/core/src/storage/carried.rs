//! Uploads in parts whose tasks work for the call that began them.

use std::fmt;

use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::{MultipartUpload, PutPayload, PutResult, Result, UploadPart};

use crate::context::{Context, RequestKind};

pub(super) struct CarriedUpload {
    inner: Box<dyn MultipartUpload>,
    call: Context,
    /// Whether nobody below counts the parts.
    counts: bool,
}

impl CarriedUpload {
    pub(super) fn new(inner: Box<dyn MultipartUpload>, counts: bool) -> Self {
        Self { inner, call: Context::current(), counts }
    }
}

impl MultipartUpload for CarriedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        if self.counts {
            self.call.meter().request(RequestKind::Put, data.content_length() as u64);
        }
        self.call.scope(self.inner.put_part(data)).boxed()
    }

    fn complete<'a, 'b>(&'a mut self) -> BoxFuture<'b, Result<PutResult>>
    where
        'a: 'b,
        Self: 'b,
    {
        self.call.scope(self.inner.complete()).boxed()
    }

    fn abort<'a, 'b>(&'a mut self) -> BoxFuture<'b, Result<()>>
    where
        'a: 'b,
        Self: 'b,
    {
        self.call.scope(self.inner.abort()).boxed()
    }
}

impl fmt::Debug for CarriedUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
