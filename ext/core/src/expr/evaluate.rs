//! Predicates on Arrow batches.

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, PrimitiveArray, RecordBatch, Scalar as Single,
};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::kernels::cmp;
use arrow::compute::{and_kleene, not, or_kleene};
use arrow::datatypes::{Float32Type, Float64Type};

use super::CompareOp;
use super::columns::BoundColumn;
use super::node::{BoundPredicate, Node};
use super::typed::{Rows as TypedRows, Typed, Values, undecided};
use crate::error::{Error, Result};
use crate::schema::DataType;
use crate::value::Scalar;

impl BoundPredicate {
    /// For each row true, false, or null where it is unknown. The batch has the needed columns under their names.
    pub fn filter(&self, batch: &RecordBatch) -> Result<BooleanArray> {
        let columns = self.columns.iter().map(|c| column(batch, c)).collect::<Result<Vec<_>>>()?;
        let mut rows = Rows { columns, values: Vec::new(), len: batch.num_rows() };
        if computes(&self.root) {
            rows.values = rows.columns.iter().map(Column::values).collect::<Result<_>>()?;
        }
        rows.node(&self.root, None)
    }
}

/// The rows of one batch, as far as the predicate looks at them.
struct Rows<'a> {
    columns: Vec<Column<'a>>,
    /// The same, where something is computed of them.
    values: Vec<Values>,
    len: usize,
}

/// A column of a batch, or a field inside one.
pub(super) struct Column<'a> {
    data_type: &'a DataType,
    array: ArrayRef,
    /// Rows where the column, or a struct that holds it, is null.
    nulls: Option<NullBuffer>,
}

/// The column of `batch`.
pub(super) fn column<'a>(batch: &RecordBatch, column: &'a BoundColumn) -> Result<Column<'a>> {
    let missing = || Error::internal(format!("the batch has no column {}", column.path));
    let mut array = batch.column_by_name(column.name()).ok_or_else(missing)?;
    let mut nulls = array.logical_nulls();
    for name in &column.path.names()[1..] {
        array = array.as_struct_opt().and_then(|s| s.column_by_name(name)).ok_or_else(missing)?;
        nulls = NullBuffer::union(nulls.as_ref(), array.logical_nulls().as_ref());
    }
    Ok(Column { data_type: &column.data_type, array: array.clone(), nulls })
}

/// Whether any part is computed.
fn computes(node: &Node) -> bool {
    match node {
        Node::And(parts) | Node::Or(parts) => parts.iter().any(computes),
        Node::Not(inner) => computes(inner),
        other => matches!(other, Node::Computed(_)),
    }
}

impl Column<'_> {
    pub(super) fn values(&self) -> Result<Values> {
        Values::of(&self.array, self.nulls.clone(), self.data_type)
    }

    fn compare(&self, op: CompareOp, value: &Scalar) -> Result<BooleanArray> {
        match (value, self.data_type) {
            (Scalar::Double(v), DataType::Float) => return Ok(floats::<Float32Type>(&self.array, op, *v)),
            (Scalar::Double(v), DataType::Double) => return Ok(floats::<Float64Type>(&self.array, op, *v)),
            _ => {}
        }
        let kernel = match op {
            CompareOp::Eq => cmp::eq,
            CompareOp::NotEq => cmp::neq,
            CompareOp::Lt => cmp::lt,
            CompareOp::LtEq => cmp::lt_eq,
            CompareOp::Gt => cmp::gt,
            CompareOp::GtEq => cmp::gt_eq,
        };
        kernel(&self.array, &Single::new(Scalar::repeat(Some(value), self.data_type, 1)?)).map_err(internal)
    }
}

impl Rows<'_> {
    /// Of rows that are not `active` the result does not count.
    fn node(&self, node: &Node, active: Option<&BooleanBuffer>) -> Result<BooleanArray> {
        Ok(match node {
            Node::And(parts) => self.fold(parts, true, active)?,
            Node::Or(parts) => self.fold(parts, false, active)?,
            Node::Not(inner) => not(&self.node(inner, active)?).map_err(internal)?,
            Node::Compare(column, op, value) => self.unless_null(*column, self.columns[*column].compare(*op, value)?),
            Node::Known(column, result) => self.unless_null(*column, self.constant(*result)),
            Node::In(column, values) => {
                let found = values.contains(&self.columns[*column].array, self.columns[*column].data_type)?;
                self.unless_null(*column, found)
            }
            Node::IsNull(column) => match &self.columns[*column].nulls {
                Some(nulls) => BooleanArray::new(!nulls.inner(), None),
                None => self.constant(false),
            },
            Node::Unknown => BooleanArray::new_null(self.len),
            Node::Computed(typed) => self.computed(typed, active)?,
        })
    }

    fn computed(&self, typed: &Typed, active: Option<&BooleanBuffer>) -> Result<BooleanArray> {
        TypedRows { columns: &self.values, len: self.len, active: active.cloned() }.conditions(typed)
    }

    fn fold(&self, parts: &[Node], all: bool, active: Option<&BooleanBuffer>) -> Result<BooleanArray> {
        let Some((first, rest)) = parts.split_first() else { return Ok(self.constant(all)) };
        let join = if all { and_kleene } else { or_kleene };
        rest.iter().try_fold(self.node(first, active)?, |result, part| {
            let open = computes(part).then(|| {
                let open = undecided(&result, all);
                active.map_or_else(|| open.clone(), |active| active & &open)
            });
            join(&result, &self.node(part, open.as_ref().or(active))?).map_err(internal)
        })
    }

    fn constant(&self, value: bool) -> BooleanArray {
        let bits = if value { BooleanBuffer::new_set(self.len) } else { BooleanBuffer::new_unset(self.len) };
        BooleanArray::new(bits, None)
    }

    fn unless_null(&self, column: usize, result: BooleanArray) -> BooleanArray {
        BooleanArray::new(result.values().clone(), self.columns[column].nulls.clone())
    }
}

/// Arrow's own comparison tells the zeros apart and orders NaN by its sign.
fn floats<T: ArrowPrimitiveType>(array: &dyn Array, op: CompareOp, value: f64) -> BooleanArray
where
    T::Native: Into<f64>,
{
    let array: &PrimitiveArray<T> = array.as_primitive();
    let test = |test: fn(f64, f64) -> bool| BooleanArray::from_unary(array, |v| test(v.into(), value));
    match (op, value.is_nan()) {
        (CompareOp::Eq, false) => test(|a, b| a == b),
        (CompareOp::NotEq, false) => test(|a, b| a != b),
        (CompareOp::Lt, false) => test(|a, b| a < b),
        (CompareOp::LtEq, false) => test(|a, b| a <= b),
        (CompareOp::Gt, false) => test(|a, b| a > b || a.is_nan()),
        (CompareOp::GtEq, false) => test(|a, b| a >= b || a.is_nan()),
        (CompareOp::Eq | CompareOp::GtEq, true) => test(|a, _| a.is_nan()),
        (CompareOp::NotEq | CompareOp::Lt, true) => test(|a, _| !a.is_nan()),
        (CompareOp::LtEq, true) => test(|_, _| true),
        (CompareOp::Gt, true) => test(|_, _| false),
    }
}

fn internal(error: arrow::error::ArrowError) -> Error {
    Error::internal("a predicate could not be evaluated").with_source(error)
}
