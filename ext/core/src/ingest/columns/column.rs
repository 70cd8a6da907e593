//! One column, whatever its type.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanBufferBuilder, NullArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{
    DataType as Arrow, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};

use super::buffers::{Bits, Bytes, Primitive};
use super::nested::{List, Map, Struct, Variants};
use crate::error::Result;
use crate::schema::{DataType, DecimalType};

/// A column, a field, or the elements of an array.
pub struct Column {
    /// Its values.
    pub buffer: Buffer,
    /// Whether it may hold nulls.
    pub nullable: bool,
    arrow: Arrow,
    /// Rows that do not give it, where that is to be told.
    absent: Option<Vec<usize>>,
}

/// The values of a column by its type.
pub enum Buffer {
    /// `boolean`.
    Boolean(Bits),
    /// `byte`.
    Byte(Primitive<Int8Type>),
    /// `short`.
    Short(Primitive<Int16Type>),
    /// `integer`.
    Integer(Primitive<Int32Type>),
    /// `long`.
    Long(Primitive<Int64Type>),
    /// `float`.
    Float(Primitive<Float32Type>),
    /// `double`.
    Double(Primitive<Float64Type>),
    /// `decimal`.
    Decimal(Primitive<Decimal128Type>, DecimalType),
    /// `string`.
    String(Bytes),
    /// `binary`.
    Binary(Bytes),
    /// `date`.
    Date(Primitive<Date32Type>),
    /// `timestamp`.
    Timestamp(Primitive<TimestampMicrosecondType>),
    /// `timestamp_ntz`.
    TimestampNtz(Primitive<TimestampMicrosecondType>),
    /// `void`: so many nulls.
    Void(usize),
    /// `variant`.
    Variant(Variants),
    /// `struct`.
    Struct(Struct),
    /// `array`.
    List(Box<List>),
    /// `map`.
    Map(Box<Map>),
}

/// Runs the same code on the buffer of any type.
macro_rules! each {
    ($buffer:expr, $b:ident => $code:expr, void $n:ident => $void:expr) => {
        match $buffer {
            Buffer::Boolean($b) => $code,
            Buffer::Byte($b) => $code,
            Buffer::Short($b) => $code,
            Buffer::Integer($b) => $code,
            Buffer::Long($b) => $code,
            Buffer::Float($b) => $code,
            Buffer::Double($b) => $code,
            Buffer::Decimal($b, _) => $code,
            Buffer::String($b) | Buffer::Binary($b) => $code,
            Buffer::Date($b) => $code,
            Buffer::Timestamp($b) | Buffer::TimestampNtz($b) => $code,
            Buffer::Variant($b) => $code,
            Buffer::Struct($b) => $code,
            Buffer::List($b) => $code,
            Buffer::Map($b) => $code,
            Buffer::Void($n) => $void,
        }
    };
}

impl Column {
    /// An empty column.
    pub fn new(data_type: &DataType, nullable: bool) -> Self {
        use DataType as T;
        let buffer = match data_type {
            T::Boolean => Buffer::Boolean(Bits::new()),
            T::Byte => Buffer::Byte(Primitive::new()),
            T::Short => Buffer::Short(Primitive::new()),
            T::Integer => Buffer::Integer(Primitive::new()),
            T::Long => Buffer::Long(Primitive::new()),
            T::Float => Buffer::Float(Primitive::new()),
            T::Double => Buffer::Double(Primitive::new()),
            T::Decimal(d) => Buffer::Decimal(Primitive::new(), *d),
            T::String => Buffer::String(Bytes::new()),
            T::Binary => Buffer::Binary(Bytes::new()),
            T::Date => Buffer::Date(Primitive::new()),
            T::Timestamp => Buffer::Timestamp(Primitive::new()),
            T::TimestampNtz => Buffer::TimestampNtz(Primitive::new()),
            T::Void | T::Unknown(_) => Buffer::Void(0),
            T::Variant => Buffer::Variant(Variants::new()),
            T::Struct(s) => Buffer::Struct(Struct::new(s)),
            T::Array(a) => Buffer::List(Box::new(List::new(a))),
            T::Map(m) => Buffer::Map(Box::new(Map::new(m))),
        };
        Self { buffer, nullable, arrow: data_type.to_arrow(), absent: None }
    }

