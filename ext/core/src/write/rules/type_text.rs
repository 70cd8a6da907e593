//! The text in which Spark keeps the declared type of a column that holds `char(n)` or `varchar(n)`: to Delta these are
//! strings.

use crate::schema::DataType;

/// What texts inside a column are bound to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Limit {
    /// At most, or exactly, as many characters.
    Text {
        length: usize,
        padded: bool,
    },
    /// By position of the field.
    Struct(Vec<(usize, Limit)>),
    Array(Box<Limit>),
    Map {
        key: Option<Box<Limit>>,
        value: Option<Box<Limit>>,
    },
}

/// Reads the text along the type that it declares; `None` where the two do not go together.
pub(super) fn parse(text: &str, data_type: &DataType) -> Option<Option<Limit>> {
    let mut rest = text.trim();
    let limit = limit(&mut rest, data_type)?;
    rest.trim().is_empty().then_some(limit)
}

fn limit(rest: &mut &str, data_type: &DataType) -> Option<Option<Limit>> {
    match data_type {
        DataType::Struct(inner) => {
            take(rest, "struct<")?;
            let mut limits = Vec::new();
            for (position, field) in inner.fields.iter().enumerate() {
                if position > 0 {
                    take(rest, ",")?;
                }
                let quoted = format!("`{}`", field.name.replace('`', "``"));
                take(rest, &quoted).or_else(|| take(rest, &field.name))?;
                take(rest, ":")?;
                limits.extend(limit(rest, &field.data_type)?.map(|limit| (position, limit)));
            }
            take(rest, ">")?;
            Some((!limits.is_empty()).then_some(Limit::Struct(limits)))
        }
        DataType::Array(inner) => {
            take(rest, "array<")?;
            let element = limit(rest, &inner.element)?;
            take(rest, ">")?;
            Some(element.map(|element| Limit::Array(Box::new(element))))
        }
        DataType::Map(inner) => {
            take(rest, "map<")?;
            let key = limit(rest, &inner.key)?.map(Box::new);
            take(rest, ",")?;
            let value = limit(rest, &inner.value)?.map(Box::new);
            take(rest, ">")?;
            Some((key.is_some() || value.is_some()).then_some(Limit::Map { key, value }))
        }
        primitive => {
            let name = name(rest)?;
            let declared = |head: &str| {
                let inner = name.to_ascii_lowercase();
                let digits = inner.strip_prefix(head)?.trim().strip_prefix('(')?.strip_suffix(')')?.trim().to_owned();
                digits.parse::<usize>().ok()
            };
            if *primitive != DataType::String {
                return Some(None);
            }
            Some(match (declared("varchar"), declared("char")) {
                (Some(length), _) => Some(Limit::Text { length, padded: false }),
                (_, Some(length)) => Some(Limit::Text { length, padded: true }),
                _ => None,
            })
        }
    }
}

/// The text up to the comma or bracket that ends a type's name.
fn name<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let mut open = 0usize;
    let end = rest.char_indices().find(|(_, c)| {
        match c {
            '(' => open += 1,
            ')' => open = open.saturating_sub(1),
            ',' | '>' if open == 0 => return true,
            _ => {}
        }
        false
    });
    let (name, after) = rest.split_at(end.map_or(rest.len(), |(at, _)| at));
    *rest = after;
    (!name.trim().is_empty()).then_some(name.trim())
}

fn take(rest: &mut &str, wanted: &str) -> Option<()> {
    *rest = rest.trim_start().strip_prefix(wanted)?;
    Some(())
}
