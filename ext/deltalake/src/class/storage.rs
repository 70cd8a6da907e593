//! What stores can be told: `DeltaLake::Native.storage_keys` and the check of defaults.

use std::collections::HashMap;

use deltalake_core::storage::{KEYS, StorageOptions, StoreKind};
use magnus::{Error, Object, RArray, RModule, Ruby};

use crate::bridge::to_ruby_error;
use crate::native_function;

pub(super) fn init(native: RModule) -> Result<(), Error> {
    native.define_singleton_method("storage_keys", native_function!(keys, 0))?;
    native.define_singleton_method("check_storage", native_function!(check, 2))?;
    Ok(())
}

/// Name, other spellings, stores, kind of value and meaning of each option.
fn keys(ruby: &Ruby) -> Result<RArray, Error> {
    let out = ruby.ary_new_capa(KEYS.len());
    for key in KEYS {
        let stores: Vec<_> =
            StoreKind::ALL.into_iter().filter(|store| key.is_of(*store)).map(StoreKind::word).collect();
        out.push((key.name, key.aliases.to_vec(), stores, key.kind.name(), key.meaning))?;
    }
    Ok(out)
}

/// An error where a store of that kind cannot take these options.
fn check(ruby: &Ruby, store: String, values: HashMap<String, String>) -> Result<(), Error> {
    StorageOptions::of(values).check(&store).map_err(|e| to_ruby_error(ruby, e))
}
