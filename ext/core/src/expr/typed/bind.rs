//! Syntax to typed expressions: names become columns, operands are brought to types that go together.

use super::coerce::{Made, alike, cast_to, comparable, made, read_as};
use super::function::{arithmetic, compare, resolve};
use super::like::Pattern;
use super::tree::{Op, Typed};
use super::types::{is_integer, is_time};
use crate::error::{Error, Result};
use crate::expr::columns::Columns;
use crate::expr::literal::Place as Among;
use crate::expr::membership::Membership;
use crate::expr::sql::{ArithOp, Kind, Place, Syntax};
use crate::schema::DataType;
use crate::value::Scalar;
use crate::value::calendar::DAY;

/// The typed form of `syntax`, which is what `text` says.
pub(in crate::expr) fn bind(syntax: &Syntax, columns: &mut Columns<'_>, text: &str) -> Result<Typed> {
    Binder { columns, text }.typed(syntax)
}

/// As [`bind`], of an expression that is a condition.
pub(in crate::expr) fn bind_condition(syntax: &Syntax, columns: &mut Columns<'_>, text: &str) -> Result<Typed> {
    Binder { columns, text }.condition(syntax)
}

struct Binder<'a, 's> {
    columns: &'a mut Columns<'s>,
    text: &'a str,
}

impl Binder<'_, '_> {
    fn error(&self, at: Place, message: impl std::fmt::Display) -> Error {
        at.error(self.text, message)
    }

    fn at<T>(&self, at: Place, made: Made<T>) -> Result<T> {
        made.map_err(|message| self.error(at, message))
    }

    fn boxed(&mut self, syntax: &Syntax) -> Result<Box<Typed>> {
        self.typed(syntax).map(Box::new)
    }

    fn all(&mut self, parts: &[Syntax]) -> Result<Vec<Typed>> {
        parts.iter().map(|part| self.typed(part)).collect()
    }

    /// An expression that is true, false or unknown.
    fn condition(&mut self, syntax: &Syntax) -> Result<Typed> {
        let typed = self.typed(syntax)?;
        match typed.data_type {
            DataType::Boolean => Ok(typed),
            DataType::Void => self.at(syntax.at, cast_to(typed, &DataType::Boolean)),
            other => Err(self.error(syntax.at, format!("this is of type {other} and no condition"))),
        }
    }

    fn typed(&mut self, syntax: &Syntax) -> Result<Typed> {
        let at = syntax.at;
        let boolean = |op| made(DataType::Boolean, op);
        Ok(match &syntax.kind {
            Kind::Literal(value, data_type) => Typed::new(data_type.clone(), Op::Literal(value.clone())),
            Kind::Interval(..) => {
                return Err(self.error(at, "an interval is only added to a day or a time, or subtracted from one"));
            }
            Kind::Column(names) => {
                let index = self.columns.folded(names).map_err(|e| self.error(at, e.message()))?;
                Typed::new(self.columns.found[index].data_type.clone(), Op::Column(index))
            }
            Kind::And(parts) => boolean(Op::And(self.conditions(parts)?)),
            Kind::Or(parts) => boolean(Op::Or(self.conditions(parts)?)),
            Kind::Not(inner) => boolean(Op::Not(Box::new(self.condition(inner)?))),
            Kind::Compare(op, sides) => {
                let (a, b) = (self.typed(&sides[0])?, self.typed(&sides[1])?);
                self.at(at, compare(*op, a, b))?
            }
            Kind::NullSafeEq(sides) => {
                let (a, b) = (self.typed(&sides[0])?, self.typed(&sides[1])?);
                let (a, b) = self.at(at, comparable(a, b))?;
                boolean(match (a.literal(), b.literal()) {
                    (_, Some(None)) => Op::IsNull(Box::new(a)),
                    (Some(None), _) => Op::IsNull(Box::new(b)),
                    _ => Op::NullSafeEq(Box::new([a, b])),
                })
            }
            Kind::Between(parts) => self.between(at, parts)?,
            Kind::In(value, list) => self.among(value, list)?,
            Kind::Like(sides, escape) => self.like(at, sides, *escape)?,
            Kind::IsNull(inner) => boolean(Op::IsNull(self.boxed(inner)?)),
            Kind::Is(inner, wanted) => boolean(Op::Is(Box::new(self.condition(inner)?), *wanted)),
            Kind::Negate(inner) => {
                let value = self.typed(inner)?;
                self.at(at, resolve("negative", vec![value]))?
            }
            Kind::Arith(op, sides) => self.arith(at, *op, sides)?,
            Kind::Concat(sides) => {
                let parts = self.all(&sides[..])?;
                self.at(at, resolve("concat", parts))?
            }
            Kind::Case { operand, branches, otherwise } => {
                self.case(at, operand.as_deref(), branches, otherwise.as_deref())?
            }
            Kind::Cast(inner, to, or_null) => {
                let value = self.typed(inner)?;
                if value.data_type == *to {
                    value
                } else if super::cast::castable(&value.data_type, to) {
                    made(to.clone(), Op::Cast(Box::new(value), *or_null))
                } else {
                    return Err(self.error(at, format!("a value of type {} is not cast to {to}", value.data_type)));
                }
            }
            Kind::Call(name, arguments) => {
                let arguments = self.all(arguments)?;
                self.at(at, resolve(name, arguments))?
            }
        })
    }

