//! Errors of `object_store`, folded into kinds by what the caller can do.

use std::error::Error as StdError;
use std::io;

use object_store::client::HttpError;

use super::remote::{is_missing, refused_with};
use crate::error::{Error, ErrorKind};

/// Whether the error says that the object is not there. Below a plain file there is nothing either, and a folder is no object.
pub fn is_not_found(error: &Error) -> bool {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(e) = cause {
        if matches!(e.downcast_ref(), Some(object_store::Error::NotFound { .. })) {
            return true;
        }
        cause = e.source();
    }
    let of_file = matches!(io_cause(error), Some(io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory));
    is_missing(error) || of_file
}

/// Folds an error met while doing `what` (as in "cannot read") to the object at `place`.
pub(super) fn fold(what: &str, place: &str, error: object_store::Error) -> Error {
    use object_store::Error as E;
    // What this crate says itself, of credentials for example, keeps its kind.
    if let Some(own) = cause::<Error>(&error) {
        let message = format!("cannot {what} {place}: {}", own.message());
        return Error::new(own.kind(), message).with_source(error);
    }
    // A connection that breaks is an I/O error too, and none of the file system.
    let io = if cause::<HttpError>(&error).is_some() { None } else { io_cause(&error) };
    let (kind, advice) = match &error {
        E::NotFound { .. } => (ErrorKind::Storage, "no such object"),
        E::PermissionDenied { .. } | E::Unauthenticated { .. } => {
            (ErrorKind::PermissionDenied, "the store refused the credentials")
        }
        _ if io == Some(io::ErrorKind::PermissionDenied) || io == Some(io::ErrorKind::ReadOnlyFilesystem) => {
            (ErrorKind::PermissionDenied, "the file permissions do not allow it")
        }
        _ if io == Some(io::ErrorKind::StorageFull) || io == Some(io::ErrorKind::QuotaExceeded) => {
            (ErrorKind::Storage, "the disk is full")
        }
        _ if io.is_some() => (ErrorKind::Storage, "the file system failed"),
        E::Generic { .. } => (ErrorKind::StorageUnavailable, "the store failed, try again later"),
        _ => (ErrorKind::Storage, "the store failed"),
    };
    Error::new(kind, format!("cannot {what} {place}: {advice}")).with_source(error)
}

fn io_cause(error: &(dyn StdError + 'static)) -> Option<io::ErrorKind> {
    cause::<io::Error>(error).map(io::Error::kind)
}

/// The first error of that type in the chain of causes.
fn cause<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut cause = Some(error);
    while let Some(e) = cause {
        if let Some(found) = e.downcast_ref::<E>() {
            return Some(found);
        }
        cause = e.source();
    }
    None
}

/// Whether the error says that the store, or the client by its options, has no such request.
pub(super) fn is_not_implemented(error: &Error) -> bool {
    let mut causes = std::iter::successors(error.source(), |e| (*e).source());
    let by_client =
        |e: &(dyn StdError + 'static)| matches!(e.downcast_ref(), Some(object_store::Error::NotImplemented { .. }));
    refused_with(error) == Some(501) || causes.any(by_client)
}