    /// From now on it is told which rows do not give it: the table fills it in there.
    pub fn tell_absent(&mut self) {
        self.absent = Some(Vec::new());
    }

    /// Appends a null for a row that does not give it; false where that is not told.
    pub fn append_absent(&mut self) -> bool {
        let row = self.len();
        let Some(absent) = &mut self.absent else { return false };
        absent.push(row);
        self.append_null();
        true
    }

    /// The rows that do not give it, of all `rows` since the last call, where that is told.
    pub fn finish_absent(&mut self, rows: usize) -> Option<BooleanBuffer> {
        let absent = std::mem::take(self.absent.as_mut()?);
        let mut told = BooleanBufferBuilder::new(rows);
        told.append_n(rows, false);
        absent.into_iter().for_each(|row| told.set_bit(row, true));
        Some(told.finish())
    }

    /// Appends a null; inside a struct that is null even where the schema allows none.
    pub fn append_null(&mut self) {
        each!(&mut self.buffer, b => b.push_null(), void n => *n += 1);
    }

    /// Drops all values after the first `len`.
    pub fn truncate(&mut self, len: usize) {
        if let Some(absent) = &mut self.absent {
            absent.retain(|row| *row < len);
        }
        each!(&mut self.buffer, b => b.truncate(len), void n => *n = len);
    }

    /// Values so far.
    pub fn len(&self) -> usize {
        each!(&self.buffer, b => b.len(), void n => *n)
    }

    /// Whether one of the values from number `from` on comes twice, for types whose values have several spellings.
    pub fn repeats(&self, from: usize) -> bool {
        match &self.buffer {
            Buffer::Byte(b) => b.repeats(from),
            Buffer::Short(b) => b.repeats(from),
            Buffer::Integer(b) => b.repeats(from),
            Buffer::Long(b) => b.repeats(from),
            Buffer::Float(b) => b.repeats(from),
            Buffer::Double(b) => b.repeats(from),
            Buffer::Decimal(b, _) => b.repeats(from),
            Buffer::Date(b) => b.repeats(from),
            Buffer::Timestamp(b) | Buffer::TimestampNtz(b) => b.repeats(from),
            _ => false,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of the values.
    pub fn bytes(&self) -> usize {
        each!(&self.buffer, b => b.bytes(), void _n => 0)
    }

    /// The values as an Arrow array; the column is empty then.
    pub fn finish(&mut self) -> Result<ArrayRef> {
        let arrow = self.arrow.clone();
        Ok(match &mut self.buffer {
            Buffer::Boolean(b) => b.finish(),
            Buffer::Byte(b) => b.finish(arrow),
            Buffer::Short(b) => b.finish(arrow),
            Buffer::Integer(b) => b.finish(arrow),
            Buffer::Long(b) => b.finish(arrow),
            Buffer::Float(b) => b.finish(arrow),
            Buffer::Double(b) => b.finish(arrow),
            Buffer::Decimal(b, _) => b.finish(arrow),
            Buffer::String(b) => b.finish_text()?,
            Buffer::Binary(b) => b.finish_binary()?,
            Buffer::Date(b) => b.finish(arrow),
            Buffer::Timestamp(b) | Buffer::TimestampNtz(b) => b.finish(arrow),
            Buffer::Void(n) => Arc::new(NullArray::new(std::mem::take(n))),
            Buffer::Variant(b) => b.finish(arrow)?,
            Buffer::Struct(b) => b.finish()?,
            Buffer::List(b) => b.finish(arrow)?,
            Buffer::Map(b) => b.finish(arrow)?,
        })
    }
}
