//! Operands brought to types that go together. What is computed from literals alone becomes a literal.

use super::cast::castable;
use super::rows::Rows;
use super::tree::{Op, Typed};
use super::types::{as_decimal, common, decimal_of, is_integer, is_number, is_time};
use crate::schema::DataType;
use crate::value::Scalar;

/// A typed expression, or what is wrong.
pub(super) type Made<T = Typed> = Result<T, String>;

/// The expression; its value, where it depends on no row and is well defined.
pub(super) fn made(data_type: DataType, op: Op) -> Typed {
    let typed = Typed::new(data_type, op);
    if matches!(typed.op, Op::Literal(_)) || !of_literals(&typed.op) || !typed.data_type.is_primitive() {
        return typed;
    }
    let rows = Rows { columns: &[], len: 1, active: None };
    match rows.values(&typed).and_then(|values| values.to_scalar(&typed.data_type)) {
        Ok(value) => Typed::new(typed.data_type, Op::Literal(value)),
        // It goes wrong where its rows are looked at, if any are.
        Err(_) => typed,
    }
}

fn of_literals(op: &Op) -> bool {
    let literal = |typed: &Typed| matches!(typed.op, Op::Literal(_));
    match op {
        Op::Column(_) => false,
        Op::Literal(_) => true,
        Op::And(parts) | Op::Or(parts) | Op::Coalesce(parts) | Op::Call(_, parts) => parts.iter().all(literal),
        Op::AnyOf(x, parts) => literal(x) && parts.iter().all(literal),
        Op::Compare(_, p) | Op::NullSafeEq(p) | Op::NullIf(p) | Op::Arith(_, p) => p.iter().all(literal),
        Op::Between(parts) => parts.iter().all(literal),
        Op::Not(x) | Op::IsNull(x) | Op::Is(x, _) | Op::Cast(x, _) | Op::Negate(x) | Op::Shift(x, ..) => literal(x),
        Op::In(x, _) | Op::Like(x, _) => literal(x),
        Op::Case { operand, branches, otherwise } => {
            operand.iter().chain(otherwise).all(|x| literal(x))
                && branches.iter().all(|(when, then)| literal(when) && literal(then))
        }
    }
}

/// The value in another type, where Spark casts it so on its own or when asked.
pub(super) fn cast_to(typed: Typed, to: &DataType) -> Made {
    if &typed.data_type == to {
        return Ok(typed);
    }
    if !castable(&typed.data_type, to) {
        return Err(format!("a value of type {} does not become {to}", typed.data_type));
    }
    Ok(made(to.clone(), Op::Cast(Box::new(typed), false)))
}

/// As [`cast_to`]; text that is written out and cannot be read so is a mistake of whoever wrote it.
pub(super) fn read_as(typed: Typed, to: &DataType) -> Made {
    let written = match typed.literal() {
        Some(Some(Scalar::String(text))) => Some(text.chars().take(40).collect::<String>()),
        _ => None,
    };
    let read = cast_to(typed, to)?;
    match (written, read.literal()) {
        (Some(text), Some(None)) => Err(format!("the text {text:?} cannot be read as {to}")),
        _ => Ok(read),
    }
}

/// Two values that can be compared.
pub(super) fn comparable(a: Typed, b: Typed) -> Made<(Typed, Typed)> {
    use DataType as T;
    let (x, y) = (a.data_type.clone(), b.data_type.clone());
    let refused = || Err(format!("values of type {x} and {y} cannot be compared"));
    Ok(match (&x, &y) {
        (T::Void, _) | (_, T::Void) => (a, b),
        _ if !x.is_primitive() || !y.is_primitive() => return refused(),
        _ if x == y || (is_number(&x) && is_number(&y)) => (a, b),
        (T::String, T::Decimal(_)) => (read_as(a, &T::Double)?, cast_to(b, &T::Double)?),
        (T::Decimal(_), T::String) => (cast_to(a, &T::Double)?, read_as(b, &T::Double)?),
        (T::String, other) => (read_as(a, other)?, b),
        (other, T::String) => {
            let b = read_as(b, other)?;
            (a, b)
        }
        (T::Date, time) if is_time(time) => (cast_to(a, time)?, b),
        (time, T::Date) if is_time(time) => (a, cast_to(b, time)?),
        (T::TimestampNtz, T::Timestamp) => (cast_to(a, &T::Timestamp)?, b),
        (T::Timestamp, T::TimestampNtz) => (a, cast_to(b, &T::Timestamp)?),
        _ => return refused(),
    })
}

/// Values of one type, which they have in common.
pub(super) fn alike(parts: Vec<Typed>, what: &str) -> Made<(DataType, Vec<Typed>)> {
    let mut data_type = DataType::Void;
    for part in &parts {
        data_type = common(&data_type, &part.data_type).filter(DataType::is_primitive).ok_or_else(|| {
            format!("{what} has values of types {data_type} and {}, which go into no common one", part.data_type)
        })?;
    }
    let parts = parts.into_iter().map(|part| cast_to(part, &data_type)).collect::<Made<Vec<_>>>()?;
    Ok((data_type, parts))
}

/// The numbers that operands of arithmetic are, text being a double.
pub(super) fn numbers(a: Typed, b: Typed) -> Made<(Typed, Typed)> {
    use DataType as T;
    let double = |t: Typed| if t.data_type == T::String { read_as(t, &T::Double) } else { Ok(t) };
    let (a, b) = (double(a)?, double(b)?);
    let (x, y) = (a.data_type.clone(), b.data_type.clone());
    if let Some(other) = [&x, &y].into_iter().find(|t| !is_number(t) && **t != T::Void) {
        return Err(format!("a value of type {other} is no number"));
    }
    let floating = |t: &T| matches!(t, T::Float | T::Double);
    Ok(match (&x, &y) {
        (T::Void, T::Void) => (cast_to(a, &T::Double)?, cast_to(b, &T::Double)?),
        (T::Void, other) => (cast_to(a, other)?, b),
        (other, T::Void) => {
            let b = cast_to(b, other)?;
            (a, b)
        }
        _ if is_integer(&x) && is_integer(&y) => (a, b),
        _ if floating(&x) || floating(&y) => {
            let wide = common(&x, &y).unwrap_or(T::Double);
            (cast_to(a, &wide)?, cast_to(b, &wide)?)
        }
        _ => (to_decimal(a)?, to_decimal(b)?),
    })
}

/// A whole number as a decimal: one that is written out has as many digits as are written.
fn to_decimal(typed: Typed) -> Made {
    let wanted = match typed.literal() {
        Some(Some(Scalar::Long(value))) => decimal_of(*value),
        _ => as_decimal(&typed.data_type),
    };
    match wanted {
        Some(wanted) => cast_to(typed, &DataType::Decimal(wanted)),
        None => Ok(typed),
    }
}
