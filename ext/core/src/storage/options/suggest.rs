//! The near name for a name that is not there.

use super::keys::{KEYS, StoreKind};

/// The option of that kind of store that `word` was most likely meant to be.
pub(super) fn near(store: StoreKind, word: &str) -> Option<&'static str> {
    let bare = store.prefixes().iter().find_map(|p| word.strip_prefix(p)).unwrap_or(word);
    let spellings = KEYS.iter().filter(|key| key.is_of(store)).flat_map(|key| {
        std::iter::once(key.name).chain(key.aliases.iter().copied()).map(move |spelling| (key.name, spelling))
    });
    let scored = spellings.filter_map(|(name, spelling)| Some((score(bare, spelling)?, name)));
    scored.min_by_key(|(score, _)| *score).map(|(_, name)| name)
}

/// Kinds of stores that know `word`.
pub(super) fn stores_that_know(word: &str) -> Vec<&'static str> {
    let known = |store: &StoreKind| super::keys::find(*store, word).is_some();
    StoreKind::ALL.into_iter().filter(known).map(StoreKind::name).collect()
}

/// How far apart two names are; `None` where they have nothing to do with each other.
fn score(word: &str, spelling: &str) -> Option<usize> {
    let distance = distance(word, spelling);
    if distance <= (spelling.len() / 4).clamp(1, 4) {
        return Some(distance);
    }
    // Whoever leaves words out means the whole: `secret_key`, `key_id`.
    let parts: Vec<&str> = word.split(['_', '.']).filter(|part| part.len() > 1).collect();
    let all = parts.len() > 1 && parts.iter().all(|part| spelling.split(['_', '.']).any(|other| other == *part));
    all.then_some(distance)
}

/// Insertions, deletions, replacements and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(x != y);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *y && b[j - 1] == *x {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}
