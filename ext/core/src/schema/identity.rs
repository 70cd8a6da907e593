//! What a schema says of identity columns, and the values that they give out (Delta protocol, "Identity Columns").

use std::collections::VecDeque;

use serde_json::Value;

use super::{DataType, Field, StructType};
use crate::error::{Error, ErrorKind, Result};

/// Field metadata: the first value.
pub const IDENTITY_START: &str = "delta.identity.start";
/// Field metadata: from one value to the next.
pub const IDENTITY_STEP: &str = "delta.identity.step";
/// Field metadata: whether rows may bring values of their own.
pub const IDENTITY_EXPLICIT: &str = "delta.identity.allowExplicitInsert";
/// Field metadata: the last value that was given out.
pub const IDENTITY_MARK: &str = "delta.identity.highWaterMark";

/// An identity column as it is in one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityColumn {
    /// Among the table's columns.
    pub position: usize,
    /// Logical name.
    pub name: String,
    /// The first value of all.
    pub start: i64,
    /// From one value to the next; never 0.
    pub step: i64,
    /// The last value that was given out, if one was.
    pub mark: Option<i64>,
    /// Whether rows may bring values of their own.
    pub explicit: bool,
}

impl IdentityColumn {
    /// Those of `schema`, in its order. Only columns of the table itself can be some.
    pub fn all(schema: &StructType) -> Result<Vec<Self>> {
        let fields = schema.fields.iter().enumerate();
        fields.filter(|(_, f)| f.metadata.contains_key(IDENTITY_START)).map(|(p, f)| Self::new(p, f)).collect()
    }

    fn new(position: usize, field: &Field) -> Result<Self> {
        let malformed = |key: &str| Error::corrupt(format!("column {} has no usable {key}", field.name));
        let number = |key: &str| match field.metadata.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_i64().map(Some).ok_or_else(|| malformed(key)),
        };
        if field.data_type != DataType::Long {
            return Err(Error::corrupt(format!(
                "the identity column {} is of type {}, and only long can be one",
                field.name, field.data_type
            )));
        }
        Ok(Self {
            position,
            name: field.name.clone(),
            start: number(IDENTITY_START)?.ok_or_else(|| malformed(IDENTITY_START))?,
            step: number(IDENTITY_STEP)?.filter(|step| *step != 0).ok_or_else(|| malformed(IDENTITY_STEP))?,
            mark: number(IDENTITY_MARK)?,
            explicit: field.metadata.get(IDENTITY_EXPLICIT).and_then(Value::as_bool).unwrap_or(false),
        })
    }

    /// Whether it gives out the same values as `other`, from wherever either has come.
    pub fn counts_as(&self, other: &Self) -> bool {
        (&self.name, self.start, self.step) == (&other.name, other.start, other.step)
    }

    /// Whether `later` stands where this does, or further.
    pub fn is_passed_by(&self, later: &Self) -> bool {
        match (self.mark, later.mark) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(before), Some(after)) => {
                if self.step > 0 {
                    after >= before
                } else {
                    after <= before
                }
            }
        }
    }

    /// How many values are left.
    pub fn left(&self) -> u64 {
        let (step, end) = (i128::from(self.step), if self.step > 0 { i64::MAX } else { i64::MIN });
        match (i128::from(end) - self.next()) * step.signum() {
            room if room < 0 => 0,
            room => u64::try_from(room / step.abs() + 1).unwrap_or(u64::MAX),
        }
    }

    /// The next value, which may be past the last one that there is.
    fn next(&self) -> i128 {
        self.mark.map_or(i128::from(self.start), |mark| i128::from(mark) + i128::from(self.step))
    }

    fn ended(&self) -> Error {
        let stands = self.mark.map_or_else(|| format!("begins at {}", self.start), |mark| format!("stands at {mark}"));
        Error::new(
            ErrorKind::ConstraintViolation,
            format!("the identity column {} has no values left: it {stands}, with step {}", self.name, self.step),
        )
    }
}

/// Values of a table's identity columns: for each of `count` rows one of each column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityBlock {
    /// First value and step of each column.
    columns: Vec<(i64, i64)>,
    count: u64,
}

impl IdentityBlock {
    /// The next `count` values of `columns`.
    pub fn next(columns: &[IdentityColumn], count: u64) -> Result<Self> {
        let first = |column: &IdentityColumn| match i64::try_from(column.next()) {
            Ok(first) if column.left() >= count => Ok((first, column.step)),
            _ => Err(column.ended()),
        };
        let columns = if count == 0 { Vec::new() } else { columns.iter().map(first).collect::<Result<_>>()? };
        Ok(Self { columns, count })
    }

