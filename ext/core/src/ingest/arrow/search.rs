//! Where in many values the first one is that makes a conversion fail.

/// The first of `count` values that `fails`, which is asked of ranges and holds for those with a failing value in them.
pub(super) fn first_failure(count: usize, fails: impl Fn(usize, usize) -> bool) -> Option<usize> {
    let (mut start, mut len) = (0, count);
    if len == 0 {
        return None;
    }
    while len > 1 {
        let half = len / 2;
        if fails(start, half) {
            len = half;
        } else {
            start += half;
            len -= half;
        }
    }
    fails(start, 1).then_some(start)
}
