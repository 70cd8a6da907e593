//! Where S3's credentials come from: options, the environment, web identities, profiles, containers, instances, in the order of
//! Amazon's SDKs. Decides only; nothing is asked.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::profiles::{Profile, Profiles, wrong};
use crate::error::Result;
use crate::storage::options::{CredentialSource, Settings};

/// One way to credentials.
#[derive(Debug)]
pub(super) enum Plan {
    Keys(Keys),
    Object(Arc<dyn CredentialSource>),
    WebIdentity { token_file: String, role: Role },
    Role { base: Box<Plan>, role: Role },
    Process { command: String, profile: String },
    Container(Container),
    Instance,
    Nowhere,
}

#[derive(Clone)]
pub(super) struct Keys {
    pub(super) id: String,
    pub(super) secret: String,
    pub(super) token: Option<String>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) arn: String,
    pub(super) session_name: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) duration: Option<Duration>,
    /// Of the profile, where that says another than the settings.
    pub(super) region: Option<String>,
}

/// A container's agent: a path at its usual address, or all of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Container {
    pub(super) url: String,
    pub(super) token_file: Option<String>,
}

/// A plan, and what was looked for before.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) plan: Plan,
    pub(super) tried: Vec<String>,
}

const CONTAINER_HOST: &str = "http://169.254.170.2";

/// The plan of these settings, which have the environment in them.
pub(super) fn plan(
    settings: &Settings,
    object: Option<Arc<dyn CredentialSource>>,
    profiles: &Profiles,
) -> Result<Planned> {
    let mut tried = Vec::new();
    let base = base(settings, object, profiles, &mut tried)?;
    // One of the environment goes with a web identity alone.
    let plan = match settings.given("role_arn") {
        Some(_) if !matches!(base, Plan::WebIdentity { .. }) => {
            Plan::Role { base: Box::new(base), role: role_of(settings) }
        }
        _ => base,
    };
    Ok(Planned { plan, tried })
}

fn base(
    settings: &Settings,
    object: Option<Arc<dyn CredentialSource>>,
    profiles: &Profiles,
    tried: &mut Vec<String>,
) -> Result<Plan> {
    let text = |name: &str| settings.get(name).map(str::to_owned);
    if let Some(object) = object {
        return Ok(Plan::Object(object));
    }
    match (text("access_key_id"), text("secret_access_key")) {
        (Some(id), Some(secret)) => return Ok(Plan::Keys(Keys { id, secret, token: text("session_token") })),
        (Some(_), None) => return Err(alone("access_key_id", "secret_access_key")),
        (None, Some(_)) => return Err(alone("secret_access_key", "access_key_id")),
        (None, None) => tried.push("options and environment have no access_key_id (AWS_ACCESS_KEY_ID)".to_owned()),
    }
    match (text("web_identity_token_file"), settings.get("role_arn")) {
        (Some(token_file), Some(_)) => return Ok(Plan::WebIdentity { token_file, role: role_of(settings) }),
        (Some(_), None) => tried.push("the web identity's token file comes without role_arn (AWS_ROLE_ARN)".to_owned()),
        (None, _) => tried.push("there is no web identity (AWS_WEB_IDENTITY_TOKEN_FILE)".to_owned()),
    }
    let container = container(settings)?;
    let layer = |name: &str| settings.layer_of(name).unwrap_or(usize::MAX);
    let asked = layer("container_credentials_full_uri").min(layer("container_credentials_relative_uri"));
    // A container that is an option comes before a profile of the environment.
    if let Some(container) = container.clone().filter(|_| asked < 2 && asked < layer("profile")) {
        return Ok(Plan::Container(container));
    }
    if let Some(plan) = of_profile(settings, profiles, tried)? {
        return Ok(plan);
    }
    if let Some(container) = container {
        return Ok(Plan::Container(container));
    }
    tried.push("this is no container with a role (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, ..._FULL_URI)".to_owned());
    if settings.flag("metadata_disabled") == Some(true) {
        tried.push("asking for an instance's role is switched off (AWS_EC2_METADATA_DISABLED)".to_owned());
        return Ok(Plan::Nowhere);
    }
    Ok(Plan::Instance)
}

fn alone(one: &str, other: &str) -> crate::error::Error {
    wrong(format!("{one} comes without {other}: S3 takes both"))
}

fn role_of(settings: &Settings) -> Role {
    let text = |name: &str| settings.get(name).map(str::to_owned);
    Role {
        arn: text("role_arn").unwrap_or_default(),
        session_name: text("role_session_name"),
        external_id: text("external_id"),
        duration: settings.duration("role_duration"),
        region: None,
    }
}

fn container(settings: &Settings) -> Result<Option<Container>> {
    let token_file = settings.get("container_authorization_token_file").map(str::to_owned);
    if let Some(path) = settings.get("container_credentials_relative_uri") {
        if !path.starts_with('/') {
            return Err(wrong("container_credentials_relative_uri is a path that begins with /".to_owned()));
        }
        return Ok(Some(Container { url: format!("{CONTAINER_HOST}{path}"), token_file }));
    }
    let Some(url) = settings.get("container_credentials_full_uri") else { return Ok(None) };
    if !is_near(url) {
        return Err(wrong(
            "container_credentials_full_uri is an address with https://, or one of this machine or of its container's \
             agent: others may listen to what is asked of it"
                .to_owned(),
        ));
    }
    Ok(Some(Container { url: url.to_owned(), token_file }))
}

/// Whether nobody else listens.
fn is_near(url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else { return false };
    let agents = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "localhost"];
    url.scheme() == "https"
        || match url.host() {
            Some(url::Host::Ipv4(address)) if address.is_loopback() => true,
            Some(url::Host::Ipv6(address)) if address.is_loopback() => true,
            host => host.is_some_and(|host| agents.contains(&host.to_string().as_str())),
        }
}

