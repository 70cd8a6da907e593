//! The tree that a text is read into.

use super::place::Place;
use crate::expr::CompareOp;
use crate::schema::DataType;
use crate::value::Scalar;

/// A part of the text that has a value.
#[derive(Debug, Clone)]
pub(in crate::expr) struct Syntax {
    /// Where it begins, or where its operator is.
    pub(in crate::expr) at: Place,
    pub(in crate::expr) kind: Kind,
    /// Levels below this one: trees are walked by recursion.
    pub(super) depth: u16,
}

/// Two numbers, or a day or a time and a number, made into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::expr) enum ArithOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// Integer division.
    Div,
    Remainder,
}

/// What a part of a text is.
#[derive(Debug, Clone)]
pub(in crate::expr) enum Kind {
    Literal(Option<Scalar>, DataType),
    /// Months, and microseconds beside them.
    Interval(i32, i64),
    Column(Vec<String>),
    And(Vec<Syntax>),
    Or(Vec<Syntax>),
    Not(Box<Syntax>),
    Compare(CompareOp, Box<[Syntax; 2]>),
    NullSafeEq(Box<[Syntax; 2]>),
    /// Value, low end, high end.
    Between(Box<[Syntax; 3]>),
    In(Box<Syntax>, Vec<Syntax>),
    /// Value, pattern, the character that takes the meaning from `%` and `_`.
    Like(Box<[Syntax; 2]>, char),
    IsNull(Box<Syntax>),
    /// `IS TRUE` and `IS FALSE`.
    Is(Box<Syntax>, bool),
    Negate(Box<Syntax>),
    Arith(ArithOp, Box<[Syntax; 2]>),
    Concat(Box<[Syntax; 2]>),
    Case {
        operand: Option<Box<Syntax>>,
        branches: Vec<(Syntax, Syntax)>,
        otherwise: Option<Box<Syntax>>,
    },
    /// The value, its new type, and whether null stands for what does not fit.
    Cast(Box<Syntax>, DataType, bool),
    /// The name in lower case.
    Call(String, Vec<Syntax>),
}

impl Kind {
    /// The deepest of its parts.
    fn depth(&self) -> u16 {
        let of = |parts: &[Syntax]| parts.iter().map(|p| p.depth).max().unwrap_or(0);
        match self {
            Self::Literal(..) | Self::Interval(..) | Self::Column(_) => 0,
            Self::And(parts) | Self::Or(parts) | Self::Call(_, parts) => of(parts),
            Self::Not(x) | Self::IsNull(x) | Self::Is(x, _) | Self::Negate(x) | Self::Cast(x, ..) => x.depth,
            Self::Compare(_, p) | Self::NullSafeEq(p) | Self::Like(p, _) | Self::Arith(_, p) | Self::Concat(p) => {
                of(&p[..])
            }
            Self::Between(parts) => of(&parts[..]),
            Self::In(value, list) => value.depth.max(of(list)),
            Self::Case { operand, branches, otherwise } => {
                let ends = operand.iter().chain(otherwise).map(|p| p.depth);
                ends.chain(branches.iter().map(|(when, then)| when.depth.max(then.depth))).max().unwrap_or(0)
            }
        }
    }
}

impl Syntax {
    pub(super) fn new(at: Place, kind: Kind) -> Self {
        let depth = kind.depth().saturating_add(1);
        Self { at, kind, depth }
    }
}
