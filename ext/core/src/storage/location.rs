//! From a user's address to a place: local paths, `file:` URIs, and the clouds' schemes.

use std::collections::BTreeMap;
use std::fmt;

use object_store::ObjectStoreScheme;
use object_store::path::Path;
use url::Url;

use crate::error::{Error, ErrorKind, Result};

/// Options of a store by name, such as `aws_region`. Secrets among them never show in `Debug`.
#[derive(Clone, Default)]
pub struct StorageOptions(pub BTreeMap<String, String>);

impl fmt::Debug for StorageOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

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
    Cloud(Url),
}

impl Location {
    /// Parses an address: a path, a `file:` URI, or a URI that `object_store` knows (`s3`, `s3a`, `az`, `abfs`, `abfss`, `gs`).
    pub fn parse(address: &str, options: StorageOptions) -> Result<Self> {
        let wrong =
            |why: &str| Error::new(ErrorKind::Configuration, format!("{address:?} is not a table's address: {why}"));
        if address.trim().is_empty() {
            return Err(wrong("it is empty"));
        }
        if address.contains('\0') {
            return Err(wrong("it holds a NUL character"));
        }
        match scheme_of(address) {
            None => Self::local(std::path::Path::new(address), address, options),
            Some("file") => {
                let url = Url::parse(address).map_err(|e| wrong(&e.to_string()))?;
                let path = url.to_file_path().map_err(|()| wrong("it names another host"))?;
                Self::local(&path, address, options)
            }
            Some(_) => {
                let mut url = Url::parse(address).map_err(|e| wrong(&e.to_string()))?;
                url.set_query(None);
                let (_, root) = ObjectStoreScheme::parse(&url).map_err(|e| wrong(&e.to_string()))?;
                Ok(Self { uri: address.trim_end_matches('/').to_owned(), root, place: Place::Cloud(url), options })
            }
        }
    }

    pub(super) fn is_remote(&self) -> bool {
        !matches!(self.place, Place::Local)
    }

    fn local(path: &std::path::Path, address: &str, options: StorageOptions) -> Result<Self> {
        let wrong = |e: &dyn fmt::Display| {
            Error::new(ErrorKind::Configuration, format!("{address:?} is not a usable path: {e}"))
        };
        if let Some(name) = options.0.keys().next() {
            return Err(Error::new(
                ErrorKind::Configuration,
                format!("storage option {name:?} has no meaning for a table on the local file system"),
            ));
        }
        let absolute = lexically_absolute(path).map_err(|e| wrong(&e))?;
        let root = Path::from_absolute_path(&absolute).map_err(|e| wrong(&e))?;
        Ok(Self { uri: absolute.display().to_string(), root, place: Place::Local, options })
    }

    /// The address for messages, without a trailing slash.
    pub fn uri(&self) -> &str {
        &self.uri
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

/// The scheme, where the address has one; a name with a colon deeper in a path is no scheme.
fn scheme_of(address: &str) -> Option<&str> {
    let (head, rest) = address.split_once(':')?;
    let is_scheme = head.len() >= 2
        && head.starts_with(|c: char| c.is_ascii_alphabetic())
        && head.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    (is_scheme && rest.starts_with('/')).then_some(head)
}
