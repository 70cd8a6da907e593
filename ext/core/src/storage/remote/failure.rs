//! What went wrong with one try, and what can be done about it.

use std::error::Error as StdError;
use std::fmt::Write;
use std::io;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use object_store::client::{HttpError, HttpErrorKind};

use crate::storage::credentials::{Reason, Unobtainable};
use crate::storage::http::{Refusal, Seen, Unbelievable};

/// Codes that mean that the same request may be answered later, whatever their status is.
const LATER: [&str; 17] = [
    "SlowDown",
    "SlowDownRead",
    "SlowDownWrite",
    "ServiceUnavailable",
    "InternalError",
    "InternalServerError",
    "Throttling",
    "ThrottlingException",
    "RequestThrottled",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "RequestTimeout",
    "ServerBusy",
    "OperationTimedOut",
    "ConditionalRequestConflict",
    "OperationAborted",
    "rateLimitExceeded",
];

/// Codes that mean that nothing of the request was done.
const UNTOUCHED: [&str; 7] = [
    "SlowDown",
    "SlowDownRead",
    "SlowDownWrite",
    "ServerBusy",
    "Throttling",
    "RequestThrottled",
    "ConditionalRequestConflict",
];

/// Codes of credentials that were good once, or may be renewed.
const EXPIRED: [&str; 7] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "TokenRefreshRequired",
    "RequestExpired",
    "InvalidToken",
    "InvalidAccessKeyId",
    "InvalidAuthenticationInfo",
];

/// Codes of a signature that does not fit, which a clock may be the reason of; none is there where only headers were asked for.
const UNSIGNED: [&str; 3] = ["", "AuthenticationFailed", "SignatureDoesNotMatch"];

/// How far clocks may differ in all stores.
const APART: TimeDelta = TimeDelta::minutes(15);

const NO_BUCKET: [&str; 3] = ["NoSuchBucket", "ContainerNotFound", "ContainerBeingDeleted"];

/// One failed try.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) cause: Cause,
    pub(super) seen: Seen,
    /// Whether the store may have done what it was asked for in spite of it.
    pub(super) may_be_done: bool,
    /// What was met, for people.
    pub(super) text: String,
}

/// Why it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// There is no such object.
    Missing,
    /// There is one already.
    Exists,
    /// Its bytes end before what was asked for.
    Short,
    /// The bucket or container is not there.
    NoBucket,
    /// The bucket is somewhere else.
    Elsewhere,
    /// This machine's clock and the store's differ too much.
    Clock,
    /// The credentials are over, or may be.
    Expired,
    /// The store, or who gives credentials, does not allow it.
    Denied,
    /// No credentials were to be had.
    NoCredentials,
    /// The same, and why.
    Unobtainable(Reason),
    /// The store is not there, or not able to, just now.
    Unavailable,
    /// The name of its host is not known.
    Host,
    /// Its certificate is not trusted, or it does not speak TLS.
    Tls,
    /// It answers what makes no sense.
    Senseless,
    /// It refuses for another reason.
    Refused,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Advice {
    /// Try again for as long as there is time.
    Again(Option<Duration>),
    /// Try again, a few times.
    AFewTimes,
    /// Ask for new credentials, once, and try again.
    Renew,
    /// It would fail again.
    GiveUp,
}

impl Failure {
    /// From what the client says and what was seen on the wire.
    pub(super) fn of(error: &object_store::Error, seen: Seen) -> Self {
        if let Some(why) = causes(error).find_map(|e| e.downcast_ref::<Unobtainable>()) {
            return Self { cause: Cause::Unobtainable(why.reason), seen, may_be_done: false, text: why.text.clone() };
        }
        match &seen.refusal {
            Some(refusal) => Self::refused(error, refusal.clone(), seen),
            None => Self::unanswered(error, seen),
        }
    }

    /// One that is found while an answer is read.
    pub(super) fn senseless(text: impl Into<String>, seen: Seen) -> Self {
        Self { cause: Cause::Senseless, seen, may_be_done: true, text: text.into() }
    }

    pub(super) fn broken_off(text: impl Into<String>) -> Self {
        Self { cause: Cause::Unavailable, seen: Seen::default(), may_be_done: true, text: text.into() }
    }

    pub(super) fn short(text: impl Into<String>) -> Self {
        Self { cause: Cause::Short, seen: Seen::default(), may_be_done: false, text: text.into() }
    }

    pub(super) fn advice(&self) -> Advice {
        match self.cause {
            Cause::Unobtainable(Reason::Unavailable) => Advice::Again(None),
            Cause::Unavailable => Advice::Again(self.seen.refusal.as_ref().and_then(|refusal| refusal.retry_after)),
            Cause::NoCredentials | Cause::Senseless | Cause::Host => Advice::AFewTimes,
            Cause::Expired => Advice::Renew,
            _ => Advice::GiveUp,
        }
    }

    fn refused(error: &object_store::Error, refusal: Refusal, seen: Seen) -> Self {
        let cause = cause(error, &refusal, seen.for_credentials);
        let untouched = |code: &str| UNTOUCHED.contains(&code);
        let may_be_done = match refusal.status {
            400 => refusal.code.as_deref() == Some("RequestTimeout"),
            408 => true,
            503 => !refusal.code.as_deref().is_some_and(untouched),
            status => !(300..500).contains(&status),
        };
        let mut text = match seen.for_credentials {
            true => format!("{}, asked for credentials, answered {}", seen.host, refusal.status),
            false => format!("the store answered {}", refusal.status),
        };
        if let Some(code) = &refusal.code {
            let _ = write!(text, " {code}");
        }
        if let Some(words) = &refusal.words {
            let _ = write!(text, ": {words}");
        }
        if let Some(id) = &refusal.request_id {
            let _ = write!(text, " (request {id})");
        }
        Self { cause, seen, may_be_done, text }
    }

