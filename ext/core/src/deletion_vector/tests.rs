use std::sync::Arc;

use bytes::Bytes;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::testing::{framed, inline, native, portable};
use super::*;
use crate::error::ErrorKind;
use crate::storage::Storage;
use crate::storage::faults::{Fault, Faulty, memory_store};

/// In the folder `ab`.
const UUID: &str = "ab^-aqEH.-t@S}K{vb[*k^";
const FILE: &str = "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin";

fn descriptor(offset: Option<i32>, size: usize, cardinality: i64) -> DeletionVectorDescriptor {
    DeletionVectorDescriptor {
        storage_type: "u".to_owned(),
        path_or_inline_dv: UUID.to_owned(),
        offset,
        size_in_bytes: size as i32,
        cardinality,
    }
}

fn rows_of(vector: &DeletionVector) -> Vec<u64> {
    let rows = |(key, bitmap): &(u32, RoaringBitmap)| {
        let first = first_row(*key);
        bitmap.iter().map(move |row| first + u64::from(row)).collect::<Vec<_>>()
    };
    vector.bitmaps.iter().flat_map(rows).collect()
}

fn parse(bytes: &[u8], cardinality: usize, rows: u64) -> Result<DeletionVector> {
    DeletionVector::parse(bytes, &descriptor(None, bytes.len(), cardinality as i64), rows)
}

async fn load(storage: &Storage, descriptor: &DeletionVectorDescriptor, rows: u64) -> Result<DeletionVector> {
    DeletionVector::parse(&fetch(storage, descriptor).await?, descriptor, rows)
}

/// A file of those blobs, and where each begins.
async fn file(storage: &Storage, blobs: &[&[u8]]) -> Vec<i32> {
    let mut bytes = vec![1];
    let mut offsets = Vec::new();
    for blob in blobs {
        offsets.push(bytes.len() as i32);
        bytes.extend(framed(blob));
    }
    storage.put(FILE, Bytes::from(bytes)).await.unwrap();
    offsets
}

#[tokio::test]
async fn the_known_inline_vector() {
    let text = "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L";
    let storage = Storage::in_memory().unwrap();
    let known = DeletionVectorDescriptor {
        storage_type: "i".to_owned(),
        path_or_inline_dv: text.to_owned(),
        offset: None,
        size_in_bytes: 44,
        cardinality: 6,
    };
    let vector = load(&storage, &known, 30).await.unwrap();
    assert_eq!(rows_of(&vector), [3, 4, 7, 11, 18, 29]);
    assert!(load(&storage, &known, 29).await.unwrap_err().message().contains("row 29"));
    let longer = DeletionVectorDescriptor { size_in_bytes: 45, ..known };
    assert_eq!(load(&storage, &longer, 30).await.unwrap_err().kind(), ErrorKind::CorruptTable);
}

#[test]
fn both_forms_and_several_upper_halves() {
    for rows in [vec![], vec![0], vec![5, 1 << 32, (1 << 32) + 7, 3 << 32], (0..100_000).collect()] {
        for bytes in [portable(&rows), native(&rows)] {
            let vector = parse(&bytes, rows.len(), 1 << 40).unwrap();
            assert_eq!(rows_of(&vector), rows);
            assert_eq!(vector.cardinality(), rows.len() as u64);
        }
    }
    let empty = DeletionVectorDescriptor { cardinality: 0, ..descriptor(None, 0, 0) };
    assert_eq!(DeletionVector::parse(&[], &empty, 0).unwrap().cardinality(), 0);
}

