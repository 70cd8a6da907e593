//! The tree of a typed expression.

use super::like::Pattern;
use crate::expr::CompareOp;
use crate::expr::membership::Membership;
use crate::expr::sql::ArithOp;
use crate::schema::DataType;
use crate::value::Scalar;

/// An expression and the type of its values.
#[derive(Debug, Clone)]
pub(in crate::expr) struct Typed {
    pub(in crate::expr) data_type: DataType,
    pub(in crate::expr) op: Op,
}

/// How the values come about.
#[derive(Debug, Clone)]
pub(in crate::expr) enum Op {
    /// By the number that the column has in the expression.
    Column(usize),
    Literal(Option<Scalar>),
    And(Vec<Typed>),
    Or(Vec<Typed>),
    Not(Box<Typed>),
    /// Two values that can be compared as they are.
    Compare(CompareOp, Box<[Typed; 2]>),
    NullSafeEq(Box<[Typed; 2]>),
    /// Value, low end, high end.
    Between(Box<[Typed; 3]>),
    In(Box<Typed>, Membership),
    /// Equal to one of them.
    AnyOf(Box<Typed>, Vec<Typed>),
    Like(Box<Typed>, Pattern),
    IsNull(Box<Typed>),
    Is(Box<Typed>, bool),
    Case {
        /// What the branches' conditions are compared with, where they are none themselves.
        operand: Option<Box<Typed>>,
        branches: Vec<(Typed, Typed)>,
        otherwise: Option<Box<Typed>>,
    },
    Coalesce(Vec<Typed>),
    /// The first, unless it equals the second.
    NullIf(Box<[Typed; 2]>),
    /// The value in another type, and whether null stands for an integer that does not fit.
    Cast(Box<Typed>, bool),
    Negate(Box<Typed>),
    Arith(ArithOp, Box<[Typed; 2]>),
    /// A day or a time, and months and microseconds that are added.
    Shift(Box<Typed>, i32, i64),
    Call(Function, Vec<Typed>),
}

/// Functions of one row that do nothing but compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::expr) enum Function {
    Abs,
    Ceil,
    Concat,
    Contains,
    DateAdd,
    DateDiff,
    DateFormat,
    DateSub,
    DateTrunc,
    Day,
    DayOfWeek,
    DayOfYear,
    EndsWith,
    Exp,
    Floor,
    Greatest,
    Hour,
    IsNan,
    Least,
    Left,
    Length,
    Ln,
    Lower,
    Ltrim,
    Minute,
    Month,
    OctetLength,
    Pmod,
    Power,
    Quarter,
    Replace,
    Right,
    Round,
    Rtrim,
    Second,
    Sign,
    Size,
    Sqrt,
    StartsWith,
    Substring,
    Trim,
    Trunc,
    Upper,
    Weekday,
    WeekOfYear,
    Year,
}

impl Typed {
    pub(super) fn new(data_type: DataType, op: Op) -> Self {
        Self { data_type, op }
    }

    /// The value, where it is written or computed from what is written.
    pub(in crate::expr) fn literal(&self) -> Option<Option<&Scalar>> {
        match &self.op {
            Op::Literal(value) => Some(value.as_ref()),
            _ => None,
        }
    }

    /// Adds the columns that the expression looks at, and their types.
    pub(in crate::expr) fn columns<'a>(&'a self, found: &mut Vec<(usize, &'a DataType)>) {
        match &self.op {
            Op::Column(index) => found.push((*index, &self.data_type)),
            Op::Literal(_) => {}
            Op::And(parts) | Op::Or(parts) | Op::Coalesce(parts) | Op::Call(_, parts) => {
                parts.iter().for_each(|p| p.columns(found));
            }
            Op::AnyOf(x, parts) => {
                x.columns(found);
                parts.iter().for_each(|p| p.columns(found));
            }
            Op::Compare(_, p) | Op::NullSafeEq(p) | Op::NullIf(p) | Op::Arith(_, p) => {
                p.iter().for_each(|p| p.columns(found));
            }
            Op::Between(parts) => parts.iter().for_each(|p| p.columns(found)),
            Op::Not(x) | Op::IsNull(x) | Op::Is(x, _) | Op::Cast(x, _) | Op::Negate(x) | Op::Shift(x, ..) => {
                x.columns(found);
            }
            Op::In(x, _) | Op::Like(x, _) => x.columns(found),
            Op::Case { operand, branches, otherwise } => {
                operand.iter().chain(otherwise).for_each(|x| x.columns(found));
                branches.iter().for_each(|(when, then)| {
                    when.columns(found);
                    then.columns(found);
                });
            }
        }
    }
}
