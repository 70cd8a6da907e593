//! From a user's address to a place: local paths, `file:` URIs, and every form of the clouds' addresses.

mod cloud;
mod scheme;

#[cfg(test)]
mod tests;

use std::fmt;

use object_store::path::Path;
use url::Url;

use super::memory;
use super::options::{Settings, StorageOptions, StoreKind};
use crate::error::{Error, ErrorKind, Result};

pub(super) use cloud::CloudAddress;
pub(super) use scheme::shown;

/// A table's root.
#[derive(Debug, Clone)]
pub struct Location {
    pub(super) uri: String,
    pub(super) root: Path,
    pub(super) place: Place,
    pub(super) options: StorageOptions,
}

#[derive(Debug, Clone)]
pub(super) enum Place {
    Local,
    Cloud(Box<Cloud>),
    /// For tests of users.
    Memory(memory::Name),
}

/// A place in a cloud, and the checked options of its store.
#[derive(Debug, Clone)]
pub(super) struct Cloud {
    pub(super) address: CloudAddress,
    pub(super) settings: Settings,
}

impl Location {
    /// Parses an address: a path, a `file:` URI, or the URI of a store, in any of the forms that Spark, Hadoop and the
    /// clouds' own tools write. Checks the options too.
    pub fn parse(address: &str, options: StorageOptions) -> Result<Self> {
        let wrong = |why: &str| {
            let shown = scheme::shown(address);
            Error::new(ErrorKind::Configuration, format!("{shown:?} is not a table's address: {why}"))
        };
        if address.trim().is_empty() {
            return Err(wrong("it is empty"));
        }
        if address.contains('\0') {
            return Err(wrong("it holds a NUL character"));
        }
        match scheme::of(address) {
            None => Self::local(std::path::Path::new(address), address, options),
            Some(_) => {
                scheme::refuse_extras(address).map_err(|why| wrong(&why))?;
                let url = Url::parse(address).map_err(|e| wrong(&e.to_string()))?;
                if url.scheme() == "file" {
                    let path = url.to_file_path().map_err(|()| wrong("it names another host"))?;
                    return Self::local(&path, address, options);
                }
                if url.scheme() == memory::SCHEME {
                    return Self::in_memory(&url, address, options);
                }
                let found = CloudAddress::parse(&url).map_err(|why| wrong(&why))?;
                Self::cloud(address, found, options)
            }
        }
    }

    fn in_memory(url: &Url, address: &str, options: StorageOptions) -> Result<Self> {
        let wrong = |why: &str| {
            Error::new(
                ErrorKind::Configuration,
                format!("{:?} is not a table's address: {why}", scheme::shown(address)),
            )
        };
        let name = memory::Name::of(url.host_str().unwrap_or_default()).map_err(wrong)?;
        let root = Path::from_url_path(url.path()).map_err(|e| wrong(&e.to_string()))?;
        let uri = address.trim().trim_end_matches('/').to_owned();
        Ok(Self { uri, root, place: Place::Memory(name), options })
    }

    fn local(path: &std::path::Path, address: &str, options: StorageOptions) -> Result<Self> {
        let wrong = |e: &dyn fmt::Display| {
            Error::new(ErrorKind::Configuration, format!("{address:?} is not a usable path: {e}"))
        };
        if let Some(name) = options.given.keys().next() {
            return Err(Error::new(
                ErrorKind::Configuration,
                format!("storage option {name:?} has no meaning for a table on the local file system"),
            ));
        }
        let absolute = lexically_absolute(path).map_err(|e| wrong(&e))?;
        let root = Path::from_absolute_path(&absolute).map_err(|e| wrong(&e))?;
        Ok(Self { uri: absolute.display().to_string(), root, place: Place::Local, options })
    }

    fn cloud(written: &str, address: CloudAddress, options: StorageOptions) -> Result<Self> {
        let settings = Settings::check(address.store, &options)?;
        address.check_against(&settings)?;
        let root = address.path.clone();
        let uri = written.trim().trim_end_matches('/').to_owned();
        Ok(Self { uri, root, place: Place::Cloud(Box::new(Cloud { address, settings })), options })
    }

    /// The address for messages, without a trailing slash.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The scheme that the user wrote.
    pub(super) fn scheme(&self) -> &str {
        scheme::of(&self.uri).unwrap_or("file")
    }

    /// The kind of store in a cloud; `None` on the local file system.
    pub fn store(&self) -> Option<StoreKind> {
        match &self.place {
            Place::Local | Place::Memory(_) => None,
            Place::Cloud(cloud) => Some(cloud.address.store),
        }
    }

    pub(super) fn is_remote(&self) -> bool {
        !matches!(self.place, Place::Local)
    }

    /// The same for roots that are the same, however they are spelt: place and options, secrets among them. Not for
    /// messages.
    pub(super) fn identity(&self) -> String {
        let cloud = match &self.place {
            Place::Local => return self.uri.clone(),
            Place::Memory(name) => return format!("{name}\0{}", self.root),
            Place::Cloud(cloud) => cloud,
        };
        let mut identity = cloud.address.identity(&cloud.settings);
        for (name, value) in cloud.settings.values().filter(|(name, _)| !matches!(*name, "account_name" | "bucket")) {
            identity.extend(["\0", name, "\0", value]);
        }
        if cloud.settings.given("log_store").is_some() {
            // Entries in DynamoDB go by the scheme that their writers wrote.
            identity.push_str(&format!("\0scheme\0{}", self.scheme()));
        }
        identity
    }
}

/// Absolute, with `.` and `..` resolved by the file system's own rules where the folder exists.
fn lexically_absolute(path: &std::path::Path) -> std::io::Result<std::path::PathBuf> {
    match std::fs::canonicalize(path) {
        Ok(real) => Ok(real),
        Err(_) => {
            let mut out = std::path::PathBuf::new();
            for part in std::path::absolute(path)?.components() {
                match part {
                    std::path::Component::ParentDir => {
                        out.pop();
                    }
                    other => out.push(other),
                }
            }
            Ok(out)
        }
    }
}
