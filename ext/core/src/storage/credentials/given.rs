//! Credentials from objects of the caller's, in the form that each store takes.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::aws::AwsCredential;
use object_store::azure::AzureCredential;
use object_store::gcp::GcpCredential;

use super::kept::{Fetch, Kept, Temporary, within};
use super::shared::shared;
use super::unobtainable::{Reason, Unobtainable};
use crate::context::Context;
use crate::storage::options::{CredentialSource, GivenCredentials, Settings};

const LIMIT: Duration = Duration::from_secs(60);

/// How long is waited for credentials.
pub(super) fn limit(settings: &Settings) -> Duration {
    settings.duration("credentials_timeout").unwrap_or(LIMIT)
}

/// What the object gives, in time.
pub(super) async fn ask(
    object: &dyn CredentialSource,
    again: bool,
    limit: Duration,
) -> Result<GivenCredentials, Unobtainable> {
    let late = || {
        let text = format!("the object that is given as credentials did not answer in {limit:?} (credentials_timeout)");
        Unobtainable::new(Reason::Late, text)
    };
    let call = Context::current();
    call.note("the object that is given as credentials has not answered".to_owned());
    let given = within(limit, async { Ok(object.ask(again, limit).await?) }, late).await;
    call.forget();
    let given = given?;
    match given.expires_at.filter(|at| *at <= Utc::now()) {
        Some(at) => Err(refused(&format!(
            "credentials that were over at {}: either it does not renew them, or this machine's clock is wrong",
            at.to_rfc3339()
        ))),
        None => Ok(given),
    }
}

fn refused(what: &str) -> Unobtainable {
    Unobtainable::new(Reason::Refused, format!("the object that is given as credentials gave {what}"))
}

/// S3's.
pub(super) fn keys(given: GivenCredentials) -> Result<Temporary<AwsCredential>, Unobtainable> {
    match (given.access_key_id, given.secret_access_key) {
        (Some(id), Some(secret)) => Ok(Temporary::amazon(id, secret, given.session_token, given.expires_at)),
        (None, _) => Err(refused("no access_key_id, which S3 takes")),
        (_, None) => Err(refused("no secret_access_key, which S3 takes")),
    }
}

fn azure(given: GivenCredentials) -> Result<Temporary<AzureCredential>, Unobtainable> {
    let expires = given.expires_at;
    let (credential, secret) = match (given.bearer_token, given.sas_token) {
        (Some(token), None) => (AzureCredential::BearerToken(token.clone()), token),
        (None, Some(sas)) => {
            let pairs = url::form_urlencoded::parse(sas.trim_start_matches('?').as_bytes()).into_owned();
            (AzureCredential::SASToken(pairs.collect()), sas)
        }
        (Some(_), Some(_)) => return Err(refused("bearer_token and sas_token, of which one counts")),
        (None, None) => return Err(refused("neither bearer_token nor sas_token, of which Azure takes one")),
    };
    Ok(Temporary { credential: Arc::new(credential), secrets: vec![secret], expires })
}

fn google(given: GivenCredentials) -> Result<Temporary<GcpCredential>, Unobtainable> {
    let token = given.bearer_token.ok_or_else(|| refused("no bearer_token, which Google Cloud Storage takes"))?;
    let credential = Arc::new(GcpCredential { bearer: token.clone() });
    Ok(Temporary { credential, secrets: vec![token], expires: given.expires_at })
}

/// The same for the same options. Holds secrets.
pub(super) fn key(settings: &Settings) -> String {
    let values = settings.values().map(|(name, value)| format!("\0{name}\0{value}"));
    format!("{}{}", settings.store().word(), values.collect::<String>())
}

/// Credentials of Azure from such an object.
pub(in crate::storage) fn of_azure(
    object: Arc<dyn CredentialSource>,
    settings: &Settings,
) -> Arc<Kept<AzureCredential>> {
    shared(key(settings), || Kept::new(Box::new(Object { object, limit: limit(settings), form: azure })))
}

/// Credentials of Google Cloud Storage from such an object.
pub(in crate::storage) fn of_google(
    object: Arc<dyn CredentialSource>,
    settings: &Settings,
) -> Arc<Kept<GcpCredential>> {
    shared(key(settings), || Kept::new(Box::new(Object { object, limit: limit(settings), form: google })))
}

#[derive(Debug)]
struct Object<C> {
    object: Arc<dyn CredentialSource>,
    limit: Duration,
    form: fn(GivenCredentials) -> Result<Temporary<C>, Unobtainable>,
}

impl<C: std::fmt::Debug + Send + Sync> Fetch<C> for Object<C> {
    fn fetch(&self, again: bool) -> BoxFuture<'_, Result<Temporary<C>, Unobtainable>> {
        async move { (self.form)(ask(self.object.as_ref(), again, self.limit).await?) }.boxed()
    }
}
