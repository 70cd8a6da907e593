//! Lines that are rows, and rows that the table does not take.

use bytes::Bytes;

use crate::error::{Error, ErrorKind, Result};
use crate::ingest::{BadLine, Chunk, LineParser, Parsed};
use crate::write::{RowBatch, RowRules};

/// The rows of `chunk`, without the lines that are none and without those that break a rule of the table.
pub(super) fn parse_lawful(parser: &mut LineParser, chunk: &Chunk, rules: &RowRules) -> Result<Parsed> {
    let parsed = parser.parse(chunk, true)?;
    let rows = RowBatch { batch: parsed.batch, absent: parsed.absent };
    if rules.check(&rows, 0).is_ok() {
        return Ok(Parsed { batch: rows.batch, absent: rows.absent, bad: parsed.bad });
    }
    // A rule tells of one row at a time, and not of its line: so each line is looked at on its own.
    let mut lawful = chunk.bytes.to_vec();
    let mut broken = Vec::new();
    let mut start = 0;
    for (line, number) in chunk.bytes.split_inclusive(|byte| *byte == b'\n').zip(chunk.first_line..) {
        let end = start + line.len();
        let alone = parser.parse(&Chunk { bytes: chunk.bytes.slice(start..end), first_line: number }, true)?;
        if let Err(error) = rules.check(&RowBatch { batch: alone.batch, absent: alone.absent }, number) {
            broken.push(BadLine { number, text: text(line), error: of_line(error)? });
            lawful[start..end].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
        start = end;
    }
    let mut rest = parser.parse(&Chunk { bytes: Bytes::from(lawful), first_line: chunk.first_line }, true)?;
    rest.bad.append(&mut broken);
    rest.bad.sort_by_key(|line| line.number);
    Ok(rest)
}

/// The lines that the rows of a batch were.
#[derive(Debug)]
pub(super) struct LineNumbers {
    chunk: Chunk,
    /// Lines that are no rows of the batch.
    left_out: Vec<u64>,
}

impl LineNumbers {
    pub(super) fn new(chunk: Chunk, bad: &[BadLine]) -> Self {
        Self { chunk, left_out: bad.iter().map(|line| line.number).collect() }
    }

    /// An error of a row of the batch, whose first row has that number, as one of its line.
    pub(super) fn told(&self, error: Error, first_row: u64) -> Error {
        let Some(rest) = error.message().strip_prefix("row ") else { return error };
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let row = rest[..digits].parse().ok().and_then(|row: u64| row.checked_sub(first_row));
        match row.and_then(|row| self.line_of(row)) {
            Some(line) => {
                let message = format!("line {line}{}", &rest[digits..]);
                error.reworded(message)
            }
            None => error,
        }
    }

    fn line_of(&self, row: u64) -> Option<u64> {
        let lines = self.chunk.bytes.split(|byte| *byte == b'\n').zip(self.chunk.first_line..);
        let rows = lines.filter(|(line, number)| !line.trim_ascii().is_empty() && !self.left_out.contains(number));
        rows.map(|(_, number)| number).nth(usize::try_from(row).ok()?)
    }
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line.trim_ascii()).into_owned()
}

/// The error of a row as that of its line; what is not the row's fault is nobody's to leave out.
fn of_line(error: Error) -> Result<Error> {
    match error.kind() {
        ErrorKind::ConstraintViolation | ErrorKind::SchemaMismatch => {
            let message = error.message().replacen("row ", "line ", 1);
            Ok(error.reworded(message))
        }
        _ => Err(error),
    }
}