#[test]
fn run_containers() {
    let mut bitmap: RoaringBitmap = (10..60_000).collect();
    bitmap.insert_range(100_000..200_000);
    bitmap.optimize();
    let mut bytes = 1_681_511_377u32.to_le_bytes().to_vec();
    bytes.extend(1u64.to_le_bytes());
    bytes.extend(0u32.to_le_bytes());
    bitmap.serialize_into(&mut bytes).unwrap();
    assert!(bytes.len() < 100);
    let vector = parse(&bytes, 159_990, 200_000).unwrap();
    assert_eq!(vector.count(&(0..200_000)), 159_990);
    assert_eq!(vector.count(&(9..11)), 1);
    assert!(vector.live(&[10..60_000, 100_000..150_000]).unwrap().count_set_bits() == 0);
    assert!(vector.live(&[0..10, 60_000..100_000]).is_none());
}

#[test]
fn masks_against_a_plain_model() {
    let seed = rand::random::<u64>();
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    for _ in 0..50 {
        // Around the border between two upper halves.
        let (low, high) = ((1u64 << 32) - 300, (1u64 << 32) + 300);
        let share = rng.random_range(0.0..1.0);
        let deleted: Vec<u64> = (low..high).filter(|_| rng.random_bool(share)).collect();
        let vector = parse(&portable(&deleted), deleted.len(), high).unwrap();
        for _ in 0..20 {
            let mut ranges = Vec::new();
            let mut at = low;
            while at < high && ranges.len() < 4 {
                let start = rng.random_range(at..high);
                at = rng.random_range(start..=high);
                ranges.push(start..at);
            }
            let rows: Vec<u64> = ranges.iter().cloned().flatten().collect();
            let expected: Vec<bool> = rows.iter().map(|row| deleted.binary_search(row).is_err()).collect();
            match vector.live(&ranges) {
                Some(live) => assert_eq!(live.iter().collect::<Vec<_>>(), expected, "seed {seed}"),
                None => assert!(expected.iter().all(|live| *live), "seed {seed}"),
            }
            let count = ranges.iter().map(|range| vector.count(range)).sum::<u64>();
            assert_eq!(count as usize, expected.iter().filter(|live| !**live).count(), "seed {seed}");
        }
    }
}

#[tokio::test]
async fn one_request_for_a_vector_among_many() {
    let store = Arc::new(Faulty::new(memory_store(), |_, _| Fault::None));
    let storage = Storage::for_test(store.clone()).unwrap();
    let rows = |i: u64| (0..1000).map(|row| row * 3 + i).collect::<Vec<_>>();
    let blobs: Vec<Vec<u8>> = (0..200).map(|i| portable(&rows(i))).collect();
    let offsets = file(&storage, &blobs.iter().map(Vec::as_slice).collect::<Vec<_>>()).await;
    store.take_requests();
    for i in [0, 1, 2, 3, 100, 199] {
        let known = descriptor(Some(offsets[i]), blobs[i].len(), 1000);
        assert_eq!(rows_of(&load(&storage, &known, 5000).await.unwrap()), rows(i as u64));
        assert_eq!(store.take_requests(), [format!("get_ranges {FILE}")]);
    }
    for offset in [None, Some(0)] {
        let known = descriptor(offset, blobs[0].len(), 1000);
        assert_eq!(rows_of(&load(&storage, &known, 5000).await.unwrap()), rows(0));
    }
}

