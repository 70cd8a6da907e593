//! What a predicate can be over a whole file, from what is known of the file's columns.

use std::cmp::Ordering;

use arrow::array::Array;

use super::CompareOp;
use super::node::{BoundPredicate, Node};
use super::typed::{Rows, Typed, Values};
use crate::schema::DataType;
use crate::stats::ColumnBounds;
use crate::value::Scalar;

/// Most float columns whose NaNs are told apart from their other values: each doubles the work.
const MAX_NAN_COLUMNS: u32 = 4;

/// The values that a predicate may have among the rows of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcomes {
    /// It may be true of a row.
    pub true_: bool,
    /// It may be false of a row.
    pub false_: bool,
    /// It may be unknown for a row.
    pub unknown: bool,
}

impl Outcomes {
    const NONE: Self = Self { true_: false, false_: false, unknown: false };
    const ANY: Self = Self { true_: true, false_: true, unknown: true };

    /// True of each row that there is: nothing is left to filter.
    pub fn always_true(self) -> bool {
        self == Self { true_: true, ..Self::NONE }
    }

    fn and(self, other: Self) -> Self {
        let some = |o: Self| o.true_ || o.false_ || o.unknown;
        Self {
            true_: self.true_ && other.true_,
            false_: (self.false_ && some(other)) || (other.false_ && some(self)),
            unknown: (self.unknown && (other.unknown || other.true_)) || (other.unknown && self.true_),
        }
    }

    fn not(self) -> Self {
        Self { true_: self.false_, false_: self.true_, unknown: self.unknown }
    }

    fn union(self, other: Self) -> Self {
        Self {
            true_: self.true_ || other.true_,
            false_: self.false_ || other.false_,
            unknown: self.unknown || other.unknown,
        }
    }
}

impl BoundPredicate {
    /// The columns of which single values are looked for: [`Self::outcomes_without`] can say more of them.
    pub fn looked_for(&self) -> Vec<usize> {
        let mut found = Vec::new();
        looked_for(&self.root, &mut found);
        found
    }

    /// What the predicate may be over rows whose columns keep to `bounds`, one for each of [`Self::columns`].
    pub fn outcomes(&self, bounds: &[ColumnBounds]) -> Outcomes {
        self.outcomes_without(bounds, &|_, _| false)
    }

    /// As [`Self::outcomes`], where `absent` knows values that a column does not have in any row.
    pub fn outcomes_without(&self, bounds: &[ColumnBounds], absent: &dyn Fn(usize, &Scalar) -> bool) -> Outcomes {
        let mut with_nan: Vec<usize> =
            (0..bounds.len()).filter(|i| bounds[*i].may_be_nan && bounds[*i].may_have_value).collect();
        let rest = with_nan.split_off(with_nan.len().min(MAX_NAN_COLUMNS as usize));
        let mut outcomes = Outcomes::NONE;
        for choice in 0..1u32 << with_nan.len() {
            let mut assumed = bounds.to_vec();
            for (bit, column) in with_nan.iter().enumerate() {
                assumed[*column] = match choice >> bit & 1 {
                    0 => ColumnBounds { may_be_nan: false, ..bounds[*column].clone() },
                    _ => ColumnBounds::exactly(Some(&Scalar::Double(f64::NAN))),
                };
            }
            // NaN is above every bound, so no upper bound is a superset.
            for column in &rest {
                assumed[*column].max = None;
            }
            outcomes = outcomes.union(node(&self.root, &assumed, absent));
        }
        outcomes
    }
}

/// Adds the columns that are compared with values for being equal.
fn looked_for(node: &Node, found: &mut Vec<usize>) {
    match node {
        Node::And(parts) | Node::Or(parts) => parts.iter().for_each(|part| looked_for(part, found)),
        Node::Not(inner) => looked_for(inner, found),
        Node::Compare(column, CompareOp::Eq | CompareOp::NotEq, _) | Node::In(column, _) if !found.contains(column) => {
            found.push(*column);
        }
        _ => {}
    }
}

