//! A table's store, with all that stands between it and the rest of the crate.

use std::sync::Arc;

use super::Store;
use super::location::{Location, Place};
use super::object::ObjectBacked;
use super::probe::{Probed, Questions};
use crate::error::Result;

/// A client for the store of `location`.
pub(super) fn connect(location: &Location) -> Result<Arc<dyn Store>> {
    let store: Arc<dyn Store> = Arc::new(ObjectBacked::connect(location)?);
    Ok(match &location.place {
        Place::Local => store,
        Place::Cloud(url) => {
            let mut bucket = url.origin().ascii_serialization();
            bucket.push_str(url.authority());
            for (key, value) in &location.options.0 {
                bucket.extend(["\0", key, "\0", value]);
            }
            let questions = Questions { conditional_put: Some(bucket), log_store: None };
            Arc::new(Probed::new(store, location.uri(), questions))
        }
    })
}