    /// The last `count` values that `columns` have given out.
    pub fn last(columns: &[IdentityColumn], count: u64) -> Result<Self> {
        let first = |column: &IdentityColumn| {
            let back = i128::from(column.step) * (i128::from(count) - 1);
            let first = column.mark.and_then(|mark| i64::try_from(i128::from(mark) - back).ok());
            let first = first.ok_or_else(|| Error::internal(format!("column {} has given out less", column.name)))?;
            Ok((first, column.step))
        };
        let columns = if count == 0 { Vec::new() } else { columns.iter().map(first).collect::<Result<_>>()? };
        Ok(Self { columns, count })
    }

    /// How many rows it is for.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The values of the column with that number among the identity columns.
    pub fn values(&self, column: usize) -> impl Iterator<Item = i64> + use<> {
        let (first, step) = self.columns.get(column).copied().unwrap_or((0, 1));
        // All of them are in range: the first and the last are.
        (0..self.count).map(move |row| value(first, step, row))
    }

    /// Takes those of the first rows out of it, at most `count`.
    pub fn split(&mut self, count: u64) -> Self {
        let count = count.min(self.count);
        let taken = Self { columns: self.columns.clone(), count };
        self.count -= count;
        if self.count > 0 {
            self.columns.iter_mut().for_each(|(first, step)| *first = value(*first, *step, count));
        }
        taken
    }

    /// `schema` with the marks at the last of these values, which are the next ones of its identity columns.
    pub fn recorded_in(&self, schema: &StructType, columns: &[IdentityColumn]) -> StructType {
        let mut schema = schema.clone();
        if self.count == 0 {
            return schema;
        }
        for (column, (first, step)) in columns.iter().zip(&self.columns) {
            if let Some(field) = schema.fields.get_mut(column.position) {
                let last = value(*first, *step, self.count - 1);
                field.metadata.insert(IDENTITY_MARK.to_owned(), Value::from(last));
            }
        }
        schema
    }
}

/// Values that nobody has used yet, in the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct IdentityStock(VecDeque<IdentityBlock>);

impl IdentityStock {
    /// Adds values behind those that are there.
    pub fn give(&mut self, block: IdentityBlock) {
        self.0.push_back(block);
    }

    /// For how many rows there are values.
    pub fn count(&self) -> u64 {
        self.0.iter().fold(0, |sum, block| sum.saturating_add(block.count))
    }

    /// As [`IdentityBlock::values`].
    pub fn values(&self, column: usize) -> impl Iterator<Item = i64> {
        self.0.iter().flat_map(move |block| block.values(column))
    }

    /// Takes the values of the first `count` rows, or all where there are fewer.
    pub fn take(&mut self, mut count: u64) -> Vec<IdentityBlock> {
        let mut taken = Vec::new();
        while count > 0
            && let Some(block) = self.0.front_mut()
        {
            let part = block.split(count);
            count -= part.count;
            if block.count == 0 {
                self.0.pop_front();
            }
            taken.push(part);
        }
        taken
    }
}

fn value(first: i64, step: i64, row: u64) -> i64 {
    // In two's complement the product may leave the range as long as the sum does not.
    first.wrapping_add(step.wrapping_mul(row.cast_signed()))
}

/// The columns as they are but for how far identities have come.
pub fn without_marks(schema: &StructType) -> StructType {
    let mut schema = schema.clone();
    for field in schema.fields.iter_mut().filter(|f| f.data_type == DataType::Long) {
        field.metadata.shift_remove(IDENTITY_MARK);
    }
    schema
}

