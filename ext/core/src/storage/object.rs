//! [`Store`] on a local disk, and in memory.

use std::io;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, stream};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, PutMode, PutPayload};

use super::{ObjectMeta, Parts, PutOutcome, Store, Walked, error};
use crate::context::{Context, RequestKind};
use crate::error::{Error, ErrorKind, Result};

/// Objects that stores give with one request.
const PAGE: usize = 1000;

pub(super) struct ObjectBacked {
    inner: Arc<dyn ObjectStore>,
    root: Path,
    uri: String,
    local: Option<Arc<LocalFileSystem>>,
}

impl ObjectBacked {
    /// The local file system from `root` on.
    pub(super) fn local(root: &Path, uri: &str) -> Self {
        let local = Arc::new(LocalFileSystem::new().with_fsync(true));
        Self { inner: Arc::clone(&local) as _, root: root.clone(), uri: uri.to_owned(), local: Some(local) }
    }

    /// What `inner` keeps in memory, from `root` on.
    pub(super) fn in_memory(inner: Arc<InMemory>, root: &Path, uri: &str) -> Self {
        Self { inner, root: root.clone(), uri: uri.to_owned(), local: None }
    }

    fn path(&self, key: &str) -> Result<Path> {
        let relative = Path::parse(key).map_err(|e| {
            Error::new(ErrorKind::Storage, format!("{key:?} cannot be the name of an object")).with_source(e)
        })?;
        Ok(self.root.parts().chain(relative.parts()).collect())
    }

    fn key(&self, path: &Path) -> String {
        let root = self.root.as_ref();
        let path = path.as_ref();
        path.strip_prefix(root).unwrap_or(path).trim_start_matches('/').to_owned()
    }

    async fn listed(
        &self,
        prefix: &str,
        mut found: BoxStream<'_, object_store::Result<object_store::ObjectMeta>>,
    ) -> Result<Vec<ObjectMeta>> {
        let folder = self.path(prefix)?;
        let mut out = Vec::new();
        while let Some(item) = found.next().await {
            let item = match item.map_err(self.fail("list", prefix)) {
                Err(e) if error::is_not_found(&e) => break,
                item => item?,
            };
            // Without this, whatever lies in sub-folders would come too.
            if item.location.parts_count() == folder.parts_count() + 1 {
                out.push(self.meta(&item));
            }
        }
        out.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        Ok(out)
    }

    fn meta(&self, meta: &object_store::ObjectMeta) -> ObjectMeta {
        ObjectMeta {
            key: self.key(&meta.location),
            size: meta.size,
            modified_ms: meta.last_modified.timestamp_millis(),
            etag: self.etag(meta.e_tag.clone()),
        }
    }

    /// On a disk without its first part, the inode, which some network file systems give anew: time and size are left.
    fn etag(&self, given: Option<String>) -> Option<String> {
        match &self.local {
            Some(_) => given?.split_once('-').map(|(_, rest)| rest.to_owned()),
            None => given,
        }
    }

    /// What listings are going to tell, where a disk sets a file's time only when it is closed.
    async fn put_etag(&self, path: &Path, told: Option<String>) -> Option<String> {
        match &self.local {
            Some(local) => self.etag(local.head(path).await.ok()?.e_tag),
            None => told,
        }
    }

    fn fail<'a>(&'a self, what: &'a str, key: &'a str) -> impl FnOnce(object_store::Error) -> Error + use<'a> {
        move |e| error::fold(what, &format!("{}/{key}", self.uri), e)
    }
}

impl Store for ObjectBacked {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Bytes>> {
        async move {
            asked(RequestKind::Get, 0);
            let bytes = match &self.local {
                Some(local) => read_file(Arc::clone(local), self.path(key)?).await.map_err(self.fail("read", key))?,
                None => {
                    let found = self.inner.get(&self.path(key)?).await.map_err(self.fail("read", key))?;
                    found.bytes().await.map_err(self.fail("read", key))?
                }
            };
            came([&bytes]);
            Ok(bytes)
        }
        .boxed()
    }

