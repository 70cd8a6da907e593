//! Asking what is known of an object.

use object_store::GetOptions;

use super::client::Client;
use super::tries::Tries;
use crate::error::Result;
use crate::storage::ObjectMeta;

pub(super) async fn head(client: &Client, key: &str) -> Result<ObjectMeta> {
    let path = client.path(key)?;
    let mut tries = Tries::new(client, "look at", key);
    loop {
        let store = tries.store();
        let options = GetOptions { head: true, ..GetOptions::default() };
        match tries.once(store.get_opts(&path, options)).await {
            Ok((found, _)) => {
                let meta = found.meta;
                return Ok(ObjectMeta {
                    key: key.to_owned(),
                    size: meta.size,
                    modified_ms: meta.last_modified.timestamp_millis(),
                    etag: meta.e_tag,
                });
            }
            Err(failure) => tries.again(failure).await?,
        }
    }
}
