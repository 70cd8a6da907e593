//! DynamoDB over HTTP: signed with the credentials of S3, and tried again where that may help.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use object_store::HeaderValue;
use object_store::aws::{AwsAuthorizer, AwsCredential, AwsCredentialProvider};
use object_store::client::{HttpClient, HttpErrorKind, HttpRequest, HttpResponse};
use rand::Rng;
use serde_json::Value;

use super::service::{Failure, Reason, Service};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::storage::credentials::{Renewable, Unobtainable};
use crate::storage::http::is_of_clock;

/// An answer is one item of a few hundred bytes.
const LONGEST_ANSWER: usize = 1 << 20;

const FIRST_PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How long it is tried, where the call has no deadline.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where DynamoDB is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) endpoint: String,
    pub(super) region: String,
}

pub(in crate::storage) struct Client {
    http: HttpClient,
    credentials: AwsCredentialProvider,
    renewable: Option<Arc<dyn Renewable>>,
    place: Place,
}

impl Client {
    pub(super) fn new(
        http: HttpClient,
        credentials: AwsCredentialProvider,
        renewable: Option<Arc<dyn Renewable>>,
        place: Place,
    ) -> Self {
        Self { http, credentials, renewable, place }
    }

    async fn retried(&self, operation: &'static str, request: Value) -> Result<Value, Failure> {
        let body = Bytes::from(request.to_string());
        let (began, call) = (Instant::now(), Context::current());
        let (mut pause, mut maybe_done, mut renewed) = (FIRST_PAUSE, false, false);
        loop {
            let Once { again, mut failure } = match self.once(operation, &body).await {
                Ok(answer) => return Ok(answer),
                Err(once) => once,
            };
            maybe_done |= failure.maybe_done;
            if let (Reason::Expired, false, Some(credentials)) = (failure.reason, renewed, &self.renewable) {
                credentials.renew();
                renewed = true;
                continue;
            }
            let enough = call.check().is_err() || began.elapsed() > PATIENCE;
            if !again || enough {
                failure.maybe_done = maybe_done;
                return Err(failure);
            }
            let jittered = rand::rng().random_range(pause / 4..=pause);
            tokio::time::sleep(call.remaining().map_or(jittered, |left| jittered.min(left))).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn once(&self, operation: &'static str, body: &Bytes) -> Result<Value, Once> {
        let unsent = |error: Error| Once { again: false, failure: failure(Reason::Other, false, error) };
        let credential = self.credentials.get_credential().await.map_err(|e| {
            let why = std::iter::successors(Some(&e as &(dyn std::error::Error + 'static)), |e| e.source());
            let kind = why.filter_map(|e| e.downcast_ref::<Unobtainable>()).map(Unobtainable::kind).next();
            let kind = kind.unwrap_or(ErrorKind::PermissionDenied);
            unsent(self.error(kind, operation, "there are no credentials").with_source(e))
        })?;
        let request = self.request(operation, body, &credential).map_err(unsent)?;
        let response = self.http.execute(request).await.map_err(|e| Once {
            again: true,
            failure: failure(
                Reason::Other,
                e.kind() != HttpErrorKind::Connect,
                self.error(ErrorKind::StorageUnavailable, operation, "it cannot be reached").with_source(e),
            ),
        })?;
        let status = response.status().as_u16();
        let answer = read(response).await.and_then(|bytes| serde_json::from_slice(&bytes).map_err(|e| e.to_string()));
        match (status, answer) {
            (200, Ok(answer)) => Ok(answer),
            (200, Err(why)) => {
                let error = self.error(ErrorKind::StorageUnavailable, operation, "its answer cannot be read");
                Err(Once { again: true, failure: failure(Reason::Other, true, error.with_source(why)) })
            }
            (_, answer) => Err(self.refusal(operation, status, &answer.unwrap_or_default())),
        }
    }

    fn request(&self, operation: &str, body: &Bytes, credential: &AwsCredential) -> Result<HttpRequest> {
        let unusable = |what: &str| Error::new(ErrorKind::Configuration, format!("{what} cannot be sent to DynamoDB"));
        let texts = [Some(&credential.key_id), credential.token.as_ref()];
        if texts.into_iter().flatten().any(|text| !text.bytes().all(|b| (b' '..=b'~').contains(&b))) {
            return Err(unusable("credentials with line breaks or other odd characters"));
        }
        let mut request = HttpRequest::new(body.clone().into());
        *request.method_mut() = "POST".parse().map_err(|_| unusable("POST"))?;
        *request.uri_mut() = self.place.endpoint.parse().map_err(|_| unusable(&self.place.endpoint))?;
        let target = format!("DynamoDB_20120810.{operation}");
        let headers = request.headers_mut();
        headers.insert("content-type", HeaderValue::from_static("application/x-amz-json-1.0"));
        headers.insert("x-amz-target", HeaderValue::from_str(&target).map_err(|_| unusable(operation))?);
        AwsAuthorizer::new(credential, "dynamodb", &self.place.region)
            .try_authorize(&mut request, None)
            .map_err(|e| Error::internal("a request to DynamoDB cannot be signed").with_source(e))?;
        Ok(request)
    }

    /// What an answer that is no success means.
    fn refusal(&self, operation: &str, status: u16, answer: &Value) -> Once {
        let name = answer.get("__type").and_then(Value::as_str).unwrap_or_default();
        let name = name.rsplit('#').next().unwrap_or_default();
        let message =
            answer.get("message").or_else(|| answer.get("Message")).and_then(Value::as_str).unwrap_or_default();
        let (kind, reason, again) = match name {
            "ConditionalCheckFailedException" => (ErrorKind::Storage, Reason::Condition, false),
            "ResourceNotFoundException" => (ErrorKind::Configuration, Reason::NoTable, false),
            "ResourceInUseException" => (ErrorKind::StorageUnavailable, Reason::TableExists, false),
            "ProvisionedThroughputExceededException"
            | "ThrottlingException"
            | "RequestLimitExceeded"
            | "LimitExceededException"
            | "TransactionConflictException"
            | "ReplicatedWriteConflictException" => (ErrorKind::StorageUnavailable, Reason::Other, true),
            "AccessDeniedException"
            | "UnrecognizedClientException"
            | "InvalidSignatureException"
            | "IncompleteSignatureException"
            | "MissingAuthenticationTokenException"
            | "MissingAuthenticationToken"
            | "InvalidClientTokenId" => (ErrorKind::PermissionDenied, Reason::Other, false),
            "ExpiredTokenException" | "ExpiredToken" => (ErrorKind::PermissionDenied, Reason::Expired, false),
            "ValidationException" => (ErrorKind::Configuration, Reason::Other, false),
            _ if status >= 500 || status == 429 || status == 408 => {
                (ErrorKind::StorageUnavailable, Reason::Other, true)
            }
            _ if status == 403 || status == 401 => (ErrorKind::PermissionDenied, Reason::Other, false),
            _ => (ErrorKind::Storage, Reason::Other, false),
        };
        let clock = if is_of_clock(message) { "this machine's clock is wrong, set it: " } else { "" };
        let said = format!("{clock}it answers {status} {name} {}", shortened(message));
        let error = self.error(kind, operation, said.trim_end());
        // A server that fails may have done it before.
        Once { again, failure: failure(reason, status >= 500, error) }
    }

    fn error(&self, kind: ErrorKind, operation: &str, what: &str) -> Error {
        Error::new(kind, format!("DynamoDB at {}, {operation}: {what}", self.place.endpoint))
    }
}

/// One try that failed, and whether another may help.
struct Once {
    again: bool,
    failure: Failure,
}

fn failure(reason: Reason, maybe_done: bool, error: Error) -> Failure {
    Failure { reason, maybe_done, error }
}

async fn read(response: HttpResponse) -> Result<Bytes, String> {
    let mut stream = response.into_body().bytes_stream();
    let mut all = BytesMut::new();
    while let Some(bytes) = stream.next().await {
        all.extend_from_slice(&bytes.map_err(|e| e.to_string())?);
        if all.len() > LONGEST_ANSWER {
            return Err("it is too long".to_owned());
        }
    }
    Ok(all.freeze())
}

fn shortened(text: &str) -> String {
    text.chars().take(300).collect()
}

impl Service for Client {
    fn call<'a>(&'a self, operation: &'static str, request: Value) -> BoxFuture<'a, Result<Value, Failure>> {
        self.retried(operation, request).boxed()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Client({:?})", self.place)
    }
}