/// What the profile in use says, if anything.
fn of_profile(settings: &Settings, profiles: &Profiles, tried: &mut Vec<String>) -> Result<Option<Plan>> {
    let (name, profile) = match settings.get("profile") {
        Some(name) => (name, profiles.named(name, "profile (AWS_PROFILE)")?),
        None => match profiles.get("default") {
            Some(profile) => ("default", profile),
            None => {
                tried.push(format!("there is no profile default in {}, and no other is named", profiles.files));
                return Ok(None);
            }
        },
    };
    let plan = Chain { settings, profiles, seen: BTreeSet::new() }.follow(name, profile)?;
    if plan.is_none() {
        tried.push(format!("the profile {name} in {} has no credentials", profiles.files));
    }
    Ok(plan)
}

/// Profiles that name each other.
struct Chain<'a> {
    settings: &'a Settings,
    profiles: &'a Profiles,
    seen: BTreeSet<String>,
}

impl Chain<'_> {
    fn follow(&mut self, name: &str, profile: &Profile) -> Result<Option<Plan>> {
        let says = |key: &str| profile.get(key).filter(|value| !value.trim().is_empty()).cloned();
        let first = self.seen.insert(name.to_owned());
        if let (Some(arn), true) = (says("role_arn"), first) {
            let role = role(name, profile, arn)?;
            if let Some(token_file) = says("web_identity_token_file") {
                return Ok(Some(Plan::WebIdentity { token_file, role }));
            }
            let base = match (says("source_profile"), says("credential_source")) {
                (Some(_), Some(_)) => {
                    return Err(wrong(format!(
                        "the profile {name} has source_profile and credential_source: one counts"
                    )));
                }
                (None, None) => {
                    return Err(wrong(format!(
                        "the profile {name} has role_arn and neither source_profile nor credential_source: nothing says \
                         with whose credentials the role is assumed"
                    )));
                }
                (Some(source), None) => self.source(name, &source)?,
                (None, Some(source)) => self.machine(name, &source)?,
            };
            return Ok(Some(Plan::Role { base: Box::new(base), role }));
        }
        let keys = (says("aws_access_key_id"), says("aws_secret_access_key"));
        match keys {
            (Some(id), Some(secret)) => {
                let token = says("aws_session_token").or_else(|| says("aws_security_token"));
                return Ok(Some(Plan::Keys(Keys { id, secret, token })));
            }
            (None, None) => {}
            _ => {
                return Err(wrong(format!(
                    "the profile {name} has one of aws_access_key_id and aws_secret_access_key: it takes both"
                )));
            }
        }
        if !first {
            return Err(wrong(format!("the profile {name} is its own source_profile, by way of others or not")));
        }
        if let Some(command) = says("credential_process") {
            return Ok(Some(Plan::Process { command, profile: name.to_owned() }));
        }
        for key in ["sso_session", "sso_start_url", "sso_account_id", "login_session"] {
            if says(key).is_some() {
                return Err(wrong(format!(
                    "the profile {name} signs in by {} ({key}), which this library does not: sign in with the aws command \
                     line, and have a profile with credential_process = aws configure export-credentials --profile \
                     {name} --format process; or give the SDK's object as the option credentials",
                    if key == "login_session" { "a browser" } else { "IAM Identity Center" }
                )));
            }
        }
        Ok(None)
    }

    fn source(&mut self, name: &str, source: &str) -> Result<Plan> {
        let profiles = self.profiles;
        let profile = profiles.named(source, &format!("source_profile of {name}"))?;
        let plan = self.follow(source, profile)?;
        plan.ok_or_else(|| wrong(format!("the profile {source}, source_profile of {name}, has no credentials")))
    }

    fn machine(&self, name: &str, source: &str) -> Result<Plan> {
        let text = |key: &str| self.settings.get(key).map(str::to_owned);
        let wanting = |what: &str| wrong(format!("credential_source of the profile {name} is {source}: {what}"));
        match source {
            "Environment" => {
                let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
                match (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
                    (Some(id), Some(secret)) => {
                        Ok(Plan::Keys(Keys { id, secret, token: variable("AWS_SESSION_TOKEN") }))
                    }
                    _ => Err(wanting("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")),
                }
            }
            "EcsContainer" => container(self.settings)?
                .map(Plan::Container)
                .ok_or_else(|| wanting("there is no AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")),
            "Ec2InstanceMetadata" if text("metadata_disabled").as_deref() == Some("true") => {
                Err(wanting("AWS_EC2_METADATA_DISABLED forbids it"))
            }
            "Ec2InstanceMetadata" => Ok(Plan::Instance),
            _ => Err(wanting("it is Environment, EcsContainer or Ec2InstanceMetadata")),
        }
    }
}

fn role(name: &str, profile: &Profile, arn: String) -> Result<Role> {
    let says = |key: &str| profile.get(key).filter(|value| !value.trim().is_empty()).cloned();
    if says("mfa_serial").is_some() {
        return Err(wrong(format!(
            "the profile {name} asks for a one-time password (mfa_serial), which nobody can be asked for here: give the \
             SDK's object as the option credentials, or have a profile with credential_process"
        )));
    }
    let seconds = says("duration_seconds").map(|text| text.parse::<u32>());
    let duration =
        seconds.transpose().map_err(|_| wrong(format!("duration_seconds of the profile {name} is no number")))?;
    Ok(Role {
        arn,
        session_name: says("role_session_name"),
        external_id: says("external_id"),
        duration: duration.map(|seconds| Duration::from_secs(seconds.into())),
        region: says("region"),
    })
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
