//! Folders.

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};

use super::body;
use crate::storage::{ObjectMeta, Storage};

pub(super) async fn contract(storage: &Storage) {
    have_one_folder_sorted(storage).await;
    have_the_root(storage).await;
    have_more_than_a_page(storage).await;
    have_all_depths(storage).await;
}

fn keys(found: Vec<ObjectMeta>) -> Vec<String> {
    found.into_iter().map(|meta| meta.key).collect()
}

async fn have_one_folder_sorted(storage: &Storage) {
    for key in ["l/3", "l/1", "l/sub/0", "l/2", "l2/9", "l.x"] {
        storage.put(key, body("x")).await.unwrap();
    }
    let list = async |folder, after| keys(storage.list(folder, after).await.unwrap());
    assert_eq!(list("l", None).await, ["l/1", "l/2", "l/3"]);
    assert_eq!(list("l", Some("l/1")).await, ["l/2", "l/3"]);
    assert_eq!(list("l", Some("l/11")).await, ["l/2", "l/3"]);
    assert_eq!(list("l", Some("l/0")).await, ["l/1", "l/2", "l/3"]);
    assert!(list("l", Some("l/3")).await.is_empty());
    assert!(list("l", Some("z")).await.is_empty());
    assert!(list("nothing", None).await.is_empty());
    assert!(list("l/1", None).await.is_empty());
}

async fn have_the_root(storage: &Storage) {
    storage.put("root-1", body("x")).await.unwrap();
    storage.put("root-2", body("xy")).await.unwrap();
    let found = storage.list("", None).await.unwrap();
    let sizes = found.iter().filter(|m| m.key.starts_with("root-")).map(|m| (m.key.as_str(), m.size));
    assert_eq!(sizes.collect::<Vec<_>>(), [("root-1", 1), ("root-2", 2)]);
    assert!(found.iter().all(|meta| !meta.key.contains('/')));
}

async fn have_more_than_a_page(storage: &Storage) {
    let names: Vec<String> = (0..1_100).map(|i| format!("many/{i:020}.json")).collect();
    let puts = names.iter().map(|name| storage.put(name, Bytes::from_static(b"{}")));
    futures::stream::iter(puts).buffer_unordered(16).try_collect::<()>().await.unwrap();
    assert_eq!(keys(storage.list("many", None).await.unwrap()), names);
    assert_eq!(keys(storage.list("many", Some(&names[41])).await.unwrap()), names[42..]);
    assert_eq!(keys(storage.list("many", Some("many/00000000000000001050")).await.unwrap()), names[1_050..]);
}

async fn have_all_depths(storage: &Storage) {
    for key in ["w/1", "w/sub/2", "w/sub/deep er/3", "w0"] {
        storage.put(key, body("xy")).await.unwrap();
    }
    let all = storage.walk(100_000).await.unwrap();
    assert!(all.complete);
    let mut below: Vec<_> = all.objects.iter().filter(|m| m.key.starts_with("w/")).map(|m| m.key.as_str()).collect();
    below.sort_unstable();
    assert_eq!(below, ["w/1", "w/sub/2", "w/sub/deep er/3"]);
    assert!(all.objects.iter().filter(|m| m.key.starts_with("w/")).all(|m| m.size == 2 && m.modified_ms > 0));
    let exactly = all.objects.len();
    assert!(exactly > 1_100);
    for (most, complete) in [(exactly, true), (exactly - 1, false), (1, false)] {
        let some = storage.walk(most).await.unwrap();
        assert_eq!((some.objects.len(), some.complete), (most, complete));
    }
}