    fn get_ranges<'a>(
        &'a self,
        key: &'a str,
        ranges: &'a [Range<u64>],
        _version: &'a OnceLock<String>,
    ) -> BoxFuture<'a, Result<Vec<Bytes>>> {
        async move {
            asked(RequestKind::Get, 0);
            let parts = self.inner.get_ranges(&self.path(key)?, ranges).await.map_err(self.fail("read", key))?;
            for (part, range) in parts.iter().zip(ranges) {
                if part.len() as u64 != range.end - range.start {
                    return Err(Error::corrupt(format!(
                        "{}/{key} is shorter than it should be: bytes {} to {} asked for, {} came",
                        self.uri,
                        range.start,
                        range.end,
                        part.len()
                    )));
                }
            }
            came(&parts);
            Ok(parts)
        }
        .boxed()
    }

    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<ObjectMeta>> {
        async move {
            asked(RequestKind::Head, 0);
            let found = self.inner.head(&self.path(key)?).await.map_err(self.fail("read", key))?;
            Ok(self.meta(&found))
        }
        .boxed()
    }

    fn list<'a>(&'a self, prefix: &'a str, start_after: Option<&'a str>) -> BoxFuture<'a, Result<Vec<ObjectMeta>>> {
        async move {
            asked(RequestKind::List, 0);
            let folder = self.path(prefix)?;
            let found = match start_after {
                Some(after) => self.inner.list_with_offset(Some(&folder), &self.path(after)?),
                None => self.inner.list(Some(&folder)),
            };
            self.listed(prefix, found).await
        }
        .boxed()
    }

    fn list_short<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Option<Vec<ObjectMeta>>>> {
        async move {
            asked(RequestKind::List, 0);
            let listed = self.inner.list(Some(&self.path(prefix)?)).take(PAGE).collect::<Vec<_>>().await;
            if listed.len() == PAGE && listed.iter().all(Result::is_ok) {
                return Ok(None);
            }
            self.listed(prefix, stream::iter(listed).boxed()).await.map(Some)
        }
        .boxed()
    }

    fn walk(&self, most: usize) -> BoxFuture<'_, Result<Walked>> {
        async move {
            asked(RequestKind::List, 0);
            let mut found = self.inner.list(Some(&self.root));
            let mut objects = Vec::new();
            while let Some(object) = found.next().await {
                match object.map_err(self.fail("list", "")) {
                    Err(e) if error::is_not_found(&e) => {}
                    _ if objects.len() == most => return Ok(Walked { objects, complete: false }),
                    object => objects.push(self.meta(&object?)),
                }
            }
            Ok(Walked { objects, complete: true })
        }
        .boxed()
    }

    fn holds_any<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<bool>> {
        async move {
            asked(RequestKind::List, 0);
            match self.inner.list(Some(&self.path(prefix)?)).next().await {
                None => Ok(false),
                Some(Ok(_)) => Ok(true),
                Some(Err(e)) => match self.fail("list", prefix)(e) {
                    e if error::is_not_found(&e) => Ok(false),
                    e => Err(e),
                },
            }
        }
        .boxed()
    }

    fn put<'a>(&'a self, key: &'a str, bytes: Bytes) -> BoxFuture<'a, Result<()>> {
        async move {
            asked(RequestKind::Put, bytes.len());
            let payload = PutPayload::from_bytes(bytes);
            self.inner.put(&self.path(key)?, payload).await.map_err(self.fail("write", key))?;
            Ok(())
        }
        .boxed()
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, bytes: Bytes) -> BoxFuture<'a, Result<PutOutcome>> {
        async move {
            asked(RequestKind::Put, bytes.len());
            let payload = PutPayload::from_bytes(bytes);
            let path = self.path(key)?;
            match self.inner.put_opts(&path, payload, PutMode::Create.into()).await {
                Ok(put) => Ok(PutOutcome::Created(self.put_etag(&path, put.e_tag).await)),
                Err(object_store::Error::AlreadyExists { .. }) => Ok(PutOutcome::AlreadyExists),
                Err(e) => Err(self.fail("write", key)(e)),
            }
        }
        .boxed()
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<()>> {
        async move {
            asked(RequestKind::Delete, 0);
            match self.inner.delete(&self.path(key)?).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(e) => Err(self.fail("delete", key)(e)),
            }
        }
        .boxed()
    }

    fn start_upload<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Box<dyn Parts>>> {
        async move {
            let inner = self.inner.put_multipart(&self.path(key)?).await.map_err(self.fail("write", key))?;
            Ok(Box::new(FileParts { inner, place: format!("{}/{key}", self.uri) }) as Box<dyn Parts>)
        }
        .boxed()
    }

    fn errors_are_final(&self) -> bool {
        self.local.is_some()
    }
}

/// A file that gets its name when it is complete.
struct FileParts {
    inner: Box<dyn MultipartUpload>,
    place: String,
}

impl Parts for FileParts {
    fn put(&mut self, bytes: Bytes) -> BoxFuture<'static, Result<()>> {
        asked(RequestKind::Put, bytes.len());
        let (part, place) = (self.inner.put_part(bytes.into()), self.place.clone());
        async move { part.await.map_err(|e| error::fold("write", &place, e)) }.boxed()
    }

    fn complete(&mut self) -> BoxFuture<'_, Result<()>> {
        async move { self.inner.complete().await.map(|_| ()).map_err(|e| error::fold("write", &self.place, e)) }.boxed()
    }

    fn abort(&mut self) -> BoxFuture<'_, Result<()>> {
        async move { self.inner.abort().await.map_err(|e| error::fold("write", &self.place, e)) }.boxed()
    }
}

/// Counts what is asked as one request.
fn asked(kind: RequestKind, sent: usize) {
    Context::current().meter().request(kind, sent as u64);
}

fn came<'a>(parts: impl IntoIterator<Item = &'a Bytes>) {
    let bytes: usize = parts.into_iter().map(Bytes::len).sum();
    Context::current().meter().received(bytes as u64);
}

/// A whole file in one go: a log of small commits is thousands of them, and the store's own way takes two turns of
/// another thread for each.
async fn read_file(local: Arc<LocalFileSystem>, path: Path) -> object_store::Result<Bytes> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| object_store::Error::Generic {
        store: "LocalFileSystem",
        source,
    };
    let read = tokio::task::spawn_blocking(move || {
        std::fs::read(local.path_to_filesystem(&path)?).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => object_store::Error::NotFound { path: path.to_string(), source: e.into() },
            _ => failed(e.into()),
        })
    });
    read.await.map_err(|e| failed(e.into()))?.map(Bytes::from)
}
