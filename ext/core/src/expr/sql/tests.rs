use super::parser::parse;
use super::syntax::{Kind, Syntax};
use crate::value::Scalar;

/// The tree in brackets.
fn shown(text: &str) -> String {
    tree(&parse(text).unwrap_or_else(|e| panic!("{text}: {e}")))
}

fn tree(syntax: &Syntax) -> String {
    let all = |parts: &[Syntax]| parts.iter().map(tree).collect::<Vec<_>>().join(" ");
    match &syntax.kind {
        Kind::Literal(None, _) => "null".to_owned(),
        Kind::Literal(Some(Scalar::String(v)), _) => format!("{v:?}"),
        Kind::Literal(Some(Scalar::Long(v)), t) => format!("{v}:{t}"),
        Kind::Literal(Some(v), t) => format!("{v:?}:{t}"),
        Kind::Interval(months, micros) => format!("{months}mo{micros}us"),
        Kind::Column(names) => names.join("/"),
        Kind::And(parts) => format!("(and {})", all(parts)),
        Kind::Or(parts) => format!("(or {})", all(parts)),
        Kind::Not(x) => format!("(not {})", tree(x)),
        Kind::Compare(op, p) => format!("({op:?} {})", all(&p[..])),
        Kind::NullSafeEq(p) => format!("(<=> {})", all(&p[..])),
        Kind::Between(p) => format!("(between {})", all(&p[..])),
        Kind::In(x, list) => format!("(in {} {})", tree(x), all(list)),
        Kind::Like(p, escape) => format!("(like {escape} {})", all(&p[..])),
        Kind::IsNull(x) => format!("(null? {})", tree(x)),
        Kind::Is(x, wanted) => format!("({wanted}? {})", tree(x)),
        Kind::Negate(x) => format!("(- {})", tree(x)),
        Kind::Arith(op, p) => format!("({op:?} {})", all(&p[..])),
        Kind::Concat(p) => format!("(|| {})", all(&p[..])),
        Kind::Case { operand, branches, otherwise } => {
            let branches: Vec<String> = branches.iter().map(|(w, t)| format!("{}:{}", tree(w), tree(t))).collect();
            let end = |x: &Option<Box<Syntax>>| x.as_ref().map_or("_".to_owned(), |x| tree(x));
            format!("(case {} {} {})", end(operand), branches.join(" "), end(otherwise))
        }
        Kind::Cast(x, to, or_null) => format!("({}cast {} {to})", if *or_null { "try_" } else { "" }, tree(x)),
        Kind::Call(name, arguments) => format!("({name} {})", all(arguments)),
    }
}

