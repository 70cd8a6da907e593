//! What a store is reached by.

use std::sync::Arc;

use object_store::aws::AwsCredentialProvider;
use object_store::{ClientOptions, ObjectStore};

use crate::error::{Error, ErrorKind};

/// A client, and what there is to know about it.
pub(in crate::storage) struct Connected {
    pub(in crate::storage) store: Arc<dyn ObjectStore>,
    /// Where the store is, if it is not the cloud's own.
    pub(in crate::storage) endpoint: Option<String>,
    /// What other services of Amazon are reached with.
    pub(in crate::storage) amazon: Option<Amazon>,
}

/// Who asks, from where, and how.
pub(in crate::storage) struct Amazon {
    pub(in crate::storage) credentials: AwsCredentialProvider,
    pub(in crate::storage) region: Option<String>,
    pub(in crate::storage) options: ClientOptions,
}

/// An error of a builder: an option that it does not take.
pub(super) fn refused(error: object_store::Error) -> Error {
    Error::new(ErrorKind::Configuration, "the options of the store do not fit").with_source(error)
}
