//! `LIKE`: `%` for any text, `_` for any character.

/// A pattern, cut at each `%`.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::expr) struct Pattern {
    /// What is between the `%`: one where there is none.
    pieces: Vec<Vec<Piece>>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Piece {
    Only(char),
    Any,
}

impl Pattern {
    /// Reads a pattern; `None` where `escape` stands before what has no meaning to take away.
    pub(in crate::expr) fn new(text: &str, escape: char) -> Option<Self> {
        let mut pieces = vec![Vec::new()];
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            let piece = match c {
                _ if c == escape => match rest.next()? {
                    next if next == '%' || next == '_' || next == escape => Piece::Only(next),
                    _ => return None,
                },
                '%' => {
                    pieces.push(Vec::new());
                    continue;
                }
                '_' => Piece::Any,
                other => Piece::Only(other),
            };
            if let Some(last) = pieces.last_mut() {
                last.push(piece);
            }
        }
        Some(Self { pieces })
    }

    /// The text that every match begins with.
    pub(in crate::expr) fn prefix(&self) -> String {
        let literal = |piece: &Piece| match piece {
            Piece::Only(c) => Some(*c),
            Piece::Any => None,
        };
        self.pieces[0].iter().map_while(literal).collect()
    }

    /// Whether a match is nothing but the prefix.
    pub(in crate::expr) fn is_text(&self) -> bool {
        self.pieces.len() == 1 && self.pieces[0].iter().all(|p| matches!(p, Piece::Only(_)))
    }

    /// Whether every text of the prefix is a match.
    pub(in crate::expr) fn is_prefix(&self) -> bool {
        self.pieces[0].iter().all(|p| matches!(p, Piece::Only(_)))
            && self.pieces.len() > 1
            && self.pieces[1..].iter().all(Vec::is_empty)
    }

    /// Whether all of `text` is like the pattern. Each piece takes the first place that it fits: a later one would leave
    /// less to the pieces after it.
    pub(super) fn matches(&self, text: &str) -> bool {
        let Some((first, more)) = self.pieces.split_first() else { return false };
        let Some(mut rest) = strip(text, first) else { return false };
        let Some((last, middle)) = more.split_last() else { return rest.is_empty() };
        for piece in middle {
            let Some(after) = find(rest, piece) else { return false };
            rest = after;
        }
        let length = last.len();
        let start = match length {
            0 => return true,
            _ => rest.char_indices().rev().nth(length - 1),
        };
        start.is_some_and(|(start, _)| strip(&rest[start..], last) == Some(""))
    }
}

/// What follows the piece at the front of the text.
fn strip<'a>(text: &'a str, piece: &[Piece]) -> Option<&'a str> {
    let mut rest = text.chars();
    for wanted in piece {
        let found = rest.next()?;
        if matches!(wanted, Piece::Only(c) if *c != found) {
            return None;
        }
    }
    Some(rest.as_str())
}

/// What follows the first place of the piece in the text.
fn find<'a>(text: &'a str, piece: &[Piece]) -> Option<&'a str> {
    if piece.is_empty() {
        return Some(text);
    }
    text.char_indices().find_map(|(at, _)| strip(&text[at..], piece))
}
