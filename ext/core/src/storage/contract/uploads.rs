//! Objects that come in parts.

use std::time::Duration;

use bytes::Bytes;

use super::body;
use crate::storage::{Storage, is_not_found};

const MIB: usize = 1 << 20;

pub(super) async fn contract(storage: &Storage) {
    appear_whole(storage).await;
    replace_what_is_there(storage).await;
    leave_nothing_when_given_up(storage).await;
}

/// As many bytes, none of whose megabytes is like another.
fn bytes(len: usize) -> Bytes {
    (0..len).map(|i| (i ^ (i >> 8) ^ (i >> 20)) as u8).collect()
}

async fn write(storage: &Storage, key: &str, all: &Bytes, step: usize) -> crate::storage::Upload {
    let mut upload = storage.upload(key).unwrap();
    for start in (0..all.len()).step_by(step) {
        upload.write(all.slice(start..all.len().min(start + step))).await.unwrap();
    }
    upload
}

async fn appear_whole(storage: &Storage) {
    for (key, len, step) in [
        ("u/small", 3 * MIB, MIB),
        ("u/border", 8 * MIB, 3 * MIB),
        ("u/odd", 8 * MIB + 1, MIB + 7),
        ("u/large", 21 * MIB + 5, 3 * MIB),
        ("u/one-write", 17 * MIB, 17 * MIB),
    ] {
        let all = bytes(len);
        let upload = write(storage, key, &all, step).await;
        assert!(is_not_found(&storage.head(key).await.unwrap_err()), "{key}");
        assert!(storage.list("u", Some("u/")).await.unwrap().iter().all(|meta| meta.key != key), "{key}");
        assert_eq!(upload.finish().await.unwrap(), len as u64, "{key}");
        assert_eq!(storage.head(key).await.unwrap().size, len as u64, "{key}");
        assert!(storage.get(key).await.unwrap() == all, "{key}");
    }
    let border = 8 * MIB as u64;
    let found = storage.get_range("u/large", border - 2..border + 2).await.unwrap();
    assert_eq!(found, bytes(border as usize + 2).slice(border as usize - 2..));
}

async fn replace_what_is_there(storage: &Storage) {
    storage.put("u/again", body("before")).await.unwrap();
    let all = bytes(17 * MIB);
    let upload = write(storage, "u/again", &all, 5 * MIB).await;
    assert_eq!(storage.get("u/again").await.unwrap(), body("before"));
    upload.finish().await.unwrap();
    assert!(storage.get("u/again").await.unwrap() == all);
}

async fn leave_nothing_when_given_up(storage: &Storage) {
    write(storage, "u/gone", &bytes(21 * MIB), 3 * MIB).await.abort().await;
    drop(write(storage, "u/dropped", &bytes(21 * MIB), 3 * MIB).await);
    tokio::time::sleep(Duration::from_millis(100)).await;
    for key in ["u/gone", "u/dropped"] {
        assert!(is_not_found(&storage.head(key).await.unwrap_err()), "{key}");
    }
}
