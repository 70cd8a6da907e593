//! Bounds of string columns, cut to a prefix.

/// Sorts after every ASCII character that a prefix is likely to be cut before.
const ASCII_TIE_BREAK: char = '\u{7f}';

/// Sorts after every character but itself.
const TIE_BREAK: char = char::MAX;

/// The first `limit` characters: never above `text`.
pub(super) fn lower_bound(text: &str, limit: usize) -> &str {
    match text.char_indices().nth(limit) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// A prefix and a character that sorts after what was cut: never below `text`. `None` where there is no such character
/// within twice the limit.
pub(super) fn upper_bound(text: &str, limit: usize) -> Option<String> {
    let mut cut = text.char_indices().skip(limit);
    for _ in limit..=limit.saturating_mul(2) {
        let Some((end, first)) = cut.next() else { return Some(text.to_owned()) };
        let tie_break = match first {
            c if c < ASCII_TIE_BREAK => ASCII_TIE_BREAK,
            c if c < TIE_BREAK => TIE_BREAK,
            _ => continue,
        };
        return Some(format!("{}{tie_break}", &text[..end]));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_text_stays() {
        assert_eq!(lower_bound("abc", 3), "abc");
        assert_eq!(upper_bound("abc", 3).unwrap(), "abc");
        assert_eq!(upper_bound("", 0).unwrap(), "");
    }

    #[test]
    fn a_cut_maximum_ends_above_what_was_cut() {
        assert_eq!(upper_bound("abcd", 3).unwrap(), "abc\u{7f}");
        assert_eq!(upper_bound("abc\u{7f}", 3).unwrap(), "abc\u{10ffff}");
        assert_eq!(upper_bound("abcé", 3).unwrap(), "abc\u{10ffff}");
    }

    #[test]
    fn characters_are_never_split() {
        assert_eq!(lower_bound("éé🦀🦀", 3), "éé🦀");
        assert_eq!(upper_bound("éé🦀🦀", 3).unwrap(), "éé🦀\u{10ffff}");
    }

    #[test]
    fn the_last_character_of_unicode_moves_the_cut_or_drops_the_bound() {
        let last = '\u{10ffff}';
        assert_eq!(upper_bound(&format!("ab{last}c"), 2).unwrap(), format!("ab{last}\u{7f}"));
        assert_eq!(upper_bound(&format!("ab{last}"), 2).unwrap(), format!("ab{last}"));
        assert_eq!(upper_bound(&format!("ab{last}{last}{last}{last}"), 2), None);
    }

    #[test]
    fn bounds_hold_for_all_sorts_of_text() {
        let pieces = ["a", "z", "\u{7e}", "\u{7f}", "\u{80}", "é", "\u{ffff}", "🦀", "\u{10fffe}", "\u{10ffff}"];
        for a in pieces {
            for b in pieces {
                for c in pieces {
                    let text = [a, b, c, c, a].concat();
                    for limit in 0..7 {
                        assert!(lower_bound(&text, limit) <= text.as_str());
                        assert!(upper_bound(&text, limit).is_none_or(|bound| bound >= text), "{text:?} {limit}");
                    }
                }
            }
        }
    }
}
