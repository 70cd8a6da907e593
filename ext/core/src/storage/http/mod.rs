//! The HTTP client below the clouds' stores: `object_store`'s own, with every request counted for the call that makes it.

mod body;
mod kind;
mod service;
#[cfg(test)]
mod tests;

use object_store::ClientOptions;
use object_store::client::{HttpClient, HttpConnector, ReqwestConnector};

use self::service::Service;

/// Makes the clients of stores and of their credentials.
#[derive(Debug, Clone, Copy)]
pub(super) struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Service::new(ReqwestConnector::default().connect(options)?)))
    }
}
