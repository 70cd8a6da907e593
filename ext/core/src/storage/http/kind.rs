//! What a request is to a store, by its method and query.

use object_store::client::HttpRequest;

use crate::context::RequestKind;

/// Marks a request for credentials, which no address tells.
#[derive(Debug, Clone, Copy)]
pub(in crate::storage) struct ForCredentials;

/// S3's, Google's and Azure's requests; what is none of theirs is something else.
pub(super) fn kind(request: &HttpRequest) -> RequestKind {
    if request.extensions().get::<ForCredentials>().is_some() {
        return RequestKind::Other;
    }
    let query = request.uri().query().unwrap_or_default();
    let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let lists = has("list-type") || query.split('&').any(|pair| pair == "comp=list");
    match request.method().as_str() {
        "HEAD" => RequestKind::Head,
        "PUT" => RequestKind::Put,
        "DELETE" => RequestKind::Delete,
        "GET" if lists => RequestKind::List,
        "GET" if has("Action") || link_local(request) => RequestKind::Other,
        "GET" => RequestKind::Get,
        // A batch of Azure's, and S3's, hold deletes only.
        "POST" if has("delete") || query.split('&').any(|pair| pair == "comp=batch") => RequestKind::Delete,
        "POST" if has("uploads") || has("uploadId") => RequestKind::Put,
        _ => RequestKind::Other,
    }
}

/// Where machines ask for their credentials, and how those of Azure and Google do.
fn link_local(request: &HttpRequest) -> bool {
    let marked = ["metadata", "metadata-flavor"].iter().any(|name| request.headers().contains_key(*name));
    marked || request.uri().host().is_some_and(|host| host.starts_with("169.254.") || host.starts_with("metadata"))
}

#[cfg(test)]
mod tests {
    use object_store::client::HttpRequestBody;

    use super::*;

    #[test]
    fn requests_of_every_store() {
        for (method, uri, expected) in [
            ("GET", "http://s3/b/t/_delta_log/00.json", RequestKind::Get),
            ("GET", "http://s3/b?list-type=2&prefix=t", RequestKind::List),
            ("GET", "http://a/c?restype=container&comp=list", RequestKind::List),
            ("HEAD", "http://s3/b/x", RequestKind::Head),
            ("PUT", "http://s3/b/x?partNumber=1&uploadId=u", RequestKind::Put),
            ("PUT", "http://a/c/x?comp=blocklist", RequestKind::Put),
            ("POST", "http://s3/b/x?uploads", RequestKind::Put),
            ("POST", "http://s3/b/x?uploadId=u", RequestKind::Put),
            ("POST", "http://s3/b?delete", RequestKind::Delete),
            ("POST", "http://a/c?restype=container&comp=batch", RequestKind::Delete),
            ("DELETE", "http://s3/b/x", RequestKind::Delete),
            ("GET", "http://169.254.169.254/latest/meta-data/", RequestKind::Other),
            ("GET", "http://metadata.google.internal/x", RequestKind::Other),
            ("POST", "https://oauth2.googleapis.com/token", RequestKind::Other),
            ("POST", "https://sts.amazonaws.com/?Action=AssumeRole", RequestKind::Other),
        ] {
            let mut request = HttpRequest::new(HttpRequestBody::empty());
            *request.uri_mut() = uri.parse().unwrap();
            *request.method_mut() = method.parse().unwrap();
            assert_eq!(kind(&request), expected, "{method} {uri}");
        }
    }
}
