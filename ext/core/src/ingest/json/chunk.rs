//! The lines of a chunk as a batch.

use arrow::buffer::BooleanBuffer;
use arrow::datatypes::SchemaRef as ArrowSchemaRef;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use memchr::memchr;
use serde::de::DeserializeSeed;
use serde_json::Deserializer;

use super::lines::Chunk;
use super::seed::{Cause, RowSeed};
use crate::error::{Error, Result};
use crate::ingest::OnUnknown;
use crate::ingest::columns::Record;
use crate::schema::Schema;

/// Turns chunks into batches of a table's schema.
pub struct LineParser {
    arrow: ArrowSchemaRef,
    record: Record,
    on_unknown: OnUnknown,
}

/// What became of a chunk.
#[derive(Debug)]
pub struct Parsed {
    /// The rows, in the table's Arrow form.
    pub batch: RecordBatch,
    /// By position of the columns that the table fills in, the rows that do not give them: they are nulls there.
    pub absent: Vec<(usize, BooleanBuffer)>,
    /// The lines that are none.
    pub bad: Vec<BadLine>,
}

/// A line that is no row of the table.
#[derive(Debug)]
pub struct BadLine {
    /// From 1 on.
    pub number: u64,
    /// Its text; what is no UTF-8 in it is replaced.
    pub text: String,
    /// Why: with the line's number and the column's path.
    pub error: Error,
}

impl LineParser {
    /// For rows of a table of that schema, which fills in the columns at the positions of `filled`.
    pub fn new(schema: &Schema, on_unknown: OnUnknown, filled: &[usize]) -> Self {
        let mut record = Record::new(schema);
        let mut nullable = schema.clone();
        for &position in filled {
            record.columns[position].tell_absent();
            nullable.fields[position].nullable = true;
        }
        Self { arrow: nullable.to_arrow(), record, on_unknown }
    }

    /// The rows of `chunk`. The first line that is none is an error, unless they are to be left out.
    pub fn parse(&mut self, chunk: &Chunk, leave_out: bool) -> Result<Parsed> {
        let mut rows = 0;
        let mut bad = Vec::new();
        let mut number = chunk.first_line;
        let bytes: &[u8] = &chunk.bytes;
        // Once for all lines is a good deal faster than line by line.
        let text = std::str::from_utf8(bytes).ok();
        let mut start = 0;
        while start < bytes.len() {
            let end = memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |at| start + at);
            let line = match text {
                Some(text) => text.get(start..end).ok_or(Cause::NotText),
                None => std::str::from_utf8(&bytes[start..end]).map_err(|_| Cause::NotText),
            };
            match line.and_then(|line| self.row(line.trim_ascii(), rows)) {
                Ok(true) => rows += 1,
                Ok(false) => {}
                Err(cause) => {
                    self.record.truncate(rows);
                    let error = cause.at_line(number);
                    if !leave_out {
                        self.record.truncate(0);
                        return Err(error);
                    }
                    let text = String::from_utf8_lossy(bytes[start..end].trim_ascii()).into_owned();
                    bad.push(BadLine { number, text, error });
                }
            }
            number += 1;
            start = end + 1;
        }
        let columns = self.record.columns.iter_mut().enumerate();
        let absent = columns.filter_map(|(position, column)| Some((position, column.finish_absent(rows)?))).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(self.arrow.clone(), self.record.finish()?, &options)
            .map_err(|e| Error::internal("the lines make no Arrow batch").with_source(e))?;
        Ok(Parsed { batch, absent, bad })
    }

    /// Appends the row of `line`; false where the line is blank.
    fn row(&mut self, line: &str, row: usize) -> Result<bool, Cause> {
        if line.is_empty() {
            return Ok(false);
        }
        let mut refused = None;
        let mut json = Deserializer::from_str(line);
        let seed = RowSeed { record: &mut self.record, row, on_unknown: self.on_unknown, refused: &mut refused };
        let read = seed.deserialize(&mut json).and_then(|()| json.end());
        match (refused, read) {
            (Some(misfit), _) => Err(Cause::Misfit(misfit)),
            (None, Err(error)) => Err(Cause::Malformed(error)),
            (None, Ok(())) => Ok(true),
        }
    }
}
