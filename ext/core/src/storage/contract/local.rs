//! The contract on the file system and in memory, and what is of the file system alone.

use std::sync::Arc;

use super::{body, contract};
use crate::error::ErrorKind;
use crate::storage::faults::{Fault, Faulty, memory_store};
use crate::storage::{Storage, StorageOptions, is_not_found, memory};

const ROUNDS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn local_file_system() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("not/yet there");
    contract(&Storage::new(root.to_str().unwrap(), StorageOptions::default()).unwrap(), ROUNDS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn file_uri() {
    let folder = tempfile::tempdir().unwrap();
    let uri = format!("file://{}/with%20space", folder.path().display());
    contract(&Storage::new(&uri, StorageOptions::default()).unwrap(), 1).await;
    assert!(folder.path().join("with space").is_dir());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory() {
    contract(&Storage::in_memory().unwrap(), ROUNDS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn memory_by_address() {
    memory::allow();
    contract(&Storage::new("memory://contract/a/table", StorageOptions::default()).unwrap(), ROUNDS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn wrapper_without_faults() {
    let store = Arc::new(Faulty::new(memory_store(), |_, _| Fault::None));
    contract(&Storage::for_test(store).unwrap(), ROUNDS).await;
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
