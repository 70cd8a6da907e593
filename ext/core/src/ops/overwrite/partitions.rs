//! The partitions of new files as a condition.

use std::collections::BTreeSet;

use crate::action::Add;
use crate::error::{Error, Result};
use crate::expr::{CompareOp, Predicate};
use crate::schema::{ColumnPath, DataType};
use crate::snapshot::Snapshot;
use crate::value::Scalar;

/// True of exactly the rows in the partitions of `adds`.
pub(super) fn partitions_of(base: &Snapshot, adds: &[Add]) -> Result<Predicate> {
    let mut columns: Vec<(ColumnPath, &str, &DataType)> = Vec::new();
    for name in base.partition_columns() {
        let missing = || Error::corrupt(format!("partition column {name:?} is not in the table's schema"));
        let field = base.schema().field(name).ok_or_else(missing)?;
        let physical = base.column_mapping().physical_name(field);
        columns.push((ColumnPath::from(name.as_str()), physical, &field.data_type));
    }
    let texts = |add: &Add| -> Vec<Option<String>> {
        columns.iter().map(|(_, physical, _)| add.partition_values.get(*physical).cloned().flatten()).collect()
    };
    let partitions: BTreeSet<Vec<Option<String>>> = adds.iter().map(texts).collect();
    let one = |values: Vec<Option<String>>| {
        let tests = columns.iter().zip(values).map(|((column, _, data_type), text)| {
            let value = text.map_or(Ok(None), |text| Scalar::parse_partition(&text, data_type))?;
            Ok(match value {
                Some(value) => Predicate::Compare { column: column.clone(), op: CompareOp::Eq, value },
                None => Predicate::IsNull(column.clone()),
            })
        });
        Ok(Predicate::And(tests.collect::<Result<_>>()?))
    };
    Ok(Predicate::Or(partitions.into_iter().map(one).collect::<Result<_>>()?))
}
