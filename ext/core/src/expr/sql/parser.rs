//! Tokens to a tree, by Spark's precedence: `OR`, `AND`, `NOT`, then `BETWEEN`, `IN`, `LIKE` and `IS`, then comparisons, sums,
//! products, signs. The SQL library has a parser too, for whole statements of many databases: a megabyte of code, no
//! places in most errors, and trees as deep as a chain of `OR` is long.

use sqlparser::tokenizer::Token;

use super::lexer::{Lexeme, lex, string};
use super::literal;
use super::place::Place;
use super::syntax::{ArithOp, Kind, Syntax};
use crate::error::Result;
use crate::expr::CompareOp;
use crate::schema::DataType;
use crate::value::Scalar;

/// Deepest nesting of brackets, and longest chain of operators that are no AND or OR.
const MAX_DEPTH: u16 = 100;

const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const PREDICATE: u8 = 4;
const COMPARISON: u8 = 5;
const SUM: u8 = 6;
const PRODUCT: u8 = 7;
const SIGN: u8 = 8;

/// The expression that `text` is, all of it.
pub(in crate::expr) fn parse(text: &str) -> Result<Syntax> {
    let lexemes = lex(text)?;
    let mut parser = Parser { lexemes: &lexemes, next: 0, depth: 0 };
    let parsed = parser.expression(0).and_then(|syntax| match parser.peek() {
        Token::EOF => Ok(syntax),
        Token::SemiColon => Err(parser.here("a condition is one expression, not statements")),
        other => Err(parser.here(format!("there is {} where an operator or the end should be", shown(other)))),
    });
    parsed.map_err(|wrong| wrong.at.error(text, &wrong.message))
}

/// What is wrong, and where.
pub(super) struct Wrong {
    at: Place,
    message: String,
}

pub(super) type Parsed<T = Syntax> = std::result::Result<T, Box<Wrong>>;

pub(super) struct Parser<'a> {
    lexemes: &'a [Lexeme],
    pub(super) next: usize,
    depth: u16,
}

