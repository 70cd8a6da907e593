//! Rows, and loops over them: closures over rows, so that there is one loop for each form of values and not for each
//! operator.

use arrow::array::{Array, ArrowPrimitiveType, BooleanArray, PrimitiveArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{Decimal128Type, Float64Type, Int64Type};

use super::text;
use super::types::Form;
use super::values::{Data, Values};
use crate::error::Result;
use crate::schema::DataType;

/// The rows that an expression is evaluated over.
pub(in crate::expr) struct Rows<'a> {
    /// Of each column of the expression.
    pub(in crate::expr) columns: &'a [Values],
    pub(in crate::expr) len: usize,
    /// Rows whose result counts: what goes wrong in others is null.
    pub(in crate::expr) active: Option<BooleanBuffer>,
}

impl Rows<'_> {
    /// Whether the result of the row counts; where a single value stands for all, whether that of any row does.
    fn counts(&self, row: usize, single: bool) -> bool {
        match &self.active {
            None => true,
            Some(active) if single => active.count_set_bits() > 0,
            Some(active) => active.value(row),
        }
    }

    pub(super) fn only(&self, more: BooleanBuffer) -> Rows<'_> {
        let active = match &self.active {
            Some(active) => active & &more,
            None => more,
        };
        Rows { columns: self.columns, len: self.len, active: Some(active) }
    }

    /// How many values are to be made from those: one, where each of them is one.
    fn count(&self, from: &[&Values]) -> (usize, bool) {
        let single = from.iter().all(|v| v.single);
        (if single { 1 } else { self.len }, single)
    }

    fn primitives<T: ArrowPrimitiveType>(
        &self,
        from: &[&Values],
        value: &dyn Fn(usize) -> Result<Option<T::Native>>,
    ) -> Result<(PrimitiveArray<T>, bool)> {
        let (len, single) = self.count(from);
        let mut made = PrimitiveArray::<T>::builder(len);
        for row in 0..len {
            match value(row) {
                Ok(value) => made.append_option(value),
                Err(error) if self.counts(row, single) => return Err(error),
                Err(_) => made.append_null(),
            }
        }
        Ok((made.finish(), single))
    }

    pub(super) fn longs(&self, from: &[&Values], value: &dyn Fn(usize) -> Result<Option<i64>>) -> Result<Values> {
        let (made, single) = self.primitives::<Int64Type>(from, value)?;
        Ok(Values { data: Data::Long(made), single })
    }

    pub(super) fn doubles(&self, from: &[&Values], value: &dyn Fn(usize) -> Result<Option<f64>>) -> Result<Values> {
        let (made, single) = self.primitives::<Float64Type>(from, value)?;
        Ok(Values { data: Data::Double(made), single })
    }

    pub(super) fn decimals(&self, from: &[&Values], value: &dyn Fn(usize) -> Result<Option<i128>>) -> Result<Values> {
        let (made, single) = self.primitives::<Decimal128Type>(from, value)?;
        Ok(Values { data: Data::Decimal(made), single })
    }

    pub(super) fn booleans(&self, from: &[&Values], value: &dyn Fn(usize) -> Option<bool>) -> Values {
        let (len, single) = self.count(from);
        Values { data: Data::Boolean((0..len).map(value).collect()), single }
    }

    pub(super) fn texts(&self, from: &[&Values], write: &dyn Fn(usize, &mut String) -> Result<bool>) -> Result<Values> {
        let (len, single) = self.count(from);
        let made = text::texts(len, &mut |row, out| match write(row, out) {
            Err(error) if self.counts(row, single) => Err(error),
            Err(_) => Ok(false),
            done => done,
        })?;
        Ok(Values { data: Data::Text(made), single })
    }

    pub(super) fn bytes(&self, from: &[&Values], value: &dyn Fn(usize) -> Option<Vec<u8>>) -> Result<Values> {
        let (len, single) = self.count(from);
        Ok(Values { data: Data::Bytes(text::bytes(len, &mut |row| Ok(value(row)))?), single })
    }

    /// For each row the value that it has in the one of `results` that `choice` names.
    pub(super) fn choose(&self, data_type: &DataType, results: &[Values], choice: &[usize]) -> Result<Values> {
        // Values that are single each differ from row to row.
        let apart = Values::rows(Data::Boolean(BooleanArray::new_null(0)));
        let from = [&apart];
        macro_rules! choose {
            ($lane:ident) => {
                results.iter().map(Values::$lane).collect::<Result<Vec<_>>>()?
            };
        }
        match Form::of(data_type) {
            Form::Boolean => {
                let lanes = choose!(booleans);
                Ok(self.booleans(&from, &|row| lanes[choice[row]].get(row)))
            }
            Form::Long => {
                let lanes = choose!(longs);
                self.longs(&from, &|row| Ok(lanes[choice[row]].get(row)))
            }
            Form::Double => {
                let lanes = choose!(doubles);
                self.doubles(&from, &|row| Ok(lanes[choice[row]].get(row)))
            }
            Form::Decimal => {
                let lanes = choose!(decimals);
                self.decimals(&from, &|row| Ok(lanes[choice[row]].get(row)))
            }
            Form::Text => {
                let lanes = choose!(texts);
                self.texts(&from, &|row, out| Ok(lanes[choice[row]].get(row).inspect(|t| out.push_str(t)).is_some()))
            }
            Form::Bytes => {
                let lanes = choose!(bytes);
                self.bytes(&from, &|row| lanes[choice[row]].get(row).map(<[u8]>::to_vec))
            }
            Form::Other => Values::single(None, &DataType::Void),
        }
    }
}

/// Rows that are known to be true, or known to be false.
pub(super) fn known(conditions: &BooleanArray, wanted: bool) -> BooleanBuffer {
    let values = if wanted { conditions.values().clone() } else { !conditions.values() };
    match conditions.nulls() {
        Some(nulls) => &values & nulls.inner(),
        None => values,
    }
}

/// Rows that a further part can change: of all where none was false, of any where none was true.
pub(in crate::expr) fn undecided(conditions: &BooleanArray, all: bool) -> BooleanBuffer {
    !&known(conditions, !all)
}
