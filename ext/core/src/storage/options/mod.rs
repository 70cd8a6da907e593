//! Options of a store: what the user gives, what holds by default, and what the environment says, by one table of keys.

pub(crate) mod keys;
pub(crate) mod kind;
mod settings;
mod suggest;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::error::{Error, Result};

pub use keys::{KEYS, Key, StoreKind};
pub use kind::Kind;
pub(crate) use settings::Settings;

/// What a user gives for a store. Values never show in `Debug`.
#[derive(Clone, Default)]
pub struct StorageOptions {
    /// Options by any spelling of their keys.
    pub given: BTreeMap<String, String>,
    /// What holds for stores of a kind where nothing is given: options by the kind's word (`s3`, `azure`, `google`).
    pub defaults: BTreeMap<String, BTreeMap<String, String>>,
    /// Who gives credentials whenever they are needed.
    pub provider: Option<Arc<dyn GivesCredentials>>,
}

impl StorageOptions {
    /// Options and nothing else.
    pub fn of(given: impl IntoIterator<Item = (String, String)>) -> Self {
        Self { given: given.into_iter().collect(), ..Self::default() }
    }

    /// An error where a store of the kind that goes by `word` cannot take what is given.
    pub fn check(&self, word: &str) -> Result<()> {
        let store = StoreKind::ALL.into_iter().find(|store| store.word() == word);
        let unknown = || Error::argument(format!("{word:?} is no kind of store"));
        Settings::check(store.ok_or_else(unknown)?, self).map(drop)
    }
}

impl fmt::Debug for StorageOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.given.keys()).finish()
    }
}

/// Credentials that come from outside of this crate, as often as they are asked for.
pub trait GivesCredentials: Send + Sync {
    /// Asks for them. Nobody asks again before this has answered, and it is not cut short.
    fn fetch(&self) -> BoxFuture<'static, Result<GivenCredentials>>;

    /// What tells it from others, in this process.
    fn id(&self) -> u64;
}

/// What was given: options of the keys that say who asks.
#[derive(Clone, PartialEq, Eq)]
pub struct GivenCredentials {
    /// By any spelling of their keys.
    pub values: BTreeMap<String, String>,
    /// When they end, in milliseconds since the Unix epoch.
    pub expires_ms: Option<i64>,
}

impl fmt::Debug for GivenCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GivenCredentials")
            .field("keys", &self.values.keys())
            .field("expires_ms", &self.expires_ms)
            .finish()
    }
}