fn node(node_: &Node, bounds: &[ColumnBounds], absent: &dyn Fn(usize, &Scalar) -> bool) -> Outcomes {
    const TRUE: Outcomes = Outcomes { true_: true, ..Outcomes::NONE };
    match node_ {
        Node::And(parts) => parts.iter().fold(TRUE, |o, part| o.and(node(part, bounds, absent))),
        Node::Or(parts) => parts.iter().fold(TRUE, |o, part| o.and(node(part, bounds, absent).not())).not(),
        Node::Not(inner) => node(inner, bounds, absent).not(),
        Node::Compare(column, op, value) => leaf(&bounds[*column], |min, max| {
            let (pass, fail) = compare(*op, min, max, value);
            match op {
                CompareOp::Eq => (pass && !absent(*column, value), fail),
                CompareOp::NotEq => (pass, fail && !absent(*column, value)),
                _ => (pass, fail),
            }
        }),
        Node::Known(column, result) => leaf(&bounds[*column], |_, _| (*result, !*result)),
        Node::In(column, values) => leaf(&bounds[*column], |min, max| {
            let one_value = matches!((min, max), (Some(a), Some(b)) if a.compare(b) == Some(Ordering::Equal));
            let found = values.any_between(min, max, &|value| !absent(*column, value));
            (found, !(found && one_value))
        }),
        Node::Unknown => Outcomes { unknown: true, ..Outcomes::NONE },
        Node::Computed(typed) => computed(typed, bounds).unwrap_or(Outcomes::ANY),
        Node::IsNull(column) => {
            let bounds = &bounds[*column];
            Outcomes { true_: bounds.may_be_null, false_: bounds.may_have_value, unknown: false }
        }
    }
}

/// The one outcome, where every column that is looked at has one value in all rows; else nothing is known.
fn computed(typed: &Typed, bounds: &[ColumnBounds]) -> Option<Outcomes> {
    let mut used = Vec::new();
    typed.columns(&mut used);
    let mut columns = Vec::with_capacity(bounds.len());
    for (index, bounds) in bounds.iter().enumerate() {
        columns.push(match used.iter().find(|(column, _)| *column == index) {
            Some((_, data_type)) => Values::single(only_value(bounds)?, data_type).ok()?,
            None => Values::single(None, &DataType::Void).ok()?,
        });
    }
    // What goes wrong for the value goes wrong where rows are read, if there are any.
    let result = Rows { columns: &columns, len: 1, active: None }.conditions(typed).ok()?;
    Some(match result.is_valid(0).then(|| result.value(0)) {
        Some(true) => Outcomes { true_: true, ..Outcomes::NONE },
        Some(false) => Outcomes { false_: true, ..Outcomes::NONE },
        None => Outcomes { unknown: true, ..Outcomes::NONE },
    })
}

/// The value that all rows have; the inner `None` is null.
fn only_value(bounds: &ColumnBounds) -> Option<Option<&Scalar>> {
    match (bounds.may_have_value, bounds.may_be_null, &bounds.min, &bounds.max) {
        (false, ..) => Some(None),
        // The zeros are equal and are not the same.
        (true, false, Some(Scalar::Double(v)), _) if *v == 0.0 => None,
        (true, false, Some(min), Some(max)) if !bounds.may_be_nan && min.compare(max) == Some(Ordering::Equal) => {
            Some(Some(min))
        }
        _ => None,
    }
}

/// Outcomes of a test that is unknown for null: `test` tells whether a value in the range may pass, and may fail.
fn leaf(bounds: &ColumnBounds, test: impl Fn(Option<&Scalar>, Option<&Scalar>) -> (bool, bool)) -> Outcomes {
    let (mut min, mut max) = (bounds.min.as_ref(), bounds.max.as_ref());
    if matches!((min, max), (Some(a), Some(b)) if !matches!(a.compare(b), Some(Ordering::Less | Ordering::Equal))) {
        (min, max) = (None, None);
    }
    let (pass, fail) = test(min, max);
    Outcomes {
        true_: bounds.may_have_value && pass,
        false_: bounds.may_have_value && fail,
        unknown: bounds.may_be_null,
    }
}

/// Whether a value between `min` and `max` may compare so with `value`, and whether one may not.
fn compare(op: CompareOp, min: Option<&Scalar>, max: Option<&Scalar>, value: &Scalar) -> (bool, bool) {
    use Ordering::{Equal, Greater, Less};
    let swap = |(a, b): (bool, bool)| (b, a);
    // The order of each end against the value; an open end may be on any side that helps.
    let low = min.map(|m| m.compare(value));
    let high = max.map(|m| m.compare(value));
    if low == Some(None) || high == Some(None) {
        return (true, true);
    }
    let (low, high) = (low.flatten(), high.flatten());
    match op {
        CompareOp::Lt => (low.is_none_or(|o| o == Less), high.is_none_or(|o| o != Less)),
        CompareOp::LtEq => (low.is_none_or(|o| o != Greater), high.is_none_or(|o| o == Greater)),
        CompareOp::Gt => swap(compare(CompareOp::LtEq, min, max, value)),
        CompareOp::GtEq => swap(compare(CompareOp::Lt, min, max, value)),
        CompareOp::Eq => (
            low.is_none_or(|o| o != Greater) && high.is_none_or(|o| o != Less),
            !(low == Some(Equal) && high == Some(Equal)),
        ),
        CompareOp::NotEq => swap(compare(CompareOp::Eq, min, max, value)),
    }
}
