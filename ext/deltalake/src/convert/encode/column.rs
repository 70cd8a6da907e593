//! One column of the encoder, whatever its type.

use arrow::array::{ArrayRef, NullArray};
use arrow::datatypes::{
    DataType as Arrow, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType,
};
use deltalake_core::Error;
use deltalake_core::ingest::columns::{Bits, Bytes, Primitive, Variants};
use deltalake_core::schema::{DataType, DecimalType};
use magnus::Value;

use super::context::Context;
use super::nested::{List, Map, Struct};
use super::{number, text, time, variant};
use crate::convert::failure::Refusal;
use crate::convert::fast::{self, Shape};
use crate::convert::keys::RowKeys;

/// A column, a field, or the elements of an array.
pub(super) struct Column {
    buffer: Buffer,
    arrow: Arrow,
    nullable: bool,
}

enum Buffer {
    Boolean(Bits),
    Byte(Primitive<Int8Type>),
    Short(Primitive<Int16Type>),
    Integer(Primitive<Int32Type>),
    Long(Primitive<Int64Type>),
    Float(Primitive<Float32Type>),
    Double(Primitive<Float64Type>),
    Decimal(Primitive<Decimal128Type>, DecimalType),
    String(Bytes),
    Binary(Bytes),
    Date(Primitive<Date32Type>),
    Timestamp(Primitive<TimestampMicrosecondType>),
    TimestampNtz(Primitive<TimestampMicrosecondType>),
    Void(usize),
    Variant(Variants),
    Struct(Struct),
    List(Box<List>),
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
    pub(super) fn new(data_type: &DataType, nullable: bool, keys: Option<&RowKeys>) -> Result<Self, Error> {
        use DataType as T;
        let keyed = || keys.ok_or_else(|| Error::internal("a nested column came without its keys"));
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
            T::Struct(s) => Buffer::Struct(Struct::new(s, keyed()?)?),
            T::Array(a) => Buffer::List(Box::new(List::new(a, keyed()?)?)),
            T::Map(m) => Buffer::Map(Box::new(Map::new(m, keyed()?)?)),
            T::Variant => Buffer::Variant(Variants::new()),
        };
        Ok(Self { buffer, arrow: data_type.to_arrow(), nullable })
    }

    /// Appends the value, or leaves for the caller to [`truncate`](Self::truncate) what is half in.
    #[inline]
    pub(super) fn append(&mut self, context: &Context<'_>, value: Value) -> Result<(), Refusal> {
        let shape = fast::shape(value);
        if matches!(shape, Shape::Nil) {
            if !self.nullable {
                return Err(Refusal::because("nil, but the schema has it as not null"));
            }
            self.append_null();
            return Ok(());
        }
        match &mut self.buffer {
            Buffer::Boolean(b) => match shape {
                Shape::Boolean(value) => b.push(value),
                _ => return Err(Refusal::expected("true or false", value)),
            },
            Buffer::Byte(b) => b.push(number::integer("byte", shape, value)?),
            Buffer::Short(b) => b.push(number::integer("short", shape, value)?),
            Buffer::Integer(b) => b.push(number::integer("integer", shape, value)?),
            Buffer::Long(b) => b.push(number::integer("long", shape, value)?),
            Buffer::Float(b) => b.push(number::float(shape, value)?),
            Buffer::Double(b) => b.push(number::double(shape, value)?),
            Buffer::Decimal(b, data_type) => b.push(number::decimal(context, shape, value, *data_type)?),
            Buffer::String(b) => return text::append(b, shape, value),
            Buffer::Binary(b) => match shape {
                Shape::String => return fast::with_bytes(value, |bytes| Ok(b.push(bytes)?)),
                _ => return Err(Refusal::expected("binary (a String)", value)),
            },
            Buffer::Date(b) => b.push(time::date(context, shape, value)?),
            Buffer::Timestamp(b) => b.push(time::timestamp(context, shape, value)?),
            Buffer::TimestampNtz(b) => b.push(time::timestamp_ntz(context, shape, value)?),
            Buffer::Void(_) => return Err(Refusal::expected("nil (the column is of type void)", value)),
            Buffer::Variant(b) => return variant::append(b, context, value),
            Buffer::Struct(b) => return b.append(context, value),
            Buffer::List(b) => return b.append(context, value),
            Buffer::Map(b) => return b.append(context, value),
        }
        Ok(())
    }

    /// Appends a null; inside a struct that is null even where the schema allows none.
    pub(super) fn append_null(&mut self) {
        each!(&mut self.buffer, b => b.push_null(), void n => *n += 1);
    }

    /// Drops all values after the first `len`.
    pub(super) fn truncate(&mut self, len: usize) {
        each!(&mut self.buffer, b => b.truncate(len), void n => *n = len);
    }

    pub(super) fn bytes(&self) -> usize {
        each!(&self.buffer, b => b.bytes(), void _n => 0)
    }

    pub(super) fn finish(&mut self) -> Result<ArrayRef, Error> {
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
            Buffer::Void(n) => std::sync::Arc::new(NullArray::new(std::mem::take(n))),
            Buffer::Variant(b) => b.finish(arrow)?,
            Buffer::Struct(b) => b.finish()?,
            Buffer::List(b) => b.finish(arrow)?,
            Buffer::Map(b) => b.finish(arrow)?,
        })
    }

    /// What is wrong with the values from number `from` on as keys of one map: those that are several to a Hash may be one
    /// to the column.
    pub(super) fn repeated_key(&self, from: usize) -> Option<String> {
        let repeats = match &self.buffer {
            Buffer::String(b) => {
                let text = b.repeated(from)?;
                return Some(format!("the key {text:?} is given twice, as a Symbol and as a String"));
            }
            Buffer::Binary(b) => b.repeated(from).is_some(),
            Buffer::Float(b) => b.repeats(from),
            Buffer::Double(b) => b.repeats(from),
            Buffer::Decimal(b, _) => b.repeats(from),
            Buffer::Date(b) => b.repeats(from),
            Buffer::Timestamp(b) | Buffer::TimestampNtz(b) => b.repeats(from),
            _ => false,
        };
        repeats.then(|| "two keys are one to the column".to_owned())
    }
}