    fn conditions(&mut self, parts: &[Syntax]) -> Result<Vec<Typed>> {
        parts.iter().map(|part| self.condition(part)).collect()
    }

    fn between(&mut self, at: Place, parts: &[Syntax; 3]) -> Result<Typed> {
        let [value, low, high] = [self.typed(&parts[0])?, self.typed(&parts[1])?, self.typed(&parts[2])?];
        let (a, low) = self.at(at, comparable(value.clone(), low))?;
        let (b, high) = self.at(at, comparable(value, high))?;
        if a.data_type != b.data_type {
            let message = format!("BETWEEN compares {} with {} and {}", a.data_type, low.data_type, high.data_type);
            return Err(self.error(at, message));
        }
        Ok(made(DataType::Boolean, Op::Between(Box::new([a, low, high]))))
    }

    /// What is equal to one of them: literals are looked up together.
    fn among(&mut self, value: &Syntax, list: &[Syntax]) -> Result<Typed> {
        let value = self.typed(value)?;
        let data_type = value.data_type.clone();
        let mut known = Vec::new();
        let mut others = Vec::new();
        for item in list {
            let typed = self.typed(item)?;
            let (compared, typed) =
                self.at(item.at, comparable(Typed::new(data_type.clone(), Op::Column(0)), typed))?;
            let stays = compared.data_type == data_type || data_type == DataType::Void;
            match typed.literal() {
                Some(Some(literal)) if stays && data_type.is_primitive() => match Among::of(literal, &data_type) {
                    Some(Among::At(found)) => known.push(found),
                    Some(_) => {}
                    None => others.push(typed),
                },
                // The decimal's digits decide.
                Some(Some(literal)) if matches!(data_type, DataType::Decimal(_)) => {
                    if let Some(Among::At(found)) = Among::of(literal, &data_type) {
                        known.push(found);
                    }
                }
                _ if stays => others.push(typed),
                _ => {
                    let other = typed.data_type;
                    return Err(self.error(
                        item.at,
                        format!("IN looks for a value of type {data_type}, and this is one of type {other}"),
                    ));
                }
            }
        }
        if data_type == DataType::Void {
            return Ok(Typed::new(DataType::Boolean, Op::Literal(None)));
        }
        let boolean = |op| made(DataType::Boolean, op);
        if others.is_empty() {
            return Ok(boolean(Op::In(Box::new(value), Membership::new(known))));
        }
        if others.iter().all(|o| o.literal() == Some(None)) {
            let found = boolean(Op::In(Box::new(value), Membership::new(known)));
            return Ok(boolean(Op::Or(vec![found, Typed::new(DataType::Boolean, Op::Literal(None))])));
        }
        others.extend(known.into_iter().map(|k| Typed::new(data_type.clone(), Op::Literal(Some(k)))));
        Ok(boolean(Op::AnyOf(Box::new(value), others)))
    }

