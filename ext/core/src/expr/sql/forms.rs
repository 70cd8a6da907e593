//! Expressions that begin with a word of their own.

use sqlparser::tokenizer::Token;

use super::lexer::string;
use super::literal::{self, type_named};
use super::parser::{Parsed, Parser, wrong};
use super::syntax::{Kind, Syntax};
use crate::schema::DataType;

impl Parser<'_> {
    pub(super) fn case(&mut self) -> Parsed {
        let at = self.at();
        self.advance();
        let operand = if self.is_word(0, "WHEN") { None } else { Some(Box::new(self.expression(0)?)) };
        let mut branches = Vec::new();
        while self.take_word("WHEN") {
            let when = self.expression(0)?;
            self.expect_word("THEN")?;
            branches.push((when, self.expression(0)?));
        }
        if branches.is_empty() {
            return Err(self.here("CASE needs WHEN"));
        }
        let otherwise = if self.take_word("ELSE") { Some(Box::new(self.expression(0)?)) } else { None };
        self.expect_word("END")?;
        Ok(Syntax::new(at, Kind::Case { operand, branches, otherwise }))
    }

    pub(super) fn cast(&mut self, or_null: bool) -> Parsed {
        let at = self.at();
        self.next += 2;
        let value = self.expression(0)?;
        self.expect_word("AS")?;
        let data_type = self.data_type()?;
        self.expect(&Token::RParen)?;
        Ok(Syntax::new(at, Kind::Cast(Box::new(value), data_type, or_null)))
    }

    fn data_type(&mut self) -> Parsed<DataType> {
        let at = self.at();
        let Some(name) = self.word(0) else { return Err(self.here("the name of a type is missing")) };
        self.advance();
        let mut parameters = Vec::new();
        if self.take(&Token::LParen) {
            loop {
                let digits = match self.peek() {
                    Token::Number(digits, false) => digits.parse::<u8>().ok(),
                    _ => None,
                };
                parameters.push(digits.ok_or_else(|| self.here("a type has whole numbers in its brackets"))?);
                self.advance();
                if !self.take(&Token::Comma) {
                    break;
                }
            }
            self.expect(&Token::RParen)?;
        }
        type_named(&name, &parameters).ok_or_else(|| {
            let why = match (name.to_ascii_uppercase().as_str(), parameters.is_empty()) {
                ("DECIMAL" | "DEC" | "NUMERIC", false) => {
                    "has 1 to 38 digits, and not more than these behind the point"
                }
                _ => "is no type that a value is cast to",
            };
            wrong(at, format!("{name} {why}"))
        })
    }

    /// `EXTRACT(YEAR FROM day)` is `year(day)`.
    pub(super) fn extract(&mut self) -> Parsed {
        let at = self.at();
        self.next += 2;
        let field = self.word(0).unwrap_or_default().to_ascii_lowercase();
        if !["year", "quarter", "month", "week", "day", "hour", "minute", "second"].contains(&field.as_str()) {
            return Err(self.here("EXTRACT takes YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE or SECOND"));
        }
        self.advance();
        self.expect_word("FROM")?;
        let value = self.expression(0)?;
        self.expect(&Token::RParen)?;
        let name = if field == "week" { "weekofyear".to_owned() } else { field };
        Ok(Syntax::new(at, Kind::Call(name, vec![value])))
    }

    /// `INTERVAL '1' DAY`, `INTERVAL 1 DAY 2 HOURS`, `INTERVAL '1 day 2 hours'`.
    pub(super) fn interval(&mut self) -> Parsed {
        let at = self.at();
        self.advance();
        let mut parts: Vec<(String, String)> = Vec::new();
        loop {
            let negative = self.take(&Token::Minus);
            let amount = match self.peek() {
                Token::Number(digits, false) => digits.clone(),
                Token::SingleQuotedString(raw) => string(raw, '\''),
                _ if parts.is_empty() => return Err(self.here("INTERVAL needs a number and a unit")),
                _ => break,
            };
            let amount = if negative { format!("-{amount}") } else { amount };
            self.advance();
            let mut words = amount.split_whitespace();
            if amount.trim().contains(char::is_whitespace) {
                while let (Some(amount), Some(unit)) = (words.next(), words.next()) {
                    parts.push((amount.to_owned(), unit.to_owned()));
                }
                break;
            }
            let unit = self.word(0).ok_or_else(|| self.here("INTERVAL needs a unit, such as DAY"))?;
            self.advance();
            parts.push((amount, unit));
        }
        let mut total = (0i32, 0i64);
        for (amount, unit) in parts {
            let added = literal::interval(&amount, &unit)
                .and_then(|(months, micros)| Some((total.0.checked_add(months)?, total.1.checked_add(micros)?)));
            total = added.ok_or_else(|| wrong(at, format!("{amount} {unit} is no interval that is known here")))?;
        }
        Ok(Syntax::new(at, Kind::Interval(total.0, total.1)))
    }
}
