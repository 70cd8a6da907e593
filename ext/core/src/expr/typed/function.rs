//! Functions by name: how many arguments of which types they take, and what they give.

use super::coerce::{Made, alike, cast_to, comparable, made, numbers};
use super::time::{Unit, pattern};
use super::tree::{Function, Op, Typed};
use super::types::{decimal_arithmetic, is_integer, is_number, is_time};
use crate::expr::CompareOp;
use crate::expr::sql::ArithOp;
use crate::schema::{DataType, DecimalType};
use crate::value::Scalar;

/// Functions that make one value of many rows, or another value each time: never of a row alone.
const OF_MANY_ROWS: [&str; 18] = [
    "count",
    "sum",
    "min",
    "max",
    "avg",
    "mean",
    "first",
    "last",
    "any",
    "some",
    "every",
    "stddev",
    "variance",
    "collect_list",
    "collect_set",
    "row_number",
    "rank",
    "lag",
];
const NOT_CONSTANT: [&str; 12] = [
    "rand",
    "random",
    "randn",
    "uuid",
    "now",
    "current_date",
    "current_timestamp",
    "current_user",
    "localtimestamp",
    "monotonically_increasing_id",
    "input_file_name",
    "shuffle",
];

/// The call of the function that is called so in SQL.
pub(super) fn resolve(name: &str, arguments: Vec<Typed>) -> Made {
    use DataType as T;
    use Function as F;
    let mut call = Arguments { name, given: arguments };
    let plain = |function, data_type: T, arguments| Ok(made(data_type, Op::Call(function, arguments)));
    match name {
        "coalesce" => {
            let (data_type, parts) = alike(call.at_least(1)?, name)?;
            Ok(made(data_type, Op::Coalesce(parts)))
        }
        "ifnull" | "nvl" => {
            let (data_type, parts) = alike(call.exactly(2)?, name)?;
            Ok(made(data_type, Op::Coalesce(parts)))
        }
        "nullif" => {
            let [a, b] = call.array()?;
            let data_type = a.data_type.clone();
            let (compared, b) = comparable(a.clone(), b)?;
            if compared.data_type != data_type {
                return Err(format!("nullif has values of types {data_type} and {}", b.data_type));
            }
            Ok(made(data_type, Op::NullIf(Box::new([a, b]))))
        }
        "if" | "iff" => {
            let [condition, then, otherwise] = call.array()?;
            if !matches!(condition.data_type, T::Boolean | T::Void) {
                return Err(format!("the condition of if is of type {}, not boolean", condition.data_type));
            }
            let (data_type, parts) = alike(vec![then, otherwise], name)?;
            let mut parts = parts.into_iter();
            let (Some(then), otherwise) = (parts.next(), parts.next().map(Box::new)) else { return call.wrong("3") };
            Ok(made(data_type, Op::Case { operand: None, branches: vec![(condition, then)], otherwise }))
        }
        "isnull" | "isnotnull" => {
            let [value] = call.array()?;
            let null = made(T::Boolean, Op::IsNull(Box::new(value)));
            Ok(if name == "isnull" { null } else { made(T::Boolean, Op::Not(Box::new(null))) })
        }
        "isnan" => plain(F::IsNan, T::Boolean, call.cast(&[T::Double])?),
        "greatest" | "least" => {
            let (data_type, parts) = alike(call.at_least(2)?, name)?;
            plain(if name == "greatest" { F::Greatest } else { F::Least }, data_type, parts)
        }
        "abs" | "sign" | "signum" | "positive" | "negative" => {
            let value = call.number()?;
            let data_type = value.data_type.clone();
            match name {
                "abs" => plain(F::Abs, data_type, vec![value]),
                "positive" => Ok(value),
                "negative" => Ok(made(data_type, Op::Negate(Box::new(value)))),
                _ => plain(F::Sign, T::Double, vec![cast_to(value, &T::Double)?]),
            }
        }
        "floor" | "ceil" | "ceiling" => {
            let value = call.number()?;
            let data_type = match &value.data_type {
                T::Decimal(d) => decimal((d.precision() - d.scale() + 1).min(38), 0)?,
                T::Float | T::Double => T::Long,
                integer => integer.clone(),
            };
            match value.data_type {
                T::Float | T::Double | T::Decimal(_) => {
                    plain(if name == "floor" { F::Floor } else { F::Ceil }, data_type, vec![value])
                }
                _ => cast_to(value, &T::Long),
            }
        }
        "round" => round(call),
        "mod" | "pmod" => {
            let [a, b] = call.array()?;
            remainder(name, a, b)
        }
        "power" | "pow" => plain(F::Power, T::Double, call.cast(&[T::Double, T::Double])?),
        "sqrt" => plain(F::Sqrt, T::Double, call.cast(&[T::Double])?),
        "exp" => plain(F::Exp, T::Double, call.cast(&[T::Double])?),
        "ln" => plain(F::Ln, T::Double, call.cast(&[T::Double])?),
        "length" | "len" | "char_length" | "character_length" | "octet_length" => {
            let [value] = call.array()?;
            let function = if name == "octet_length" { F::OctetLength } else { F::Length };
            let value = if value.data_type == T::Binary { value } else { cast_to(value, &T::String)? };
            plain(function, T::Integer, vec![value])
        }
        "upper" | "ucase" => plain(F::Upper, T::String, call.cast(&[T::String])?),
        "lower" | "lcase" => plain(F::Lower, T::String, call.cast(&[T::String])?),
        "trim" | "btrim" => plain(F::Trim, T::String, call.cast(&[T::String])?),
        "ltrim" => plain(F::Ltrim, T::String, call.cast(&[T::String])?),
        "rtrim" => plain(F::Rtrim, T::String, call.cast(&[T::String])?),
        "substring" | "substr" if call.given.len() == 2 => {
            plain(F::Substring, T::String, call.cast(&[T::String, T::Integer])?)
        }
        "substring" | "substr" => plain(F::Substring, T::String, call.cast(&[T::String, T::Integer, T::Integer])?),
        "left" => plain(F::Left, T::String, call.cast(&[T::String, T::Integer])?),
        "right" => plain(F::Right, T::String, call.cast(&[T::String, T::Integer])?),
        "concat" => {
            let parts = call.at_least(1)?;
            let parts = parts.into_iter().map(|p| cast_to(p, &T::String)).collect::<Made<Vec<_>>>()?;
            plain(F::Concat, T::String, parts)
        }
        "replace" if call.given.len() == 2 => {
            call.given.push(Typed::new(T::String, Op::Literal(Some(Scalar::String(String::new())))));
            plain(F::Replace, T::String, call.cast(&[T::String, T::String, T::String])?)
        }
        "replace" => plain(F::Replace, T::String, call.cast(&[T::String, T::String, T::String])?),
        "startswith" => plain(F::StartsWith, T::Boolean, call.cast(&[T::String, T::String])?),
        "endswith" => plain(F::EndsWith, T::Boolean, call.cast(&[T::String, T::String])?),
        "contains" => plain(F::Contains, T::Boolean, call.cast(&[T::String, T::String])?),
        "year" => plain(F::Year, T::Integer, call.cast(&[T::Date])?),
        "quarter" => plain(F::Quarter, T::Integer, call.cast(&[T::Date])?),
        "month" => plain(F::Month, T::Integer, call.cast(&[T::Date])?),
        "day" | "dayofmonth" => plain(F::Day, T::Integer, call.cast(&[T::Date])?),
        "dayofweek" => plain(F::DayOfWeek, T::Integer, call.cast(&[T::Date])?),
        "dayofyear" => plain(F::DayOfYear, T::Integer, call.cast(&[T::Date])?),
        "weekday" => plain(F::Weekday, T::Integer, call.cast(&[T::Date])?),
        "weekofyear" => plain(F::WeekOfYear, T::Integer, call.cast(&[T::Date])?),
        "hour" => plain(F::Hour, T::Integer, vec![call.time()?]),
        "minute" => plain(F::Minute, T::Integer, vec![call.time()?]),
        "second" => plain(F::Second, T::Integer, vec![call.time()?]),
        "date_add" | "dateadd" => plain(F::DateAdd, T::Date, call.cast(&[T::Date, T::Integer])?),
        "date_sub" => plain(F::DateSub, T::Date, call.cast(&[T::Date, T::Integer])?),
        "datediff" | "date_diff" => plain(F::DateDiff, T::Integer, call.cast(&[T::Date, T::Date])?),
        "date_format" => {
            let [value, format] = call.array()?;
            let value = as_time(value)?;
            let text = written(&format, name, "pattern")?;
            if pattern(&text).is_none() {
                return Err(format!(
                    "date_format takes the letters y, M, d, D, H, m, s, S and text in single quotes, not {text:?}"
                ));
            }
            plain(F::DateFormat, T::String, vec![value, format])
        }
        "date_trunc" => {
            let [unit, value] = call.array()?;
            let value = as_time(value)?;
            let text = written(&unit, name, "unit")?;
            if Unit::named(&text).is_none() {
                return Err(format!("date_trunc has no unit {text:?}"));
            }
            plain(F::DateTrunc, value.data_type.clone(), vec![value, unit])
        }
        "trunc" => {
            let [value, unit] = call.array()?;
            let text = written(&unit, name, "unit")?;
            if Unit::named(&text).and_then(|u| u.first_day(0)).is_none() {
                return Err(format!("trunc has no unit {text:?}: it takes year, quarter, month and week"));
            }
            plain(F::Trunc, T::Date, vec![cast_to(value, &T::Date)?, unit])
        }
        "size" | "cardinality" => {
            let [value] = call.array()?;
            if !matches!(value.data_type, T::Array(_) | T::Map(_)) {
                return Err(format!("{name} takes an array or a map, not {}", value.data_type));
            }
            plain(F::Size, T::Integer, vec![value])
        }
        "to_date" | "date" => call.cast_only(&T::Date),
        "to_timestamp" | "timestamp" => call.cast_only(&T::Timestamp),
        "to_timestamp_ntz" => call.cast_only(&T::TimestampNtz),
        "boolean" => call.cast_only(&T::Boolean),
        "tinyint" => call.cast_only(&T::Byte),
        "smallint" => call.cast_only(&T::Short),
        "int" => call.cast_only(&T::Integer),
        "bigint" => call.cast_only(&T::Long),
        "float" => call.cast_only(&T::Float),
        "double" => call.cast_only(&T::Double),
        "decimal" => call.cast_only(&decimal(10, 0)?),
        "string" => call.cast_only(&T::String),
        "binary" => call.cast_only(&T::Binary),
        _ if OF_MANY_ROWS.contains(&name) => {
            Err(format!("{name} over many rows is not possible in a condition on one"))
        }
        _ if NOT_CONSTANT.contains(&name) => {
            Err(format!("{name} is not the same each time, so that it cannot be in a condition: pass its value"))
        }
        _ => Err(format!("the function {name} is not supported")),
    }
}

