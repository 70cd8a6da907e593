//! One walk over a value that comes from a file, after which any other walk is safe.

use std::collections::HashSet;

use super::decode::damaged;
use super::{MAX_DEPTH, Metadata, Object, Variant};
use crate::error::Result;

/// Checks that a value is whole, not nested too deeply, and that no byte of it belongs to two values: where values
/// overlap, a few bytes can stand for more values than there is memory.
pub fn check(metadata: &[u8], value: &[u8]) -> Result<()> {
    let mut walk = Walk { metadata: Metadata::new(metadata)?, left: value.len() };
    walk.value(value, 0)
}

struct Walk<'a> {
    metadata: Metadata<'a>,
    /// Bytes that no value has taken yet.
    left: usize,
}

impl<'a> Walk<'a> {
    fn value(&mut self, bytes: &'a [u8], depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(damaged(format_args!("it is nested more than {MAX_DEPTH} deep")));
        }
        let (value, size) = Variant::decode(self.metadata, bytes)?;
        match value {
            Variant::Object(object) => {
                self.spend(size - object.values_size())?;
                unique_names(&object)?;
                (0..object.len()).try_for_each(|i| self.value(object.field(i)?.1, depth + 1))
            }
            Variant::Array(array) => {
                self.spend(size - array.values_size())?;
                (0..array.len()).try_for_each(|i| self.value(array.element(i)?, depth + 1))
            }
            _ => self.spend(size),
        }
    }

    fn spend(&mut self, bytes: usize) -> Result<()> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| damaged("its values overlap"))?;
        Ok(())
    }
}

/// Names are in order where the writer sorted them by bytes; some sort by UTF-16.
fn unique_names(object: &Object<'_>) -> Result<()> {
    let names = (0..object.len()).map(|i| object.field(i).map(|(name, _)| name)).collect::<Result<Vec<_>>>()?;
    if names.is_sorted_by(|a, b| a < b) {
        return Ok(());
    }
    let mut seen = HashSet::new();
    match names.iter().find(|name| !seen.insert(**name)) {
        Some(twice) => Err(damaged(format_args!("an object has the field {twice:?} twice"))),
        None => Ok(()),
    }
}
