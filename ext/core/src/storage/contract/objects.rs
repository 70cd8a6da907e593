//! Objects, whole.

use bytes::Bytes;

use super::body;
use crate::storage::{PutOutcome, Storage, is_not_found};

pub(super) async fn contract(storage: &Storage) {
    reads_what_was_put(storage).await;
    creates_once(storage).await;
    empty_objects_are_objects(storage).await;
    contents_are_told_apart(storage).await;
    missing_objects_are_told_apart(storage).await;
}

async fn reads_what_was_put(storage: &Storage) {
    storage.put("a/b", body("one")).await.unwrap();
    storage.put("a/b", body("two")).await.unwrap();
    assert_eq!(storage.get("a/b").await.unwrap(), body("two"));
    let meta = storage.head("a/b").await.unwrap();
    assert_eq!((meta.key.as_str(), meta.size), ("a/b", 3));
    storage.delete("a/b").await.unwrap();
    assert!(is_not_found(&storage.get("a/b").await.unwrap_err()));
    assert!(is_not_found(&storage.head("a/b").await.unwrap_err()));
    storage.delete("a/b").await.unwrap();
    storage.delete("never/was").await.unwrap();
}

async fn creates_once(storage: &Storage) {
    assert!(storage.put_if_absent("c/1", body("first")).await.unwrap().is_created());
    assert_eq!(storage.put_if_absent("c/1", body("second")).await.unwrap(), PutOutcome::AlreadyExists);
    assert_eq!(storage.get("c/1").await.unwrap(), body("first"));
    storage.delete("c/1").await.unwrap();
    assert!(storage.put_if_absent("c/1", body("third")).await.unwrap().is_created());
    let large = Bytes::from(vec![1u8; 9 << 20]);
    assert!(storage.put_if_absent("c/large", large.clone()).await.unwrap().is_created());
    assert_eq!(storage.put_if_absent("c/large", body("small")).await.unwrap(), PutOutcome::AlreadyExists);
    assert!(storage.get("c/large").await.unwrap() == large);
}

async fn empty_objects_are_objects(storage: &Storage) {
    storage.put("e/put", Bytes::new()).await.unwrap();
    assert!(storage.put_if_absent("e/created", Bytes::new()).await.unwrap().is_created());
    assert_eq!(storage.put_if_absent("e/created", Bytes::new()).await.unwrap(), PutOutcome::AlreadyExists);
    assert_eq!(storage.upload("e/uploaded").unwrap().finish().await.unwrap(), 0);
    for key in ["e/put", "e/created", "e/uploaded"] {
        assert_eq!(storage.get(key).await.unwrap(), Bytes::new(), "{key}");
        assert_eq!(storage.head(key).await.unwrap().size, 0, "{key}");
    }
    assert_eq!(storage.list("e", None).await.unwrap().len(), 3);
}

/// A cache knows by them that there is another table by now.
async fn contents_are_told_apart(storage: &Storage) {
    let listed = async || storage.list("t", None).await.unwrap().swap_remove(0);
    storage.put("t/x", body("one")).await.unwrap();
    let first = listed().await;
    assert_eq!(listed().await, first);
    storage.put("t/x", body("two")).await.unwrap();
    assert_ne!(listed().await, first);
}

async fn missing_objects_are_told_apart(storage: &Storage) {
    storage.put("m/folder/file", body("x")).await.unwrap();
    for key in ["none", "none/at/all", "m/folder", "m/folder/file/below"] {
        assert!(is_not_found(&storage.get(key).await.unwrap_err()), "{key}");
        assert!(is_not_found(&storage.head(key).await.unwrap_err()), "{key}");
        assert!(is_not_found(&storage.get_range(key, 0..1).await.unwrap_err()), "{key}");
    }
    for key in ["../outside", "a/../b", "a//b", "."] {
        assert!(storage.get(key).await.is_err(), "{key}");
        assert!(storage.put(key, body("x")).await.is_err(), "{key}");
    }
}