struct Arguments<'a> {
    name: &'a str,
    given: Vec<Typed>,
}

impl Arguments<'_> {
    fn wrong<T>(&self, wanted: &str) -> Made<T> {
        Err(format!("{} takes {wanted} arguments, got {}", self.name, self.given.len()))
    }

    fn at_least(self, least: usize) -> Made<Vec<Typed>> {
        if self.given.len() < least { self.wrong(&format!("at least {least}")) } else { Ok(self.given) }
    }

    fn exactly(self, count: usize) -> Made<Vec<Typed>> {
        if self.given.len() != count { self.wrong(&count.to_string()) } else { Ok(self.given) }
    }

    fn array<const N: usize>(&mut self) -> Made<[Typed; N]> {
        let given = std::mem::take(&mut self.given);
        given.try_into().map_err(|given: Vec<Typed>| {
            format!("{} takes {N} argument{}, got {}", self.name, if N == 1 { "" } else { "s" }, given.len())
        })
    }

    /// One argument of each type.
    fn cast(self, types: &[DataType]) -> Made<Vec<Typed>> {
        let name = self.name;
        let given = self.exactly(types.len())?;
        let cast = |(value, to): (Typed, &DataType)| cast_to(value, to).map_err(|e| format!("{name}: {e}"));
        given.into_iter().zip(types).map(cast).collect()
    }

    fn cast_only(self, to: &DataType) -> Made {
        let mut given = self.cast(std::slice::from_ref(to))?;
        given.pop().ok_or_else(String::new)
    }

    /// One number, text being a double.
    fn number(mut self) -> Made {
        let [value] = self.array()?;
        number(value).map_err(|e| format!("{}: {e}", self.name))
    }

    fn time(mut self) -> Made {
        let [value] = self.array()?;
        as_time(value).map_err(|e| format!("{}: {e}", self.name))
    }
}

