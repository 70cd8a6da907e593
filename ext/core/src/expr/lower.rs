//! Typed conditions as the plain tests that statistics answer, as far as there are such: a column against a literal, a
//! prefix of text, a day or a year of times. The rest is computed.

use super::CompareOp;
use super::columns::BoundColumn;
use super::literal::{Comparison, Place};
use super::node::Node;
use super::typed::{Function, Op, Pattern, Typed};
use crate::schema::DataType;
use crate::value::Scalar;
use crate::value::calendar::{DAY, days_from_civil};

/// Most digits of decimals no two of which are the same double: with more, a comparison as doubles takes neighbours for
/// equal, and one with the decimal that the double is written as does not.
const DOUBLE_DIGITS: u8 = 15;

/// The same condition as a node, of the same outcome for every row.
pub(super) fn lower(typed: Typed, columns: &[BoundColumn]) -> Node {
    match typed.op {
        Op::And(parts) => Node::And(parts.into_iter().map(|p| lower(p, columns)).collect()),
        Op::Or(parts) => Node::Or(parts.into_iter().map(|p| lower(p, columns)).collect()),
        Op::Not(inner) => Node::Not(Box::new(lower(*inner, columns))),
        _ => plain(&typed, columns).unwrap_or_else(|| Node::Computed(Box::new(typed))),
    }
}

