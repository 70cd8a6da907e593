//! Listing a folder: in order, once each, whatever the store's pages are like.

use std::collections::BTreeMap;

use object_store::list::{PaginatedListOptions, PaginatedListResult};
use object_store::path::Path;

use super::client::Client;
use super::failure::Cause;
use super::tries::Tries;
use crate::error::{Error, ErrorKind, Result};
use crate::storage::{ObjectMeta, Walked};

/// Pages in a row without an object that was not listed before: the store goes round in circles.
const IDLE_PAGES: u32 = 100;

/// Objects of one folder: beyond that they are no longer a log's.
const MOST: usize = 5_000_000;

/// Objects right below the folder, after that one.
pub(super) async fn list(client: &Client, prefix: &str, start_after: Option<&str>) -> Result<Vec<ObjectMeta>> {
    let folder = Folder::new(client, prefix, start_after)?;
    let (mut found, mut token, mut idle) = (BTreeMap::new(), None, 0);
    loop {
        let page = folder.page(token.clone()).await?;
        let before = found.len();
        folder.take(page.result.objects, &mut found)?;
        idle = if found.len() > before { 0 } else { idle + 1 };
        match page.page_token.filter(|next| !next.is_empty()) {
            None => return Ok(found.into_values().collect()),
            next if next == token || idle > IDLE_PAGES => return Err(folder.wrong("goes round in circles")),
            _ if found.len() > MOST => return Err(folder.wrong(&format!("has more than {MOST} objects"))),
            next => token = next,
        }
    }
}

/// The same, where one page has it all.
pub(super) async fn list_short(client: &Client, prefix: &str) -> Result<Option<Vec<ObjectMeta>>> {
    let folder = Folder::new(client, prefix, None)?;
    let page = folder.page(None).await?;
    if page.page_token.is_some_and(|next| !next.is_empty()) {
        return Ok(None);
    }
    let mut found = BTreeMap::new();
    folder.take(page.result.objects, &mut found)?;
    Ok(Some(found.into_values().collect()))
}

/// Objects at any depth below the root, so many at most.
pub(super) async fn walk(client: &Client, most: usize) -> Result<Walked> {
    let root = Folder::new(client, "", None)?;
    let within = below(&root.path);
    let (mut objects, mut token, mut idle) = (BTreeMap::new(), None::<String>, 0);
    loop {
        let options = PaginatedListOptions { page_token: token.clone(), ..PaginatedListOptions::default() };
        let listed = page(client, "", within.as_deref(), options).await?;
        let before = objects.len();
        for object in listed.result.objects {
            if !object.location.prefix_matches(&root.path) {
                return Err(root.wrong(&format!("holds {:?}, which is not in it", object.location.as_ref())));
            }
            if object.location != root.path {
                let meta = client.meta(object);
                objects.insert(meta.key.clone(), meta);
            }
        }
        idle = if objects.len() > before { 0 } else { idle + 1 };
        let next = listed.page_token.filter(|next| !next.is_empty());
        if next.is_some() && (next == token || idle > IDLE_PAGES) {
            return Err(root.wrong("goes round in circles"));
        }
        if next.is_none() || objects.len() > most {
            let complete = next.is_none() && objects.len() <= most;
            return Ok(Walked { objects: objects.into_values().take(most).collect(), complete });
        }
        token = next;
    }
}

/// A folder that is listed from some key on.
struct Folder<'a> {
    client: &'a Client,
    prefix: &'a str,
    path: Path,
    after: Option<Path>,
}

impl<'a> Folder<'a> {
    fn new(client: &'a Client, prefix: &'a str, start_after: Option<&str>) -> Result<Self> {
        let after = start_after.map(|key| client.path(key)).transpose()?;
        Ok(Self { client, prefix, path: client.path(prefix)?, after })
    }

    async fn page(&self, token: Option<String>) -> Result<PaginatedListResult> {
        let from = self.after.as_ref().filter(|_| !self.client.lists_from_the_beginning());
        let options = PaginatedListOptions {
            offset: from.map(ToString::to_string),
            page_token: token,
            delimiter: Some("/".into()),
            ..PaginatedListOptions::default()
        };
        page(self.client, self.prefix, below(&self.path).as_deref(), options).await
    }

    fn take(&self, objects: Vec<object_store::ObjectMeta>, found: &mut BTreeMap<String, ObjectMeta>) -> Result<()> {
        for object in objects {
            if !object.location.prefix_matches(&self.path) {
                return Err(self.wrong(&format!("holds {:?}, which is not in it", object.location.as_ref())));
            }
            // Stores without folders may list what lies deeper, too, and some have objects that stand for a folder.
            let deeper = object.location.parts_count() != self.path.parts_count() + 1;
            if deeper || self.after.as_ref().is_some_and(|after| object.location <= *after) {
                continue;
            }
            let meta = self.client.meta(object);
            found.insert(meta.key.clone(), meta);
        }
        Ok(())
    }

    fn wrong(&self, what: &str) -> Error {
        Error::new(ErrorKind::Storage, format!("the listing of {} {what}", self.client.place(self.prefix)))
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
