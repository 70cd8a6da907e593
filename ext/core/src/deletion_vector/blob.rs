//! Fetching one serialised bitmap, however many its file holds (Delta protocol, "Deletion Vector File Storage Format").

use bytes::Bytes;

use super::place::{Place, place};
use crate::action::DeletionVectorDescriptor;
use crate::error::{Error, ErrorKind, Result};
use crate::storage::{Storage, is_not_found};

/// Version of the file's format, its first byte.
const VERSION: u8 = 1;

/// Bytes of the size before a bitmap, and of the checksum after it.
const WORD: u64 = 4;

/// Blobs that begin up to here are fetched with all that is before them, the version among it: still one request.
const NEAR: u64 = 4 << 10;

/// From so many bytes on the file's size is asked for first: a length that lies must not cost memory.
const LARGE: u64 = 1 << 20;

/// No bitmap is larger: it would delete more rows than a data file has.
const MAX_BYTES: i32 = 512 << 20;

/// The serialised bitmap of a descriptor, with its frame checked and taken off.
pub async fn fetch(storage: &Storage, descriptor: &DeletionVectorDescriptor) -> Result<Bytes> {
    if !(0..=MAX_BYTES).contains(&descriptor.size_in_bytes) {
        return Err(Error::corrupt(format!(
            "a deletion vector is said to have {} bytes; none has more than {MAX_BYTES}",
            descriptor.size_in_bytes
        )));
    }
    let size = descriptor.size_in_bytes as u64;
    match place(descriptor)? {
        Place::Inline(bytes) if (bytes.len() as u64) < size => Err(Error::corrupt(format!(
            "an inline deletion vector has {} bytes, and the log says that it has {size}",
            bytes.len()
        ))),
        Place::Inline(bytes) => Ok(Bytes::from(bytes).slice(..size as usize)),
        Place::File { path, offset } => {
            let (storage, key) = storage.locate(path)?;
            let named = |e: Error| e.context(format_args!("deletion vector file {key}"));
            let framed = read(&storage, &key, offset, size).await?;
            unframe(framed, offset, size).map_err(named)
        }
    }
}

/// The blob with its frame; with all that is before it where that is little.
async fn read(storage: &Storage, key: &str, offset: u64, size: u64) -> Result<Bytes> {
    let start = if offset <= NEAR { 0 } else { offset };
    let end = offset + WORD + size + WORD;
    let short = |length: u64| {
        Error::corrupt(format!(
            "deletion vector file {key} has {length} bytes, and the log says that a vector ends at byte {end}"
        ))
    };
    let gone = |e: Error| if is_not_found(&e) { gone(key).with_source(e) } else { e };
    if size >= LARGE {
        let length = storage.head(key).await.map_err(gone)?.size;
        if length < end {
            return Err(short(length));
        }
    }
    let error = match storage.get_range(key, start..end).await {
        Err(e) if !is_not_found(&e) => e,
        done => return done.map_err(gone),
    };
    // Stores differ in what they say of a range that is past the end.
    match storage.head(key).await {
        Ok(meta) if meta.size < end => Err(short(meta.size)),
        _ => Err(error),
    }
}

fn gone(key: &str) -> Error {
    let message = format!(
        "deletion vector file {key} is gone: the log has it, and the store does not; a vacuum may have deleted it, if so \
         open a newer version"
    );
    Error::new(ErrorKind::FileNotFound, message)
}

fn unframe(mut bytes: Bytes, offset: u64, size: u64) -> Result<Bytes> {
    if offset <= NEAR {
        match bytes.first() {
            Some(&VERSION) => {}
            version => {
                return Err(Error::corrupt(format!(
                    "its format has the version {}; there is only version {VERSION}",
                    version.copied().unwrap_or(0)
                )));
            }
        }
        bytes = bytes.slice((offset as usize).min(bytes.len())..);
    }
    let short = || Error::corrupt("it ends within a vector");
    let (before, rest) = bytes.split_at_checked(WORD as usize).ok_or_else(short)?;
    let (bitmap, after) = rest.split_at_checked(size as usize).ok_or_else(short)?;
    let word = |bytes: &[u8]| bytes.try_into().map(u32::from_be_bytes).map_err(|_| short());
    let written = word(before)?;
    if u64::from(written) != size {
        return Err(Error::corrupt(format!(
            "the vector at byte {offset} has {written} bytes, and the log says that it has {size}"
        )));
    }
    if word(after)? != crc32fast::hash(bitmap) {
        return Err(Error::corrupt(format!("the vector at byte {offset} does not fit its checksum")));
    }
    Ok(bytes.slice_ref(bitmap))
}