fn plain(typed: &Typed, columns: &[BoundColumn]) -> Option<Node> {
    match &typed.op {
        Op::Literal(value) => match value {
            Some(Scalar::Boolean(true)) => Some(Node::And(Vec::new())),
            Some(Scalar::Boolean(false)) => Some(Node::Or(Vec::new())),
            None => Some(Node::Unknown),
            _ => None,
        },
        Op::Column(index) => Some(Node::Compare(*index, CompareOp::Eq, Scalar::Boolean(true))),
        Op::Is(inner, wanted) => {
            let index = column(inner)?;
            Some(Node::And(vec![present(index), Node::Compare(index, CompareOp::Eq, Scalar::Boolean(*wanted))]))
        }
        Op::IsNull(inner) => column(inner).map(Node::IsNull),
        Op::Compare(op, sides) => match (sides[0].literal(), sides[1].literal()) {
            (_, Some(Some(value))) => compared(&sides[0], *op, value, columns),
            (Some(Some(value)), _) => compared(&sides[1], turned(*op), value, columns),
            _ => None,
        },
        Op::NullSafeEq(sides) => {
            let (value, other) = match (sides[0].literal(), sides[1].literal()) {
                (_, Some(Some(value))) => (value, &sides[0]),
                (Some(Some(value)), _) => (value, &sides[1]),
                _ => return None,
            };
            let index = column(other)?;
            Some(Node::And(vec![present(index), compared(other, CompareOp::Eq, value, columns)?]))
        }
        Op::Between(parts) => {
            let (low, high) = (parts[1].literal()??, parts[2].literal()??);
            let from = compared(&parts[0], CompareOp::GtEq, low, columns)?;
            Some(Node::And(vec![from, compared(&parts[0], CompareOp::LtEq, high, columns)?]))
        }
        Op::In(value, set) => column(value).map(|index| Node::In(index, set.clone())),
        Op::Like(value, pattern) => like(typed, column(value)?, pattern),
        Op::Call(Function::StartsWith, arguments) => {
            let index = column(&arguments[0])?;
            match arguments[1].literal() {
                Some(Some(Scalar::String(prefix))) => Some(begins(index, prefix)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The column that the expression is.
fn column(typed: &Typed) -> Option<usize> {
    match typed.op {
        Op::Column(index) => Some(index),
        _ => None,
    }
}

fn present(index: usize) -> Node {
    Node::Not(Box::new(Node::IsNull(index)))
}

/// The comparison seen from the other side.
fn turned(op: CompareOp) -> CompareOp {
    match op {
        CompareOp::Eq | CompareOp::NotEq => op,
        CompareOp::Lt => CompareOp::Gt,
        CompareOp::LtEq => CompareOp::GtEq,
        CompareOp::Gt => CompareOp::Lt,
        CompareOp::GtEq => CompareOp::LtEq,
    }
}

fn compared(typed: &Typed, op: CompareOp, value: &Scalar, columns: &[BoundColumn]) -> Option<Node> {
    let data_type = |index: usize| columns.get(index).map(|c| &c.data_type);
    match &typed.op {
        Op::Column(index) => against(*index, op, value, data_type(*index)?),
        // Days, clocks and decimals that were brought to the literal's type: the literal is brought to theirs instead.
        Op::Cast(inner, _) if widens(&inner.data_type, &typed.data_type) => {
            let index = column(inner)?;
            against(index, op, value, data_type(index)?)
        }
        Op::Cast(inner, _) if typed.data_type == DataType::Date => {
            let Scalar::Date(day) = value else { return None };
            within(inner, op, i64::from(*day), i64::from(*day) + 1)
        }
        Op::Call(Function::Year, arguments) => {
            let Scalar::Long(year) = value else { return None };
            let (start, end) = (days_from_civil(*year, 1, 1)?, days_from_civil(year.checked_add(1)?, 1, 1)?);
            match &arguments[0].op {
                Op::Cast(inner, _) => within(inner, op, start, end),
                _ => within(&arguments[0], op, start, end),
            }
        }
        _ => None,
    }
}

fn widens(from: &DataType, to: &DataType) -> bool {
    use DataType as T;
    matches!(
        (from, to),
        (T::Date, T::Timestamp | T::TimestampNtz) | (T::TimestampNtz, T::Timestamp) | (T::Decimal(_), T::Double)
    )
}

fn against(index: usize, op: CompareOp, value: &Scalar, data_type: &DataType) -> Option<Node> {
    if matches!((data_type, value), (DataType::Decimal(of), Scalar::Double(_)) if of.precision() > DOUBLE_DIGITS) {
        return None;
    }
    Some(match Place::of(value, data_type)?.compare(op) {
        Comparison::With(op, value) => Node::Compare(index, op, value),
        Comparison::Known(result) => Node::Known(index, result),
    })
}

/// The comparison of what is the same for all days from `start` to before `end`, and grows with them.
fn within(typed: &Typed, op: CompareOp, start: i64, end: i64) -> Option<Node> {
    let index = column(typed)?;
    let first = |day: i64| {
        Some(match typed.data_type {
            DataType::Date => Scalar::Date(i32::try_from(day).ok()?),
            DataType::Timestamp => Scalar::Timestamp(day.checked_mul(DAY)?),
            DataType::TimestampNtz => Scalar::TimestampNtz(day.checked_mul(DAY)?),
            _ => return None,
        })
    };
    let (start, end) = (first(start)?, first(end)?);
    Some(match op {
        CompareOp::Eq => {
            Node::And(vec![Node::Compare(index, CompareOp::GtEq, start), Node::Compare(index, CompareOp::Lt, end)])
        }
        CompareOp::NotEq => {
            Node::Or(vec![Node::Compare(index, CompareOp::Lt, start), Node::Compare(index, CompareOp::GtEq, end)])
        }
        CompareOp::Lt => Node::Compare(index, CompareOp::Lt, start),
        CompareOp::LtEq => Node::Compare(index, CompareOp::Lt, end),
        CompareOp::Gt => Node::Compare(index, CompareOp::GtEq, end),
        CompareOp::GtEq => Node::Compare(index, CompareOp::GtEq, start),
    })
}

fn like(typed: &Typed, index: usize, pattern: &Pattern) -> Option<Node> {
    let prefix = pattern.prefix();
    if pattern.is_text() {
        return Some(Node::Compare(index, CompareOp::Eq, Scalar::String(prefix)));
    }
    if pattern.is_prefix() {
        return Some(begins(index, &prefix));
    }
    if prefix.is_empty() {
        return None;
    }
    Some(Node::And(vec![begins(index, &prefix), Node::Computed(Box::new(typed.clone()))]))
}

/// Text that is not before the prefix, and before the next text that does not begin with it.
fn begins(index: usize, prefix: &str) -> Node {
    let from = Node::Compare(index, CompareOp::GtEq, Scalar::String(prefix.to_owned()));
    match after(prefix) {
        Some(next) => Node::And(vec![from, Node::Compare(index, CompareOp::Lt, Scalar::String(next))]),
        None => from,
    }
}

/// The least text that is greater than every one that begins with `prefix`.
fn after(prefix: &str) -> Option<String> {
    let mut chars: Vec<char> = prefix.chars().collect();
    while let Some(last) = chars.pop() {
        let next = match last {
            char::MAX => continue,
            '\u{d7ff}' => '\u{e000}',
            other => char::from_u32(u32::from(other) + 1)?,
        };
        chars.push(next);
        return Some(chars.into_iter().collect());
    }
    None
}
