//! Text to tokens, by Spark's rules for identifiers and strings.

use sqlparser::dialect::Dialect;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, TokenizerError};

use super::place::Place;
use crate::error::{Error, Result};

/// Most bytes of a text.
const MAX_BYTES: usize = 1 << 20;

/// A token that means something.
#[derive(Debug, Clone)]
pub(super) struct Lexeme {
    pub(super) token: Token,
    pub(super) at: Place,
    /// Nothing is between it and the one before.
    pub(super) glued: bool,
}

/// Backticks around identifiers, both quotes around strings, backslashes in them.
#[derive(Debug)]
struct Spark;

impl Dialect for Spark {
    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_alphabetic() || ch == '_'
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_alphanumeric() || ch == '_'
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '`'
    }

    fn supports_string_literal_backslash_escape(&self) -> bool {
        true
    }

    fn supports_nested_comments(&self) -> bool {
        true
    }
}

/// The tokens of `text`, ended by [`Token::EOF`].
pub(super) fn lex(text: &str) -> Result<Vec<Lexeme>> {
    if text.len() > MAX_BYTES {
        return Err(Error::argument(format!(
            "the SQL text has {} bytes, {MAX_BYTES} are the most that is taken",
            text.len()
        )));
    }
    // Escapes are resolved by `string`: the library's are those of other databases.
    let tokens = Tokenizer::new(&Spark, text).with_unescape(false).tokenize_with_location();
    let tokens = tokens.map_err(|TokenizerError { message, location }| {
        let at = Place { line: location.line.max(1), column: location.column.max(1) };
        at.error(text, message.to_lowercase())
    })?;
    let mut lexemes = Vec::with_capacity(tokens.len() + 1);
    let mut glued = false;
    let mut end = Place { line: 1, column: 1 };
    for TokenWithSpan { token, span } in tokens {
        end = Place { line: span.end.line, column: span.end.column };
        if matches!(token, Token::Whitespace(_)) {
            glued = false;
            continue;
        }
        lexemes.push(Lexeme { token, at: Place { line: span.start.line, column: span.start.column }, glued });
        glued = true;
    }
    lexemes.push(Lexeme { token: Token::EOF, at: end, glued: false });
    Ok(lexemes)
}

/// The text that a string literal stands for; `quote` is what it is in.
pub(super) fn string(raw: &str, quote: char) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw.chars();
    while let Some(c) = rest.next() {
        if c == quote {
            // Within a literal a quote is there twice.
            rest.next();
            out.push(c);
        } else if c == '\\' {
            escape(&mut rest, &mut out);
        } else {
            out.push(c);
        }
    }
    out
}

fn escape(rest: &mut std::str::Chars<'_>, out: &mut String) {
    let digits = |rest: &mut std::str::Chars<'_>, count: usize, radix: u32| -> Option<char> {
        let text = rest.as_str().get(..count)?;
        let code =
            text.bytes().all(|b| char::from(b).is_digit(radix)).then(|| u32::from_str_radix(text, radix).ok())?;
        let found = char::from_u32(code?)?;
        rest.nth(count - 1);
        Some(found)
    };
    if rest.as_str().starts_with(['0', '1'])
        && let Some(c) = digits(rest, 3, 8)
    {
        out.push(c);
        return;
    }
    match rest.next() {
        Some('0') => out.push('\0'),
        Some('b') => out.push('\u{8}'),
        Some('n') => out.push('\n'),
        Some('r') => out.push('\r'),
        Some('t') => out.push('\t'),
        Some('Z') => out.push('\u{1a}'),
        Some('u') => out.push(digits(rest, 4, 16).unwrap_or('u')),
        Some('U') => out.push(digits(rest, 8, 16).unwrap_or('U')),
        // LIKE looks at these itself.
        Some(c @ ('%' | '_')) => out.extend(['\\', c]),
        Some(c) => out.push(c),
        None => out.push('\\'),
    }
}