impl Parser<'_> {
    pub(super) fn peek(&self) -> &Token {
        self.ahead(0)
    }

    pub(super) fn ahead(&self, by: usize) -> &Token {
        self.lexemes.get(self.next + by).map_or(&Token::EOF, |l| &l.token)
    }

    pub(super) fn at(&self) -> Place {
        self.lexemes.get(self.next).or(self.lexemes.last()).map_or(Place { line: 1, column: 1 }, |l| l.at)
    }

    pub(super) fn advance(&mut self) {
        self.next += 1;
    }

    pub(super) fn here(&self, message: impl Into<String>) -> Box<Wrong> {
        wrong(self.at(), message)
    }

    /// The word that comes next, in upper case, where it is no quoted name.
    pub(super) fn word(&self, by: usize) -> Option<String> {
        match self.ahead(by) {
            Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_ascii_uppercase()),
            _ => None,
        }
    }

    pub(super) fn is_word(&self, by: usize, wanted: &str) -> bool {
        matches!(self.ahead(by), Token::Word(w) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(wanted))
    }

    pub(super) fn take_word(&mut self, wanted: &str) -> bool {
        let found = self.is_word(0, wanted);
        self.next += usize::from(found);
        found
    }

    pub(super) fn expect_word(&mut self, wanted: &str) -> Parsed<()> {
        if self.take_word(wanted) {
            return Ok(());
        }
        Err(self.here(format!("{wanted} is missing before {}", shown(self.peek()))))
    }

    pub(super) fn take(&mut self, wanted: &Token) -> bool {
        let found = self.peek() == wanted;
        self.next += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, wanted: &Token) -> Parsed<()> {
        if self.take(wanted) {
            return Ok(());
        }
        Err(self.here(format!("{wanted} is missing before {}", shown(self.peek()))))
    }

    /// An expression of operators that bind tighter than `least`.
    pub(super) fn expression(&mut self, least: u8) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.here(format!("the expression is nested more than {MAX_DEPTH} levels deep")));
        }
        let mut left = self.prefix()?;
        while let Some((power, operator)) = self.operator()
            && power > least
        {
            left = self.infix(left, operator, power)?;
            if left.depth > MAX_DEPTH {
                return Err(wrong(left.at, format!("more than {MAX_DEPTH} operators build on one another here")));
            }
        }
        self.depth -= 1;
        Ok(left)
    }

    /// The operator that comes next, and how tightly it binds.
    fn operator(&self) -> Option<(u8, Operator)> {
        use Operator as O;
        let compare = |op| Some((COMPARISON, O::Compare(op)));
        match self.peek() {
            Token::Eq | Token::DoubleEq => compare(CompareOp::Eq),
            Token::Neq => compare(CompareOp::NotEq),
            Token::Lt => compare(CompareOp::Lt),
            Token::LtEq => compare(CompareOp::LtEq),
            Token::Gt => compare(CompareOp::Gt),
            Token::GtEq => compare(CompareOp::GtEq),
            Token::Spaceship => Some((COMPARISON, O::NullSafeEq)),
            Token::Plus => Some((SUM, O::Arith(ArithOp::Add))),
            Token::Minus => Some((SUM, O::Arith(ArithOp::Subtract))),
            Token::StringConcat => Some((SUM, O::Concat)),
            Token::Mul => Some((PRODUCT, O::Arith(ArithOp::Multiply))),
            Token::Div => Some((PRODUCT, O::Arith(ArithOp::Divide))),
            Token::Mod => Some((PRODUCT, O::Arith(ArithOp::Remainder))),
            _ => match self.word(0)?.as_str() {
                "OR" => Some((OR, O::Or)),
                "AND" => Some((AND, O::And)),
                "DIV" => Some((PRODUCT, O::Arith(ArithOp::Div))),
                "IS" => Some((PREDICATE, O::Is)),
                "NOT" | "BETWEEN" | "IN" | "LIKE" | "RLIKE" | "REGEXP" | "ILIKE" => Some((PREDICATE, O::Predicate)),
                _ => None,
            },
        }
    }

    fn infix(&mut self, left: Syntax, operator: Operator, power: u8) -> Parsed {
        let at = self.at();
        let kind = match operator {
            Operator::And => Kind::And(self.chain(left, "AND", power)?),
            Operator::Or => Kind::Or(self.chain(left, "OR", power)?),
            Operator::Is => return self.is(left),
            Operator::Predicate => return self.predicate(left),
            Operator::Compare(op) => Kind::Compare(op, self.pair(left, power)?),
            Operator::NullSafeEq => Kind::NullSafeEq(self.pair(left, power)?),
            Operator::Arith(op) => Kind::Arith(op, self.pair(left, power)?),
            Operator::Concat => Kind::Concat(self.pair(left, power)?),
        };
        Ok(Syntax::new(at, kind))
    }

    fn pair(&mut self, left: Syntax, power: u8) -> Parsed<Box<[Syntax; 2]>> {
        self.advance();
        Ok(Box::new([left, self.expression(power)?]))
    }

    /// However many there are, they stand side by side.
    fn chain(&mut self, left: Syntax, word: &str, power: u8) -> Parsed<Vec<Syntax>> {
        let mut parts = vec![left];
        while self.take_word(word) {
            parts.push(self.expression(power)?);
        }
        Ok(parts)
    }

    fn is(&mut self, value: Syntax) -> Parsed {
        let at = self.at();
        self.advance();
        let negated = self.take_word("NOT");
        let value = Box::new(value);
        let kind = match self.word(0).as_deref() {
            Some("NULL" | "UNKNOWN") => Kind::IsNull(value),
            Some("TRUE") => Kind::Is(value, true),
            Some("FALSE") => Kind::Is(value, false),
            Some("DISTINCT") => {
                self.advance();
                self.expect_word("FROM")?;
                let same = Syntax::new(at, Kind::NullSafeEq(Box::new([*value, self.expression(COMPARISON)?])));
                return Ok(if negated { same } else { not(at, same) });
            }
            _ => {
                let found = shown(self.peek());
                return Err(self.here(format!("IS goes with NULL, TRUE, FALSE or DISTINCT FROM, not with {found}")));
            }
        };
        self.advance();
        let test = Syntax::new(at, kind);
        Ok(if negated { not(at, test) } else { test })
    }

    /// `BETWEEN`, `IN` and `LIKE`, with or without `NOT`.
    fn predicate(&mut self, value: Syntax) -> Parsed {
        let negated = self.take_word("NOT");
        let at = self.at();
        let kind = match self.word(0).as_deref() {
            Some("BETWEEN") => {
                self.advance();
                let low = self.expression(PREDICATE)?;
                self.expect_word("AND")?;
                Kind::Between(Box::new([value, low, self.expression(PREDICATE)?]))
            }
            Some("IN") => {
                self.advance();
                self.expect(&Token::LParen)?;
                self.no_query()?;
                Kind::In(Box::new(value), self.list()?)
            }
            Some("LIKE") => self.like(value)?,
            Some(word @ ("RLIKE" | "REGEXP" | "ILIKE")) => {
                return Err(self.here(format!("{word} is not supported; LIKE, startswith, endswith and contains are")));
            }
            _ => return Err(self.here("BETWEEN, IN or LIKE is missing after NOT")),
        };
        let test = Syntax::new(at, kind);
        Ok(if negated { not(at, test) } else { test })
    }

    fn like(&mut self, value: Syntax) -> Parsed<Kind> {
        self.advance();
        if self.is_word(0, "ANY") || self.is_word(0, "ALL") || self.is_word(0, "SOME") {
            return Err(self.here("LIKE ANY and LIKE ALL are not supported: write LIKE for each pattern"));
        }
        let pattern = self.expression(PREDICATE)?;
        let mut escape = '\\';
        if self.take_word("ESCAPE") {
            let text = match self.peek() {
                Token::SingleQuotedString(raw) => string(raw, '\''),
                Token::DoubleQuotedString(raw) => string(raw, '"'),
                _ => String::new(),
            };
            let mut chars = text.chars();
            escape = match (chars.next(), chars.next()) {
                (Some(only), None) => only,
                _ => return Err(self.here("ESCAPE needs one character in quotes")),
            };
            self.advance();
        }
        Ok(Kind::Like(Box::new([value, pattern]), escape))
    }

    /// What is between an opening bracket, which was read, and a closing one: one expression at least.
    fn list(&mut self) -> Parsed<Vec<Syntax>> {
        let mut list = vec![self.expression(0)?];
        while self.take(&Token::Comma) {
            list.push(self.expression(0)?);
        }
        self.expect(&Token::RParen)?;
        Ok(list)
    }

    fn no_query(&self) -> Parsed<()> {
        match self.word(0).as_deref() {
            Some(word @ ("SELECT" | "WITH" | "VALUES" | "TABLE" | "FROM"))
                if !matches!(self.ahead(1), Token::RParen) =>
            {
                Err(self.here(format!("a query ({word}) is not possible in a condition on rows")))
            }
            _ => Ok(()),
        }
    }

    fn prefix(&mut self) -> Parsed {
        let at = self.at();
        match self.peek() {
            Token::Minus => {
                self.advance();
                // The least integer is a number only with its sign.
                if let Token::Number(..) = self.peek() {
                    return self.number(at, true);
                }
                let value = self.expression(SIGN)?;
                Ok(Syntax::new(at, Kind::Negate(Box::new(value))))
            }
            Token::Plus => {
                self.advance();
                self.expression(SIGN)
            }
            Token::ExclamationMark => {
                self.advance();
                Ok(not(at, self.expression(NOT)?))
            }
            Token::LParen => {
                self.advance();
                self.no_query()?;
                let inner = self.expression(0)?;
                if self.peek() == &Token::Comma {
                    return Err(self.here("rows of several values in brackets are not supported"));
                }
                self.expect(&Token::RParen)?;
                Ok(inner)
            }
            Token::Number(..) => self.number(at, false),
            Token::SingleQuotedString(raw) => Ok(self.text(at, string(raw, '\''))),
            Token::DoubleQuotedString(raw) => Ok(self.text(at, string(raw, '"'))),
            Token::HexStringLiteral(digits) => {
                let bytes = literal::bytes(digits).ok_or_else(|| self.here("X'…' takes hexadecimal digits"))?;
                self.advance();
                Ok(Syntax::new(at, Kind::Literal(Some(Scalar::Binary(bytes)), DataType::Binary)))
            }
            Token::Word(word) if word.quote_style.is_some() => self.column(),
            Token::Word(_) => self.keyword(),
            Token::EOF => Err(self.here("an expression is missing at the end")),
            other => Err(self.here(format!("there is {} where a column or a value should be", shown(other)))),
        }
    }

    fn text(&mut self, at: Place, value: String) -> Syntax {
        self.advance();
        Syntax::new(at, Kind::Literal(Some(Scalar::String(value)), DataType::String))
    }

    fn number(&mut self, at: Place, negative: bool) -> Parsed {
        let Token::Number(digits, long) = self.peek().clone() else { return Err(self.here("a number is missing")) };
        self.advance();
        let glued = self.lexemes.get(self.next).is_some_and(|l| l.glued);
        let suffix = match self.peek() {
            _ if long => "L".to_owned(),
            Token::Word(word) if glued => {
                let suffix = word.value.clone();
                self.advance();
                suffix
            }
            _ => String::new(),
        };
        let (value, data_type) = literal::number(&digits, &suffix, negative).map_err(|message| wrong(at, message))?;
        Ok(Syntax::new(at, Kind::Literal(Some(value), data_type)))
    }

    /// What begins with a word that is in no quotes.
    fn keyword(&mut self) -> Parsed {
        let at = self.at();
        let word = self.word(0).unwrap_or_default();
        if let Token::SingleQuotedString(raw) | Token::DoubleQuotedString(raw) = self.ahead(1)
            && word != "INTERVAL"
        {
            let quote = if matches!(self.ahead(1), Token::SingleQuotedString(_)) { '\'' } else { '"' };
            let literal = literal::typed(&word, &string(raw, quote));
            let literal = literal.ok_or_else(|| self.here(format!("{word} '…' is no literal that is known here")))?;
            let (value, data_type) = literal.map_err(|message| self.here(message))?;
            self.next += 2;
            return Ok(Syntax::new(at, Kind::Literal(Some(value), data_type)));
        }
        let opens = self.ahead(1) == &Token::LParen;
        let constant = |value, data_type| Ok(Syntax::new(at, Kind::Literal(value, data_type)));
        match word.as_str() {
            "NOT" => {
                self.advance();
                Ok(not(at, self.expression(NOT)?))
            }
            "TRUE" | "FALSE" => {
                self.advance();
                constant(Some(Scalar::Boolean(word == "TRUE")), DataType::Boolean)
            }
            "NULL" => {
                self.advance();
                constant(None, DataType::Void)
            }
            "CASE" => self.case(),
            "CAST" | "TRY_CAST" if opens => self.cast(word == "TRY_CAST"),
            "EXTRACT" if opens => self.extract(),
            "EXISTS" if opens => Err(self.here("a query (EXISTS) is not possible in a condition on rows")),
            "INTERVAL" if matches!(self.ahead(1), Token::Number(..) | Token::Minus | Token::SingleQuotedString(_)) => {
                self.interval()
            }
            "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "DROP" | "CREATE" | "ALTER" | "WITH"
                if matches!(self.ahead(1), Token::Word(_) | Token::Mul | Token::Number(..)) =>
            {
                Err(self.here(format!("a condition is one expression, not a statement ({word})")))
            }
            _ if opens => self.call(),
            _ => self.column(),
        }
    }

    /// Names with dots between them.
    fn column(&mut self) -> Parsed {
        let at = self.at();
        let mut names = Vec::new();
        loop {
            let Token::Word(word) = self.peek() else {
                return Err(self.here(format!("there is {} where a name should be", shown(self.peek()))));
            };
            names.push(match word.quote_style {
                Some(_) => word.value.replace("``", "`"),
                None => word.value.clone(),
            });
            self.advance();
            if !self.take(&Token::Period) {
                break;
            }
        }
        match self.peek() {
            Token::LBracket => Err(self.here("elements of arrays and maps ([ ]) are not supported")),
            Token::LParen => Err(self.here("a function has a plain name in front of its brackets")),
            _ => Ok(Syntax::new(at, Kind::Column(names))),
        }
    }

    fn call(&mut self) -> Parsed {
        let at = self.at();
        let name = self.word(0).unwrap_or_default().to_ascii_lowercase();
        self.next += 2;
        self.no_query()?;
        if self.is_word(0, "DISTINCT") || self.peek() == &Token::Mul {
            return Err(wrong(at, format!("{name} over many rows is not possible in a condition on one")));
        }
        let arguments = if self.take(&Token::RParen) { Vec::new() } else { self.list()? };
        if self.is_word(0, "OVER") || self.is_word(0, "FILTER") {
            return Err(self.here("windows of rows (OVER, FILTER) are not possible in a condition on one"));
        }
        Ok(Syntax::new(at, Kind::Call(name, arguments)))
    }
}

enum Operator {
    Or,
    And,
    Is,
    Predicate,
    Compare(CompareOp),
    NullSafeEq,
    Arith(ArithOp),
    Concat,
}

pub(super) fn wrong(at: Place, message: impl Into<String>) -> Box<Wrong> {
    Box::new(Wrong { at, message: message.into() })
}

fn not(at: Place, inner: Syntax) -> Syntax {
    Syntax::new(at, Kind::Not(Box::new(inner)))
}

/// A token as a message names it, never all of a long one.
fn shown(token: &Token) -> String {
    if token == &Token::EOF {
        return "the end".to_owned();
    }
    let text = token.to_string();
    match text.char_indices().nth(30) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