fn number(value: Typed) -> Made {
    match &value.data_type {
        DataType::String | DataType::Void => cast_to(value, &DataType::Double),
        data_type if is_number(data_type) => Ok(value),
        other => Err(format!("a value of type {other} is no number")),
    }
}

/// A time as it is, all else as an instant.
fn as_time(value: Typed) -> Made {
    if is_time(&value.data_type) { Ok(value) } else { cast_to(value, &DataType::Timestamp) }
}

/// The text of an argument that has to be written out.
fn written(value: &Typed, name: &str, what: &str) -> Made<String> {
    match value.literal() {
        Some(Some(Scalar::String(text))) => Ok(text.clone()),
        _ => Err(format!("{name} takes a {what} that is written out in quotes")),
    }
}

fn decimal(precision: u8, scale: u8) -> Made<DataType> {
    DecimalType::new(precision, scale).map(DataType::Decimal).map_err(|e| e.message().to_owned())
}

fn round(mut call: Arguments<'_>) -> Made {
    if call.given.len() == 1 {
        call.given.push(Typed::new(DataType::Integer, Op::Literal(Some(Scalar::Long(0)))));
    }
    let [value, places] = call.array()?;
    let value = number(value)?;
    let wanted = match places.literal() {
        Some(Some(Scalar::Long(wanted))) => i32::try_from(*wanted).ok().filter(|w| w.abs() <= 400),
        _ => None,
    };
    let wanted = wanted.ok_or("round takes a number of places that is written out")?;
    let data_type = match &value.data_type {
        DataType::Decimal(d) => {
            let whole = d.precision() - d.scale();
            let kept = u8::try_from(wanted.clamp(0, 38)).unwrap_or(38).min(d.scale());
            let carried = if kept < d.scale() { whole + 1 } else { whole };
            let before = if wanted < 0 { carried.max(u8::try_from(1 - wanted).unwrap_or(38)) } else { carried };
            decimal((before.min(38) + kept).clamp(1, 38), kept)?
        }
        other => other.clone(),
    };
    Ok(made(data_type, Op::Call(Function::Round, vec![value, places])))
}

