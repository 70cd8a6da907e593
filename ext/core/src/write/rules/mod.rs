//! What a table asks of each row: values that are filled in, lengths, and constraints. All of it is known to be possible
//! before the first row comes.

mod checks;
mod columns;
mod empty;
mod fill;
mod identity;
mod lengths;
mod nulls;
mod sql;
mod type_text;

use arrow::record_batch::RecordBatch;

use self::checks::Checks;
use self::columns::Columns;
pub(crate) use self::empty::EmptyIsNull;
use self::fill::Fill;
use self::identity::Identities;
pub use self::identity::identity_columns;
use self::lengths::Lengths;
use self::nulls::NullCheck;
use super::rows::RowBatch;
use crate::clock::Clock;
use crate::error::Result;
use crate::schema::IdentityBlock;
use crate::snapshot::Snapshot;

/// The rules of one table, and the identities of the rows to come.
#[derive(Clone)]
pub struct RowRules {
    columns: Columns,
    fill: Fill,
    identities: Identities,
    lengths: Lengths,
    empty: EmptyIsNull,
    nulls: NullCheck,
    checks: Checks,
}

impl RowRules {
    /// The rules of `table`, as they are now. Refuses, by name, what this library cannot compute.
    pub fn new(table: &Snapshot, clock: &Clock) -> Result<Self> {
        let named = |e: crate::error::Error| e.with_table(table.uri()).with_version(table.version());
        let (protocol, schema) = (table.protocol(), table.schema());
        let empty = EmptyIsNull::new(schema, table.partition_columns());
        let rules = || {
            Ok(Self {
                columns: Columns::new(schema),
                fill: Fill::new(protocol, schema, clock)?,
                identities: Identities::new(protocol, schema)?,
                lengths: Lengths::new(schema)?,
                nulls: NullCheck::new(schema, &empty),
                checks: Checks::new(protocol, table.metadata(), schema, &empty)?,
                empty,
            })
        };
        rules().map_err(named)
    }

    /// For rows that are the table's own already.
    pub(super) fn of_moved_rows(table: &Snapshot) -> Self {
        Self {
            columns: Columns::new(table.schema()),
            fill: Fill::nothing(),
            identities: Identities::none(),
            lengths: Lengths::none(),
            empty: EmptyIsNull::nowhere(),
            nulls: NullCheck::new(table.schema(), &EmptyIsNull::nowhere()),
            checks: Checks::none(),
        }
    }

    /// Positions of the columns for which it makes a difference whether a row gives them: see [`RowBatch::absent`].
    pub fn filled(&self) -> Vec<usize> {
        let mut positions: Vec<usize> = self.fill.positions().chain(self.identities.positions()).collect();
        positions.sort_unstable();
        positions
    }

    /// Whether rows can break a rule that their types and nulls do not show.
    pub fn refuse_rows(&self) -> bool {
        !self.checks.is_empty() || !self.lengths.is_empty() || !self.identities.is_empty() || self.nulls.refuses_empty()
    }

    /// Refuses the first row that breaks a rule; the first of all has the number `first_row` in messages. Identities are
    /// supposed for it, and nobody's afterwards.
    pub fn check(&self, rows: &RowBatch, first_row: u64) -> Result<()> {
        let mut rules = self.clone();
        rules.identities.suppose(rows, first_row)?;
        rules.apply(rows, first_row).map(drop)
    }

    /// How many of `rows` need identities, which have to be given before the rows are written.
    pub(super) fn identities_wanted(&self, rows: &RowBatch, first_row: u64) -> Result<u64> {
        self.identities.wanted(rows, first_row)
    }

    /// Identities for the rows to come.
    pub(super) fn give_identities(&mut self, block: IdentityBlock) {
        self.identities.give(block);
    }

    /// The rows as they are written.
    pub(super) fn apply(&mut self, rows: &RowBatch, first_row: u64) -> Result<RecordBatch> {
        self.columns.check(&rows.batch)?;
        let plain = self.fill.is_empty() && self.identities.is_empty() && self.lengths.is_empty();
        let plain = plain && !self.empty.changes(rows.batch.columns());
        let batch = if plain { rows.batch.clone() } else { self.filled_in(rows, first_row)? };
        self.nulls.check(&batch, first_row)?;
        self.checks.check(&batch, first_row)?;
        Ok(batch)
    }

    fn filled_in(&mut self, rows: &RowBatch, first_row: u64) -> Result<RecordBatch> {
        let mut arrays = rows.batch.columns().to_vec();
        self.fill.defaults(rows, &mut arrays)?;
        self.identities.assign(rows, &mut arrays, first_row)?;
        self.lengths.apply(&mut arrays, first_row)?;
        self.empty.apply(&mut arrays)?;
        if self.fill.computes() {
            // The expressions see values as they are written, and what they give is brought to its own form.
            let batch = self.columns.batch(arrays.clone(), rows.batch.num_rows())?;
            self.fill.generated(rows, &batch, &mut arrays)?;
            self.lengths.apply(&mut arrays, first_row)?;
            self.empty.apply(&mut arrays)?;
        }
        self.columns.batch(arrays, rows.batch.num_rows())
    }
}
