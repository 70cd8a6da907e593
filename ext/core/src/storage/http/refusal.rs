//! What a store says where it does not do what it was asked for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use object_store::client::HttpRequest;

use super::skew::is_of_clock;

/// Most characters of a store's own words that are passed on.
const WORDS: usize = 300;

/// An answer that is no success.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::storage) struct Refusal {
    /// The HTTP status.
    pub(in crate::storage) status: u16,
    /// The store's own name for it, such as `SlowDown`.
    pub(in crate::storage) code: Option<String>,
    /// The store's own words.
    pub(in crate::storage) words: Option<String>,
    /// What the store's people find the request by.
    pub(in crate::storage) request_id: Option<String>,
    /// How long the store asks to wait.
    pub(in crate::storage) retry_after: Option<Duration>,
    /// The store's clock.
    pub(in crate::storage) date: Option<DateTime<Utc>>,
    /// Where the bucket is.
    pub(in crate::storage) region: Option<String>,
    /// Whether it says that this machine's clock is wrong.
    pub(in crate::storage) of_clock: bool,
}

/// What is seen of one try, which may take several requests: the last one counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::storage) struct Seen {
    /// The host that was asked.
    pub(in crate::storage) host: String,
    /// Whether it was asked for credentials, and not for objects.
    pub(in crate::storage) for_credentials: bool,
    /// Its answer, where that is no success.
    pub(in crate::storage) refusal: Option<Refusal>,
}

tokio::task_local! {
    static TRY: Arc<Mutex<Seen>>;
}

/// Does `work`, and tells what was seen below.
pub(in crate::storage) async fn observed<T>(work: impl Future<Output = T>) -> (T, Seen) {
    let seen = Arc::<Mutex<Seen>>::default();
    let done = TRY.scope(Arc::clone(&seen), work).await;
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (done, seen)
}

/// A request begins.
pub(super) fn asking(request: &HttpRequest, for_credentials: bool) {
    let host = request.uri().authority().map_or_else(String::new, |at| match at.port_u16() {
        Some(port) => format!("{}:{port}", at.host()),
        None => at.host().to_owned(),
    });
    note(|seen| *seen = Seen { host, for_credentials, refusal: None });
}

/// It was answered, and that is no success.
pub(super) fn refused(refusal: Refusal) {
    note(|seen| seen.refusal = Some(refusal));
}

fn note(change: impl FnOnce(&mut Seen)) {
    // Outside of a try nobody wants to know.
    let _ = TRY.try_with(|seen| change(&mut seen.lock().unwrap_or_else(PoisonError::into_inner)));
}

impl Refusal {
    /// From an answer's status, headers and the beginning of its body, which may be XML, JSON or something else.
    pub(in crate::storage) fn read(status: u16, header: impl Fn(&str) -> Option<String>, body: &[u8]) -> Self {
        let body = String::from_utf8_lossy(body);
        let of_header = |names: &[&str]| names.iter().find_map(|name| header(name));
        let date = header("date").and_then(|text| DateTime::parse_from_rfc2822(&text).ok());
        let code = of_header(&["x-ms-error-code"]).or_else(|| element(&body, "Code"));
        Self {
            status,
            code: code.or_else(|| member(&body, &["reason", "status", "error"])).filter(|code| is_name(code)),
            words: element(&body, "Message").or_else(|| member(&body, &["message", "error_description"])).map(cut),
            request_id: of_header(&["x-amz-request-id", "x-ms-request-id", "x-guploader-uploadid"]).map(cut),
            retry_after: header("retry-after").and_then(|text| wait(&text, date.map(|date| date.to_utc()))),
            date: date.map(|date| date.to_utc()),
            region: header("x-amz-bucket-region").or_else(|| region(&body)).filter(|name| is_name(name)),
            of_clock: is_of_clock(&body),
        }
    }
}

/// Seconds, or a date by the store's own clock.
fn wait(text: &str, now: Option<DateTime<Utc>>) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(text.trim()).ok()?.to_utc();
    Some((until - now.unwrap_or_else(Utc::now)).to_std().unwrap_or_default())
}

/// The text of the first XML element of that name.
pub(in crate::storage) fn element(body: &str, name: &str) -> Option<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let (_, rest) = body.split_once(&open)?;
    let (text, _) = rest.split_once(&close)?;
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    (!text.trim().is_empty()).then(|| text.replace("&amp;", "&"))
}

/// The region that the body names; some servers do so in their words alone.
fn region(body: &str) -> Option<String> {
    let words = || {
        let (_, rest) = body.split_once("; expecting '")?;
        rest.split_once('\'').map(|(region, _)| region.to_owned())
    };
    element(body, "Region").or_else(words)
}