#[tokio::test]
async fn what_does_not_fit_is_refused() {
    let storage = Storage::in_memory().unwrap();
    let bytes = portable(&[1, 2, 3]);
    let refused = async |descriptor: &DeletionVectorDescriptor, word: &str| {
        let error = load(&storage, descriptor, 4).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CorruptTable, "{error:?}");
        assert!(error.message().contains(word), "{word} is not in {error}");
    };
    let right = descriptor(Some(1), bytes.len(), 3);
    let error = load(&storage, &right, 4).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileNotFound, "{error:?}");
    assert!(error.message().contains("vacuum") && error.message().contains(FILE), "{error}");
    file(&storage, &[&bytes]).await;
    load(&storage, &right, 4).await.unwrap();
    refused(&descriptor(Some(1), bytes.len(), 4), "deletes 3 rows").await;
    refused(&descriptor(Some(1), bytes.len(), -1), "deletes 3 rows").await;
    refused(&descriptor(Some(1), bytes.len() - 1, 3), "bytes").await;
    refused(&descriptor(Some(2), bytes.len(), 3), "ends at byte").await;
    refused(&descriptor(Some(i32::MAX), bytes.len(), 3), "ends at byte").await;
    refused(&descriptor(Some(1), 300 << 20, 3), "ends at byte").await;
    refused(&descriptor(Some(1), i32::MAX as usize, 3), "none has more").await;
    refused(&DeletionVectorDescriptor { size_in_bytes: -1, ..right.clone() }, "-1 bytes").await;
    assert!(load(&storage, &right, 3).await.unwrap_err().message().contains("row 3"));
    for (at, word) in [(0, "version"), (4, "bytes"), (9, "checksum"), (40, "checksum")] {
        let mut damaged = [&[1][..], &framed(&bytes)].concat();
        damaged[at] ^= 1;
        storage.put(FILE, Bytes::from(damaged)).await.unwrap();
        refused(&right, word).await;
    }
}

#[test]
fn hostile_bitmaps_end_in_an_error() {
    let with_count =
        |count: u64, rest: &[u8]| [&1_681_511_377u32.to_le_bytes()[..], &count.to_le_bytes(), rest].concat();
    let bitmap = {
        let mut bytes = Vec::new();
        RoaringBitmap::from_iter([1u32]).serialize_into(&mut bytes).unwrap();
        bytes
    };
    let entry = |key: u32| [&key.to_le_bytes()[..], &bitmap].concat();
    for (bytes, cardinality) in [
        (vec![], 1),
        (vec![1, 2, 3], 1),
        (0x6439_D3D0u32.to_le_bytes().to_vec(), 1),
        (with_count(u64::MAX, &[]), 0),
        (with_count(u64::MAX, &entry(0)), 1),
        (with_count(2, &[entry(1), entry(1)].concat()), 2),
        (with_count(2, &[entry(1), entry(0)].concat()), 2),
        (with_count(1, &entry(1 << 31)), 1),
        (with_count(1, &[&0u32.to_le_bytes()[..], &12346u32.to_le_bytes(), &u32::MAX.to_le_bytes()].concat()), 0),
        (with_count(1, &[&0u32.to_le_bytes()[..], &0xffff_303bu32.to_le_bytes()].concat()), 0),
        ([&1_681_511_376u32.to_le_bytes()[..], &u32::MAX.to_le_bytes()].concat(), 0),
        ([&1_681_511_376u32.to_le_bytes()[..], &1u32.to_le_bytes(), &u32::MAX.to_le_bytes()].concat(), 0),
    ] {
        assert_eq!(parse(&bytes, cardinality, u64::MAX).unwrap_err().kind(), ErrorKind::CorruptTable, "{bytes:?}");
    }
}

#[test]
fn damage_is_an_error_and_never_a_panic() {
    let seed = rand::random::<u64>();
    println!("seed {seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let rows: Vec<u64> = (0..200_000).filter(|_| rng.random_bool(0.07)).chain([1 << 33]).collect();
    for whole in [portable(&rows), native(&rows)] {
        for round in 0..500 {
            let mut bytes = whole.clone();
            match round % 2 {
                0 => bytes.truncate(rng.random_range(0..whole.len())),
                _ => bytes[rng.random_range(0..100)] = rng.random(),
            }
            if let Ok(vector) = parse(&bytes, rows.len(), 1 << 34) {
                assert_eq!(vector.count(&(0..1 << 34)), rows.len() as u64, "seed {seed}");
            }
        }
    }
}

#[tokio::test]
async fn an_inline_vector_is_padded() {
    let storage = Storage::in_memory().unwrap();
    for rows in [vec![0u64], vec![1, 2], vec![1, 2, 9]] {
        let known: DeletionVectorDescriptor = serde_json::from_value(inline(&rows)).unwrap();
        assert_eq!(rows_of(&load(&storage, &known, 10).await.unwrap()), rows);
    }
}
