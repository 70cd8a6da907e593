//! Rows get the values of identity columns (Delta protocol, "Identity Columns").

use arrow::array::{ArrayRef, Int64Array};
use arrow::buffer::BooleanBuffer;

use super::fill::merge;
use crate::action::Protocol;
use crate::error::{Error, ErrorKind, Result};
use crate::features::writes_feature;
use crate::schema::{IdentityBlock, IdentityColumn, IdentityStock, Schema};
use crate::write::rows::RowBatch;

/// The identity columns of a table; none where its protocol knows of none.
pub fn identity_columns(protocol: &Protocol, schema: &Schema) -> Result<Vec<IdentityColumn>> {
    if writes_feature(protocol, "identityColumns") { IdentityColumn::all(schema) } else { Ok(Vec::new()) }
}

#[derive(Clone)]
pub(super) struct Identities {
    columns: Vec<IdentityColumn>,
    /// Values for the rows that come next.
    stock: IdentityStock,
}

impl Identities {
    pub(super) fn none() -> Self {
        Self { columns: Vec::new(), stock: IdentityStock::default() }
    }

    pub(super) fn new(protocol: &Protocol, schema: &Schema) -> Result<Self> {
        Ok(Self { columns: identity_columns(protocol, schema)?, stock: IdentityStock::default() })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    pub(super) fn positions(&self) -> impl Iterator<Item = usize> {
        self.columns.iter().map(|column| column.position)
    }

    /// How many of `rows` need values. Refuses those that bring some where none may be brought.
    pub(super) fn wanted(&self, rows: &RowBatch, first_row: u64) -> Result<u64> {
        self.check_given(rows, first_row)?;
        Ok(self.lacking(rows).map_or(0, |lacking| lacking.count_set_bits() as u64))
    }

    /// Values for the next rows, behind those that are there.
    pub(super) fn give(&mut self, block: IdentityBlock) {
        self.stock.give(block);
    }

    /// Values as `rows` could get them, for who only looks whether these could be written.
    pub(super) fn suppose(&mut self, rows: &RowBatch, first_row: u64) -> Result<()> {
        let wanted = self.wanted(rows, first_row)?;
        self.stock = IdentityStock::default();
        self.stock.give(IdentityBlock::next(&self.columns, wanted)?);
        Ok(())
    }

    /// Gives values to rows that have none of their own.
    pub(super) fn assign(&mut self, rows: &RowBatch, arrays: &mut [ArrayRef], first_row: u64) -> Result<()> {
        self.check_given(rows, first_row)?;
        let Some(lacking) = self.lacking(rows) else { return Ok(()) };
        let wanted = lacking.count_set_bits() as u64;
        if self.stock.count() < wanted {
            return Err(Error::internal("rows came without the identities that they need"));
        }
        for (number, column) in self.columns.iter().enumerate() {
            let Some(absent) = rows.absent(column.position) else { continue };
            let mut values = self.stock.values(number);
            // A row takes one of each column, so that the columns of a row belong together.
            let made = (0..rows.batch.num_rows()).map(|row| {
                let value = if lacking.value(row) { values.next() } else { None };
                value.filter(|_| absent.value(row))
            });
            let made: Int64Array = made.collect();
            arrays[column.position] = merge(absent, &made, &arrays[column.position])?;
        }
        self.stock.take(wanted);
        Ok(())
    }

    /// The rows that do not give a value of every identity column; `None` where there are none.
    fn lacking(&self, rows: &RowBatch) -> Option<BooleanBuffer> {
        let absent = self.columns.iter().filter_map(|column| rows.absent(column.position).cloned());
        absent.reduce(|one, other| &one | &other)
    }

    fn check_given(&self, rows: &RowBatch, first_row: u64) -> Result<()> {
        for column in self.columns.iter().filter(|column| !column.explicit) {
            let given = match rows.absent(column.position) {
                None => Some(0).filter(|_| rows.batch.num_rows() > 0),
                Some(absent) => (0..rows.batch.num_rows()).find(|row| !absent.value(*row)),
            };
            if let Some(row) = given {
                return Err(Error::new(
                    ErrorKind::ConstraintViolation,
                    format!(
                        "row {}: the identity column {} is given, and its values are always generated: leave it out",
                        first_row + row as u64,
                        column.name
                    ),
                ));
            }
        }
        Ok(())
    }
}
