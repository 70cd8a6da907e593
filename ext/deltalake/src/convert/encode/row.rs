//! From a Hash to one value a column: Symbol keys and String keys, nothing unknown, nothing twice.

use std::collections::HashMap;

use arrow::array::{ArrayRef, BooleanBufferBuilder};
use arrow::buffer::BooleanBuffer;
use deltalake_core::Error;
use deltalake_core::ingest::OnUnknown;
use deltalake_core::schema::StructType;
use magnus::r_hash::ForEach;
use magnus::value::ReprValue;
use magnus::{RArray, RHash, RString, Symbol, Value};

use super::column::Column;
use super::context::Context;
use crate::convert::describe::describe;
use crate::convert::failure::Refusal;
use crate::convert::fast::{self, Key};
use crate::convert::keys::RowKeys;

/// Columns up to which a row's values are held on the machine stack; those of wider rows are held by an Array.
const ON_STACK: usize = 32;

/// The columns of a table, or the fields of a struct.
pub(super) struct Record {
    names: Vec<String>,
    keys: Vec<Key>,
    positions: HashMap<String, usize>,
    columns: Vec<Column>,
    /// Whether the last row had String keys, so that they are looked up first.
    strings: bool,
    /// Columns of which it is told in what rows they are not given, and those rows.
    absent: Vec<(usize, BooleanBufferBuilder)>,
}

/// Where a row's values are, seen by the GC, while they are converted; nil where none was set.
trait Cells {
    fn set(&mut self, column: usize, value: Value);
}

impl Cells for [Value; ON_STACK] {
    #[inline]
    fn set(&mut self, column: usize, value: Value) {
        self[column] = value;
    }
}

struct Holder(RArray);

/// Tells what was set besides.
struct Told {
    holder: Holder,
    given: Vec<bool>,
}

impl Cells for Told {
    fn set(&mut self, column: usize, value: Value) {
        self.holder.set(column, value);
        self.given[column] = true;
    }
}

impl Cells for Holder {
    fn set(&mut self, column: usize, value: Value) {
        fast::array_store(self.0, column, value);
    }
}

impl Record {
    pub(super) fn new(schema: &StructType, keys: &RowKeys) -> Result<Self, Error> {
        let columns = schema
            .fields
            .iter()
            .enumerate()
            .map(|(i, f)| Column::new(&f.data_type, f.nullable, keys.inner(i)))
            .collect::<Result<_, _>>()?;
        let names: Vec<String> = schema.names().map(str::to_owned).collect();
        let positions = names.iter().cloned().enumerate().map(|(i, name)| (name, i)).collect();
        Ok(Self { names, keys: keys.symbols().to_vec(), positions, columns, strings: false, absent: Vec::new() })
    }

    /// The same that tells rows which do not give the columns at those positions.
    pub(super) fn telling_absent(mut self, positions: &[usize]) -> Self {
        self.absent = positions.iter().map(|&position| (position, BooleanBufferBuilder::new(0))).collect();
        self
    }

    /// Appends the values of `row` to the columns; after an error some columns are longer than others.
    #[inline]
    pub(super) fn append(&mut self, context: &Context<'_>, row: RHash) -> Result<(), Refusal> {
        if self.columns.len() > ON_STACK || !self.absent.is_empty() {
            return self.append_wide(context, row);
        }
        let mut cells = [fast::nil(); ON_STACK];
        self.resolve(context, row, &mut cells)?;
        for (column, &cell) in cells.iter().take(self.columns.len()).enumerate() {
            self.append_cell(context, column, cell)?;
        }
        fast::keep_all(&cells);
        Ok(())
    }

    #[inline]
    fn append_cell(&mut self, context: &Context<'_>, column: usize, cell: Value) -> Result<(), Refusal> {
        self.columns[column].append(context, cell).map_err(|e| e.under(|| format!(".{}", self.names[column])))
    }

    fn append_wide(&mut self, context: &Context<'_>, row: RHash) -> Result<(), Refusal> {
        let holder = context.ruby.ary_new_capa(self.columns.len());
        if !self.absent.is_empty() {
            self.append_telling(context, row, holder)?;
            fast::keep(holder);
            return Ok(());
        }
        self.resolve(context, row, &mut Holder(holder))?;
        for column in 0..self.columns.len() {
            self.append_cell(context, column, fast::array_entry(holder, column))?;
        }
        fast::keep(holder);
        Ok(())
    }

