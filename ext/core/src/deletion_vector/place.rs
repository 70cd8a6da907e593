//! Where a descriptor's bitmap is (Delta protocol, "Deletion Vector Descriptor Schema").

use uuid::Uuid;

use super::z85;
use crate::action::DeletionVectorDescriptor;
use crate::error::{Error, Result};
use crate::path::{DataPath, encode_uri_path, parse_data_path};

/// Characters of a UUID in Z85.
const UUID_CHARACTERS: usize = 20;

/// Bytes of a file before its first blob: the version of the format.
const FIRST_OFFSET: u64 = 1;

/// The bitmap itself, or the file that holds it.
#[derive(Debug, PartialEq)]
pub(super) enum Place {
    /// Zeros may follow it.
    Inline(Vec<u8>),
    File {
        path: DataPath,
        offset: u64,
    },
}

pub(super) fn place(descriptor: &DeletionVectorDescriptor) -> Result<Place> {
    let text = descriptor.path_or_inline_dv.as_str();
    let path = match descriptor.storage_type.as_str() {
        "i" => return z85::decode(text).map(Place::Inline),
        "u" => by_uuid(text)?,
        "p" => match parse_data_path(text)? {
            DataPath::Relative(key) => {
                return Err(Error::corrupt(format!(
                    "a deletion vector is said to be at an absolute path, and its path is {key:?}"
                )));
            }
            absolute => absolute,
        },
        other => {
            return Err(Error::unsupported(format!(
                "a deletion vector is stored in a way of the name {other:?}; this library knows u, i and p: use a newer release"
            )));
        }
    };
    let offset = match descriptor.offset {
        // Readers differ over what an absent offset means; in either case the first blob comes after the version.
        None | Some(0) => FIRST_OFFSET,
        Some(offset) => u64::try_from(offset)
            .map_err(|_| Error::corrupt(format!("a deletion vector is said to be at the offset {offset}")))?,
    };
    Ok(Place::File { path, offset })
}

/// The file that holds a descriptor's bitmap, where one does.
pub fn file_of(descriptor: &DeletionVectorDescriptor) -> Result<Option<DataPath>> {
    Ok(match place(descriptor)? {
        Place::Inline(_) => None,
        Place::File { path, .. } => Some(path),
    })
}

/// The file of a UUID, in the folder that its random prefix names; relative to the table's root.
fn by_uuid(text: &str) -> Result<DataPath> {
    let wrong = || Error::corrupt(format!("a deletion vector's file has the name {text:?}, which ends with no UUID"));
    let (prefix, uuid) =
        text.len().checked_sub(UUID_CHARACTERS).and_then(|at| text.split_at_checked(at)).ok_or_else(wrong)?;
    let bytes: [u8; 16] = z85::decode(uuid)?.try_into().map_err(|_| wrong())?;
    let file = format!("deletion_vector_{}.bin", Uuid::from_bytes(bytes).hyphenated());
    let key = if prefix.is_empty() { file } else { format!("{prefix}/{file}") };
    // Checks that the prefix does not lead out of the table.
    parse_data_path(&encode_uri_path(&key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn descriptor(storage_type: &str, text: &str, offset: Option<i32>) -> DeletionVectorDescriptor {
        DeletionVectorDescriptor {
            storage_type: storage_type.to_owned(),
            path_or_inline_dv: text.to_owned(),
            offset,
            size_in_bytes: 40,
            cardinality: 6,
        }
    }

    fn file(storage_type: &str, text: &str, offset: Option<i32>) -> (DataPath, u64) {
        match place(&descriptor(storage_type, text, offset)).unwrap() {
            Place::File { path, offset } => (path, offset),
            inline => panic!("{inline:?}"),
        }
    }

    #[test]
    fn a_uuid_with_its_prefix() {
        let name = "deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin";
        let (path, offset) = file("u", "ab^-aqEH.-t@S}K{vb[*k^", Some(4));
        assert_eq!((path, offset), (DataPath::Relative(format!("ab/{name}")), 4));
        assert_eq!(file("u", "^-aqEH.-t@S}K{vb[*k^", None), (DataPath::Relative(name.to_owned()), 1));
        assert_eq!(file("u", "a%25:b^-aqEH.-t@S}K{vb[*k^", None).0, DataPath::Relative(format!("a%25:b/{name}")));
    }

    #[test]
    fn an_absolute_path_is_decoded_as_data_files_are() {
        let (path, offset) = file("p", "file:///t/a%20b.bin", Some(0));
        let DataPath::Absolute(url) = path else { panic!("{path:?}") };
        assert_eq!((url.to_file_path().unwrap().to_str().unwrap(), offset), ("/t/a b.bin", 1));
    }

    #[test]
    fn places_that_are_none() {
        let kind = |storage_type, text, offset| place(&descriptor(storage_type, text, offset)).unwrap_err().kind();
        for text in [
            "",
            "short",
            "\u{1F980}\u{1F980}\u{1F980}\u{1F980}\u{1F980}x",
            "..^-aqEH.-t@S}K{vb[*k^",
            "a//../b^-aqEH.-t@S}K{vb[*k^",
        ] {
            assert_eq!(kind("u", text, None), ErrorKind::CorruptTable, "{text}");
        }
        assert_eq!(kind("u", "_delta_log^-aqEH.-t@S}K{vb[*k^", None), ErrorKind::CorruptTable);
        assert_eq!(kind("u", "^-aqEH.-t@S}K{vb[*k^", Some(-1)), ErrorKind::CorruptTable);
        assert_eq!(kind("p", "a/b.bin", None), ErrorKind::CorruptTable);
        assert_eq!(kind("i", "abc", None), ErrorKind::CorruptTable);
        assert_eq!(kind("r", "x", None), ErrorKind::UnsupportedFeature);
        assert_eq!(kind("U", "^-aqEH.-t@S}K{vb[*k^", None), ErrorKind::UnsupportedFeature);
    }
}
