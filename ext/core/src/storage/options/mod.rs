//! Options of a store: what the user gives, what holds by default, and what the environment says, by one table of keys.

pub(crate) mod keys;
pub(crate) mod kind;
mod settings;
mod source;
mod suggest;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Result};

pub use keys::{KEYS, Key, StoreKind};
pub use kind::{Kind, mark};
pub(crate) use settings::{Layer, Settings};
pub use source::{CredentialSource, GivenCredentials};

/// What a user gives for a store. Values never show in `Debug`.
#[derive(Clone, Default)]
pub struct StorageOptions {
    /// Options by any spelling of their keys.
    pub given: BTreeMap<String, String>,
    /// What holds for stores of a kind where nothing is given: options by the kind's word (`s3`, `azure`, `google`).
    pub defaults: BTreeMap<String, BTreeMap<String, String>>,
    /// Objects that give credentials, by the [`mark`]s that stand for them.
    pub sources: BTreeMap<String, Arc<dyn CredentialSource>>,
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
