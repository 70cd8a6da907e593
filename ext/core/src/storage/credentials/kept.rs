//! Credentials that are kept until shortly before they are over.

use std::fmt::{self, Debug};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::CredentialProvider;

use super::unobtainable::{Reason, Unobtainable};

/// They are asked for anew that long before they are over; a quarter of their time, where that is less.
const AHEAD: TimeDelta = TimeDelta::minutes(5);

/// How long what is still good is used where nothing newer could be had, and what came too old.
const PAUSE: TimeDelta = TimeDelta::seconds(10);

/// A shorter text is no secret that could be told from others.
const SECRET_CHARS: usize = 8;

/// Credentials, with what may not be shown of them.
pub(super) struct Temporary<C> {
    pub(super) credential: Arc<C>,
    pub(super) secrets: Vec<String>,
    pub(super) expires: Option<DateTime<Utc>>,
}

impl<C> Temporary<C> {
    /// An error where they fit into no header.
    fn sendable(self) -> Result<Self, Unobtainable> {
        let plain = |text: &String| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        if self.secrets.iter().all(plain) {
            return Ok(self);
        }
        let text = "the credentials have line breaks or other odd characters in them";
        Err(Unobtainable::new(Reason::Misconfigured, text))
    }
}

/// Where they come from.
pub(super) trait Fetch<C>: Debug + Send + Sync {
    /// Credentials; `again` where the store has refused the last ones.
    fn fetch(&self, again: bool) -> BoxFuture<'_, Result<Temporary<C>, Unobtainable>>;
}

/// Credentials that can be asked for again.
pub(in crate::storage) trait Renewable: Send + Sync {
    /// The store refuses the ones that there are.
    fn renew(&self);
    /// What nobody may see.
    fn secrets(&self) -> Vec<String>;
}

/// One client's credentials.
pub(in crate::storage) struct Kept<C> {
    source: Box<dyn Fetch<C>>,
    state: tokio::sync::Mutex<State<C>>,
    refused: AtomicBool,
    secrets: Mutex<Vec<String>>,
}

struct State<C> {
    held: Option<Held<C>>,
    failed: Option<(Instant, Unobtainable)>,
}

struct Held<C> {
    credential: Arc<C>,
    expires: Option<DateTime<Utc>>,
    /// When to ask again.
    until: Option<DateTime<Utc>>,
}

impl<C: Debug + Send + Sync> Kept<C> {
    pub(super) fn new(source: Box<dyn Fetch<C>>) -> Self {
        let state = tokio::sync::Mutex::new(State { held: None, failed: None });
        Self { source, state, refused: AtomicBool::new(false), secrets: Mutex::default() }
    }

    async fn get(&self) -> Result<Arc<C>, Unobtainable> {
        let began = Instant::now();
        let mut state = self.state.lock().await;
        let again = self.refused.load(Ordering::Acquire);
        let now = Utc::now();
        let held = state.held.as_mut().filter(|_| !again);
        if let Some(held) = held.as_ref().filter(|held| held.until.is_none_or(|until| now < until)) {
            return Ok(Arc::clone(&held.credential));
        }
        // Others have asked while this one waited.
        if let Some((_, failure)) = state.failed.as_ref().filter(|(at, _)| *at >= began) {
            return Err(failure.clone());
        }
        match self.source.fetch(again).await.and_then(Temporary::sendable) {
            Ok(Temporary { credential, secrets, expires }) => {
                self.keep_secret(secrets);
                let until = expires.map(|expires| match expires > now {
                    true => expires - AHEAD.min((expires - now) / 4),
                    false => now + PAUSE,
                });
                state.held = Some(Held { credential: Arc::clone(&credential), expires, until });
                state.failed = None;
                self.refused.store(false, Ordering::Release);
                Ok(credential)
            }
            Err(failure) => {
                let now = Utc::now();
                if let Some(held) = state.held.as_mut().filter(|held| !again && held.expires.is_some_and(|at| now < at))
                {
                    held.until = held.expires.map(|expires| expires.min(now + PAUSE));
                    return Ok(Arc::clone(&held.credential));
                }
                state.failed = Some((Instant::now(), failure.clone()));
                Err(failure)
            }
        }
    }

    /// What was a secret stays one: an error may yet speak of it. The last few are enough.
    fn keep_secret(&self, secrets: Vec<String>) {
        let mut kept = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        for secret in secrets {
            if secret.len() >= SECRET_CHARS && !kept.contains(&secret) {
                kept.push(secret);
            }
        }
        let surplus = kept.len().saturating_sub(12);
        kept.drain(..surplus);
    }
}

impl<C: Debug + Send + Sync> CredentialProvider for Kept<C> {
    type Credential = C;

    fn get_credential<'a, 'b>(&'a self) -> BoxFuture<'b, object_store::Result<Arc<C>>>
    where
        'a: 'b,
        Self: 'b,
    {
        async { Ok(self.get().await?) }.boxed()
    }
}

impl<C: Send + Sync> Renewable for Kept<C> {
    fn renew(&self) {
        self.refused.store(true, Ordering::Release);
    }

    fn secrets(&self) -> Vec<String> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<C> Debug for Kept<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kept({:?})", self.source)
    }
}

/// The rest of `limit`, or what is said where it passes.
pub(super) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, Unobtainable>>,
    late: impl FnOnce() -> Unobtainable,
) -> Result<T, Unobtainable> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(late()))
}
