//! Variant columns: checked as they come, and put together where a file holds them in columns of their own (Delta
//! protocol, "Variant Data Type", "Variant Shredding").

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder, StructArray};
use arrow::datatypes::{DataType as Arrow, Fields};

use super::shredded::Shredded;
use crate::error::{Error, Result};
use crate::schema::ColumnPath;
use crate::variant::{Names, Variant, check, scalar};

/// How a file holds one variant column.
#[derive(Debug, Clone)]
pub(super) struct VariantColumn {
    metadata: usize,
    shredded: Shredded,
}

impl VariantColumn {
    /// Parts are found by name: their order is the writer's.
    pub(super) fn new(in_file: &Fields, path: &ColumnPath) -> Result<Self> {
        let binary = |name: &str| in_file.iter().position(|f| f.name() == name && *f.data_type() == Arrow::Binary);
        let metadata = binary("metadata").ok_or_else(|| {
            Error::corrupt(format!("column {path} is a variant, and the file has no binary field metadata in it"))
        })?;
        Ok(Self { metadata, shredded: Shredded::new(in_file, path, 0)? })
    }

    /// The column of one batch, in the form of `target`.
    pub(super) fn apply(&self, array: &StructArray, target: &Fields) -> Result<ArrayRef> {
        let metadata = array.column(self.metadata).as_binary::<i32>();
        let row = |row| array.is_valid(row) && metadata.is_valid(row);
        let parts: [ArrayRef; 2] =
            match self.shredded.plain(array).filter(|value| (0..array.len()).all(|i| !row(i) || value.is_valid(i))) {
                Some(value) => {
                    for i in (0..array.len()).filter(|i| row(*i)) {
                        check(metadata.value(i), value.value(i))?;
                    }
                    [Arc::clone(array.column(self.metadata)), Arc::new(value.clone())]
                }
                None => self.rebuild(array, metadata, row)?,
            };
        let nulls = (0..array.len()).map(row).collect::<Vec<_>>();
        let made = StructArray::try_new(target.clone(), parts.to_vec(), Some(nulls.into()));
        Ok(Arc::new(made.map_err(|e| Error::internal("a variant column could not be put together").with_source(e))?))
    }

    fn rebuild(
        &self,
        array: &StructArray,
        metadata: &BinaryArray,
        row: impl Fn(usize) -> bool,
    ) -> Result<[ArrayRef; 2]> {
        let (mut names, mut value, mut dictionary) = (Names::default(), Vec::new(), Vec::new());
        let [mut dictionaries, mut values] = [BinaryBuilder::new(), BinaryBuilder::new()];
        for i in 0..array.len() {
            if !row(i) {
                dictionaries.append_null();
                values.append_null();
                continue;
            }
            value.clear();
            dictionary.clear();
            names.load(metadata.value(i))?;
            if !self.shredded.write(array, i, &mut names, &mut value)? {
                // Nothing is missing at the top: a writer that left both parts out meant null.
                scalar(&Variant::Null, &mut value)?;
            }
            names.write(&mut dictionary)?;
            check(&dictionary, &value)?;
            append(&mut dictionaries, &dictionary)?;
            append(&mut values, &value)?;
        }
        Ok([Arc::new(dictionaries.finish()), Arc::new(values.finish())])
    }
}

fn append(builder: &mut BinaryBuilder, bytes: &[u8]) -> Result<()> {
    if builder.values_slice().len().saturating_add(bytes.len()) > i32::MAX as usize {
        return Err(Error::corrupt("the variants of one batch take more than 2 GB"));
    }
    builder.append_value(bytes);
    Ok(())
}
