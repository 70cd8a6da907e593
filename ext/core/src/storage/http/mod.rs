//! The HTTP client below the clouds' stores: `object_store`'s own, with every request counted for the call that makes it, and
//! every answer looked at before it is believed.

mod body;
mod kind;
mod refusal;
mod service;
mod skew;
#[cfg(test)]
mod tests;
mod unbelievable;
mod watch;
mod watched_body;

use std::time::Duration;

use object_store::ClientOptions;
use object_store::client::{HttpClient, HttpConnector, ReqwestConnector};

use self::service::Service;
use self::watch::Watch;

pub(super) use self::kind::ForCredentials;
pub(super) use self::refusal::{Refusal, Seen, element, observed};
pub(super) use self::skew::is_of_clock;
pub(super) use self::unbelievable::Unbelievable;

/// Makes the clients of stores and of their credentials.
#[derive(Debug, Clone, Copy)]
pub(super) struct Connector {
    /// The longest pause in an answer.
    pub(super) stall: Duration,
    /// Whether a limit for whole requests was asked for: a large file may take long, as long as bytes come.
    pub(super) whole: bool,
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let options = options.clone();
        let options = if self.whole { options } else { options.with_timeout_disabled() };
        let client = ReqwestConnector::default().connect(&options)?;
        let counted = HttpClient::new(Service::new(client));
        Ok(HttpClient::new(Watch::new(counted, self.stall)))
    }
}
