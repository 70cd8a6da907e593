//! As much of Thrift's compact protocol as it takes to see how deep the schema in a Parquet footer is, without recursion
//! and without memory of its own.

/// How deep structs and containers may lie in each other in a footer; those that are defined have a third of it.
const MAX_NESTING: usize = 32;

const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

/// Of `FileMetaData`.
const SCHEMA: i16 = 2;

/// Of `SchemaElement`.
const NUM_CHILDREN: i16 = 5;

/// How deep groups lie in each other in the schema of a footer; `None` where the footer cannot be read.
pub(super) fn schema_depth(footer: &[u8]) -> Option<usize> {
    let mut bytes = Compact(footer);
    let (mut field, mut deepest) = (0, 0);
    while let Some(kind) = bytes.field(&mut field)? {
        match (field, kind) {
            (SCHEMA, LIST) => deepest = deepest.max(list_depth(&mut bytes)?),
            _ => bytes.skip(kind, 0)?,
        }
    }
    Some(deepest)
}

/// The elements are a tree, written parents first with the number of their children.
fn list_depth(bytes: &mut Compact<'_>) -> Option<usize> {
    let (count, kind) = bytes.list()?;
    let mut deepest = 0;
    // Children that each open group still has.
    let mut open: Vec<u64> = Vec::new();
    for _ in 0..count {
        if kind != STRUCT {
            bytes.skip(kind, 0)?;
            continue;
        }
        let children = num_children(bytes)?;
        if let Some(left) = open.last_mut() {
            *left = left.saturating_sub(1);
        }
        if children > 0 {
            open.push(children);
            deepest = deepest.max(open.len());
        }
        while open.last() == Some(&0) {
            open.pop();
        }
    }
    Some(deepest)
}

fn num_children(bytes: &mut Compact<'_>) -> Option<u64> {
    let (mut field, mut children) = (0, 0);
    while let Some(kind) = bytes.field(&mut field)? {
        match (field, kind) {
            (NUM_CHILDREN, 4..=6) => children = u64::try_from(bytes.signed()?).unwrap_or(0),
            _ => bytes.skip(kind, 0)?,
        }
    }
    Some(children)
}

struct Compact<'a>(&'a [u8]);

impl Compact<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    fn advance(&mut self, length: u64) -> Option<()> {
        self.0 = self.0.get(usize::try_from(length).ok()?..)?;
        Some(())
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let zigzag = self.unsigned()?;
        Some((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    /// The next field's type, with its number in `last`; `Some(None)` at the end of the struct.
    fn field(&mut self, last: &mut i16) -> Option<Option<u8>> {
        let head = self.byte()?;
        if head & 0x0f == 0 {
            return Some(None);
        }
        *last = match head >> 4 {
            0 => i16::try_from(self.signed()?).ok()?,
            delta => last.checked_add(delta.into())?,
        };
        Some(Some(head & 0x0f))
    }

    fn list(&mut self) -> Option<(u64, u8)> {
        let head = self.byte()?;
        let count = if head >> 4 == 15 { self.unsigned()? } else { u64::from(head >> 4) };
        // Every element takes a byte at least.
        (count <= self.0.len() as u64).then_some((count, head & 0x0f))
    }

    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        match kind {
            1 | 2 => Some(()),
            _ => self.skip_value(kind, depth),
        }
    }

    /// As [`skip`](Self::skip), of what is in a container: booleans take a byte there.
    fn skip_value(&mut self, kind: u8, depth: usize) -> Option<()> {
        if depth > MAX_NESTING {
            return None;
        }
        match kind {
            1..=3 => self.advance(1),
            4..=6 => self.unsigned().map(drop),
            7 => self.advance(8),
            BINARY => {
                let length = self.unsigned()?;
                self.advance(length)
            }
            LIST | 10 => {
                let (count, kind) = self.list()?;
                (0..count).try_for_each(|_| self.skip_value(kind, depth + 1))
            }
            11 => {
                let count = self.unsigned()?;
                if count == 0 {
                    return Some(());
                }
                let kinds = self.byte()?;
                (0..count).try_for_each(|_| {
                    self.skip_value(kinds >> 4, depth + 1)?;
                    self.skip_value(kinds & 0x0f, depth + 1)
                })
            }
            STRUCT => {
                let mut field = 0;
                while let Some(kind) = self.field(&mut field)? {
                    self.skip(kind, depth + 1)?;
                }
                Some(())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::*;

    fn footer(message: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let schema = Arc::new(parse_message_type(message).unwrap());
        SerializedFileWriter::new(&mut bytes, schema, Arc::default()).unwrap().close().unwrap();
        let end = bytes.len() - 8;
        let length = u32::from_le_bytes(bytes[end..end + 4].try_into().unwrap()) as usize;
        bytes[end - length..end].to_vec()
    }

    #[test]
    fn groups_are_counted_along_one_branch() {
        assert_eq!(schema_depth(&footer("message m { }")), Some(0));
        assert_eq!(schema_depth(&footer("message m { optional int32 a; optional int32 b; }")), Some(1));
        let two = "optional group g { optional int32 a; optional group h { optional int32 b; } optional int32 c; }";
        assert_eq!(schema_depth(&footer(&format!("message m {{ {two} optional group i {{ {two} }} }}"))), Some(4));
        let wide: String = (0..2000).map(|i| format!("optional group g{i} {{ optional int32 a; }} ")).collect();
        assert_eq!(schema_depth(&footer(&format!("message m {{ {wide} }}"))), Some(2));
        let deep =
            format!("message m {{ {} optional int32 a; {} }}", "optional group g {".repeat(200), "}".repeat(200));
        assert_eq!(schema_depth(&footer(&deep)), Some(201));
    }

    #[test]
    fn no_bytes_break_it() {
        let whole = footer("message m { optional group g (LIST) { repeated group list { optional int32 element; } } }");
        for end in 0..whole.len() {
            assert_eq!(schema_depth(&whole[..end]), None);
        }
        for place in 0..whole.len() {
            for byte in 0..=255 {
                let mut changed = whole.clone();
                changed[place] = byte;
                let _ = schema_depth(&changed);
            }
        }
        // Structs in structs, lists in lists, and a list that says it is long.
        assert_eq!(schema_depth(&[0x1c; 100_000]), None);
        assert_eq!(schema_depth(&[0x19; 100_000]), None);
        assert_eq!(schema_depth(&[0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f]), None);
        assert_eq!(schema_depth(&[0x1b, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x11]), None);
    }
}
