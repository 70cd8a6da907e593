//! Roles that are assumed at STS.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use object_store::HeaderValue;
use object_store::aws::{AwsAuthorizer, AwsCredential};
use object_store::client::HttpRequest;

use super::http::{Http, request};
use super::kept::Temporary;
use super::plan::Role;
use super::unobtainable::{Reason, Unobtainable};
use crate::storage::http::element;

const FORM: &str = "application/x-www-form-urlencoded";

/// Where it is.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) endpoint: String,
    pub(super) region: String,
}

impl Place {
    pub(super) fn new(endpoint: Option<&str>, region: Option<&str>) -> Self {
        let region = region.unwrap_or("us-east-1").to_owned();
        let zone = if region.starts_with("cn-") { ".cn" } else { "" };
        let usual = || format!("https://sts.{region}.amazonaws.com{zone}");
        let endpoint = endpoint.map_or_else(usual, |endpoint| endpoint.trim_end_matches('/').to_owned()) + "/";
        Self { endpoint, region }
    }
}

/// The role, for who has those credentials.
pub(super) async fn assume(
    http: &Http,
    place: &Place,
    role: &Role,
    base: &AwsCredential,
) -> Result<Temporary<AwsCredential>, Unobtainable> {
    let mut fields = fields("AssumeRole", role);
    if let Some(id) = &role.external_id {
        fields.push(("ExternalId", id.clone()));
    }
    let mut request = form(place, &fields)?;
    AwsAuthorizer::new(base, "sts", &place.region)
        .try_authorize(&mut request, None)
        .map_err(|e| Unobtainable::new(Reason::Refused, format!("a request to STS cannot be signed: {e}")))?;
    ask(http, place, role, request).await
}

/// The role, for who has the token.
pub(super) async fn with_web_identity(
    http: &Http,
    place: &Place,
    role: &Role,
    token_file: &str,
) -> Result<Temporary<AwsCredential>, Unobtainable> {
    let token = std::fs::read_to_string(token_file).map_err(|e| {
        Unobtainable::new(
            Reason::Misconfigured,
            format!("the web identity's token file {token_file} cannot be read: {e}"),
        )
    })?;
    let mut fields = fields("AssumeRoleWithWebIdentity", role);
    fields.push(("WebIdentityToken", token.trim().to_owned()));
    ask(http, place, role, form(place, &fields)?).await
}

fn fields(action: &str, role: &Role) -> Vec<(&'static str, String)> {
    let seconds = role.duration.unwrap_or(Duration::from_secs(3600)).as_secs();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |span| span.as_secs());
    let session = role.session_name.clone().unwrap_or_else(|| format!("deltalake-ruby-{now}"));
    vec![
        ("Action", action.to_owned()),
        ("Version", "2011-06-15".to_owned()),
        ("RoleArn", role.arn.clone()),
        ("RoleSessionName", session),
        ("DurationSeconds", seconds.to_string()),
    ]
}

fn form(place: &Place, fields: &[(&'static str, String)]) -> Result<HttpRequest, Unobtainable> {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut request = request("POST", &place.endpoint, Bytes::from(body))?;
    request.headers_mut().insert("content-type", HeaderValue::from_static(FORM));
    Ok(request)
}

async fn ask(
    http: &Http,
    place: &Place,
    role: &Role,
    request: HttpRequest,
) -> Result<Temporary<AwsCredential>, Unobtainable> {
    let what = format!("STS at {} for the role {}", place.endpoint, role.arn);
    let answer = http.ask(&what, request).await?;
    let text = String::from_utf8_lossy(&answer);
    let part = |name: &str| element(&text, name);
    let expires = part("Expiration").and_then(|at| DateTime::parse_from_rfc3339(&at).ok());
    let (Some(key_id), Some(secret_key), Some(token), Some(expires)) =
        (part("AccessKeyId"), part("SecretAccessKey"), part("SessionToken"), expires)
    else {
        return Err(Unobtainable::new(Reason::Refused, format!("{what}: its answer has no credentials in it")));
    };
    Ok(Temporary::amazon(key_id, secret_key, Some(token), Some(expires.with_timezone(&Utc))))
}
