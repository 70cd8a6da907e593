//! One client whose requests are counted.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::client::{HttpClient, HttpError, HttpRequest, HttpResponse, HttpResponseBody, HttpService};

use super::body::Counted;
use super::kind::kind;
use crate::context::Context;

#[derive(Debug)]
pub(super) struct Service(HttpClient);

impl Service {
    pub(super) fn new(client: HttpClient) -> Self {
        Self(client)
    }

    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let call = Context::current();
        let hash = hash(&request);
        call.meter().begins(hash);
        call.meter().request(kind(&request), request.body().content_length() as u64);
        match self.0.execute(request).await {
            Ok(response) => {
                let status = response.status().as_u16();
                if status >= 500 || matches!(status, 408 | 429) {
                    call.meter().failed(hash);
                }
                let (parts, body) = response.into_parts();
                Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(Counted::new(body, call, hash))))
            }
            Err(error) => {
                call.meter().failed(hash);
                Err(error)
            }
        }
    }
}

impl HttpService for Service {
    fn call<'a, 'b>(&'a self, request: HttpRequest) -> BoxFuture<'b, Result<HttpResponse, HttpError>>
    where
        'a: 'b,
        Self: 'b,
    {
        self.execute(request).boxed()
    }
}

/// The same for a request that is made again.
fn hash(request: &HttpRequest) -> u64 {
    let mut hasher = DefaultHasher::new();
    (request.method(), request.uri()).hash(&mut hasher);
    hasher.finish()
}
