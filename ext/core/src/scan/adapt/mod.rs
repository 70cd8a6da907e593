//! Arrays as a data file has them, made into arrays of the table's schema: decided once a file, applied to each batch.

mod lookup;
mod primitive;
mod shredded;
mod variant;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, ListArray, MapArray, StructArray, new_null_array};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{DataType as Arrow, FieldRef, Fields};

pub(super) use self::lookup::Lookup;
use self::primitive::Cast;
use self::variant::VariantColumn;
use super::read_field::{ReadField, ReadType};
use crate::error::{Error, Result};
use crate::schema::ColumnPath;

/// Turns one column of a file into a column of the table.
#[derive(Debug, Clone)]
pub(super) struct Adapter {
    step: Step,
    target: Arrow,
    path: ColumnPath,
}

#[derive(Debug, Clone)]
enum Step {
    Keep,
    Nulls,
    Cast(Cast),
    Variant(VariantColumn),
    Struct(Vec<(Option<usize>, Adapter)>),
    List(Box<Adapter>),
    Map(Box<Adapter>, Box<Adapter>),
    /// A group of one field, as legacy lists of two levels have around an element.
    OnlyField(Box<Adapter>),
    /// The opposite: what the file has is one field of the struct, true for that one.
    AsField(Vec<(bool, Adapter)>),
}

impl Adapter {
    /// How `file` becomes `wanted`; an error where there is no way that keeps every value.
    pub(super) fn new(file: &Arrow, wanted: &ReadType, path: &ColumnPath) -> Result<Self> {
        let target = wanted.to_arrow();
        let misfit = || {
            Error::corrupt(format!("column {path} is {file} in the file, which cannot be read as the table's {wanted}"))
        };
        let step = match (file, wanted) {
            (file, wanted) if *file == target && !wanted.has_variant() => Step::Keep,
            (Arrow::Null, _) => Step::Nulls,
            (Arrow::Struct(in_file), ReadType::Variant) => Step::Variant(VariantColumn::new(in_file, path)?),
            (Arrow::Struct(in_file), ReadType::Struct(fields)) => Step::Struct(children(in_file, fields, path)?),
            (Arrow::List(in_file), ReadType::List(element)) => {
                Step::List(Box::new(Self::element(in_file, element, &path.child("element"))?))
            }
            (Arrow::Map(entries, _), ReadType::Map(key, value)) => {
                let Arrow::Struct(pair) = entries.data_type() else { return Err(misfit()) };
                let [in_key, in_value] = &pair[..] else { return Err(misfit()) };
                Step::Map(
                    Box::new(Self::new(in_key.data_type(), key, &path.child("key"))?),
                    Box::new(Self::new(in_value.data_type(), value, &path.child("value"))?),
                )
            }
            (file, ReadType::Primitive(data_type)) => Step::Cast(Cast::between(file, data_type).ok_or_else(misfit)?),
            _ => return Err(misfit()),
        };
        Ok(Self { step, target, path: path.clone() })
    }

    /// A column that the file does not have.
    pub(super) fn missing(wanted: &ReadType, path: &ColumnPath) -> Self {
        Self { step: Step::Nulls, target: wanted.to_arrow(), path: path.clone() }
    }

    /// A repeated group of one field is the element to some writers, and stands for the list's nesting to others.
    fn element(in_file: &FieldRef, wanted: &ReadType, path: &ColumnPath) -> Result<Self> {
        match (in_file.data_type(), wanted) {
            (Arrow::Struct(fields), ReadType::Primitive(_) | ReadType::List(_) | ReadType::Map(..))
                if fields.len() == 1 =>
            {
                let only = Self::new(fields[0].data_type(), wanted, path)?;
                Ok(Self { target: only.target.clone(), step: Step::OnlyField(Box::new(only)), path: path.clone() })
            }
            (_, ReadType::Struct(fields)) if is_field_of(in_file, fields) => {
                let child = |field: &ReadField| {
                    let (path, found) = (path.child(&field.name), field.physical == *in_file.name());
                    Ok((
                        found,
                        match found {
                            true => Self::new(in_file.data_type(), &field.data_type, &path)?,
                            false => Self::missing(&field.data_type, &path),
                        },
                    ))
                };
                let children = fields.iter().map(child).collect::<Result<_>>()?;
                Ok(Self { step: Step::AsField(children), target: wanted.to_arrow(), path: path.clone() })
            }
            (other, _) => Self::new(other, wanted, path),
        }
    }

