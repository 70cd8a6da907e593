//! Parts of objects.

use bytes::Bytes;

use super::body;
use crate::storage::Storage;

pub(super) async fn contract(storage: &Storage) {
    are_exact(storage).await;
    end_with_the_object(storage).await;
    come_in_the_order_asked_for(storage).await;
}

async fn are_exact(storage: &Storage) {
    storage.put("r", body("0123456789")).await.unwrap();
    for (range, expected) in [(2..5, "234"), (0..1, "0"), (9..10, "9"), (0..10, "0123456789")] {
        assert_eq!(storage.get_range("r", range).await.unwrap(), body(expected));
    }
}

async fn end_with_the_object(storage: &Storage) {
    storage.put("ranges/empty", Bytes::new()).await.unwrap();
    for (key, range) in [("r", 8..12), ("r", 10..11), ("r", 1000..1001), ("ranges/empty", 0..1), ("r", 0..u64::MAX)] {
        assert!(storage.get_range(key, range.clone()).await.is_err(), "{key} {range:?}");
    }
    assert!(storage.get_ranges("r", &[0..1, 9..11]).await.is_err());
}

async fn come_in_the_order_asked_for(storage: &Storage) {
    let bytes: Bytes = (0..3u32 << 20).flat_map(u32::to_le_bytes).collect();
    storage.put("ranges/large", bytes.clone()).await.unwrap();
    let ranges = [11 << 20..12 << 20, 0..4, 7..9, 8..12, 5 << 20..(5 << 20) + 1, 4..8];
    let parts = storage.get_ranges("ranges/large", &ranges).await.unwrap();
    assert_eq!(parts.len(), ranges.len());
    for (part, range) in parts.iter().zip(ranges) {
        assert!(*part == bytes[range.start as usize..range.end as usize], "{range:?}");
    }
    assert!(storage.get_ranges("ranges/large", &[]).await.unwrap().is_empty());
}
