//! What every store must keep to, run on each of them.

use std::sync::Arc;

use bytes::Bytes;

use super::faults::{Fault, Faulty, memory_store};
use super::options::StorageOptions;
use super::{PutOutcome, Storage, is_not_found};
use crate::error::ErrorKind;

fn body(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

async fn contract(storage: &Storage) {
    reads_what_was_put(storage).await;
    ranges_are_exact(storage).await;
    lists_one_folder_sorted(storage).await;
    one_of_many_creates(storage).await;
    uploads_appear_whole(storage).await;
    missing_objects_are_told_apart(storage).await;
    odd_names_are_kept(storage).await;
}

async fn reads_what_was_put(storage: &Storage) {
    storage.put("a/b", body("one")).await.unwrap();
    storage.put("a/b", body("two")).await.unwrap();
    assert_eq!(storage.get("a/b").await.unwrap(), body("two"));
    let meta = storage.head("a/b").await.unwrap();
    assert_eq!((meta.key.as_str(), meta.size), ("a/b", 3));
    storage.delete("a/b").await.unwrap();
    storage.delete("a/b").await.unwrap();
    assert!(is_not_found(&storage.get("a/b").await.unwrap_err()));
}

async fn ranges_are_exact(storage: &Storage) {
    storage.put("r", body("0123456789")).await.unwrap();
    assert_eq!(storage.get_range("r", 2..5).await.unwrap(), body("234"));
    assert_eq!(storage.get_ranges("r", &[0..1, 8..10]).await.unwrap(), [body("0"), body("89")]);
    assert!(storage.get_range("r", 8..12).await.is_err());
}

async fn lists_one_folder_sorted(storage: &Storage) {
    for key in ["l/3", "l/1", "l/sub/0", "l/2", "l2/9"] {
        storage.put(key, body("x")).await.unwrap();
    }
    let keys = |found: Vec<super::ObjectMeta>| found.into_iter().map(|m| m.key).collect::<Vec<_>>();
    assert_eq!(keys(storage.list("l", None).await.unwrap()), ["l/1", "l/2", "l/3"]);
    assert_eq!(keys(storage.list("l", Some("l/1")).await.unwrap()), ["l/2", "l/3"]);
    assert!(storage.list("nothing", None).await.unwrap().is_empty());
}

async fn one_of_many_creates(storage: &Storage) {
    for round in 0..20 {
        let key = format!("race/{round}");
        let tries = (0..8).map(|i| {
            let (storage, key) = (storage.clone(), key.clone());
            tokio::spawn(async move { storage.put_if_absent(&key, Bytes::from(format!("writer {i}"))).await.unwrap() })
        });
        let outcomes = futures::future::join_all(tries).await;
        let won = outcomes.iter().filter(|o| *o.as_ref().unwrap() == PutOutcome::Created).count();
        assert_eq!(won, 1, "round {round}");
    }
}

async fn uploads_appear_whole(storage: &Storage) {
    let part = Bytes::from(vec![7u8; 3 << 20]);
    let mut upload = storage.upload("u/large").unwrap();
    for _ in 0..7 {
        upload.write(part.clone()).await.unwrap();
    }
    assert!(is_not_found(&storage.head("u/large").await.unwrap_err()));
    assert_eq!(upload.finish().await.unwrap(), 21 << 20);
    assert_eq!(storage.head("u/large").await.unwrap().size, 21 << 20);

    let mut given_up = storage.upload("u/gone").unwrap();
    for _ in 0..7 {
        given_up.write(part.clone()).await.unwrap();
    }
    given_up.abort().await;
    assert!(is_not_found(&storage.head("u/gone").await.unwrap_err()));
}

async fn missing_objects_are_told_apart(storage: &Storage) {
    assert!(is_not_found(&storage.get("none").await.unwrap_err()));
    assert!(is_not_found(&storage.head("none/at/all").await.unwrap_err()));
    assert!(storage.get("../outside").await.is_err());
}

async fn odd_names_are_kept(storage: &Storage) {
    for key in ["o/a=b c/x", "o/a=%3A/x", "o/ü=日本/x", "o/a+b&c'd/x"] {
        storage.put(key, body(key)).await.unwrap();
        assert_eq!(storage.get(key).await.unwrap(), body(key), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn local_file_system() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("not/yet there");
    contract(&Storage::new(root.to_str().unwrap(), StorageOptions::default()).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn file_uri() {
    let folder = tempfile::tempdir().unwrap();
    let uri = format!("file://{}/with%20space", folder.path().display());
    contract(&Storage::new(&uri, StorageOptions::default()).unwrap()).await;
    assert!(folder.path().join("with space").is_dir());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory() {
    contract(&Storage::in_memory().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn wrapper_without_faults() {
    let store = Arc::new(Faulty::new(memory_store(), |_, _| Fault::None));
    contract(&Storage::for_test(store).unwrap()).await;
}

#[tokio::test]
async fn there_is_nothing_below_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    let storage = Storage::new(file.to_str().unwrap(), StorageOptions::default()).unwrap();
    assert!(is_not_found(&storage.get("a/b").await.unwrap_err()));
    assert!(storage.list("a", None).await.unwrap().is_empty());
    assert!(storage.put("a/b", body("x")).await.is_err());
}

#[test]
fn addresses() {
    let parse = |address: &str| Storage::new(address, StorageOptions::default());
    assert_eq!(parse("").unwrap_err().kind(), ErrorKind::Configuration);
    assert_eq!(parse("ftp://host/x").unwrap_err().kind(), ErrorKind::Configuration);
    assert!(parse("relative/path").unwrap().uri().starts_with('/'));
    assert_eq!(parse("/a/b:c/d").unwrap().uri(), "/a/b:c/d");
}