/// The first text by one of those names in a JSON object, or in the object `error` of it.
fn member(body: &str, names: &[&str]) -> Option<String> {
    let json: serde_json::Value = serde_json::from_str(body).ok()?;
    let error = json.get("error").filter(|error| error.is_object()).unwrap_or(&json);
    let first = error.get("errors").and_then(|errors| errors.get(0));
    let found = names.iter().find_map(|name| [first, Some(error)].into_iter().flatten().find_map(|o| o.get(name)));
    found.and_then(|text| text.as_str()).map(str::to_owned)
}

/// Codes and regions are words; what else comes in their place says nothing, and may be anything.
fn is_name(text: &str) -> bool {
    text.len() <= 64 && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// The first line, without what could be a signature, and not too long.
fn cut(text: String) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    let end = ["sig=", "X-Amz-Signature", "Signature="].iter().filter_map(|secret| line.find(secret)).min();
    line[..end.unwrap_or(line.len())].chars().filter(|c| !c.is_control()).take(WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, headers: &[(&str, &str)], body: &str) -> Refusal {
        let header = |name: &str| headers.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Refusal::read(status, header, body.as_bytes())
    }

    #[test]
    fn answers_of_every_store() {
        let s3 = "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Reduce &lt;it&gt;</Message></Error>";
        let refusal = read(503, &[("x-amz-request-id", "R1"), ("retry-after", "7")], s3);
        assert_eq!((refusal.code.as_deref(), refusal.words.as_deref()), (Some("SlowDown"), Some("Reduce <it>")));
        assert_eq!((refusal.request_id.as_deref(), refusal.retry_after), (Some("R1"), Some(Duration::from_secs(7))));

        let azure = "\u{feff}<Error><Code>ServerBusy</Code><Message>Busy.\nRequestId:1\nTime:2</Message></Error>";
        let refusal = read(503, &[("x-ms-error-code", "ServerBusy")], azure);
        assert_eq!((refusal.code.as_deref(), refusal.words.as_deref()), (Some("ServerBusy"), Some("Busy.")));

        let google = r#"{"error":{"code":403,"message":"No access","errors":[{"reason":"forbidden"}]}}"#;
        let refusal = read(403, &[], google);
        assert_eq!((refusal.code.as_deref(), refusal.words.as_deref()), (Some("forbidden"), Some("No access")));

        let token = read(401, &[], r#"{"error":"invalid_client","error_description":"Expired."}"#);
        assert_eq!((token.code.as_deref(), token.words.as_deref()), (Some("invalid_client"), Some("Expired.")));
    }

    #[test]
    fn dates_are_read_by_the_clock_of_the_store() {
        let headers = [("date", "Wed, 01 Jan 2025 00:00:00 GMT"), ("retry-after", "Wed, 01 Jan 2025 00:00:05 GMT")];
        assert_eq!(read(503, &headers, "").retry_after, Some(Duration::from_secs(5)));
        assert_eq!(read(503, &[("retry-after", "soon")], "").retry_after, None);
    }

    #[test]
    fn regions_and_clocks() {
        let told = "<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region 'us-east-1' is wrong; expecting \
                    'eu-west-1'</Message><Region>eu-west-1</Region></Error>";
        let words = told.replace("<Region>eu-west-1</Region>", "");
        for body in [told, words.as_str()] {
            assert_eq!(read(400, &[], body).region.as_deref(), Some("eu-west-1"), "{body}");
        }
        assert_eq!(read(301, &[("x-amz-bucket-region", "eu-west-2")], "").region.as_deref(), Some("eu-west-2"));
        let azure = "<Error><Code>AuthenticationFailed</Code><Message>Server failed to authenticate the request.</Message>\
                     <AuthenticationErrorDetail>Request date header too old: 'Sat'</AuthenticationErrorDetail></Error>";
        assert!(read(403, &[("x-ms-error-code", "AuthenticationFailed")], azure).of_clock);
        assert!(!read(403, &[], "<Error><Code>AccessDenied</Code></Error>").of_clock);
    }

    #[test]
    fn no_signature_and_no_flood_comes_through() {
        let body = "<Error><Code>A B</Code><Message>see https://a/b?sv=1&amp;sig=secret</Message></Error>";
        let refusal = read(403, &[], body);
        assert_eq!((refusal.code, refusal.words.as_deref()), (None, Some("see https://a/b?sv=1&")));
        let long = format!("<Message>{}</Message>", "ü".repeat(10_000));
        assert_eq!(read(400, &[], &long).words.map(|words| words.chars().count()), Some(WORDS));
        assert_eq!(read(500, &[], "\u{0}<Code>").code, None);
    }
}
