//! What every store must keep to, run on each of them.

mod listings;
mod local;
mod names;
mod objects;
mod races;
mod ranges;
mod remote;
mod uploads;

use bytes::Bytes;

use super::Storage;

fn body(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

/// `rounds` of each race: some servers are slow while many want the same object.
async fn contract(storage: &Storage, rounds: usize) {
    objects::contract(storage).await;
    ranges::contract(storage).await;
    names::contract(storage).await;
    listings::contract(storage).await;
    uploads::contract(storage).await;
    races::contract(storage, rounds).await;
}
