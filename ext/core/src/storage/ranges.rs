//! Which requests are made for ranges of an object: near ones together, large ones in pieces, all of them at once.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

/// Ranges that are no further apart are fetched together.
const NEAR_BYTES: u64 = 1 << 20;

/// Bytes of a request, about: more come sooner in pieces.
const PIECE_BYTES: u64 = 8 << 20;

/// What is to be fetched, in order, without overlaps.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) pieces: Vec<Range<u64>>,
}

impl Plan {
    /// For ranges in any order.
    pub(super) fn new(ranges: &[Range<u64>]) -> Self {
        let mut sorted: Vec<&Range<u64>> = ranges.iter().filter(|range| !range.is_empty()).collect();
        sorted.sort_unstable_by_key(|range| (range.start, range.end));
        let mut merged: Vec<Merged> = Vec::new();
        for range in sorted {
            if !merged.last_mut().is_some_and(|last| last.take(range)) {
                merged.push(Merged { range: range.clone(), wanted: range.end - range.start });
            }
        }
        Self { pieces: merged.into_iter().flat_map(|merged| cut(merged.range)).collect() }
    }

    /// The bytes of each range, from those of each piece. Bytes that are wanted are never fewer than what came, so `None`
    /// is a mistake of the caller's.
    pub(super) fn assemble(&self, ranges: &[Range<u64>], bytes: &[Bytes]) -> Option<Vec<Bytes>> {
        ranges.iter().map(|range| self.slice(range, bytes)).collect()
    }

    fn slice(&self, range: &Range<u64>, bytes: &[Bytes]) -> Option<Bytes> {
        if range.is_empty() {
            return Some(Bytes::new());
        }
        let first = self.pieces.partition_point(|piece| piece.end <= range.start);
        let last = self.pieces.partition_point(|piece| piece.start < range.end);
        let part = |index: usize| {
            let (piece, bytes) = (self.pieces.get(index)?, bytes.get(index)?);
            let from = usize::try_from(range.start.max(piece.start).checked_sub(piece.start)?).ok()?;
            let to = usize::try_from(range.end.min(piece.end).checked_sub(piece.start)?).ok()?;
            (from <= to && to <= bytes.len()).then(|| bytes.slice(from..to))
        };
        if first + 1 == last {
            return part(first);
        }
        let mut whole = BytesMut::with_capacity(usize::try_from(range.end - range.start).ok()?);
        for index in first..last {
            whole.extend_from_slice(&part(index)?);
        }
        (whole.len() as u64 == range.end - range.start).then(|| whole.freeze())
    }
}

struct Merged {
    range: Range<u64>,
    wanted: u64,
}

impl Merged {
    /// Whether the next range is fetched with it: it is near, what lies between them all is little, and the request does not
    /// become large by it. What overlaps comes along in any case.
    fn take(&mut self, next: &Range<u64>) -> bool {
        let gap = next.start.saturating_sub(self.range.end);
        let end = self.range.end.max(next.end);
        let wanted = self.wanted + next.end.saturating_sub(self.range.end.max(next.start));
        let between = (end - self.range.start).saturating_sub(wanted);
        let fits = end - self.range.start <= PIECE_BYTES && gap <= NEAR_BYTES && between <= wanted + NEAR_BYTES;
        if next.start < self.range.end || fits {
            *self = Self { range: self.range.start..end, wanted };
            return true;
        }
        false
    }
}

/// A range in pieces of about the same size.
fn cut(range: Range<u64>) -> impl Iterator<Item = Range<u64>> {
    let pieces = (range.end - range.start).div_ceil(PIECE_BYTES).max(1);
    let size = (range.end - range.start).div_ceil(pieces);
    (0..pieces).map(move |n| range.start + n * size..(range.start + (n + 1) * size).min(range.end))
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    const MIB: u64 = 1 << 20;

    fn pieces(ranges: &[Range<u64>]) -> Vec<Range<u64>> {
        Plan::new(ranges).pieces
    }

    #[test]
    fn near_ranges_come_together() {
        assert_eq!(pieces(&[10..20, 20..30, 1000..2000]), std::slice::from_ref(&(10..2000)));
        assert_eq!(pieces(&[2 * MIB..2 * MIB + 5, 0..5]), [0..5, 2 * MIB..2 * MIB + 5]);
        assert_eq!(pieces(&[5..9, 0..20, 3..3]), std::slice::from_ref(&(0..20)));
        assert_eq!(pieces(&[]), []);
    }

    #[test]
    fn what_lies_between_stays_little() {
        let scattered: Vec<_> = (0..100).map(|n| n * MIB * 9 / 10..n * MIB * 9 / 10 + 4096).collect();
        let fetched: u64 = pieces(&scattered).iter().map(|piece| piece.end - piece.start).sum();
        assert!(fetched < 51 * MIB, "{fetched}");
        assert!(pieces(&scattered).len() <= 50);
    }

    #[test]
    fn large_ranges_come_in_pieces() {
        assert_eq!(pieces(std::slice::from_ref(&(0..20 * MIB))).len(), 3);
        let columns: Vec<_> = (0..10).map(|n| n * 3 * MIB..(n + 1) * 3 * MIB).collect();
        assert_eq!(pieces(&columns), (0..5).map(|n| n * 6 * MIB..(n + 1) * 6 * MIB).collect::<Vec<_>>());
    }

    #[test]
    fn ranges_are_what_they_were() {
        let mut rng = StdRng::seed_from_u64(rand::random());
        let file: Bytes = (0..40 * MIB).map(|n| (n * 7 + n / 251) as u8).collect();
        for _ in 0..200 {
            let ranges: Vec<_> = (0..rng.random_range(0..12))
                .map(|_| {
                    let start = rng.random_range(0..file.len() as u64);
                    let most = if rng.random_bool(0.2) { 25 * MIB } else { 100_000 };
                    start..rng.random_range(start..=(start + most).min(file.len() as u64))
                })
                .collect();
            let plan = Plan::new(&ranges);
            assert!(plan.pieces.windows(2).all(|pair| pair[0].end <= pair[1].start), "{plan:?}");
            let slice = |range: &Range<u64>| file.slice(range.start as usize..range.end as usize);
            let bytes: Vec<Bytes> = plan.pieces.iter().map(slice).collect();
            let expected: Vec<Bytes> = ranges.iter().map(slice).collect();
            assert_eq!(plan.assemble(&ranges, &bytes).unwrap(), expected, "{ranges:?}");
        }
    }
}
