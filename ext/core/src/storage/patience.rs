//! How long is waited and how often is tried again, from storage options.

use std::time::Duration;

use super::options::Settings;

/// What the options say, or what is meant without them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Patience {
    /// How long a request is repeated where the call has no deadline.
    pub(super) retry_timeout: Duration,
    /// How often a request is repeated, at most.
    pub(super) max_retries: Option<usize>,
    /// The pause before a request is repeated for the first time; pauses double up to a hundred times that.
    pub(super) retry_backoff: Duration,
    /// The longest pause in an answer, and before it.
    pub(super) read_timeout: Duration,
}

impl Patience {
    pub(super) fn of(settings: &Settings) -> Self {
        let span = |name, usual| settings.duration(name).unwrap_or(usual);
        Self {
            retry_timeout: span("retry_timeout", Duration::from_secs(60)),
            max_retries: settings.count("retries"),
            retry_backoff: span("retry_backoff", Duration::from_millis(100)),
            read_timeout: span("read_timeout", Duration::from_secs(20)),
        }
    }
}
