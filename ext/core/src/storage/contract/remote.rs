//! The contract on the servers that `script/with_servers.rb` starts; without them nothing is tested, and that is said.

use serde::Deserialize;

use super::contract;
use crate::storage::{Storage, StorageOptions};

/// A server, as `DELTALAKE_TEST_STORES` tells of it.
#[derive(Deserialize)]
struct Server {
    name: String,
    uri: String,
    bucket_uri: String,
    storage: std::collections::BTreeMap<String, String>,
}

async fn keeps_to_it(name: &str, rounds: usize) {
    let servers: Vec<Server> = match std::env::var("DELTALAKE_TEST_STORES") {
        Ok(json) => serde_json::from_str(&json).unwrap(),
        Err(_) => Vec::new(),
    };
    let Some(server) = servers.into_iter().find(|server| server.name == name) else {
        eprintln!(
            "there is no {name} here: script/with_servers.rb cargo test … starts those that script/servers.sh installs"
        );
        return;
    };
    for (uri, rounds) in [(server.uri, rounds), (server.bucket_uri, 0)] {
        contract(&Storage::new(&uri, StorageOptions::of(server.storage.clone())).unwrap(), rounds).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s3() {
    keeps_to_it("s3", 20).await;
}

/// Seconds a round.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn seaweedfs() {
    keeps_to_it("seaweedfs", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn azure() {
    keeps_to_it("azure", 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn gcs() {
    keeps_to_it("gcs", 20).await;
}
