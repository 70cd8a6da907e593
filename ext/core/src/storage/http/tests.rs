use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use bytes::Bytes;

use crate::context::{self, Context, Metered, RequestCounts};
use crate::storage::location::Place;
use crate::storage::remote::Remote;
use crate::storage::{Location, Storage, StorageOptions, Store, cloud};

/// Answers one request after the other with what comes from the iterator, and tells what was asked.
fn server(answers: Vec<(u16, &'static str)>) -> (Arc<dyn Store>, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (sender, asked) = channel();
    thread::spawn(move || {
        for (status, body) in answers {
            // A client may open a connection and then not need it.
            let (mut stream, mut reader, mut line) = loop {
                let (stream, _) = listener.accept().unwrap();
                let (mut reader, mut line) = (BufReader::new(stream.try_clone().unwrap()), String::new());
                if reader.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
                    break (stream, reader, line);
                }
            };
            let mut length = 0;
            let first = line.trim_end().to_owned();
            while line != "\r\n" {
                line.clear();
                reader.read_line(&mut line).unwrap();
                if let Some(bytes) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = bytes.trim().parse().unwrap();
                }
            }
            reader.read_exact(&mut vec![0; length]).unwrap();
            let head = format!(
                "HTTP/1.1 {status} So\r\nETag: \"e\"\r\nLast-Modified: Wed, 01 Jan 2025 00:00:00 GMT\r\nConnection: close\r\n"
            );
            write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
            let _ = sender.send(first);
        }
    });
    let options = [
        ("aws_endpoint", endpoint.as_str()),
        ("aws_allow_http", "true"),
        ("aws_region", "us-east-1"),
        ("aws_access_key_id", "id"),
        ("aws_secret_access_key", "secret"),
    ];
    let options = StorageOptions::of(options.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let location = Location::parse("s3://bucket/table", options).unwrap();
    let Place::Cloud(place) = &location.place else { panic!("S3 is no cloud") };
    let made = cloud::connect(place, &location).unwrap();
    (Arc::new(Remote::new(place, &location, &made)), asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calls_requests_bytes_and_retries() {
    let (storage, asked) = server(vec![(200, "0123456789"), (503, "slow down"), (200, "abc"), (200, "")]);
    let call = Context::default();
    let other = Arc::clone(&storage);
    call.scope(async {
        assert_eq!(storage.get("x").await.unwrap(), "0123456789");
        let read = context::spawn(async move { other.get("y").await });
        assert_eq!(read.await.unwrap().unwrap(), "abc");
        storage.put("z", Bytes::from_static(b"hello")).await.unwrap();
    })
    .await;
    let requests = RequestCounts { get: 3, put: 1, ..Default::default() };
    // What a store says where it refuses is read, too.
    assert_eq!(call.meter().read(), Metered { requests, bytes_sent: 5, bytes_received: 22, retries: 1 });
    let asked: Vec<String> = asked.iter().collect();
    assert_eq!(asked.len(), 4, "{asked:?}");
}

#[tokio::test]
async fn what_is_asked_for_others_does_not_count() {
    let (storage, _) = server(vec![(200, "x")]);
    let call = Context::default();
    call.scope(async {
        tokio::spawn(async move { storage.get("x").await }).await.unwrap().unwrap();
    })
    .await;
    assert_eq!(call.meter().read(), Metered::default());
}

#[tokio::test]
async fn a_store_without_requests_counts_what_is_asked_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::new(folder.path().to_str().unwrap(), StorageOptions::default()).unwrap();
    let call = Context::default();
    call.scope(async {
        storage.put("a/x", Bytes::from_static(b"hello")).await.unwrap();
        storage.put_if_absent("a/y", Bytes::from_static(b"you")).await.unwrap();
        storage.get("a/x").await.unwrap();
        storage.get_ranges("a/x", &[0..2, 3..4]).await.unwrap();
        storage.head("a/x").await.unwrap();
        storage.list("a", None).await.unwrap();
        storage.delete("a/x").await.unwrap();
    })
    .await;
    let requests = RequestCounts { get: 2, put: 2, list: 1, head: 1, delete: 1, other: 0 };
    assert_eq!(call.meter().read(), Metered { requests, bytes_sent: 8, bytes_received: 8, retries: 0 });
}
