//! The names of a value's metadata, with those that a file forgot.

use std::collections::HashMap;

use super::Metadata;
use super::encode::{too_large, width_of};
use crate::error::Result;

/// Numbers by name. Kept from one value to the next: most values of a file have the same metadata.
#[derive(Debug, Default)]
pub struct Names {
    given: Vec<u8>,
    ids: HashMap<String, u32>,
    /// Names that the metadata lacks; their numbers follow those that it has.
    added: Vec<String>,
}

/// Metadata without names.
const NO_NAMES: [u8; 3] = [1, 0, 0];

impl Names {
    /// Of a value that is new.
    pub fn empty() -> Result<Self> {
        let mut names = Self::default();
        names.load(&NO_NAMES)?;
        Ok(names)
    }

    /// Goes on to a value with that metadata.
    pub fn load(&mut self, metadata: &[u8]) -> Result<()> {
        if self.given == metadata && !metadata.is_empty() {
            return Ok(());
        }
        *self = Self::default();
        let dictionary = Metadata::new(metadata)?;
        for id in 0..dictionary.len() {
            self.ids.entry(dictionary.name(id)?.to_owned()).or_insert(u32::try_from(id).map_err(|_| too_large())?);
        }
        self.given = metadata.to_vec();
        Ok(())
    }

    /// The metadata as it was given.
    pub fn given(&self) -> &[u8] {
        &self.given
    }

    /// The metadata as it was given, decoded.
    pub fn metadata(&self) -> Result<Metadata<'_>> {
        Metadata::new(&self.given)
    }

    /// The number of a name, which is added where it is not there.
    pub fn id(&mut self, name: &str) -> Result<u32> {
        if let Some(id) = self.ids.get(name) {
            return Ok(*id);
        }
        let id = self.metadata()?.len() + self.added.len();
        let id = u32::try_from(id).map_err(|_| too_large())?;
        self.added.push(name.to_owned());
        self.ids.insert(name.to_owned(), id);
        Ok(id)
    }

    /// Appends the metadata with all names.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<()> {
        if self.added.is_empty() {
            out.extend_from_slice(&self.given);
            return Ok(());
        }
        let given = self.metadata()?;
        let mut names = (0..given.len()).map(|id| given.name(id)).collect::<Result<Vec<_>>>()?;
        names.extend(self.added.iter().map(String::as_str));
        let total = names.iter().map(|n| n.len()).sum::<usize>().max(names.len());
        let width = width_of(u32::try_from(total).map_err(|_| too_large())?);
        out.push((width - 1) << 6 | 1);
        let mut number = |value: usize| out.extend_from_slice(&value.to_le_bytes()[..usize::from(width)]);
        number(names.len());
        let mut offset = 0;
        number(0);
        for name in &names {
            offset += name.len();
            number(offset);
        }
        names.iter().for_each(|name| out.extend_from_slice(name.as_bytes()));
        Ok(())
    }
}
