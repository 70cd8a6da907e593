//! Deletion vectors made by hand, for tests.

use roaring::{RoaringBitmap, RoaringTreemap};
use serde_json::{Value, json};

use super::z85;

/// Rows in the form of the protocol.
pub(crate) fn portable(rows: &[u64]) -> Vec<u8> {
    let mut bytes = 1_681_511_377u32.to_le_bytes().to_vec();
    RoaringTreemap::from_iter(rows).serialize_into(&mut bytes).unwrap();
    bytes
}

/// Rows in Spark's older form, with a bitmap for each upper half up to the last.
pub(crate) fn native(rows: &[u64]) -> Vec<u8> {
    let mut bytes = 1_681_511_376u32.to_le_bytes().to_vec();
    let keys = rows.iter().max().map_or(0, |last| (last >> 32) as u32 + 1);
    bytes.extend(keys.to_le_bytes());
    for key in 0..u64::from(keys) {
        let bitmap: RoaringBitmap = rows.iter().filter(|row| *row >> 32 == key).map(|row| *row as u32).collect();
        bytes.extend((bitmap.serialized_size() as u32).to_le_bytes());
        bitmap.serialize_into(&mut bytes).unwrap();
    }
    bytes
}

/// A blob as files hold it.
pub(crate) fn framed(bitmap: &[u8]) -> Vec<u8> {
    let mut bytes = (bitmap.len() as u32).to_be_bytes().to_vec();
    bytes.extend(bitmap);
    bytes.extend(crc32fast::hash(bitmap).to_be_bytes());
    bytes
}

/// The descriptor of a vector inside the log.
pub(crate) fn inline(rows: &[u64]) -> Value {
    let bytes = portable(rows);
    json!({"storageType": "i", "pathOrInlineDv": z85::encode(&bytes), "sizeInBytes": bytes.len(),
        "cardinality": rows.len()})
}
