//! One reader a column: from a row's number to its Ruby value.

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Float32Array, Float64Array, Int8Array,
    Int16Array, Int32Array, Int64Array, ListArray, MapArray, StringArray, StructArray, TimestampMicrosecondArray,
};
use deltalake_core::Error as CoreError;
use deltalake_core::schema::{DataType, StructType};
use magnus::Value;

use super::downcast::downcast;
use super::memo::Memo;
use super::variant::Variants;
use crate::convert::failure::Failure;
use crate::convert::fast::{self, Key};
use crate::convert::keys::RowKeys;

/// Room for keys and values of the columns that go into a row's Hash at once.
pub(super) const PAIRS: usize = 64;

/// The same for a struct inside a row, whose room is taken anew for each value.
const NESTED_PAIRS: usize = 16;

/// The columns of a batch, or the fields of a struct column.
pub(super) struct Fields<'a> {
    keys: &'a [Key],
    readers: Vec<Reader<'a>>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(columns: &'a [ArrayRef], schema: &StructType, keys: &'a RowKeys) -> Result<Self, CoreError> {
        let readers = columns
            .iter()
            .zip(&schema.fields)
            .enumerate()
            .map(|(i, (column, field))| Reader::new(column, &field.data_type, keys.inner(i)))
            .collect::<Result<_, _>>()?;
        Ok(Self { keys: keys.symbols(), readers })
    }

    pub(super) fn readers(&self) -> &[Reader<'a>] {
        &self.readers
    }

    /// The row's Hash; `pairs` lives on the stack, so that the GC sees the values on their way into it.
    #[inline]
    pub(super) fn hash(&self, row: usize, memo: &mut Memo<'_>, pairs: &mut [Value]) -> Result<Value, Failure> {
        let hash = fast::hash_new();
        let width = pairs.len() / 2;
        for (keys, readers) in self.keys.chunks(width).zip(self.readers.chunks(width)) {
            for ((key, reader), pair) in keys.iter().zip(readers).zip(pairs.chunks_exact_mut(2)) {
                pair[0] = key.value();
                pair[1] = reader.value(row, memo)?;
            }
            fast::insert_symbols(hash, &pairs[..2 * readers.len()]);
        }
        Ok(hash)
    }
}

