//! S3's credentials by their plan.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::ClientOptions;
use object_store::aws::AwsCredential;

use super::advice::looked_for;
use super::given;
use super::http::Http;
use super::kept::{Fetch, Kept, Temporary};
use super::machine;
use super::plan::{Keys, Plan, Planned, plan};
use super::process;
use super::profiles::Profiles;
use super::shared::shared;
use super::sts;
use super::unobtainable::{Reason, Unobtainable};
use crate::error::Result;
use crate::storage::http::Connector;
use crate::storage::options::{CredentialSource, Settings};
use crate::storage::patience::Patience;

const METADATA: &str = "http://169.254.169.254";
const METADATA_TIMEOUT: Duration = Duration::from_secs(2);
const METADATA_ATTEMPTS: usize = 2;

impl Temporary<AwsCredential> {
    pub(super) fn amazon(
        key_id: String,
        secret_key: String,
        token: Option<String>,
        expires: Option<DateTime<Utc>>,
    ) -> Self {
        let secrets = [key_id.clone(), secret_key.clone()].into_iter().chain(token.clone()).collect();
        Self { credential: Arc::new(AwsCredential { key_id, secret_key, token }), secrets, expires }
    }
}

/// The settings with what the environment says now, and then the profile in use.
pub(in crate::storage) fn with_surroundings(settings: &Settings) -> Result<Settings> {
    let mut settings = settings.with_environment(|name| std::env::var(name).ok())?;
    let profiles = profiles(&settings)?;
    let profile = profiles.get(settings.get("profile").unwrap_or("default"));
    if let Some(profile) = profile {
        let ignore = settings.flag("ignore_configured_endpoints") == Some(true);
        let mut places = profiles.places(profile, ignore);
        if settings.get("virtual_hosted_style_request").is_some() {
            places.remove("path_style");
        }
        settings.push(places);
    }
    Ok(settings)
}

fn profiles(settings: &Settings) -> Result<Profiles> {
    #[allow(deprecated, reason = "right where this library runs")]
    Profiles::load(settings, std::env::home_dir())
}

/// Credentials for a store of S3, made out anew whenever they are needed. An error where its options cannot be right.
pub(in crate::storage) fn amazon(
    given: &Settings,
    settings: &Settings,
    object: Option<Arc<dyn CredentialSource>>,
    (connector, options): (Connector, &ClientOptions),
) -> Result<Arc<Kept<AwsCredential>>> {
    let profiles = profiles(settings)?;
    plan(settings, object.clone(), &profiles)?;
    // No proxy can reach them: this one is excluded for every host, and those of the environment do not count beside it.
    let near = ClientOptions::new().with_allow_http(true).with_connect_timeout(Duration::from_secs(1));
    let near = near.with_proxy_url("http://127.0.0.1:9").with_proxy_excludes("*,0.0.0.0/0,::/0");
    let limit = settings.duration("metadata_timeout").unwrap_or(METADATA_TIMEOUT);
    let plain = settings.get("sts_endpoint").is_some_and(|url| url.to_ascii_lowercase().starts_with("http://"));
    let sts = options.clone().with_allow_http(plain);
    let source = Amazon {
        given: given.clone(),
        settings: Mutex::new(settings.clone()),
        object,
        machine: Http::new(connector, &near, limit)?,
        sts: Http::new(connector, &sts, Patience::of(settings).read_timeout)?,
    };
    let key = format!("{}\0{:x}", given::key(settings), profiles.fingerprint());
    Ok(shared(key, || Kept::new(Box::new(source))))
}

#[derive(Debug)]
struct Amazon {
    given: Settings,
    /// With the environment as it was last looked at: only where the store refuses, since others may change it meanwhile.
    settings: Mutex<Settings>,
    object: Option<Arc<dyn CredentialSource>>,
    machine: Http,
    sts: Http,
}

impl Fetch<AwsCredential> for Amazon {
    fn fetch(&self, again: bool) -> BoxFuture<'_, std::result::Result<Temporary<AwsCredential>, Unobtainable>> {
        async move {
            let settings = self.settings(again)?;
            let Planned { plan, tried } = plan(&settings, self.object.clone(), &profiles(&settings)?)?;
            self.go(&settings, &plan, again).await.map_err(|why| match why.reason {
                Reason::Nowhere => {
                    let tried = tried.into_iter().chain([why.text]).filter(|text| !text.is_empty());
                    let text = format!("{}: {}", tried.collect::<Vec<_>>().join("; "), looked_for(settings.store()));
                    Unobtainable::new(Reason::Nowhere, text)
                }
                _ => why,
            })
        }
        .boxed()
    }
}

impl Amazon {
    fn settings(&self, again: bool) -> Result<Settings> {
        let mut settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        if again {
            *settings = with_surroundings(&self.given)?;
        }
        Ok(settings.clone())
    }

    fn go<'a>(
        &'a self,
        settings: &'a Settings,
        plan: &'a Plan,
        again: bool,
    ) -> BoxFuture<'a, std::result::Result<Temporary<AwsCredential>, Unobtainable>> {
        let place = |region: Option<&str>| {
            sts::Place::new(settings.get("sts_endpoint"), region.or_else(|| settings.get("region")))
        };
        let limit = given::limit(settings);
        let attempts = settings.count("metadata_attempts").unwrap_or(METADATA_ATTEMPTS);
        async move {
            match plan {
                Plan::Keys(Keys { id, secret, token }) => {
                    Ok(Temporary::amazon(id.clone(), secret.clone(), token.clone(), None))
                }
                Plan::Object(object) => given::keys(given::ask(object.as_ref(), again, limit).await?),
                Plan::WebIdentity { token_file, role } => {
                    sts::with_web_identity(&self.sts, &place(role.region.as_deref()), role, token_file).await
                }
                Plan::Role { base, role } => {
                    let base = self.go(settings, base, again).await?;
                    sts::assume(&self.sts, &place(role.region.as_deref()), role, &base.credential).await
                }
                Plan::Process { command, profile } => process::ask(profile, command, limit).await,
                Plan::Container(container) => {
                    let token = settings.get("container_authorization_token");
                    machine::container(&self.machine, container, token, attempts).await
                }
                Plan::Instance => {
                    let endpoint = settings.get("metadata_endpoint").unwrap_or(METADATA);
                    let fallback = settings.flag("imdsv1_fallback") == Some(true);
                    machine::instance(&self.machine, endpoint, fallback, attempts).await
                }
                Plan::Nowhere => Err(Unobtainable::new(Reason::Nowhere, String::new())),
            }
        }
        .boxed()
    }
}
