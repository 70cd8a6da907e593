//! The roles of containers and instances.

use bytes::Bytes;
use chrono::DateTime;
use object_store::HeaderValue;
use object_store::aws::AwsCredential;
use object_store::client::HttpRequest;
use serde_json::Value;

use super::http::{Http, Refused, request};
use super::kept::Temporary;
use super::plan::Container;
use super::unobtainable::{Reason, Unobtainable};

const SESSION: &str = "x-aws-ec2-metadata-token";
const ROLES: &str = "latest/meta-data/iam/security-credentials/";

/// What a container's agent gives.
pub(super) async fn container(
    http: &Http,
    container: &Container,
    token: Option<&str>,
    attempts: usize,
) -> Result<Temporary<AwsCredential>, Unobtainable> {
    let what = format!("the container's agent at {}", container.url);
    let token = match &container.token_file {
        Some(path) => Some(std::fs::read_to_string(path).map_err(|e| {
            let text = format!("the file {path}, with what {} asks for, cannot be read: {e}", container.url);
            Unobtainable::new(Reason::Misconfigured, text)
        })?),
        None => token.map(str::to_owned),
    };
    let answer = tried(attempts, || {
        let (what, token) = (what.clone(), token.clone());
        async move {
            let mut request = request("GET", &container.url, Bytes::new()).map_err(unsent)?;
            if let Some(token) = &token {
                insert(&mut request, "authorization", token.trim()).map_err(unsent)?;
            }
            http.answer(&what, request).await
        }
    });
    read(&what, &answer.await.map_err(|refused| refused.why)?)
}

/// What an instance's metadata service gives.
pub(super) async fn instance(
    http: &Http,
    endpoint: &str,
    fallback: bool,
    attempts: usize,
) -> Result<Temporary<AwsCredential>, Unobtainable> {
    let endpoint = endpoint.trim_end_matches('/');
    let what = format!("the instance's metadata service at {endpoint}");
    let begun = tried(attempts, || async {
        let mut request = request("PUT", &format!("{endpoint}/latest/api/token"), Bytes::new()).map_err(unsent)?;
        insert(&mut request, "x-aws-ec2-metadata-token-ttl-seconds", "600").map_err(unsent)?;
        http.answer(&what, request).await
    });
    let session = match begun.await {
        Ok(token) => Some(String::from_utf8_lossy(&token).into_owned()),
        Err(Refused { status: Some(403..=405), .. }) if fallback => None,
        // Nobody is there: this is no instance.
        Err(Refused { status: None, why }) => return Err(Unobtainable::new(Reason::Nowhere, why.text)),
        Err(refused) => return Err(refused.why),
    };
    let get = |path: String| {
        let (session, what) = (session.clone(), &what);
        async move {
            let mut request = request("GET", &format!("{endpoint}/{path}"), Bytes::new()).map_err(unsent)?;
            if let Some(session) = &session {
                insert(&mut request, SESSION, session).map_err(unsent)?;
            }
            http.answer(what, request).await
        }
    };
    let role = match tried(attempts, || get(ROLES.to_owned())).await {
        Ok(role) => String::from_utf8_lossy(&role).lines().next().unwrap_or_default().trim().to_owned(),
        Err(Refused { status: Some(404), .. }) => String::new(),
        Err(refused) => return Err(refused.why),
    };
    if role.is_empty() {
        return Err(Unobtainable::new(Reason::Nowhere, "this instance has no role".to_owned()));
    }
    let answer = tried(attempts, || get(format!("{ROLES}{role}"))).await;
    read(&what, &answer.map_err(|refused| refused.why)?)
}

/// The first answer, of so many tries, that is one.
async fn tried<F>(attempts: usize, mut ask: impl FnMut() -> F) -> Result<Bytes, Refused>
where
    F: Future<Output = Result<Bytes, Refused>>,
{
    let mut left = attempts.max(1);
    loop {
        left -= 1;
        match ask().await {
            Err(Refused { why, .. }) if left > 0 && why.reason == Reason::Unavailable => {}
            // Nobody is there, and nobody will be.
            Err(Refused { status: None, why }) if why.reason == Reason::Unavailable => {
                return Err(unsent(Unobtainable { reason: Reason::Late, ..why }));
            }
            done => return done,
        }
    }
}

fn unsent(why: Unobtainable) -> Refused {
    Refused { status: None, why }
}

fn insert(request: &mut HttpRequest, name: &'static str, value: &str) -> Result<(), Unobtainable> {
    let mut value = HeaderValue::from_str(value).map_err(|_| {
        Unobtainable::new(Reason::Misconfigured, "the token for credentials has odd characters".to_owned())
    })?;
    value.set_sensitive(true);
    request.headers_mut().insert(name, value);
    Ok(())
}

/// Credentials in the JSON of agents, metadata services and processes.
pub(super) fn read(what: &str, answer: &[u8]) -> Result<Temporary<AwsCredential>, Unobtainable> {
    let none = || Unobtainable::new(Reason::Refused, format!("{what} gave no credentials that can be read"));
    let json: Value = serde_json::from_slice(answer).map_err(|_| none())?;
    let text = |name: &str| json.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
    if let Some(code) = text("Code").filter(|code| code != "Success") {
        let code: String = code.chars().filter(|c| c.is_ascii_alphanumeric()).take(64).collect();
        return Err(Unobtainable::new(Reason::Refused, format!("{what} answered {code}")));
    }
    let (Some(key_id), Some(secret)) = (text("AccessKeyId"), text("SecretAccessKey")) else { return Err(none()) };
    let expires = match text("Expiration") {
        Some(at) => Some(DateTime::parse_from_rfc3339(&at).map_err(|_| {
            Unobtainable::new(Reason::Refused, format!("{what} gave credentials whose Expiration is no time"))
        })?),
        None => None,
    };
    let token = text("Token").or_else(|| text("SessionToken"));
    Ok(Temporary::amazon(key_id, secret, token, expires.map(|at| at.to_utc())))
}
