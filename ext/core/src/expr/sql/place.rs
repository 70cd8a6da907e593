//! Places in a text, for messages.

use crate::error::Error;

/// Characters of the text that a message shows on each side of a place.
const CONTEXT: usize = 40;

/// Line and column, both from 1, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::expr) struct Place {
    pub(in crate::expr) line: u64,
    pub(in crate::expr) column: u64,
}

impl Place {
    /// An error that shows the place in `text`.
    pub(in crate::expr) fn error(self, text: &str, message: impl std::fmt::Display) -> Error {
        let line = text.split('\n').nth(usize::try_from(self.line - 1).unwrap_or(usize::MAX)).unwrap_or("");
        let before = usize::try_from(self.column - 1).unwrap_or(0);
        let skipped = before.saturating_sub(CONTEXT);
        // What would move the caret or the terminal is shown as a space.
        let shown: String = line
            .chars()
            .skip(skipped)
            .take(before - skipped + CONTEXT)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        Error::argument(format!(
            "{message} (line {}, column {})\n  {}\n  {}^",
            self.line,
            self.column,
            shown.trim_end(),
            " ".repeat(before - skipped)
        ))
    }
}
