use chrono::{TimeDelta, Utc};

use super::failure::{Advice, Cause, Failure};
use super::told::{Tried, told};
use crate::error::{Error, ErrorKind};
use crate::storage::http::{Refusal, Seen};

fn failure(refusal: Refusal) -> Failure {
    let error = object_store::Error::Generic { store: "S3", source: "refused".into() };
    Failure::of(&error, Seen { host: "s3".to_owned(), for_credentials: false, refusal: Some(refusal) })
}

fn refusal(status: u16, code: &str) -> Refusal {
    Refusal { status, code: (!code.is_empty()).then(|| code.to_owned()), ..Refusal::default() }
}

fn error(failure: &Failure) -> Error {
    let tried = Tried { text: failure.text.clone(), late: None, tries: 1, seconds: 0.0, may_be_done: false };
    told("read", "s3://b/t/x", "b", failure, tried)
}

#[test]
fn a_signature_that_does_not_fit_may_be_of_a_wrong_clock() {
    let apart = |code: &str, seconds: i64| {
        let date = Some(Utc::now() - TimeDelta::seconds(seconds));
        failure(Refusal { date, ..refusal(403, code) })
    };
    for code in ["AuthenticationFailed", "SignatureDoesNotMatch", ""] {
        assert_eq!(apart(code, 1230).cause, Cause::Clock, "{code}");
        assert_eq!(apart(code, -1230).cause, Cause::Clock, "{code}");
        assert_ne!(apart(code, 630).cause, Cause::Clock, "{code}");
    }
    let date = Some(Utc::now() + TimeDelta::minutes(20));
    assert_eq!(failure(Refusal { date, ..refusal(401, "AuthenticationRequired") }).cause, Cause::Clock);
    // It was understood, and is not allowed; new credentials may help whatever the clock says.
    assert_eq!(apart("AccessDenied", 1230).cause, Cause::Denied);
    assert_eq!(apart("ExpiredToken", 1230).advice(), Advice::Renew);
    let told = error(&apart("SignatureDoesNotMatch", -1230));
    assert_eq!(told.kind(), ErrorKind::PermissionDenied);
    assert!(told.to_string().contains("this machine's clock is wrong, 20 min"), "{told}");
    assert!(told.to_string().contains("s behind the store's: set it"), "{told}");
}

#[test]
fn a_store_that_speaks_of_the_clock_is_believed() {
    let failure = failure(Refusal { of_clock: true, date: Some(Utc::now()), ..refusal(403, "AuthenticationFailed") });
    assert_eq!(failure.advice(), Advice::GiveUp);
    assert!(error(&failure).to_string().contains("this machine's clock is wrong: set it"), "{}", error(&failure));
}

#[test]
fn the_region_is_told_where_the_store_tells_it() {
    let region = Some("eu-west-1".to_owned());
    for (status, code) in [(301, "PermanentRedirect"), (301, ""), (400, "AuthorizationHeaderMalformed")] {
        let told = error(&failure(Refusal { region: region.clone(), ..refusal(status, code) }));
        assert_eq!(told.kind(), ErrorKind::Configuration, "{status} {code}");
        assert!(told.to_string().contains("in the region eu-west-1: set the option region to that"), "{told}");
    }
    let told = error(&failure(refusal(301, "PermanentRedirect")));
    assert!(told.to_string().contains("at another address: check endpoint and region"), "{told}");
}