/// A column of one type.
pub(super) enum Reader<'a> {
    Null,
    Boolean(&'a BooleanArray),
    Byte(&'a Int8Array),
    Short(&'a Int16Array),
    Integer(&'a Int32Array),
    Long(&'a Int64Array),
    Float(&'a Float32Array),
    Double(&'a Float64Array),
    Decimal(&'a Decimal128Array, u8),
    String(&'a StringArray),
    Binary(&'a BinaryArray),
    Date(&'a Date32Array),
    Timestamp(&'a TimestampMicrosecondArray),
    Struct(&'a StructArray, Fields<'a>),
    List(&'a ListArray, Box<Reader<'a>>),
    Map(&'a MapArray, Box<Reader<'a>>, Box<Reader<'a>>),
    Variant(Variants<'a>),
}

impl<'a> Reader<'a> {
    fn new(array: &'a ArrayRef, data_type: &DataType, keys: Option<&'a RowKeys>) -> Result<Self, CoreError> {
        use DataType as T;
        let inner = |index: usize| keys.and_then(|k| k.inner(index));
        Ok(match data_type {
            T::Void | T::Unknown(_) => Self::Null,
            T::Boolean => Self::Boolean(downcast(array, data_type)?),
            T::Byte => Self::Byte(downcast(array, data_type)?),
            T::Short => Self::Short(downcast(array, data_type)?),
            T::Integer => Self::Integer(downcast(array, data_type)?),
            T::Long => Self::Long(downcast(array, data_type)?),
            T::Float => Self::Float(downcast(array, data_type)?),
            T::Double => Self::Double(downcast(array, data_type)?),
            T::Decimal(d) => Self::Decimal(downcast(array, data_type)?, d.scale()),
            T::String => Self::String(downcast(array, data_type)?),
            T::Binary => Self::Binary(downcast(array, data_type)?),
            T::Date => Self::Date(downcast(array, data_type)?),
            T::Timestamp | T::TimestampNtz => Self::Timestamp(downcast(array, data_type)?),
            T::Struct(s) => {
                let structs: &StructArray = downcast(array, data_type)?;
                let keys = keys.ok_or_else(|| CoreError::internal("a struct came without its keys"))?;
                Self::Struct(structs, Fields::new(structs.columns(), s, keys)?)
            }
            T::Array(a) => {
                let lists: &ListArray = downcast(array, data_type)?;
                Self::List(lists, Box::new(Self::new(lists.values(), &a.element, inner(0))?))
            }
            T::Map(m) => {
                let maps: &MapArray = downcast(array, data_type)?;
                let key = Self::new(maps.keys(), &m.key, inner(0))?;
                Self::Map(maps, Box::new(key), Box::new(Self::new(maps.values(), &m.value, inner(1))?))
            }
            T::Variant => Self::Variant(Variants::new(downcast(array, data_type)?)?),
        })
    }

    /// The Ruby value at `row`.
    #[inline]
    pub(super) fn value(&self, row: usize, memo: &mut Memo<'_>) -> Result<Value, Failure> {
        macro_rules! or_nil {
            ($array:expr, $value:expr) => {
                if $array.is_null(row) { fast::nil() } else { $value }
            };
        }
        Ok(match self {
            Self::Null => fast::nil(),
            Self::Boolean(a) => or_nil!(a, fast::boolean(a.value(row))),
            Self::Byte(a) => or_nil!(a, fast::integer(a.value(row).into())),
            Self::Short(a) => or_nil!(a, fast::integer(a.value(row).into())),
            Self::Integer(a) => or_nil!(a, fast::integer(a.value(row).into())),
            Self::Long(a) => or_nil!(a, fast::integer(a.value(row))),
            Self::Float(a) => or_nil!(a, fast::float_new(a.value(row).into())),
            Self::Double(a) => or_nil!(a, fast::float_new(a.value(row))),
            Self::Decimal(a, scale) => or_nil!(a, memo.decimal(a.value(row), *scale)?),
            Self::String(a) => or_nil!(a, fast::utf8(a.value(row))),
            Self::Binary(a) => or_nil!(a, fast::binary(a.value(row))),
            Self::Date(a) => or_nil!(a, memo.date(a.value(row))?),
            Self::Timestamp(a) => or_nil!(a, fast::time_utc(a.value(row))),
            Self::Struct(a, fields) => {
                or_nil!(a, fields.hash(row, memo, &mut [fast::nil(); NESTED_PAIRS])?)
            }
            Self::List(a, element) => or_nil!(a, list(range(a.value_offsets(), row), element, memo)?),
            Self::Variant(variants) => variants.value(row, memo)?,
            Self::Map(a, key, value) => or_nil!(a, map(range(a.value_offsets(), row), key, value, memo)?),
        })
    }

    /// As [`value`](Self::value), for a key of a Hash: Strings are frozen and shared.
    fn key(&self, row: usize, memo: &mut Memo<'_>) -> Result<Value, Failure> {
        match self {
            Self::String(a) if a.is_valid(row) => Ok(fast::interned(a.value(row))),
            _ => self.value(row, memo),
        }
    }
}

fn range(offsets: &[i32], row: usize) -> std::ops::Range<usize> {
    offsets[row] as usize..offsets[row + 1] as usize
}

#[inline(never)]
fn list(rows: std::ops::Range<usize>, element: &Reader<'_>, memo: &mut Memo<'_>) -> Result<Value, Failure> {
    let array = fast::array_new(rows.len());
    for row in rows {
        fast::array_push(array, element.value(row, memo)?);
    }
    fast::keep(array);
    Ok(array)
}

#[inline(never)]
fn map(
    rows: std::ops::Range<usize>,
    key: &Reader<'_>,
    value: &Reader<'_>,
    memo: &mut Memo<'_>,
) -> Result<Value, Failure> {
    let hash = fast::hash_new();
    let mut pairs = [fast::nil(); NESTED_PAIRS];
    let mut filled = 0;
    for row in rows {
        pairs[filled] = key.key(row, memo)?;
        pairs[filled + 1] = value.value(row, memo)?;
        filled += 2;
        if filled == NESTED_PAIRS {
            fast::insert(hash, &pairs)?;
            filled = 0;
        }
    }
    fast::insert(hash, &pairs[..filled])?;
    Ok(hash)
}