    fn like(&mut self, at: Place, sides: &[Syntax; 2], escape: char) -> Result<Typed> {
        let value = self.typed(&sides[0])?;
        let value = self.at(at, cast_to(value, &DataType::String))?;
        let pattern = self.typed(&sides[1])?;
        let pattern = match pattern.literal() {
            Some(None) => return Ok(Typed::new(DataType::Boolean, Op::Literal(None))),
            Some(Some(Scalar::String(text))) => Pattern::new(text, escape).ok_or_else(|| {
                self.error(sides[1].at, format!("{escape} stands before a character that needs no escape"))
            })?,
            _ => return Err(self.error(sides[1].at, "LIKE takes a pattern that is written out in quotes")),
        };
        Ok(made(DataType::Boolean, Op::Like(Box::new(value), pattern)))
    }

    fn arith(&mut self, at: Place, op: ArithOp, sides: &[Syntax; 2]) -> Result<Typed> {
        match (op, &sides[0].kind, &sides[1].kind) {
            (ArithOp::Add, _, Kind::Interval(months, micros)) => return self.shift(at, &sides[0], *months, *micros),
            (ArithOp::Add, Kind::Interval(months, micros), _) => return self.shift(at, &sides[1], *months, *micros),
            (ArithOp::Subtract, _, Kind::Interval(months, micros)) => {
                let negated = months.checked_neg().zip(micros.checked_neg());
                let (months, micros) = negated.ok_or_else(|| self.error(at, "the interval is too long"))?;
                return self.shift(at, &sides[0], months, micros);
            }
            _ => {}
        }
        let (a, b) = (self.typed(&sides[0])?, self.typed(&sides[1])?);
        let is_date = |t: &Typed| t.data_type == DataType::Date;
        let made = match op {
            ArithOp::Add if is_date(&a) && is_integer(&b.data_type) => resolve("date_add", vec![a, b]),
            ArithOp::Add if is_date(&b) && is_integer(&a.data_type) => resolve("date_add", vec![b, a]),
            ArithOp::Subtract if is_date(&a) && is_integer(&b.data_type) => resolve("date_sub", vec![a, b]),
            ArithOp::Subtract if is_date(&a) && is_date(&b) => {
                Err("a day is not subtracted from a day: datediff(end, start) is their distance".to_owned())
            }
            _ => arithmetic(op, a, b),
        };
        self.at(at, made)
    }

    fn shift(&mut self, at: Place, value: &Syntax, months: i32, micros: i64) -> Result<Typed> {
        let value = self.typed(value)?;
        let value = match &value.data_type {
            DataType::Date if micros % DAY == 0 => value,
            time if is_time(time) => value,
            DataType::Date | DataType::String => self.at(at, read_as(value, &DataType::Timestamp))?,
            other => return Err(self.error(at, format!("an interval is not added to a value of type {other}"))),
        };
        Ok(made(value.data_type.clone(), Op::Shift(Box::new(value), months, micros)))
    }

    fn case(
        &mut self,
        at: Place,
        operand: Option<&Syntax>,
        branches: &[(Syntax, Syntax)],
        otherwise: Option<&Syntax>,
    ) -> Result<Typed> {
        let operand = operand.map(|o| self.boxed(o)).transpose()?;
        let mut conditions = Vec::with_capacity(branches.len());
        let mut results = Vec::with_capacity(branches.len() + 1);
        for (when, then) in branches {
            conditions.push(match &operand {
                None => self.condition(when)?,
                Some(operand) => {
                    let value = self.typed(when)?;
                    let subject = Typed::new(operand.data_type.clone(), Op::Column(0));
                    let (subject, value) = self.at(when.at, comparable(subject, value))?;
                    if subject.data_type != operand.data_type {
                        let message = format!("CASE compares {} with {}", operand.data_type, value.data_type);
                        return Err(self.error(when.at, message));
                    }
                    value
                }
            });
            results.push(self.typed(then)?);
        }
        let has_otherwise = otherwise.is_some();
        if let Some(otherwise) = otherwise {
            results.push(self.typed(otherwise)?);
        }
        let (data_type, mut results) = self.at(at, alike(results, "CASE"))?;
        let otherwise = if has_otherwise { results.pop().map(Box::new) } else { None };
        let branches = conditions.into_iter().zip(results).collect();
        Ok(made(data_type, Op::Case { operand, branches, otherwise }))
    }
}
