//! Stores for the tests of this crate: one that fails on purpose, and one in memory.

use std::sync::Arc;

use object_store::path::Path;

use super::location::Location;
use super::object::ObjectBacked;
use super::options::StorageOptions;
use super::probe::{Probed, Questions};
use super::{Storage, Store};
use crate::error::Result;

pub use super::faulty::{Fault, Faulty};

/// `store` as the root of a table in that bucket, of which nothing is known yet.
pub fn probed(store: Arc<dyn Store>, bucket: &str) -> Arc<dyn Store> {
    let questions = Questions { conditional_put: Some(bucket.to_owned()), log_store: Some(bucket.to_owned()) };
    Arc::new(Probed::new(store, &format!("s3://{bucket}/t"), questions))
}

/// A store in memory, for tests.
pub fn memory_store() -> Arc<dyn Store> {
    Arc::new(ObjectBacked::in_memory(Arc::default(), &Path::default(), "memory"))
}

impl Storage {
    /// A root served by `store`, with an address made up for messages.
    pub fn for_test(store: Arc<dyn Store>) -> Result<Self> {
        Ok(Self::with_store(Location::parse("/test", StorageOptions::default())?, store))
    }

    /// An empty root in memory.
    pub fn in_memory() -> Result<Self> {
        Self::for_test(memory_store())
    }
}
