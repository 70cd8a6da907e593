//! The profiles of the shared config and credentials files.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use super::ini::{self, Sections};
use crate::error::{Error, ErrorKind, Result};
use crate::storage::options::{Layer, Settings};

/// What a profile says; what the credentials file says counts before the config file.
pub(super) type Profile = BTreeMap<String, String>;

#[derive(Debug, Default)]
pub(super) struct Profiles {
    by_name: BTreeMap<String, Profile>,
    services: BTreeMap<String, Profile>,
    /// The files, for messages.
    pub(super) files: String,
}

impl Profiles {
    /// Those of the files that the settings name, or of the user's home.
    pub(super) fn load(settings: &Settings, home: Option<PathBuf>) -> Result<Self> {
        let path = |name: &str, file: &str| match settings.get(name) {
            Some(path) => match (path.strip_prefix("~/"), &home) {
                (Some(rest), Some(home)) => Some(home.join(rest)),
                _ => Some(PathBuf::from(path)),
            },
            None => home.as_ref().map(|home| home.join(".aws").join(file)),
        };
        let read = |name: &str, file: &str| -> Result<(Sections, String)> {
            let Some(path) = path(name, file) else { return Ok((Sections::new(), format!("~/.aws/{file}"))) };
            match std::fs::read(&path) {
                Ok(bytes) => Ok((ini::parse(&String::from_utf8_lossy(&bytes)), path.display().to_string())),
                Err(e) if settings.given(name).is_some() => {
                    Err(wrong(format!("storage option {name}: {} cannot be read: {e}", path.display())))
                }
                Err(_) => Ok((Sections::new(), path.display().to_string())),
            }
        };
        let (config, config_path) = read("config_file", "config")?;
        let (credentials, credentials_path) = read("shared_credentials_file", "credentials")?;
        Ok(Self::of(config, credentials, format!("{config_path} and {credentials_path}")))
    }

    fn of(config: Sections, credentials: Sections, files: String) -> Self {
        let mut found = Self { files, ..Self::default() };
        // `[profile default]` counts before `[default]`, which sorts before it.
        for (title, section) in config {
            match title.split_once(' ') {
                Some(("profile", name)) => found.by_name.entry(unquoted(name)).or_default().extend(section),
                Some(("services", name)) => drop(found.services.insert(unquoted(name), section)),
                None if title == "default" => drop(found.by_name.insert(title, section)),
                _ => {}
            }
        }
        for (name, section) in credentials {
            found.by_name.entry(name).or_default().extend(section);
        }
        found
    }

    /// The same for the same files.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.by_name, &self.files).hash(&mut hasher);
        hasher.finish()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Profile> {
        self.by_name.get(name)
    }

    /// The profile of that name, which somebody has asked for.
    pub(super) fn named(&self, name: &str, by: &str) -> Result<&Profile> {
        self.get(name).ok_or_else(|| {
            let names: Vec<&str> = self.by_name.keys().map(String::as_str).take(20).collect();
            let there = match names.is_empty() {
                true => "there are none".to_owned(),
                false => format!("there are {}", names.join(", ")),
            };
            wrong(format!("there is no profile {name:?}, which {by} names, in {}: {there}", self.files))
        })
    }

    /// Where services are, and how they are asked, by the profile in use.
    pub(super) fn places(&self, profile: &Profile, ignore_endpoints: bool) -> Layer {
        let mut layer = Layer::new();
        let ignore = ignore_endpoints || profile.get("ignore_configured_endpoint_urls").is_some_and(|v| v == "true");
        let services = profile.get("services").and_then(|name| self.services.get(name));
        for (service, option) in [("s3", "endpoint"), ("sts", "sts_endpoint")] {
            let own = services.and_then(|services| services.get(&format!("{service}.endpoint_url")));
            let own = own.or_else(|| profile.get("s3.endpoint_url").filter(|_| service == "s3"));
            if let Some(url) = own.or_else(|| profile.get("endpoint_url")).filter(|_| !ignore) {
                layer.insert(option, url.clone());
            }
        }
        for (name, option) in [("region", "region"), ("ca_bundle", "ca_certificate")] {
            if let Some(value) = profile.get(name) {
                layer.insert(option, value.clone());
            }
        }
        match profile.get("s3.addressing_style").map(String::as_str) {
            Some("path") => drop(layer.insert("path_style", "true".to_owned())),
            Some("virtual") => drop(layer.insert("path_style", "false".to_owned())),
            _ => {}
        }
        layer.retain(|_, value| !value.trim().is_empty());
        layer
    }
}

/// A name with blanks is written in quotes.
fn unquoted(name: &str) -> String {
    let quoted = |mark| name.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    quoted('"').or_else(|| quoted('\'')).unwrap_or(name).to_owned()
}

pub(super) fn wrong(message: String) -> Error {
    Error::new(ErrorKind::Configuration, message)
}

#[cfg(test)]
pub(super) fn of_text(config: &str, credentials: &str) -> Profiles {
    Profiles::of(ini::parse(config), ini::parse(credentials), "config and credentials".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_credentials_file_counts_first_and_places_come_from_the_profile() {
        let profiles = of_text(
            "[default]\nregion=a\naws_access_key_id=config\n[profile default]\nregion=b\n[dev]\nregion=none\n\
             [profile \"my dev\"]\nservices = local\nendpoint_url = http://all\ns3 =\n  addressing_style = path\n\
             [services local]\ns3 =\n  endpoint_url = http://s3\n",
            "[default]\naws_access_key_id=credentials\n",
        );
        let default = profiles.get("default").unwrap();
        assert_eq!((&*default["region"], &*default["aws_access_key_id"]), ("b", "credentials"));
        assert!(profiles.get("dev").is_none());
        let error = profiles.named("dev", "AWS_PROFILE").unwrap_err().to_string();
        assert!(error.contains("\"dev\"") && error.contains("default, my dev"), "{error}");
        let profile = profiles.get("my dev").unwrap();
        let places = profiles.places(profile, false);
        assert_eq!(
            (&*places["endpoint"], &*places["sts_endpoint"], &*places["path_style"]),
            ("http://s3", "http://all", "true")
        );
        assert!(!profiles.places(profile, true).contains_key("endpoint"));
    }
}