#[test]
fn operators_bind_as_in_spark() {
    let cases = [
        ("a OR b AND NOT c = d", "(or a (and b (not (Eq c d))))"),
        ("a AND b AND c", "(and a b c)"),
        ("NOT a IS NULL", "(not (null? a))"),
        ("a + b * -c - d", "(Subtract (Add a (Multiply b (- c))) d)"),
        ("a || b || 'x'", "(|| (|| a b) \"x\")"),
        ("a div 2 % 3", "(Remainder (Div a 2:integer) 3:integer)"),
        ("a <> b", "(NotEq a b)"),
        ("a != b", "(NotEq a b)"),
        ("a == b", "(Eq a b)"),
        ("a <=> null", "(<=> a null)"),
        ("a BETWEEN 1 AND 2 AND b", "(and (between a 1:integer 2:integer) b)"),
        ("a NOT BETWEEN b + 1 AND c", "(not (between a (Add b 1:integer) c))"),
        ("a NOT IN (1, 'x')", "(not (in a 1:integer \"x\"))"),
        ("a = b IS NOT NULL", "(not (null? (Eq a b)))"),
        ("a IS TRUE OR b IS NOT FALSE", "(or (true? a) (not (false? b)))"),
        ("a IS NOT DISTINCT FROM b", "(<=> a b)"),
        ("a IS DISTINCT FROM b", "(not (<=> a b))"),
        ("a LIKE 'x%' ESCAPE '!'", "(like ! a \"x%\")"),
        ("NOT a LIKE b", "(not (like \\ a b))"),
        ("!(a)", "(not a)"),
        ("-(-1)", "(- -1:integer)"),
        ("+a", "a"),
        ("CASE WHEN a THEN 1 ELSE 2 END", "(case _ a:1:integer 2:integer)"),
        ("case a when 1 then b when 2 then c end", "(case a 1:integer:b 2:integer:c _)"),
        ("CAST(a AS DECIMAL(10, 2)) = try_cast(b as int)", "(Eq (cast a decimal(10,2)) (try_cast b integer))"),
        ("Upper(a) = concat(a, b)", "(Eq (upper a) (concat a b))"),
        ("extract(year from a)", "(year a)"),
        ("a > date '2020-01-01' - interval 1 month 2 days", "(Gt a (Subtract Date(18262):date 1mo172800000000us))"),
        ("a + interval '1.5 hours'", "(Add a 0mo5400000000us)"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn literals_have_sparks_types() {
    let cases = [
        ("1", "1:integer"),
        ("2147483648", "2147483648:long"),
        ("-2147483648", "-2147483648:integer"),
        ("-9223372036854775808", "-9223372036854775808:long"),
        ("9223372036854775808", "Decimal(9223372036854775808, 0):decimal(19,0)"),
        ("1L", "1:long"),
        ("1Y", "1:byte"),
        ("1s", "1:short"),
        ("1.50", "Decimal(150, 2):decimal(3,2)"),
        (".5", "Decimal(5, 1):decimal(1,1)"),
        ("5.", "Decimal(5, 0):decimal(1,0)"),
        ("1e2", "Double(100.0):double"),
        ("1.5D", "Double(1.5):double"),
        ("0.1F", "Double(0.10000000149011612):float"),
        ("12BD", "Decimal(12, 0):decimal(2,0)"),
        ("'it''s'", "\"it's\""),
        (r"'it\'s \n \\ \u00e9 \101'", "\"it's \\n \\\\ é A\""),
        (r"'\%\_'", "\"\\\\%\\\\_\""),
        (r#""a'b""#, "\"a'b\""),
        ("X'0aFF'", "Binary([10, 255]):binary"),
        ("x'f'", "Binary([15]):binary"),
        ("true", "Boolean(true):boolean"),
        ("NULL", "null"),
        ("DATE '1970-01-02'", "Date(1):date"),
        ("timestamp '1970-01-01 00:00:01'", "Timestamp(1000000):timestamp"),
        ("TIMESTAMP'1970-01-01T01:00:00+01:00'", "Timestamp(0):timestamp"),
        ("TIMESTAMP_NTZ '1970-01-01'", "TimestampNtz(0):timestamp_ntz"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn names_and_comments() {
    let cases = [
        ("a.b.c", "a/b/c"),
        ("`a b`.`c.d`.`e``f`", "a b/c.d/e`f"),
        ("date = timestamp", "(Eq date timestamp)"),
        ("`select`", "select"),
        ("größe > 1", "(Gt größe 1:integer)"),
        ("a -- to the end\n = /* /* nested */ */ b", "(Eq a b)"),
        ("a.b.`_c`._d", "a/b/_c/_d"),
    ];
    for (text, expected) in cases {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn what_is_no_expression_is_refused_with_its_place() {
    let cases = [
        ("", "an expression is missing at the end (line 1, column 1)"),
        ("a >", "an expression is missing at the end (line 1, column 4)"),
        ("a > 1 b", "there is b where an operator or the end should be (line 1, column 7)"),
        ("a = 1; DROP TABLE t", "a condition is one expression, not statements (line 1, column 6)"),
        ("SELECT 1", "a condition is one expression, not a statement (SELECT) (line 1, column 1)"),
        ("delete from t", "a condition is one expression, not a statement (DELETE) (line 1, column 1)"),
        ("a IN (SELECT b FROM t)", "a query (SELECT) is not possible in a condition on rows (line 1, column 7)"),
        ("a = (select max(b) from t)", "a query (SELECT) is not possible in a condition on rows (line 1, column 6)"),
        ("EXISTS (SELECT 1)", "a query (EXISTS) is not possible in a condition on rows (line 1, column 1)"),
        (
            "a > 1\n  AND sum(DISTINCT b) > 2",
            "sum over many rows is not possible in a condition on one (line 2, column 7)",
        ),
        ("count(*) > 1", "count over many rows is not possible in a condition on one (line 1, column 1)"),
        (
            "rank() OVER (PARTITION BY a)",
            "windows of rows (OVER, FILTER) are not possible in a condition on one (line 1, column 8)",
        ),
        ("a RLIKE 'x'", "RLIKE is not supported; LIKE, startswith, endswith and contains are (line 1, column 3)"),
        ("a[0] = 1", "elements of arrays and maps ([ ]) are not supported (line 1, column 2)"),
        ("(a, b) = (1, 2)", "rows of several values in brackets are not supported (line 1, column 3)"),
        ("a IS b", "IS goes with NULL, TRUE, FALSE or DISTINCT FROM, not with b (line 1, column 6)"),
        ("a LIKE 'x' ESCAPE 'ab'", "ESCAPE needs one character in quotes (line 1, column 19)"),
        ("CAST(a AS ROW)", "ROW is no type that a value is cast to (line 1, column 11)"),
        (
            "CAST(a AS DECIMAL(39,0))",
            "DECIMAL has 1 to 38 digits, and not more than these behind the point (line 1, column 11)",
        ),
        ("DATE '2020-02-30'", "\"2020-02-30\" is not a date such as 2026-01-31 (line 1, column 1)"),
        ("a = 300Y", "300 is not a number of type byte (line 1, column 5)"),
        ("a = 12abc", "ABC after a number is none of the suffixes Y, S, L, F, D and BD (line 1, column 5)"),
        ("a = ?", "there is ? where a column or a value should be (line 1, column 5)"),
        ("a BETWEEN 1", "AND is missing before the end (line 1, column 12)"),
        ("CASE a END", "CASE needs WHEN (line 1, column 8)"),
        ("f.g(1)", "a function has a plain name in front of its brackets (line 1, column 4)"),
    ];
    for (text, expected) in cases {
        let error = parse(text).map(|s| tree(&s)).unwrap_err();
        assert_eq!(error.kind(), crate::error::ErrorKind::Argument, "{text}");
        assert_eq!(error.message().split('\n').next().unwrap(), expected, "{text}");
    }
    for text in
        ["'open", "`open", "/* open", "a ~ b", "a @ b", "X'0g'", "a = $1", "\\", "a..b", "()", ")", "a:b", "a::int"]
    {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn the_place_is_shown() {
    let message = parse("price > 10 AND\tname ** 3").unwrap_err().message().to_owned();
    let lines: Vec<&str> = message.split('\n').collect();
    assert_eq!(lines[1], "  price > 10 AND name ** 3");
    assert_eq!(lines[2], format!("  {}^", " ".repeat(21)));
    let long = format!("{} ? {}", "a = 1 AND ".repeat(100), "x".repeat(5000));
    assert!(parse(&long).unwrap_err().message().len() < 300);
}

#[test]
fn hostile_text_is_an_error_or_is_read() {
    let deep = |open: &str, close: &str, count: usize| format!("{}a{}", open.repeat(count), close.repeat(count));
    for text in [
        deep("(", ")", 200_000),
        deep("NOT ", "", 200_000),
        deep("- ", "", 200_000),
        deep("f(", ")", 200_000),
        deep("CASE WHEN ", " THEN 1 END", 20_000),
        deep("a BETWEEN ", " AND 1", 20_000),
        format!("a{}", " + a".repeat(100_000)),
        format!("a{}", " || a".repeat(100_000)),
        format!("a{}", " = a".repeat(100_000)),
        format!("a{}", " IS NULL".repeat(100_000)),
        "9".repeat(1 << 20),
        format!("1e{}", "9".repeat(1000)),
        "x".repeat((1 << 20) + 1),
    ] {
        assert!(parse(&text).is_err(), "{}", &text[..20]);
    }
    for text in [
        format!("a = 1{}", " OR a = 1".repeat(100_000)),
        format!("a IN (1{})", ",1".repeat(500_000)),
        format!("'{}' = a", "x".repeat(1_000_000)),
        deep("(", ")", 90),
    ] {
        assert!(parse(&text).is_ok(), "{}", &text[..20]);
    }
}
