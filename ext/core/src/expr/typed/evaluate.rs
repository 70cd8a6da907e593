//! The values of an expression.

use std::cmp::Ordering;

use arrow::array::{Array, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{and_kleene, not, or_kleene};

use super::rows::{Rows, known, undecided};
use super::tree::{Op, Typed};
use super::values::{Data, Values, internal};
use super::{arith, calls, cast, compare};
use crate::error::{Error, Result};
use crate::schema::DataType;

impl Rows<'_> {
    /// True, false or unknown for each row.
    pub(in crate::expr) fn conditions(&self, typed: &Typed) -> Result<BooleanArray> {
        let values = self.values(typed)?;
        match values.data {
            Data::Boolean(array) if values.single => {
                let only = array.is_valid(0).then(|| array.value(0));
                Ok((0..self.len).map(|_| only).collect())
            }
            Data::Boolean(array) => Ok(array),
            _ => Ok(BooleanArray::new_null(self.len)),
        }
    }

    /// The values of `typed`.
    pub(in crate::expr) fn values(&self, typed: &Typed) -> Result<Values> {
        match &typed.op {
            Op::Column(index) => {
                let missing = || Error::internal("an expression has a column that it was not bound to");
                self.columns.get(*index).cloned().ok_or_else(missing)
            }
            Op::Literal(value) => Values::single(value.as_ref(), &typed.data_type),
            Op::And(parts) => self.fold(parts, true),
            Op::Or(parts) => self.fold(parts, false),
            Op::Not(inner) => Ok(Values::rows(Data::Boolean(not(&self.conditions(inner)?).map_err(internal)?))),
            Op::Compare(op, sides) => {
                let (a, b) = (self.values(&sides[0])?, self.values(&sides[1])?);
                let order = compare::Order::of((&a, &sides[0].data_type), (&b, &sides[1].data_type))?;
                Ok(self.booleans(&[&a, &b], &|row| order.of_row(row).map(|o| compare::holds(*op, o))))
            }
            Op::NullSafeEq(sides) => {
                let (a, b) = (self.values(&sides[0])?, self.values(&sides[1])?);
                let order = compare::Order::of((&a, &sides[0].data_type), (&b, &sides[1].data_type))?;
                Ok(self.booleans(&[&a, &b], &|row| {
                    Some(match (a.is_null(row), b.is_null(row)) {
                        (false, false) => order.of_row(row) == Some(Ordering::Equal),
                        (a, b) => a == b,
                    })
                }))
            }
            Op::Between(parts) => {
                let [x, low, high] = [&parts[0], &parts[1], &parts[2]];
                let (a, b, c) = (self.values(x)?, self.values(low)?, self.values(high)?);
                let from = compare::Order::of((&a, &x.data_type), (&b, &low.data_type))?;
                let to = compare::Order::of((&a, &x.data_type), (&c, &high.data_type))?;
                Ok(self.booleans(&[&a, &b, &c], &|row| {
                    let from = from.of_row(row).map(|o| o != Ordering::Less);
                    let to = to.of_row(row).map(|o| o != Ordering::Greater);
                    match (from, to) {
                        (Some(false), _) | (_, Some(false)) => Some(false),
                        (Some(true), Some(true)) => Some(true),
                        _ => None,
                    }
                }))
            }
            Op::In(value, set) => {
                let values = self.values(value)?;
                let found = set.contains(&values.to_array(&value.data_type, self.len)?, &value.data_type)?;
                Ok(Values::rows(Data::Boolean(found)))
            }
            Op::AnyOf(value, items) => {
                let subject = self.values(value)?;
                let mut found = vec![Some(false); self.len];
                for item in items {
                    let values = self.values(item)?;
                    let order = compare::Order::of((&subject, &value.data_type), (&values, &item.data_type))?;
                    for (row, found) in found.iter_mut().enumerate().filter(|(_, f)| **f != Some(true)) {
                        match order.of_row(row) {
                            Some(Ordering::Equal) => *found = Some(true),
                            None => *found = None,
                            Some(_) => {}
                        }
                    }
                }
                Ok(Values::rows(Data::Boolean(found.into())))
            }
            Op::Like(value, pattern) => {
                let values = self.values(value)?;
                let texts = values.texts()?;
                Ok(self.booleans(&[&values], &|row| texts.get(row).map(|text| pattern.matches(text))))
            }
            Op::IsNull(inner) => {
                let values = self.values(inner)?;
                Ok(self.booleans(&[&values], &|row| Some(values.is_null(row))))
            }
            Op::Is(inner, wanted) => {
                let conditions = self.conditions(inner)?;
                let made = (0..self.len).map(|row| Some(conditions.is_valid(row) && conditions.value(row) == *wanted));
                Ok(Values::rows(Data::Boolean(made.collect())))
            }
            Op::Case { operand, branches, otherwise } => {
                self.case(typed, operand.as_deref(), branches, otherwise.as_deref())
            }
            Op::Coalesce(parts) => self.coalesce(typed, parts),
            Op::NullIf(sides) => {
                let (a, b) = (self.values(&sides[0])?, self.values(&sides[1])?);
                let order = compare::Order::of((&a, &sides[0].data_type), (&b, &sides[1].data_type))?;
                let null = Values::single(None, &typed.data_type)?;
                let choice = (0..self.len).map(|row| usize::from(order.of_row(row) == Some(Ordering::Equal)));
                let choice: Vec<usize> = choice.collect();
                self.choose(&typed.data_type, &[a.clone(), null], &choice)
            }
            Op::Cast(inner, or_null) => {
                cast::cast(self, &self.values(inner)?, &inner.data_type, &typed.data_type, *or_null)
            }
            Op::Negate(inner) => arith::negate(self, &self.values(inner)?, &typed.data_type),
            Op::Arith(op, sides) => {
                let (a, b) = (self.values(&sides[0])?, self.values(&sides[1])?);
                let types = (&sides[0].data_type, &sides[1].data_type);
                arith::arith(self, *op, (&a, &b), types, &typed.data_type)
            }
            Op::Shift(inner, months, micros) => {
                arith::shift(self, &self.values(inner)?, &inner.data_type, *months, *micros)
            }
            Op::Call(function, arguments) => {
                let values = arguments.iter().map(|a| self.values(a)).collect::<Result<Vec<_>>>()?;
                let types: Vec<&DataType> = arguments.iter().map(|a| &a.data_type).collect();
                calls::call(self, *function, &values, &types, &typed.data_type)
            }
        }
    }

    /// All or any of them: what is settled by those before is not looked at.
    fn fold(&self, parts: &[Typed], all: bool) -> Result<Values> {
        let Some((first, rest)) = parts.split_first() else {
            return Ok(Values { data: Data::Boolean(BooleanArray::from(vec![all])), single: true });
        };
        let mut result = self.conditions(first)?;
        for part in rest {
            let open = undecided(&result, all);
            if open.count_set_bits() == 0 {
                break;
            }
            let next = self.only(open).conditions(part)?;
            let joined = if all { and_kleene(&result, &next) } else { or_kleene(&result, &next) };
            result = joined.map_err(internal)?;
        }
        Ok(Values::rows(Data::Boolean(result)))
    }

    fn case(
        &self,
        typed: &Typed,
        operand: Option<&Typed>,
        branches: &[(Typed, Typed)],
        otherwise: Option<&Typed>,
    ) -> Result<Values> {
        let subject = operand.map(|o| Ok::<_, Error>((self.values(o)?, &o.data_type))).transpose()?;
        let mut open = BooleanBuffer::new_set(self.len);
        let mut choice = vec![branches.len(); self.len];
        let mut results = Vec::with_capacity(branches.len() + 1);
        for (index, (when, then)) in branches.iter().enumerate() {
            let rows = self.only(open.clone());
            let taken = match &subject {
                None => rows.conditions(when)?,
                Some((subject, data_type)) => {
                    let value = rows.values(when)?;
                    let order = compare::Order::of((subject, data_type), (&value, &when.data_type))?;
                    (0..self.len).map(|row| order.of_row(row).map(|o| o == Ordering::Equal)).collect()
                }
            };
            let taken = &open & &known(&taken, true);
            for row in taken.set_indices() {
                choice[row] = index;
            }
            results.push(self.only(taken.clone()).values(then)?);
            open = &open & &!&taken;
        }
        results.push(match otherwise {
            Some(otherwise) => self.only(open).values(otherwise)?,
            None => Values::single(None, &typed.data_type)?,
        });
        self.choose(&typed.data_type, &results, &choice)
    }

    fn coalesce(&self, typed: &Typed, parts: &[Typed]) -> Result<Values> {
        let mut open = BooleanBuffer::new_set(self.len);
        let mut choice = vec![0; self.len];
        let mut results = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            let values = self.only(open.clone()).values(part)?;
            let here: BooleanBuffer = (0..self.len).map(|row| open.value(row) && !values.is_null(row)).collect();
            for row in here.set_indices() {
                choice[row] = index;
            }
            open = &open & &!&here;
            results.push(values);
        }
        self.choose(&typed.data_type, &results, &choice)
    }
}
