//! What a store is reached by.

use std::sync::Arc;

use object_store::aws::AwsCredentialProvider;
use object_store::list::PaginatedListStore;
use object_store::multipart::MultipartStore;
use object_store::{ClientOptions, ObjectStore};

use super::super::credentials::Renewable;
use super::super::http::Connector;
use super::super::options::{CredentialSource, Settings};
use crate::error::{Error, ErrorKind};

/// All that the client of a cloud's store can do.
pub(in crate::storage) trait CloudStore: ObjectStore + MultipartStore + PaginatedListStore {}

impl<T: ObjectStore + MultipartStore + PaginatedListStore> CloudStore for T {}

/// A client, and what there is to know about it.
pub(in crate::storage) struct Connected {
    pub(in crate::storage) store: Arc<dyn CloudStore>,
    /// Where the store is, if it is not the cloud's own.
    pub(in crate::storage) endpoint: Option<String>,
    /// What other services of Amazon are reached with.
    pub(in crate::storage) amazon: Option<Amazon>,
    /// Its options, with those of the environment.
    pub(in crate::storage) settings: Settings,
    /// Who asks, where they can be asked for again without a new client.
    pub(in crate::storage) credentials: Option<Arc<dyn Renewable>>,
}

/// An object of the caller's that gives credentials.
pub(super) type Object = Option<Arc<dyn CredentialSource>>;

/// Who asks, from where, and how.
pub(in crate::storage) struct Amazon {
    pub(in crate::storage) credentials: AwsCredentialProvider,
    pub(in crate::storage) renewable: Option<Arc<dyn Renewable>>,
    pub(in crate::storage) region: Option<String>,
    pub(in crate::storage) options: ClientOptions,
    pub(in crate::storage) connector: Connector,
}

/// An error of a builder: an option that it does not take.
pub(super) fn refused(error: object_store::Error) -> Error {
    Error::new(ErrorKind::Configuration, "the options of the store do not fit").with_source(error)
}
