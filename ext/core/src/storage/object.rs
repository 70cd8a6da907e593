//! [`Store`] over any `object_store`.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutPayload, WriteMultipart};

use super::location::{Location, Place};
use super::{ObjectMeta, PutOutcome, Store, error};
use crate::error::{Error, ErrorKind, Result};

/// Bytes of one part of an upload; S3 takes no less than 5 MiB.
const PART_BYTES: usize = 8 << 20;

pub(super) struct ObjectBacked {
    inner: Arc<dyn ObjectStore>,
    root: Path,
    uri: String,
    local: Option<Arc<LocalFileSystem>>,
}

impl ObjectBacked {
    pub(super) fn connect(location: &Location) -> Result<Self> {
        let local = matches!(location.place, Place::Local).then(|| Arc::new(LocalFileSystem::new().with_fsync(true)));
        let inner: Arc<dyn ObjectStore> = match (&location.place, &local) {
            (Place::Cloud(cloud), _) => super::cloud::connect(cloud, location)?,
            (Place::Local, Some(local)) => Arc::clone(local) as _,
            (Place::Local, None) => return Err(Error::internal("a local table has no file system")),
        };
        Ok(Self { inner, root: location.root.clone(), uri: location.uri.clone(), local })
    }

    #[cfg(any(test, feature = "testing"))]
    pub(super) fn in_memory() -> Self {
        let inner = Arc::new(object_store::memory::InMemory::new());
        Self { inner, root: Path::default(), uri: "memory".to_owned(), local: None }
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

    fn meta(&self, meta: &object_store::ObjectMeta) -> ObjectMeta {
        ObjectMeta {
            key: self.key(&meta.location),
            size: meta.size,
            modified_ms: meta.last_modified.timestamp_millis(),
            etag: meta.e_tag.clone(),
        }
    }

    fn fail<'a>(&'a self, what: &'a str, key: &'a str) -> impl FnOnce(object_store::Error) -> Error + use<'a> {
        move |e| error::fold(what, &format!("{}/{key}", self.uri), e)
    }
}

impl Store for ObjectBacked {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Bytes>> {
        async move {
            if let Some(local) = &self.local {
                let read = read_file(Arc::clone(local), self.path(key)?);
                return read.await.map_err(self.fail("read", key));
            }
            let found = self.inner.get(&self.path(key)?).await.map_err(self.fail("read", key))?;
            found.bytes().await.map_err(self.fail("read", key))
        }
        .boxed()
    }

    fn get_ranges<'a>(&'a self, key: &'a str, ranges: &'a [Range<u64>]) -> BoxFuture<'a, Result<Vec<Bytes>>> {
        async move {
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
            Ok(parts)
        }
        .boxed()
    }

    fn head<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<ObjectMeta>> {
        async move {
            let found = self.inner.head(&self.path(key)?).await.map_err(self.fail("read", key))?;
            Ok(self.meta(&found))
        }
        .boxed()
    }

    fn list<'a>(&'a self, prefix: &'a str, start_after: Option<&'a str>) -> BoxFuture<'a, Result<Vec<ObjectMeta>>> {
        async move {
            let folder = self.path(prefix)?;
            let mut found = match start_after {
                Some(after) => self.inner.list_with_offset(Some(&folder), &self.path(after)?),
                None => self.inner.list(Some(&folder)),
            };
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
        .boxed()
    }

    fn put<'a>(&'a self, key: &'a str, bytes: Bytes) -> BoxFuture<'a, Result<()>> {
        async move {
            let payload = PutPayload::from_bytes(bytes);
            self.inner.put(&self.path(key)?, payload).await.map_err(self.fail("write", key))?;
            Ok(())
        }
        .boxed()
    }

    fn put_if_absent<'a>(&'a self, key: &'a str, bytes: Bytes) -> BoxFuture<'a, Result<PutOutcome>> {
        async move {
            let payload = PutPayload::from_bytes(bytes);
            match self.inner.put_opts(&self.path(key)?, payload, PutMode::Create.into()).await {
                Ok(_) => Ok(PutOutcome::Created),
                Err(object_store::Error::AlreadyExists { .. }) => Ok(PutOutcome::AlreadyExists),
                Err(e) => Err(self.fail("write", key)(e)),
            }
        }
        .boxed()
    }

    fn delete<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<()>> {
        async move {
            match self.inner.delete(&self.path(key)?).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(e) => Err(self.fail("delete", key)(e)),
            }
        }
        .boxed()
    }

    fn start_upload<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<WriteMultipart>> {
        async move {
            let parts = self.inner.put_multipart(&self.path(key)?).await.map_err(self.fail("write", key))?;
            Ok(WriteMultipart::new_with_chunk_size(parts, PART_BYTES))
        }
        .boxed()
    }

    fn errors_are_final(&self) -> bool {
        self.local.is_some()
    }
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
