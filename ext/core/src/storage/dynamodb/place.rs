//! Where the entries are.

use super::super::cloud::Amazon;
use super::super::log_store::DynamoOptions;
use super::client::{Client, Place};
use crate::error::{Error, ErrorKind, Result};
use object_store::client::HttpConnector;

/// Where Spark looks for the entries if it is not told, wherever the bucket is.
const SPARKS_REGION: &str = "us-east-1";

/// A client of the DynamoDB that goes with the S3 of `amazon`, which is at `endpoint`.
pub(in crate::storage) fn connect(options: &DynamoOptions, amazon: Amazon, endpoint: Option<&str>) -> Result<Client> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let place = place(options, amazon.region.as_deref(), endpoint, variable)?;
    let in_clear = place.endpoint.starts_with("http://");
    let http = amazon.options.with_allow_http(in_clear);
    let http = amazon
        .connector
        .connect(&http)
        .map_err(|e| Error::new(ErrorKind::Configuration, "a client of DynamoDB cannot be made").with_source(e))?;
    Ok(Client::new(http, amazon.credentials, amazon.renewable, place))
}

fn place(
    options: &DynamoOptions,
    region: Option<&str>,
    s3: Option<&str>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Place> {
    let wrong = |message: String| Err(Error::new(ErrorKind::Configuration, message));
    let given = options.endpoint.clone().or_else(|| variable("AWS_ENDPOINT_URL_DYNAMODB"));
    let endpoint = given.or_else(|| variable("AWS_ENDPOINT_URL").filter(|_| s3.is_some()));
    let region = match (&options.region, region) {
        (Some(region), _) => region.clone(),
        (None, Some(region)) if endpoint.is_some() || region == SPARKS_REGION => region.to_owned(),
        (None, None) => SPARKS_REGION.to_owned(),
        (None, Some(region)) => {
            return wrong(format!(
                "say in which region the DynamoDB table is, with dynamodb_region: the bucket is in {region}, and Spark takes \
                 {SPARKS_REGION} if it is not told another. Writers in two regions do not see each other"
            ));
        }
    };
    let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
    if region.is_empty() || !region.bytes().all(plain) {
        return wrong(format!("{region:?} is no region of Amazon's"));
    }
    match (endpoint, s3) {
        (Some(endpoint), _) => match url::Url::parse(endpoint.trim()) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.host_str().is_some() => {
                Ok(Place { endpoint: endpoint.trim().trim_end_matches('/').to_owned() + "/", region })
            }
            _ => wrong(format!("dynamodb_endpoint is an address such as https://dynamodb.{region}.amazonaws.com")),
        },
        (None, Some(s3)) if !s3.contains(".amazonaws.com") => {
            wrong(format!("the store's address is {s3}: say where its DynamoDB is, with dynamodb_endpoint"))
        }
        (None, _) => {
            let zone = if region.starts_with("cn-") { ".cn" } else { "" };
            Ok(Place { endpoint: format!("https://dynamodb.{region}.amazonaws.com{zone}/"), region })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(endpoint: Option<&str>, region: Option<&str>, s3: (Option<&str>, Option<&str>)) -> Result<String> {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let options = DynamoOptions { endpoint: text(endpoint), region: text(region), ..DynamoOptions::default() };
        place(&options, s3.0, s3.1, |_| None).map(|place| format!("{} {}", place.endpoint, place.region))
    }

    #[test]
    fn where_dynamodb_is() {
        let local = Some("http://127.0.0.1:4566");
        for (endpoint, region, s3, place) in [
            (None, None, (None, None), "https://dynamodb.us-east-1.amazonaws.com/ us-east-1"),
            (None, None, (Some("us-east-1"), None), "https://dynamodb.us-east-1.amazonaws.com/ us-east-1"),
            (None, Some("eu-west-1"), (Some("us-east-1"), None), "https://dynamodb.eu-west-1.amazonaws.com/ eu-west-1"),
            (None, Some("cn-north-1"), (None, None), "https://dynamodb.cn-north-1.amazonaws.com.cn/ cn-north-1"),
            (local, None, (Some("eu-west-1"), local), "http://127.0.0.1:4566/ eu-west-1"),
            (local, None, (None, local), "http://127.0.0.1:4566/ us-east-1"),
        ] {
            assert_eq!(found(endpoint, region, s3).unwrap(), place);
        }
    }

    #[test]
    fn what_nobody_can_know_is_asked_for() {
        for (endpoint, region, s3, word) in [
            (None, None, (Some("eu-west-1"), None), "dynamodb_region"),
            (None, Some("eu/west"), (None, None), "no region"),
            (None, Some("eu-west-1"), (None, Some("https://minio:9000")), "dynamodb_endpoint"),
            (Some("minio"), None, (None, None), "dynamodb_endpoint"),
        ] {
            let error = found(endpoint, region, s3).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(error.to_string().contains(word), "{error}");
        }
    }

    #[test]
    fn variables_of_the_environment() {
        let place = |s3, name: &'static str| {
            let variable = move |asked: &str| (asked == name).then(|| "http://localhost:1".to_owned());
            place(&DynamoOptions::default(), None, s3, variable).unwrap().endpoint
        };
        assert_eq!(place(None, "AWS_ENDPOINT_URL_DYNAMODB"), "http://localhost:1/");
        assert_eq!(place(Some("http://localhost:1"), "AWS_ENDPOINT_URL"), "http://localhost:1/");
    }
}