/// `schema`, whose identity columns stand where those of `marks` do.
pub fn with_marks_of(schema: &StructType, marks: &StructType) -> StructType {
    let mut schema = without_marks(schema);
    for field in schema.fields.iter_mut().filter(|f| f.metadata.contains_key(IDENTITY_START)) {
        if let Some(mark) = marks.field(&field.name).and_then(|f| f.metadata.get(IDENTITY_MARK)) {
            field.metadata.insert(IDENTITY_MARK.to_owned(), mark.clone());
        }
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(start: i64, step: i64, mark: Option<i64>) -> IdentityColumn {
        IdentityColumn { position: 0, name: "id".to_owned(), start, step, mark, explicit: false }
    }

    fn all(block: &IdentityBlock) -> Vec<i64> {
        block.values(0).collect()
    }

    #[test]
    fn values_go_on_from_the_mark_in_steps() {
        for (start, step, mark, values) in [
            (1, 1, None, vec![1, 2, 3]),
            (10, 5, Some(25), vec![30, 35, 40]),
            (0, -3, Some(1), vec![-2, -5, -8]),
            (0, 1, Some(i64::MAX - 3), vec![i64::MAX - 2, i64::MAX - 1, i64::MAX]),
            (0, -1, Some(i64::MIN + 3), vec![i64::MIN + 2, i64::MIN + 1, i64::MIN]),
            (i64::MIN, i64::MAX, None, vec![i64::MIN, -1, i64::MAX - 1]),
            (i64::MAX, i64::MIN / 2, None, vec![i64::MAX, i64::MAX / 2, -1]),
        ] {
            let before = column(start, step, mark);
            let block = IdentityBlock::next(std::slice::from_ref(&before), 3).unwrap();
            assert_eq!(all(&block), values);
            let after = column(start, step, values.last().copied());
            assert_eq!(IdentityBlock::last(std::slice::from_ref(&after), 3).unwrap(), block);
            assert!(before.is_passed_by(&after));
            assert!(!after.is_passed_by(&before));
        }
    }

    #[test]
    fn values_end_where_numbers_do() {
        for (start, step, mark, left) in [
            (0, 1, Some(i64::MAX), 0),
            (0, 1, Some(i64::MAX - 1), 1),
            (0, 10, Some(i64::MAX - 29), 2),
            (0, -1, Some(i64::MIN), 0),
            (0, -10, Some(i64::MIN + 30), 3),
            (i64::MAX, i64::MAX, None, 1),
            (i64::MIN, i64::MIN, None, 1),
            (i64::MIN, 1, None, u64::MAX),
            (1, 1, None, i64::MAX as u64),
        ] {
            let column = [column(start, step, mark)];
            assert_eq!(column[0].left(), left, "{column:?}");
            IdentityBlock::next(&column, left).unwrap();
            if let Some(more) = left.checked_add(1) {
                let error = IdentityBlock::next(&column, more).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::ConstraintViolation);
                assert!(error.message().contains("id has no values left"), "{error}");
            }
        }
    }

    #[test]
    fn a_stock_gives_each_value_once() {
        let columns = [column(1, 1, None), column(-10, -10, None)];
        let mut stock = IdentityStock::default();
        stock.give(IdentityBlock::next(&columns, 3).unwrap());
        stock.give(IdentityBlock::next(&[column(1, 1, Some(7)), column(-10, -10, Some(-70))], 2).unwrap());
        assert_eq!((stock.count(), stock.values(1).collect::<Vec<_>>()), (5, vec![-10, -20, -30, -80, -90]));
        let taken: Vec<Vec<i64>> = [2, 0, 2, 5].iter().map(|n| stock.take(*n).iter().flat_map(all).collect()).collect();
        assert_eq!(taken, [vec![1, 2], vec![], vec![3, 8], vec![9]]);
        assert_eq!(stock.count(), 0);
    }

    #[test]
    fn marks_are_recorded_and_carried_over() {
        let field = |name: &str, metadata: &str| {
            format!(r#"{{"name":"{name}","type":"long","nullable":true,"metadata":{{{metadata}}}}}"#)
        };
        let identity = field("id", r#""delta.identity.start":1,"delta.identity.step":2"#);
        let schema = |fields: &[&str]| {
            StructType::from_json(&format!(r#"{{"type":"struct","fields":[{}]}}"#, fields.join(","))).unwrap()
        };
        let plain = field("n", "");
        let before = schema(&[&plain, &identity]);
        let columns = IdentityColumn::all(&before).unwrap();
        let after = IdentityBlock::next(&columns, 5).unwrap().recorded_in(&before, &columns);
        assert_eq!(IdentityColumn::all(&after).unwrap()[0].mark, Some(9));
        assert_eq!((without_marks(&after), &without_marks(&before)), (before.clone(), &before));
        let wider = schema(&[&plain, &identity, &field("more", "")]);
        assert_eq!(IdentityColumn::all(&with_marks_of(&wider, &after)).unwrap()[0].mark, Some(9));
        assert_eq!(with_marks_of(&with_marks_of(&wider, &after), &before), wider);
        assert_eq!(IdentityBlock::next(&columns, 0).unwrap().recorded_in(&before, &columns), before);
    }
}
