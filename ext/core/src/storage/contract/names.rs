//! Names with characters that URLs, XML and file systems give a meaning to.

use super::body;
use crate::storage::Storage;

const NAMES: [&str; 12] = [
    "a=b c",
    "a=%3A",
    "a=%253A",
    "100%",
    "ü=日本",
    "ü", // of two characters: a letter and its dots
    "a+b&c'd",
    "<q>\"|^`{}",
    "[x](y)!$,;:@",
    "~tilde~",
    "a?b#c",
    " space at both ends ",
];

pub(super) async fn contract(storage: &Storage) {
    for name in NAMES {
        let key = format!("names/{name}/{name}.json");
        assert!(storage.put_if_absent(&key, body(name)).await.unwrap().is_created(), "{key}");
    }
    for name in NAMES {
        let folder = format!("names/{name}");
        let key = format!("{folder}/{name}.json");
        assert_eq!(storage.get(&key).await.unwrap(), body(name), "{key}");
        assert_eq!(storage.get_range(&key, 0..1).await.unwrap(), body(name).slice(0..1), "{key}");
        assert_eq!(storage.head(&key).await.unwrap().key, key);
        let listed = storage.list(&folder, None).await.unwrap();
        assert_eq!(listed.iter().map(|meta| &meta.key).collect::<Vec<_>>(), [&key]);
        assert!(storage.list(&folder, Some(&key)).await.unwrap().is_empty(), "{key}");
        storage.delete(&key).await.unwrap();
        assert!(storage.list(&folder, None).await.unwrap().is_empty(), "{key}");
    }
}