/// `%`, and `pmod`, which is not negative where the divisor is not.
fn remainder(name: &str, a: Typed, b: Typed) -> Made {
    let (a, b) = numbers(a, b)?;
    if name == "mod" {
        return arithmetic(ArithOp::Remainder, a, b);
    }
    let (data_type, parts) = alike(vec![a, b], name)?;
    Ok(made(data_type, Op::Call(Function::Pmod, parts)))
}

/// Arithmetic on numbers.
pub(super) fn arithmetic(op: ArithOp, a: Typed, b: Typed) -> Made {
    let (a, b) = numbers(a, b)?;
    let whole = |t: &DataType| is_integer(t);
    let (data_type, a, b) = match (&a.data_type, &b.data_type) {
        (DataType::Decimal(x), DataType::Decimal(y)) => match op {
            ArithOp::Div => (DataType::Long, a, b),
            _ => {
                let result = decimal_arithmetic(op, *x, *y).ok_or("there is no decimal for the result")?;
                (DataType::Decimal(result), a, b)
            }
        },
        (x, y) if whole(x) && whole(y) => match op {
            ArithOp::Divide => (DataType::Double, cast_to(a, &DataType::Double)?, cast_to(b, &DataType::Double)?),
            ArithOp::Div => (DataType::Long, a, b),
            _ => {
                let common = super::types::common(x, y).ok_or("there is no integer for the result")?;
                (common, a, b)
            }
        },
        _ if op == ArithOp::Div => return Err("DIV takes whole numbers and decimals".to_owned()),
        (DataType::Float, DataType::Float) if op != ArithOp::Divide => (DataType::Float, a, b),
        _ => (DataType::Double, cast_to(a, &DataType::Double)?, cast_to(b, &DataType::Double)?),
    };
    Ok(made(data_type, Op::Arith(op, Box::new([a, b]))))
}

/// A comparison; unknown where one side is null for every row.
pub(super) fn compare(op: CompareOp, a: Typed, b: Typed) -> Made {
    let (a, b) = comparable(a, b)?;
    if a.literal() == Some(None) || b.literal() == Some(None) {
        return Ok(Typed::new(DataType::Boolean, Op::Literal(None)));
    }
    Ok(made(DataType::Boolean, Op::Compare(op, Box::new([a, b]))))
}
