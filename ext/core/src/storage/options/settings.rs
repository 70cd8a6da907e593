//! Options that were checked, in layers: what is given wins over defaults, and these over the environment.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::StorageOptions;
use super::keys::{self, Key, StoreKind};
use super::kind::{self, Kind};
use super::suggest;
use crate::error::{Error, ErrorKind, Result};

/// Values of one origin, by the names of their keys.
pub(crate) type Layer = BTreeMap<&'static str, String>;

/// The checked options of one store. Values never show in `Debug`.
#[derive(Clone)]
pub(crate) struct Settings {
    store: StoreKind,
    layers: Vec<Layer>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.layers.iter().map(BTreeMap::keys)).finish()
    }
}

impl Settings {
    /// Checks what the user gives, and what holds by default for stores of that kind.
    pub(crate) fn check(store: StoreKind, options: &StorageOptions) -> Result<Self> {
        let given = checked(store, &options.given, "storage option")?;
        let defaults = match options.defaults.get(store.word()) {
            Some(values) => checked(store, values, "default storage option")?,
            None => Layer::new(),
        };
        let mut settings = Self { store, layers: vec![given] };
        settings.push(defaults);
        Ok(settings)
    }

    /// The same with what environment variables say below it. Those that name no option are of other programs.
    pub(crate) fn with_environment(&self, variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let mut layer = Layer::new();
        for key in keys::KEYS.iter().filter(|key| key.is_of(self.store) && key.kind != Kind::Source) {
            let spellings = std::iter::once(key.name).chain(key.aliases.iter().copied());
            for name in spellings.flat_map(|spelling| self.variables(spelling)) {
                let Some(value) = variable(&name).filter(|value| !value.trim().is_empty()) else { continue };
                if let Some(why) = key.kind.refusal(&value) {
                    return Err(wrong(format!("environment variable {name} of {}: {why}", self.store.name())));
                }
                layer.insert(key.name, value);
                break;
            }
        }
        let mut settings = self.clone();
        settings.push(layer);
        Ok(settings)
    }

    fn variables(&self, spelling: &str) -> Vec<String> {
        let named = |prefix: &&str| format!("{prefix}{spelling}").to_ascii_uppercase();
        self.store.prefixes().iter().rev().map(named).collect()
    }

    /// Puts `layer` below all others. Who asks comes from one layer: a token of the environment does not go with a key
    /// that is given.
    pub(crate) fn push(&mut self, mut layer: Layer) {
        if self.decides() {
            layer.retain(|name, _| !keys::KEYS.iter().any(|key| key.name == *name && key.decides));
        }
        self.layers.push(layer);
    }

    /// Puts what the option of that name stands for into its layer, below what that says itself.
    pub(crate) fn unfold(&mut self, name: &str, parts: Layer) {
        let Some(layer) = self.layers.iter_mut().find(|layer| layer.contains_key(name)) else { return };
        for (part, value) in parts {
            layer.entry(part).or_insert(value);
        }
    }

    /// Another option than that of this name which says who asks.
    pub(crate) fn rival(&self, name: &str) -> Option<&'static str> {
        let rival = |key: &&Key| key.decides && !matches!(key.name, "profile") && key.name != name && self.is_set(key);
        keys::KEYS.iter().find(rival).map(|key| key.name)
    }

    /// Whether something says who asks.
    pub(crate) fn decides(&self) -> bool {
        keys::KEYS.iter().any(|key| key.decides && self.is_set(key))
    }

    fn is_set(&self, key: &Key) -> bool {
        match self.get(key.name) {
            Some(value) => key.kind != Kind::Flag || kind::flag(value) == Some(true),
            None => false,
        }
    }

    pub(crate) fn store(&self) -> StoreKind {
        self.store
    }

    /// The value of the option of that name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.layers.iter().find_map(|layer| layer.get(name)).map(String::as_str)
    }

    /// The value where a layer above the environment has it.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        self.layers.iter().take(2).find_map(|layer| layer.get(name)).map(String::as_str)
    }

    /// The layer that the option's value is in, counted from the one that wins.
    pub(crate) fn layer_of(&self, name: &str) -> Option<usize> {
        self.layers.iter().position(|layer| layer.contains_key(name))
    }

    /// The value of a flag; `None` where nobody has set it.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).and_then(kind::flag)
    }

    /// The value of a number.
    pub(crate) fn count(&self, name: &str) -> Option<usize> {
        self.get(name).and_then(kind::count)
    }

    /// The value of a time span.
    pub(crate) fn duration(&self, name: &str) -> Option<Duration> {
        self.get(name).and_then(kind::duration)
    }

    /// The values that are secret.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        let secret = |name: &str| keys::KEYS.iter().any(|key| key.name == name && key.kind == Kind::Secret);
        self.values().filter(move |(name, _)| secret(name)).map(|(_, value)| value)
    }

    /// All values, secrets among them, for telling stores apart.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.layers.iter().flatten().map(|(name, value)| (*name, value.as_str()))
    }
}

/// Values by the names of their keys.
pub(crate) fn checked(store: StoreKind, values: &BTreeMap<String, String>, what: &str) -> Result<Layer> {
    let mut layer = Layer::new();
    let mut spelt: BTreeMap<&str, &str> = BTreeMap::new();
    for (spelling, value) in values {
        let word = spelling.trim().to_ascii_lowercase().replace('-', "_");
        let key = keys::find(store, &word)
            .or_else(|| hadoop_account_key(store, &word))
            .ok_or_else(|| unknown(store, spelling, &word, what))?;
        if let Some(why) = key.kind.refusal(value) {
            return Err(wrong(format!("{what} {spelling} of {}: {why}", store.name())));
        }
        let value = key.kind.canonical(value);
        if let Some(first) = spelt.insert(key.name, spelling) {
            // The default region is one for want of another.
            let wins = |spelling: &str| !spelling.to_ascii_lowercase().ends_with("default_region");
            match (layer.get(key.name) == Some(&value), wins(first), wins(spelling)) {
                (true, ..) | (_, true, false) => continue,
                (_, false, true) => {}
                _ => {
                    return Err(wrong(format!(
                        "{what}s {first} and {spelling} of {} are one and differ",
                        store.name()
                    )));
                }
            }
        }
        layer.insert(key.name, value);
    }
    Ok(layer)
}

/// Hadoop names the account in the key: `fs.azure.account.key.NAME.dfs.core.windows.net`.
fn hadoop_account_key(store: StoreKind, word: &str) -> Option<&'static Key> {
    let rest = word.strip_prefix("fs.azure.")?;
    let name = if rest.starts_with("account.key") {
        "account_key"
    } else if rest.starts_with("sas.") {
        "sas_token"
    } else {
        return None;
    };
    keys::find(store, name)
}

fn unknown(store: StoreKind, spelling: &str, word: &str, what: &str) -> Error {
    let mut text = format!("{} has no {what} {spelling:?}", store.name());
    let elsewhere = suggest::stores_that_know(word);
    if let Some(near) = suggest::near(store, word) {
        text.push_str(&format!(": did you mean {near}?"));
    } else if !elsewhere.is_empty() {
        text.push_str(&format!(": it is one of {}", elsewhere.join(" and ")));
    }
    text.push_str(&format!(" (DeltaLake.storage_keys(:{}) lists all)", store.word()));
    wrong(text)
}

fn wrong(message: String) -> Error {
    Error::new(ErrorKind::Configuration, message)
}
