//! Z85 text, the form of UUIDs and of inline bitmaps in descriptors (ZeroMQ RFC 32).

use crate::error::{Error, Result};

const ALPHABET: &[u8; 85] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/// Characters that stand for four bytes.
const GROUP: usize = 5;

/// Stands for a byte that is not there.
const MISSING: u8 = b'#';

/// Stands for no digit.
const NONE: u8 = u8::MAX;

/// The digit of each byte.
const DIGITS: [u8; 256] = {
    let mut digits = [NONE; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        digits[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    digits
};

/// The bytes of `text`, four for each five characters.
pub(super) fn decode(text: &str) -> Result<Vec<u8>> {
    let wrong = |why: &str| Error::corrupt(format!("a deletion vector's descriptor holds text that is not Z85: {why}"));
    let (groups, []) = text.as_bytes().as_chunks::<GROUP>() else {
        return Err(wrong("its length is not a multiple of five"));
    };
    let mut bytes = Vec::with_capacity(groups.len() * 4);
    for (index, group) in groups.iter().enumerate() {
        // A common library ends text so where bytes are left over: a sign for each that is missing, then the number of the
        // others. In plain Z85 no group begins with the sign, for it would be too great.
        let missing = group.iter().take_while(|byte| **byte == MISSING).count();
        let (group, size) = match missing {
            1..4 if index + 1 == groups.len() => (&group[missing..], 4 - missing),
            _ => (&group[..], 4),
        };
        let mut number = 0u64;
        for byte in group {
            let digit = DIGITS[usize::from(*byte)];
            if digit == NONE {
                return Err(wrong("a character has no value"));
            }
            number = number * 85 + u64::from(digit);
        }
        if number >> (8 * size) > 0 {
            return Err(wrong("a group of characters stands for too great a number"));
        }
        bytes.extend(&number.to_be_bytes()[8 - size..]);
    }
    Ok(bytes)
}

/// Bytes, padded with zeros, as text.
#[cfg(test)]
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(4) {
        let mut group = [0; 4];
        group[..chunk.len()].copy_from_slice(chunk);
        let number = u32::from_be_bytes(group);
        for place in (0..GROUP as u32).rev() {
            text.push(char::from(ALPHABET[(number / 85u32.pow(place) % 85) as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_vector() {
        let bytes = [0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B];
        assert_eq!(decode("HelloWorld").unwrap(), bytes);
        assert_eq!(encode(&bytes), "HelloWorld");
        assert_eq!(decode("").unwrap(), [0u8; 0]);
        assert_eq!(decode("%nSc0").unwrap(), [0xff; 4]);
    }

    #[test]
    fn what_is_no_z85_is_refused() {
        for text in ["Hell", "Hello!", "Hel o", "Hel\"o", "H\u{e9}llo", "%nSc1", "#####"] {
            assert!(decode(text).is_err(), "{text}");
        }
    }

    #[test]
    fn bytes_left_over() {
        for (text, bytes) in [
            ("##093", &[3, 0][..]),
            ("Hello##093", &[0x86, 0x4F, 0xD2, 0x6F, 3, 0]),
            ("###30", &[0xff]),
            ("##960", &[0xff; 2]),
            ("#rr90", &[0xff; 3]),
        ] {
            assert_eq!(decode(text).unwrap(), bytes, "{text}");
        }
        for text in ["##093Hello", "###31", "##961", "#rr91", "####0", "#####"] {
            assert!(decode(text).is_err(), "{text}");
        }
    }

    #[test]
    fn any_bytes_come_back() {
        for length in 0..40usize {
            let bytes: Vec<u8> = (0..length).map(|i| (i * 89 + length * 7) as u8).collect();
            let back = decode(&encode(&bytes)).unwrap();
            assert_eq!(&back[..length], bytes);
            assert!(back[length..].iter().all(|b| *b == 0) && back.len() < length + 4);
        }
    }
}