    fn unanswered(error: &object_store::Error, seen: Seen) -> Self {
        use object_store::Error as E;
        let http = causes(error).find_map(|e| e.downcast_ref::<HttpError>());
        let deepest = causes(error).last().map(ToString::to_string).unwrap_or_default();
        let Some(http) = http else {
            return match error {
                E::NotFound { .. } => Self { cause: Cause::Missing, seen, may_be_done: false, text: deepest },
                E::AlreadyExists { .. } => Self { cause: Cause::Exists, seen, may_be_done: false, text: deepest },
                // Nothing was asked: the credentials could not be made.
                _ if seen.host.is_empty() => {
                    Self { cause: Cause::NoCredentials, seen, may_be_done: false, text: deepest }
                }
                _ => Self::senseless(format!("the store's answer makes no sense: {deepest}"), seen),
            };
        };
        let host = seen.host.clone();
        let names_fail = causes(error).any(|e| e.to_string().contains("dns error"));
        let mut may_be_done = !matches!(http.kind(), HttpErrorKind::Connect);
        let believed = causes(error).find_map(|e| e.downcast_ref::<Unbelievable>());
        let (cause, text) = match (http.kind(), believed) {
            _ if names_fail && !deepest.contains("Temporary") => {
                may_be_done = false;
                (Cause::Host, format!("the host {host} is not known: {deepest}"))
            }
            _ if causes(error).any(is_tls) => {
                may_be_done = false;
                (Cause::Tls, format!("no TLS connection to {host}: {deepest}"))
            }
            (_, Some(why @ Unbelievable::Stalled(_))) => (Cause::Unavailable, format!("{host} was asked, and {why}")),
            (_, Some(why)) => (Cause::Senseless, format!("{host} was asked, and {why}")),
            (HttpErrorKind::Connect, _) => (Cause::Unavailable, format!("no connection to {host}: {deepest}")),
            _ => (Cause::Unavailable, format!("the connection to {host} failed: {deepest}")),
        };
        let nobody = seen.for_credentials && matches!(cause, Cause::Unavailable | Cause::Host);
        let cause = if nobody { Cause::NoCredentials } else { cause };
        Self { cause, seen, may_be_done, text }
    }

    /// By how much this machine's clock is wrong, where the store tells the time.
    pub(super) fn skew(&self) -> Option<String> {
        let seconds = ahead(self.seen.refusal.as_ref()?)?.num_seconds();
        let side = if seconds < 0 { "behind" } else { "ahead of" };
        let (minutes, seconds) = (seconds.unsigned_abs() / 60, seconds.unsigned_abs() % 60);
        (minutes > 0).then(|| format!("{minutes} min {seconds} s {side} the store's"))
    }
}

fn cause(error: &object_store::Error, refusal: &Refusal, for_credentials: bool) -> Cause {
    let code = refusal.code.as_deref().unwrap_or_default();
    match (refusal.status, code) {
        _ if LATER.contains(&code) => Cause::Unavailable,
        _ if NO_BUCKET.contains(&code) => Cause::NoBucket,
        _ if refusal.of_clock => Cause::Clock,
        _ if EXPIRED.contains(&code) => Cause::Expired,
        (400..=403, code)
            if (refusal.status == 401 || UNSIGNED.contains(&code))
                && ahead(refusal).is_some_and(|by| by.abs() > APART) =>
        {
            Cause::Clock
        }
        (301 | 307 | 308, _) | (400, "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException")
            if refusal.region.is_some() =>
        {
            Cause::Elsewhere
        }
        (300..=399, _) => Cause::Elsewhere,
        (400..=403, _) if for_credentials => Cause::Denied,
        // An answer to a request for headers has no body that could say more.
        (401, _) | (400 | 403, "") => Cause::Expired,
        (403, _) | (_, "AccessDenied" | "AuthenticationFailed") => Cause::Denied,
        (404, _) if matches!(error, object_store::Error::NotFound { .. }) => Cause::Missing,
        // Nothing is ever missing in a listing but the bucket.
        (404, "") => Cause::NoBucket,
        (404, _) => Cause::Refused,
        (408 | 425 | 429, _) => Cause::Unavailable,
        (412, _) | (409, "BlobAlreadyExists" | "") => Cause::Exists,
        (416, _) => Cause::Short,
        (501 | 505 | 511, _) => Cause::Refused,
        (200..=299 | 500.., _) => Cause::Unavailable,
        _ => Cause::Refused,
    }
}

/// By how much this machine's clock is ahead of the store's.
fn ahead(refusal: &Refusal) -> Option<TimeDelta> {
    refusal.date.map(|date| Utc::now() - date)
}

fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |e| (*e).source())
}

fn is_tls(error: &(dyn StdError + 'static)) -> bool {
    // An `io::Error` keeps what TLS said out of the chain.
    let within = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<rustls::Error>() || within.is_some_and(|e| e.is::<rustls::Error>())
}