    /// The column of one batch.
    pub(super) fn apply(&self, array: &ArrayRef) -> Result<ArrayRef> {
        Ok(match &self.step {
            Step::Keep => Arc::clone(array),
            Step::Nulls => self.nulls(array.len()),
            Step::Cast(cast) => cast.apply(array, &self.target).map_err(|e| {
                Error::corrupt(format!("column {} has a value that is not of the table's type", self.path))
                    .with_source(e)
            })?,
            Step::Variant(column) => {
                let Arrow::Struct(fields) = &self.target else { return Err(self.broken()) };
                let made = column.apply(array.as_struct(), fields);
                made.map_err(|e| e.context(format_args!("column {}", self.path)))?
            }
            Step::Struct(children) => {
                let parent = array.as_struct();
                let column = |(index, child): &(Option<usize>, Self)| match index {
                    Some(index) => child.apply(parent.column(*index)),
                    None => Ok(child.nulls(parent.len())),
                };
                let columns = children.iter().map(column).collect::<Result<Vec<_>>>()?;
                self.structure(columns, parent.nulls().cloned(), parent.len())?
            }
            Step::List(element) => {
                let list = array.as_list::<i32>();
                let Arrow::List(field) = &self.target else { return Err(self.broken()) };
                let values = element.apply(list.values())?;
                let made = ListArray::try_new(Arc::clone(field), list.offsets().clone(), values, list.nulls().cloned());
                Arc::new(made.map_err(|e| self.broken().with_source(e))?)
            }
            Step::Map(key, value) => {
                let map = array.as_map();
                let Arrow::Map(entries, sorted) = &self.target else { return Err(self.broken()) };
                let Arrow::Struct(fields) = entries.data_type() else { return Err(self.broken()) };
                let columns = vec![key.apply(map.keys())?, value.apply(map.values())?];
                if columns[0].null_count() > 0 {
                    return Err(Error::corrupt(format!("column {} has a map with a null key", self.path)));
                }
                let pairs = StructArray::try_new(fields.clone(), columns, None);
                let pairs = pairs.map_err(|e| self.broken().with_source(e))?;
                let (offsets, nulls) = (map.offsets().clone(), map.nulls().cloned());
                let made = MapArray::try_new(Arc::clone(entries), offsets, pairs, nulls, *sorted);
                Arc::new(made.map_err(|e| self.broken().with_source(e))?)
            }
            Step::OnlyField(inner) => inner.apply(array.as_struct().column(0))?,
            Step::AsField(children) => {
                let column = |(found, child): &(bool, Self)| match found {
                    true => child.apply(array),
                    false => Ok(child.nulls(array.len())),
                };
                let columns = children.iter().map(column).collect::<Result<Vec<_>>>()?;
                self.structure(columns, None, array.len())?
            }
        })
    }

    fn structure(&self, columns: Vec<ArrayRef>, nulls: Option<NullBuffer>, len: usize) -> Result<ArrayRef> {
        let Arrow::Struct(fields) = &self.target else { return Err(self.broken()) };
        let made = StructArray::try_new_with_length(fields.clone(), columns, nulls, len);
        Ok(Arc::new(made.map_err(|e| self.broken().with_source(e))?))
    }

    /// `len` nulls.
    pub(super) fn nulls(&self, len: usize) -> ArrayRef {
        new_null_array(&self.target, len)
    }

    fn broken(&self) -> Error {
        Error::corrupt(format!("column {} cannot be brought into the table's form", self.path))
    }
}

/// Names of a list's element itself, which say nothing of a field of it.
const ELEMENT_NAMES: &[&str] = &["element", "item", "array_element", "array"];

/// Whether the element of a list was taken out of a struct that the table has: it has the name of one of its fields, and
/// has none of them itself.
fn is_field_of(in_file: &FieldRef, fields: &[ReadField]) -> bool {
    let is_itself = match in_file.data_type() {
        Arrow::Struct(inner) => {
            let lookup = Lookup::new(inner);
            ELEMENT_NAMES.contains(&in_file.name().as_str())
                || fields.iter().any(|f| lookup.by_name(&f.physical).is_some())
        }
        _ => false,
    };
    !is_itself && fields.iter().any(|f| f.id.is_none() && f.physical == *in_file.name())
}

fn children(in_file: &Fields, wanted: &[ReadField], path: &ColumnPath) -> Result<Vec<(Option<usize>, Adapter)>> {
    let lookup = Lookup::new(in_file);
    let child = |field: &ReadField| {
        let path = path.child(&field.name);
        Ok(match lookup.find(field, &path)? {
            Some(index) => (Some(index), Adapter::new(in_file[index].data_type(), &field.data_type, &path)?),
            None => (None, Adapter::missing(&field.data_type, &path)),
        })
    };
    wanted.iter().map(child).collect()
}
