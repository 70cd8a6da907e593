//! Objects of the caller's that give credentials.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;

use crate::error::Result;

/// Gives credentials whenever it is asked.
pub trait CredentialSource: fmt::Debug + Send + Sync {
    /// Credentials to go on with; `again` where the store has refused the last ones. Nobody listens for longer than
    /// `limit`.
    fn ask(&self, again: bool, limit: Duration) -> BoxFuture<'_, Result<GivenCredentials>>;
}

/// What such an object gives; which of it counts depends on the store.
#[derive(Clone, Default)]
pub struct GivenCredentials {
    /// S3: the access key.
    pub access_key_id: Option<String>,
    /// S3: its secret.
    pub secret_access_key: Option<String>,
    /// S3: its token, where it is temporary.
    pub session_token: Option<String>,
    /// Azure, Google: an OAuth token.
    pub bearer_token: Option<String>,
    /// Azure: a shared access signature.
    pub sas_token: Option<String>,
    /// When they are over, where that is known.
    pub expires_at: Option<DateTime<Utc>>,
}

impl fmt::Debug for GivenCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GivenCredentials").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