    fn append_telling(&mut self, context: &Context<'_>, row: RHash, holder: RArray) -> Result<(), Refusal> {
        let mut cells = Told { holder: Holder(holder), given: vec![false; self.columns.len()] };
        self.resolve(context, row, &mut cells)?;
        let mut told = 0;
        for (column, given) in cells.given.into_iter().enumerate() {
            match self.absent.get_mut(told) {
                Some((position, rows)) if *position == column => {
                    told += 1;
                    rows.append(!given);
                    if !given {
                        self.columns[column].append_null();
                        continue;
                    }
                }
                _ => {}
            }
            self.append_cell(context, column, fast::array_entry(holder, column))?;
        }
        Ok(())
    }

    /// Fills `cells`, one a column, from the pairs of `row`.
    #[inline]
    fn resolve(&mut self, context: &Context<'_>, row: RHash, cells: &mut impl Cells) -> Result<(), Refusal> {
        let wanted = fast::hash_len(row);
        let found = fast::lookup(row, &self.keys, self.strings, |i, v| cells.set(i, v))?;
        if found == wanted {
            return Ok(());
        }
        self.resolve_other(context, row, found, wanted, cells)
    }

    /// For rows whose keys are not all of the last row's form.
    #[inline(never)]
    fn resolve_other(
        &mut self,
        context: &Context<'_>,
        row: RHash,
        found: usize,
        wanted: usize,
        cells: &mut impl Cells,
    ) -> Result<(), Refusal> {
        if found == 0 {
            let others = fast::lookup(row, &self.keys, !self.strings, |i, v| cells.set(i, v))?;
            if others > 0 {
                self.strings = !self.strings;
            }
            if others == wanted {
                return Ok(());
            }
        }
        self.resolve_each(context, row, cells)
    }

    /// Goes through the pairs one by one: the way of rows with keys of both forms, and the one that finds what is wrong.
    fn resolve_each(&self, context: &Context<'_>, row: RHash, cells: &mut impl Cells) -> Result<(), Refusal> {
        let mut seen = vec![false; self.columns.len()];
        let mut refusal = None;
        row.foreach(|key: Value, value: Value| {
            Ok(match self.place(context, key, value, &mut seen) {
                Ok(Some(column)) => {
                    cells.set(column, value);
                    ForEach::Continue
                }
                Ok(None) => ForEach::Continue,
                Err(e) => {
                    refusal = Some(e);
                    ForEach::Stop
                }
            })
        })?;
        refusal.map_or(Ok(()), Err)
    }

    /// The column of `key`, or none where it is unknown and that is fine.
    fn place(
        &self,
        context: &Context<'_>,
        key: Value,
        value: Value,
        seen: &mut [bool],
    ) -> Result<Option<usize>, Refusal> {
        let name = match (Symbol::from_value(key), RString::from_value(key)) {
            (Some(symbol), _) => Some(symbol.name()?.into_owned()),
            (_, Some(string)) => fast::with_bytes(string.as_value(), |b| String::from_utf8(b.to_vec())).ok(),
            _ => None,
        };
        match name.as_ref().and_then(|name| self.positions.get(name)) {
            Some(&column) if !seen[column] => {
                seen[column] = true;
                Ok(Some(column))
            }
            Some(&column) => Err(Refusal::because("given twice, with a Symbol key and with a String key")
                .under(|| format!(".{}", self.names[column]))),
            None => match context.on_unknown {
                OnUnknown::Ignore => Ok(None),
                OnUnknown::Add if value.is_nil() => Ok(None),
                OnUnknown::Add | OnUnknown::Raise => Err(self.unknown(key, name)),
            },
        }
    }

    #[cold]
    fn unknown(&self, key: Value, name: Option<String>) -> Refusal {
        let known = self.names.join(", ");
        match name {
            Some(name) => Refusal::because(format!("no such column in the schema, which has {known}"))
                .under(|| format!(".{name}")),
            None => match describe(key) {
                Ok(key) => Refusal::because(format!("the key {key} names no column; the schema has {known}")),
                Err(error) => error.into(),
            },
        }
    }

    pub(super) fn append_null(&mut self) {
        self.columns.iter_mut().for_each(Column::append_null);
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.columns.iter_mut().for_each(|column| column.truncate(len));
        self.absent.iter_mut().for_each(|(_, rows)| rows.truncate(len));
    }

    pub(super) fn bytes(&self) -> usize {
        self.columns.iter().map(Column::bytes).sum()
    }

    /// By position of the column, the rows since the last call that do not give it.
    pub(super) fn finish_absent(&mut self) -> Vec<(usize, BooleanBuffer)> {
        self.absent.iter_mut().map(|(position, rows)| (*position, rows.finish())).collect()
    }

    pub(super) fn finish(&mut self) -> Result<Vec<ArrayRef>, Error> {
        self.columns.iter_mut().map(Column::finish).collect()
    }
}
