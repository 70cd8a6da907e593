//! Requests for credentials: bounded, and told apart from those for objects.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use object_store::ClientOptions;
use object_store::client::{HttpClient, HttpConnector, HttpRequest};

use super::kept::within;
use super::unobtainable::{Reason, Unobtainable};
use crate::error::{Error, ErrorKind, Result};
use crate::storage::http::{Connector, ForCredentials, Refusal};

/// An answer is a few hundred bytes, and a token some thousand.
const LONGEST_ANSWER: usize = 1 << 20;

/// A client, and how long an answer may take.
#[derive(Debug, Clone)]
pub(super) struct Http {
    client: HttpClient,
    limit: Duration,
}

impl Http {
    pub(super) fn new(connector: Connector, options: &ClientOptions, limit: Duration) -> Result<Self> {
        let client = connector.connect(options).map_err(|e| {
            Error::new(ErrorKind::Configuration, "a client for credentials cannot be made").with_source(e)
        })?;
        Ok(Self { client, limit })
    }

    /// What `what` answers.
    pub(super) async fn ask(&self, what: &str, request: HttpRequest) -> std::result::Result<Bytes, Unobtainable> {
        self.answer(what, request).await.map_err(|refused| refused.why)
    }

    /// The same, with the status where it refuses.
    pub(super) async fn answer(&self, what: &str, request: HttpRequest) -> std::result::Result<Bytes, Refused> {
        let late = || Unobtainable::new(Reason::Unavailable, format!("{what} did not answer in {:?}", self.limit));
        let work = async {
            let failed = |e: &dyn std::error::Error| {
                let deepest = std::iter::successors(Some(e), |e| e.source()).last().map(ToString::to_string);
                Unobtainable::new(
                    Reason::Unavailable,
                    format!("{what} cannot be asked: {}", deepest.unwrap_or_default()),
                )
            };
            let answer = self.client.execute(request).await.map_err(|e| failed(&e))?;
            let (parts, body) = answer.into_parts();
            let (mut pieces, mut bytes) = (body.bytes_stream(), BytesMut::new());
            while let Some(piece) = pieces.next().await {
                bytes.extend_from_slice(&piece.map_err(|e| failed(&e))?);
                if bytes.len() > LONGEST_ANSWER {
                    return Err(Unobtainable::new(Reason::Refused, format!("{what} answers without end")));
                }
            }
            let header = |name: &str| parts.headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
            let status = parts.status.as_u16();
            Ok(match parts.status.is_success() {
                true => Ok(bytes.freeze()),
                false => Err((status, refusal(what, &Refusal::read(status, header, &bytes)))),
            })
        };
        match within(self.limit, work, late).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err((status, why))) => Err(Refused { status: Some(status), why }),
            Err(why) => Err(Refused { status: None, why }),
        }
    }
}

/// No answer, or one that is no success.
pub(super) struct Refused {
    pub(super) status: Option<u16>,
    pub(super) why: Unobtainable,
}

fn refusal(what: &str, refusal: &Refusal) -> Unobtainable {
    let mut text = format!("{what} answered {}", refusal.status);
    for said in [&refusal.code, &refusal.words].into_iter().flatten() {
        text.push_str(&format!(" {said}"));
    }
    let later = ["Throttling", "ThrottlingException", "IDPCommunicationError", "RequestLimitExceeded"];
    let busy =
        matches!(refusal.status, 408 | 429 | 500..) || refusal.code.as_deref().is_some_and(|c| later.contains(&c));
    Unobtainable::new(if busy { Reason::Unavailable } else { Reason::Refused }, text)
}

pub(super) fn request(method: &str, url: &str, body: Bytes) -> std::result::Result<HttpRequest, Unobtainable> {
    let wrong =
        |what: &str| Unobtainable::new(Reason::Misconfigured, format!("{what:?} cannot be asked for credentials"));
    let mut request = HttpRequest::new(body.into());
    *request.method_mut() = method.parse().map_err(|_| wrong(method))?;
    *request.uri_mut() = url.parse().map_err(|_| wrong(url))?;
    request.extensions_mut().insert(ForCredentials);
    Ok(request)
}
