//! Which rows of a file the batches hold, as they come out of the reader.

use std::collections::VecDeque;
use std::ops::Range;

use crate::error::{Error, Result};

/// Walks along the rows that a part reads.
pub(super) struct Cursor(VecDeque<Range<u64>>);

impl Cursor {
    pub(super) fn new(ranges: Vec<Range<u64>>) -> Self {
        Self(ranges.into())
    }

    /// The numbers in the file of the next `rows` rows, in ascending order.
    pub(super) fn take(&mut self, rows: usize) -> Result<Vec<Range<u64>>> {
        let (mut taken, mut left) = (Vec::new(), rows as u64);
        while left > 0 {
            let front = self.0.front_mut().ok_or_else(|| Error::corrupt("it has more rows than its footer says"))?;
            let end = front.start.saturating_add(left).min(front.end);
            taken.push(front.start..end);
            left -= end - front.start;
            front.start = end;
            if front.is_empty() {
                self.0.pop_front();
            }
        }
        Ok(taken)
    }

    /// That the reader gave as many rows as there are.
    pub(super) fn finish(&self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::corrupt("it has fewer rows than its footer says")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_cross_ranges() {
        let mut cursor = Cursor::new(vec![0..3, 10..12, 12..13, 20..30]);
        let mut take = |rows| cursor.take(rows).map(|ranges| ranges.into_iter().flatten().collect::<Vec<_>>());
        assert_eq!(take(2).unwrap(), [0, 1]);
        assert!(take(0).unwrap().is_empty());
        assert_eq!(take(5).unwrap(), [2, 10, 11, 12, 20]);
        assert_eq!(take(9).unwrap(), (21..30).collect::<Vec<_>>());
        assert!(take(1).is_err());
        assert!(cursor.finish().is_ok());
    }

    #[test]
    fn rows_that_are_missing() {
        let mut cursor = Cursor::new(vec![0..3, 5..6]);
        cursor.take(3).unwrap();
        assert!(cursor.finish().is_err());
        assert!(cursor.take(2).is_err());
    }
}
