//! Many writers, one name.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Barrier;

use crate::storage::Storage;

const WRITERS: usize = 16;

pub(super) async fn contract(storage: &Storage, rounds: usize) {
    for round in 0..rounds {
        let bytes = if round % 4 == 3 { 1 << 20 } else { 10 };
        one_of_many_creates(storage, &format!("race/{round}"), bytes).await;
    }
}

async fn one_of_many_creates(storage: &Storage, key: &str, bytes: usize) {
    let start = Arc::new(Barrier::new(WRITERS));
    let tries = (0..WRITERS).map(|writer| {
        let (storage, key, start) = (storage.clone(), key.to_owned(), Arc::clone(&start));
        tokio::spawn(async move {
            start.wait().await;
            storage.put_if_absent(&key, contents(writer, bytes)).await
        })
    });
    let outcomes = futures::future::join_all(tries).await;
    let outcomes: Vec<_> = outcomes.into_iter().map(|outcome| outcome.unwrap().unwrap()).collect();
    let winners: Vec<_> = (0..WRITERS).filter(|i| outcomes[*i].is_created()).collect();
    assert_eq!(winners.len(), 1, "{key}: {winners:?} have created it");
    assert!(storage.get(key).await.unwrap() == contents(winners[0], bytes), "{key} is not what {winners:?} wrote");
}

fn contents(writer: usize, bytes: usize) -> Bytes {
    Bytes::from(vec![writer as u8; bytes])
}
