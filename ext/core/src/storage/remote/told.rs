//! What the caller is told of a request that failed for good.

use std::error::Error as StdError;
use std::fmt;

use super::failure::{Cause, Failure};
use crate::error::{Error, ErrorKind};
use crate::storage::credentials::Reason;

/// What was met, kept with the error as its cause.
#[derive(Debug)]
struct Told {
    text: String,
    /// There is no such object.
    missing: bool,
    status: Option<u16>,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for Told {}

fn find(error: &Error) -> Option<&Told> {
    let mut causes = std::iter::successors(error.source(), |e| (*e).source());
    causes.find_map(|e| e.downcast_ref())
}

/// Whether a store said that there is no such object.
pub(in crate::storage) fn is_missing(error: &Error) -> bool {
    find(error).is_some_and(|told| told.missing)
}

/// The HTTP status with which the store refused.
pub(in crate::storage) fn refused_with(error: &Error) -> Option<u16> {
    find(error).and_then(|told| told.status)
}

/// How the tries ended.
#[derive(Debug, Clone)]
pub(super) struct Tried {
    /// What was met, without secrets.
    pub(super) text: String,
    /// That the deadline has passed, where it has.
    pub(super) late: Option<String>,
    pub(super) tries: usize,
    pub(super) seconds: f64,
    /// Whether one of them may have done it.
    pub(super) may_be_done: bool,
}

/// The error for a request that was to do `what` to `place`.
pub(super) fn told(what: &str, place: &str, bucket: &str, failure: &Failure, mut tried: Tried) -> Error {
    let (kind, advice) = meaning(failure, bucket);
    let (mut kind, mut message) = (kind, format!("cannot {what} {place}: {advice}"));
    if let Some(late) = &tried.late {
        (kind, message) = (ErrorKind::DeadlineExceeded, format!("{late}: {message}"));
    }
    if tried.tries > 1 {
        tried.text.push_str(&format!("; {} tries in {:.1} s", tried.tries, tried.seconds));
    }
    let status = failure.seen.refusal.as_ref().map(|refusal| refusal.status);
    let told = Told { text: tried.text, missing: failure.cause == Cause::Missing, status };
    let error = Error::new(kind, message).with_source(told);
    if tried.may_be_done { error } else { error.before_writing() }
}

fn meaning(failure: &Failure, bucket: &str) -> (ErrorKind, String) {
    let region = failure.seen.refusal.as_ref().and_then(|refusal| refusal.region.as_deref());
    let (kind, advice) = match failure.cause {
        Cause::Missing => (ErrorKind::Storage, "no such object"),
        Cause::Short => (ErrorKind::CorruptTable, "it is shorter than it should be"),
        Cause::NoBucket => {
            let advice = format!("there is no bucket or container {bucket:?}: check the address, and the endpoint");
            return (ErrorKind::Configuration, advice);
        }
        Cause::Elsewhere => {
            let advice = match region {
                Some(region) => {
                    format!("the bucket {bucket:?} is in the region {region}: set the option region to that")
                }
                None => format!("the bucket {bucket:?} is at another address: check endpoint and region"),
            };
            return (ErrorKind::Configuration, advice);
        }
        Cause::Clock => {
            let advice = match failure.skew() {
                Some(skew) => format!("this machine's clock is wrong, {skew}: set it"),
                None => "this machine's clock is wrong: set it".to_owned(),
            };
            return (ErrorKind::PermissionDenied, advice);
        }
        Cause::Expired | Cause::Denied => (ErrorKind::PermissionDenied, "the store refused the credentials"),
        Cause::NoCredentials => (ErrorKind::PermissionDenied, "there are no credentials"),
        Cause::Unobtainable(reason) => match reason {
            Reason::Nowhere => (ErrorKind::PermissionDenied, "there are no credentials"),
            Reason::Refused => (ErrorKind::PermissionDenied, "no credentials were given"),
            Reason::Late => (ErrorKind::StorageUnavailable, "no credentials came in time"),
            Reason::Unavailable => (ErrorKind::StorageUnavailable, "no credentials are to be had, try again later"),
            Reason::Misconfigured => (ErrorKind::Configuration, "what is to give credentials is not right"),
        },
        Cause::Unavailable => (ErrorKind::StorageUnavailable, "the store is not available, try again later"),
        Cause::Host => {
            (ErrorKind::StorageUnavailable, "the store's host cannot be found: check the endpoint, or the network")
        }
        Cause::Tls => (
            ErrorKind::Storage,
            "the store's certificate is not trusted, or it does not speak TLS: check the endpoint and its certificate",
        ),
        Cause::Senseless => (ErrorKind::Storage, "what came is not to be believed"),
        Cause::Exists | Cause::Refused => (ErrorKind::Storage, "the store refused"),
    };
    (kind, advice.to_owned())
}
