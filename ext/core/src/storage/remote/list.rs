//! Listing a folder: in order, once each, whatever the store's pages are like.

use std::collections::BTreeMap;

use object_store::list::{PaginatedListOptions, PaginatedListResult};
use object_store::path::Path;

use super::client::Client;
use super::failure::Cause;
use super::tries::Tries;
use crate::error::{Error, ErrorKind, Result};
use crate::storage::ObjectMeta;

/// Pages in a row without an object that was not listed before: the store goes round in circles.
const IDLE_PAGES: u32 = 100;

/// Objects of one folder: beyond that they are no longer a log's.
const MOST: usize = 5_000_000;

pub(super) async fn list(client: &Client, prefix: &str, start_after: Option<&str>) -> Result<Vec<ObjectMeta>> {
    let folder = client.path(prefix)?;
    let after = start_after.map(|key| client.path(key)).transpose()?;
    let start = match client.lists_from_the_beginning() {
        true => None,
        false => after.as_ref().map(ToString::to_string),
    };
    let within = below(&folder);
    let wrong =
        |what: String| Err(Error::new(ErrorKind::Storage, format!("the listing of {} {what}", client.place(prefix))));
    let (mut found, mut token, mut idle) = (BTreeMap::new(), None, 0);
    loop {
        let options = PaginatedListOptions {
            offset: start.clone(),
            page_token: token.clone(),
            delimiter: Some("/".into()),
            ..PaginatedListOptions::default()
        };
        let page = page(client, prefix, within.as_deref(), options).await?;
        let before = found.len();
        for object in page.result.objects {
            if !object.location.prefix_matches(&folder) {
                return wrong(format!("holds {:?}, which is not in it", object.location.as_ref()));
            }
            // Stores without folders may list what lies deeper, too, and some have objects that stand for a folder.
            if object.location.parts_count() != folder.parts_count() + 1 {
                continue;
            }
            let key = client.key(&object.location);
            if after.as_ref().is_none_or(|after| object.location > *after) {
                let meta = ObjectMeta {
                    key: key.clone(),
                    size: object.size,
                    modified_ms: object.last_modified.timestamp_millis(),
                    etag: object.e_tag,
                };
                found.insert(key, meta);
            }
        }
        idle = if found.len() > before { 0 } else { idle + 1 };
        match page.page_token.filter(|next| !next.is_empty()) {
            None => return Ok(found.into_values().collect()),
            next if next == token || idle > IDLE_PAGES => return wrong("goes round in circles".to_owned()),
            _ if found.len() > MOST => return wrong(format!("has more than {MOST} objects")),
            next => token = next,
        }
    }
}

/// Whether anything lies below the folder, at any depth.
pub(super) async fn holds_any(client: &Client, prefix: &str) -> Result<bool> {
    let folder = client.path(prefix)?;
    let (within, mut token) = (below(&folder), None);
    for _ in 0..IDLE_PAGES {
        let options =
            PaginatedListOptions { page_token: token.clone(), max_keys: Some(1), ..PaginatedListOptions::default() };
        let page = page(client, prefix, within.as_deref(), options).await?;
        if page.result.objects.iter().any(|object| object.location.prefix_matches(&folder)) {
            return Ok(true);
        }
        match page.page_token.filter(|next| !next.is_empty()) {
            None => return Ok(false),
            next => token = next,
        }
    }
    let message = format!("the listing of {} goes round in circles", client.place(prefix));
    Err(Error::new(ErrorKind::Storage, message))
}

/// What the names of all that lies in the folder begin with.
fn below(folder: &Path) -> Option<String> {
    (!folder.as_ref().is_empty()).then(|| format!("{folder}/"))
}

async fn page(
    client: &Client,
    prefix: &str,
    within: Option<&str>,
    options: PaginatedListOptions,
) -> Result<PaginatedListResult> {
    let mut tries = Tries::new(client, "list", prefix);
    loop {
        let store = tries.store();
        match tries.once(store.list_paginated(within, options.clone())).await {
            Ok((page, _)) => return Ok(page),
            Err(mut failure) => {
                if failure.cause == Cause::Missing {
                    failure.cause = Cause::NoBucket;
                }
                tries.again(failure).await?;
            }
        }
    }
}
