//! A table's store, with all that stands between it and the rest of the crate.

use std::sync::Arc;

use super::Store;
use super::cloud::{self, Connected};
use super::dynamodb::{self, DynamoLogStore};
use super::faulty::Faulty;
use super::location::{Location, Place};
use super::log_store::{self, LogStore};
use super::memory;
use super::object::ObjectBacked;
use super::probe::{Probed, Questions};
use super::remote::Remote;
use crate::error::{Error, ErrorKind, Result};

/// A client for the store of `location`.
pub(super) fn connect(location: &Location) -> Result<Arc<dyn Store>> {
    let cloud = match &location.place {
        Place::Cloud(cloud) => cloud,
        Place::Local => return Ok(Arc::new(ObjectBacked::local(&location.root, &location.uri))),
        Place::Memory(name) => {
            let kept = ObjectBacked::in_memory(name.objects(), &location.root, &location.uri);
            let uri = location.uri().to_owned();
            return Ok(Arc::new(Faulty::unlogged(Arc::new(kept), move |name, key| memory::judge(&uri, name, key))));
        }
    };
    let log_store = log_store::read(&cloud.settings)?;
    let connected = cloud::connect(cloud, location)?;
    let store: Arc<dyn Store> = Arc::new(Remote::new(cloud, location, &connected));
    let Connected { endpoint, amazon, .. } = connected;
    if let LogStore::DynamoDb(options) = log_store {
        let amazon = amazon.ok_or_else(|| {
            let message =
                format!("log_store: :dynamodb is for tables in S3, and {} is in another store", location.uri());
            Error::new(ErrorKind::Configuration, message)
        })?;
        let names = match &options.table_path {
            Some(path) => vec![path.clone()],
            None => dynamodb::table_paths(location.scheme(), &cloud.address.bucket, &location.root),
        };
        let client = dynamodb::connect(&options, amazon, endpoint.as_deref())?;
        return Ok(Arc::new(DynamoLogStore::new(store, location.uri(), names, Arc::new(client), options)));
    }
    let bucket = format!("{}\0{}", endpoint.as_deref().unwrap_or_default(), cloud.address.bucket_identity());
    let questions = Questions {
        // The clouds themselves are known to keep to conditions.
        conditional_put: (endpoint.is_some() && !log_store::trusts(&cloud.settings)).then(|| bucket.clone()),
        // DynamoDB goes with S3 alone.
        log_store: (amazon.is_some() && log_store == LogStore::Default).then(|| format!("{bucket}\0{}", location.root)),
    };
    Ok(Arc::new(Probed::new(store, location.uri(), questions)))
}
