//! Values and types of expressions, with what Spark documents for them where ANSI mode is off.

use arrow::array::{
    BinaryArray, Date32Array, Decimal128Array, Float32Array, Int8Array, Int32Array, ListArray, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::Int32Type;

use super::*;
use crate::schema::{ArrayType, UTC};

/// One row of values, and one of nulls.
fn table() -> (StructType, RecordBatch) {
    let inner = StructType { fields: vec![Field::new("City", DataType::String, true)] };
    let tags = DataType::Array(Box::new(ArrayType { element: DataType::Integer, contains_null: true }));
    let column = |name: &str, t: DataType| Field::new(name, t, true);
    let fields = vec![
        column("b", DataType::Byte),
        column("i", DataType::Integer),
        column("l", DataType::Long),
        column("f", DataType::Float),
        column("d", DataType::Double),
        column("m", decimal(10, 2)),
        column("s", DataType::String),
        column("x", DataType::Binary),
        column("day", DataType::Date),
        column("t", DataType::Timestamp),
        column("n", DataType::TimestampNtz),
        column("ok", DataType::Boolean),
        column("a", DataType::Struct(inner.clone())),
        column("tags", tags),
        column("odd name", DataType::Long),
    ];
    // 2024-02-29T13:45:07.25
    let micros = 1_709_214_307_250_000;
    let city = StructArray::new(
        inner.to_arrow_fields(),
        vec![Arc::new(StringArray::from(vec![Some("Paris"), Some("hidden")]))],
        Some(NullBuffer::from(vec![true, false])),
    );
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(Int8Array::from(vec![Some(100), None])),
        Arc::new(Int32Array::from(vec![Some(7), None])),
        Arc::new(Int64Array::from(vec![Some(i64::MAX), None])),
        Arc::new(Float32Array::from(vec![Some(0.1), None])),
        Arc::new(Float64Array::from(vec![Some(-2.5), None])),
        Arc::new(Decimal128Array::from(vec![Some(1250), None]).with_precision_and_scale(10, 2).unwrap()),
        Arc::new(StringArray::from(vec![Some("Straße 12"), None])),
        Arc::new(BinaryArray::from(vec![Some(&[0u8, 255][..]), None])),
        Arc::new(Date32Array::from(vec![Some(19_782), None])),
        Arc::new(TimestampMicrosecondArray::from(vec![Some(micros), None]).with_timezone(UTC)),
        Arc::new(TimestampMicrosecondArray::from(vec![Some(micros), None])),
        Arc::new(BooleanArray::from(vec![Some(true), None])),
        Arc::new(city),
        Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1), None]), None])),
        Arc::new(Int64Array::from(vec![Some(5), None])),
    ];
    let schema = StructType { fields };
    let names = schema.names().map(str::to_owned).collect::<Vec<_>>();
    let batch = RecordBatch::try_from_iter(names.iter().zip(arrays)).unwrap();
    (schema, batch)
}

/// The type and the two values of an expression, as text.
fn run(text: &str) -> String {
    let (schema, batch) = table();
    let bound = Expr::parse(text).and_then(|e| e.bind(&schema)).unwrap_or_else(|e| panic!("{text}: {e}"));
    let array = bound.evaluate(&batch).unwrap_or_else(|e| panic!("{text}: {e}"));
    assert_eq!(array.len(), 2, "{text}");
    if bound.data_type() == &DataType::Void {
        return "void".to_owned();
    }
    assert_eq!(array.data_type(), &bound.data_type().to_arrow(), "{text}");
    let value = |row: usize| {
        let one = array.slice(row, 1);
        let nulls = one.nulls().cloned();
        let values = crate::expr::typed::Values::of(&one, nulls, bound.data_type()).unwrap();
        match values.to_scalar(bound.data_type()).unwrap() {
            None => "null".to_owned(),
            Some(Scalar::Boolean(v)) => v.to_string(),
            Some(Scalar::Long(v)) => v.to_string(),
            Some(Scalar::Double(v)) => format!("{v:?}"),
            Some(Scalar::Decimal(v, scale)) => {
                let mut out = String::new();
                crate::value::format_decimal(v, scale, &mut out);
                out
            }
            Some(Scalar::String(v)) => format!("'{v}'"),
            Some(other) => format!("{other:?}"),
        }
    };
    format!("{}: {}, {}", bound.data_type(), value(0), value(1))
}

fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(run(text), *expected, "{text}");
    }
}

fn refused(text: &str) -> String {
    let (schema, _) = table();
    let error = Expr::parse(text).and_then(|e| e.bind(&schema)).err().unwrap_or_else(|| panic!("{text} is taken"));
    assert_eq!(error.kind(), crate::error::ErrorKind::Argument, "{text}");
    error.message().split('\n').next().unwrap().to_owned()
}

#[test]
fn columns_are_found_whatever_their_case() {
    check(&[
        ("I", "integer: 7, null"),
        ("`odd name`", "long: 5, null"),
        ("A.city", "string: 'Paris', null"),
        ("a.City IS NULL", "boolean: false, true"),
        ("a IS NULL", "boolean: false, true"),
    ]);
    assert_eq!(
        refused("nope > 1"),
        "there is no column nope: the table has b, i, l, f, d, m, s, x, day, t, n, ok, a, tags, odd name (line 1, column 1)"
    );
    assert_eq!(refused("1 = a.zip"), "there is no column a.zip: a has City (line 1, column 5)");
    assert_eq!(
        refused("i.j = 1"),
        "there is no column i.j: i is of type integer, which has no named fields (line 1, column 1)"
    );
}

#[test]
fn arithmetic() {
    check(&[
        ("i + 1", "integer: 8, null"),
        ("b + i", "integer: 107, null"),
        ("i + 1L", "long: 8, null"),
        ("i / 2", "double: 3.5, null"),
        ("i / 0", "double: null, null"),
        ("i % 4", "integer: 3, null"),
        ("-i % 4", "integer: -3, null"),
        ("i % 0", "integer: null, null"),
        ("pmod(-7, 4)", "integer: 1, 1"),
        ("i DIV 2", "long: 3, null"),
        ("-i DIV 2", "long: -3, null"),
        ("i * 1.5", "decimal(13,1): 10.5, null"),
        ("m + 1", "decimal(11,2): 13.50, null"),
        ("m + m", "decimal(11,2): 25.00, null"),
        ("m * m", "decimal(21,4): 156.2500, null"),
        ("m / 3", "decimal(14,6): 4.166667, null"),
        ("m / 0", "decimal(14,6): null, null"),
        ("m % 3.1", "decimal(3,2): 0.10, null"),
        ("m DIV 5", "long: 2, null"),
        ("cast(1 as decimal(38,10)) / 3", "decimal(38,10): 0.3333333333, 0.3333333333"),
        ("cast('99999999999999999999999999999999999999' as decimal(38,0)) + 1", "decimal(38,0): null, null"),
        ("f + f", "float: 0.20000000298023224, null"),
        ("f + d", "double: -2.399999998509884, null"),
        ("f * m", "double: 1.2500000186264515, null"),
        ("d * 2", "double: -5.0, null"),
        ("-d", "double: 2.5, null"),
        ("'3' + i", "double: 10.0, null"),
        ("day + 1", "date: Date(19783), null"),
        ("day - 29", "date: Date(19753), null"),
        ("day + interval 1 year", "date: Date(20147), null"),
        ("day - interval 1 month", "date: Date(19751), null"),
        ("t + interval 1 day 2 hours", "timestamp: Timestamp(1709307907250000), null"),
        ("n - interval 1 month", "timestamp_ntz: TimestampNtz(1706535907250000), null"),
        ("null + 1", "integer: null, null"),
    ]);
    assert_eq!(refused("ok + 1"), "a value of type boolean is no number (line 1, column 4)");
    assert_eq!(
        refused("day - day"),
        "a day is not subtracted from a day: datediff(end, start) is their distance (line 1, column 5)"
    );
}

#[test]
fn integers_that_overflow_are_an_error_where_their_rows_count() {
    let (schema, batch) = table();
    let run = |text: &str| Expr::parse(text).unwrap().bind(&schema).unwrap().evaluate(&batch);
    for text in [
        "l + 1",
        "b + b",
        "-(-128Y)",
        "abs(-9223372036854775808)",
        "CAST(l AS INT)",
        "CAST(1e300 AS BIGINT)",
        "l * 2 > 0",
        "CASE WHEN ok THEN l + 1 END",
    ] {
        let error = run(text).err().unwrap_or_else(|| panic!("{text} is fine"));
        assert!(error.message().contains("does not fit"), "{text}: {error}");
    }
    for text in [
        "i > 100 AND l + 1 > 0",
        "i < 100 OR l + 1 > 0",
        "CASE WHEN i > 100 THEN l + 1 ELSE 0 END",
        "coalesce(i, l + 1)",
        "if(i > 100, l + 1, 0)",
        "TRY_CAST(l AS INT)",
    ] {
        run(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    }
}

#[test]
fn comparisons() {
    check(&[
        ("i = 7.0", "boolean: true, null"),
        ("l > 9223372036854775806.5", "boolean: true, null"),
        ("l < 9223372036854775807D", "boolean: true, null"),
        ("l = d", "boolean: false, null"),
        ("m = 12.5", "boolean: true, null"),
        ("m < 12.501D", "boolean: true, null"),
        ("f = 0.1", "boolean: false, null"),
        ("f < 0.1", "boolean: false, null"),
        ("f > 0.1", "boolean: true, null"),
        ("i = '7'", "boolean: true, null"),
        ("'12.5' = m", "boolean: true, null"),
        ("day = '2024-02-29'", "boolean: true, null"),
        ("day < t", "boolean: true, null"),
        ("t = n", "boolean: true, null"),
        ("t > '2024-02-29 13:45:07'", "boolean: true, null"),
        ("t >= TIMESTAMP '2024-02-29 14:45:07.25+01:00'", "boolean: true, null"),
        ("x = X'00ff'", "boolean: true, null"),
        ("ok = 'true'", "boolean: true, null"),
        ("i = NULL", "boolean: null, null"),
        ("i <=> NULL", "boolean: false, true"),
        ("i <=> 7", "boolean: true, false"),
        ("NULL <=> NULL", "boolean: true, true"),
        ("i <=> l", "boolean: false, true"),
        ("i IN (1, 7)", "boolean: true, null"),
        ("i IN (1, NULL)", "boolean: null, null"),
        ("i NOT IN (1, NULL)", "boolean: null, null"),
        ("i IN (7, NULL)", "boolean: true, null"),
        ("i IN (l, b, 7)", "boolean: true, null"),
        ("i IN (l, b)", "boolean: false, null"),
        ("i IN ('7')", "boolean: true, null"),
        ("m IN (12.5, 3)", "boolean: true, null"),
        ("i + 1 IN (8, 9)", "boolean: true, null"),
        ("day IN ('2024-02-29')", "boolean: true, null"),
        ("i BETWEEN 1 AND 7", "boolean: true, null"),
        ("i NOT BETWEEN 1 AND l", "boolean: false, null"),
        ("10 BETWEEN i AND NULL", "boolean: null, null"),
        ("1 BETWEEN i AND NULL", "boolean: false, null"),
        ("cast('NaN' as double) = cast('NaN' as double)", "boolean: true, true"),
        ("cast('NaN' as double) > cast('Infinity' as double)", "boolean: true, true"),
        ("0D = -0.0D", "boolean: true, true"),
        ("ok AND NULL", "boolean: null, null"),
        ("ok OR NULL", "boolean: true, null"),
        ("NOT ok OR ok IS NULL", "boolean: false, true"),
        ("ok IS TRUE", "boolean: true, false"),
        ("ok IS NOT TRUE", "boolean: false, true"),
        ("(i > 7) IS FALSE", "boolean: true, false"),
    ]);
    assert_eq!(refused("ok > 1"), "values of type boolean and integer cannot be compared (line 1, column 4)");
    assert_eq!(
        refused("a = a"),
        "values of type struct<City:string> and struct<City:string> cannot be compared (line 1, column 3)"
    );
    assert_eq!(refused("i = 'seven'"), "the text \"seven\" cannot be read as integer (line 1, column 3)");
    assert_eq!(refused("day = 'yesterday'"), "the text \"yesterday\" cannot be read as date (line 1, column 5)");
    assert_eq!(refused("i = 1 AND s"), "this is of type string and no condition (line 1, column 11)");
    assert_eq!(refused("x = 1"), "values of type binary and integer cannot be compared (line 1, column 3)");
}

#[test]
fn text() {
    check(&[
        ("s LIKE 'Stra%'", "boolean: true, null"),
        ("s LIKE 'Stra_e %2'", "boolean: true, null"),
        ("s LIKE '%e%12'", "boolean: true, null"),
        ("s NOT LIKE 'stra%'", "boolean: true, null"),
        ("s LIKE ''", "boolean: false, null"),
        ("s LIKE '%'", "boolean: true, null"),
        ("'50%' LIKE '50\\%'", "boolean: true, true"),
        ("'50x' LIKE '50\\%'", "boolean: false, false"),
        ("'a_b' LIKE 'a!_b' ESCAPE '!'", "boolean: true, true"),
        ("'aab' LIKE '%ab'", "boolean: true, true"),
        ("'abcab' LIKE '%ab'", "boolean: true, true"),
        ("s LIKE NULL", "boolean: null, null"),
        ("length(s)", "integer: 9, null"),
        ("octet_length(s)", "integer: 10, null"),
        ("length(x)", "integer: 2, null"),
        ("upper(s)", "string: 'STRASSE 12', null"),
        ("lower('ÀB')", "string: 'àb', 'àb'"),
        ("trim('  a b ')", "string: 'a b', 'a b'"),
        ("ltrim('  a ') || '|' || rtrim('  a ')", "string: 'a |  a', 'a |  a'"),
        ("substring(s, 1, 5)", "string: 'Straß', null"),
        ("substring(s, 0, 2)", "string: 'St', null"),
        ("substr(s, -2)", "string: '12', null"),
        ("substring('ab', -5, 4)", "string: 'a', 'a'"),
        ("substring('abc', 2, -1)", "string: '', ''"),
        ("left(s, 3) || right(s, 2)", "string: 'Str12', null"),
        ("left(s, -1)", "string: '', null"),
        ("concat(s, ' ', i, NULL)", "string: null, null"),
        ("concat('a', i)", "string: 'a7', null"),
        ("replace('aXbX', 'X', 'yy')", "string: 'ayybyy', 'ayybyy'"),
        ("replace('aXbX', 'X')", "string: 'ab', 'ab'"),
        ("startswith(s, 'Str')", "boolean: true, null"),
        ("endswith(s, '12') AND contains(s, 'aß')", "boolean: true, null"),
    ]);
    assert_eq!(refused("s LIKE s"), "LIKE takes a pattern that is written out in quotes (line 1, column 8)");
    assert_eq!(
        refused("s LIKE 'a!b' ESCAPE '!'"),
        "! stands before a character that needs no escape (line 1, column 8)"
    );
}

#[test]
fn days_and_times_of_functions() {
    check(&[
        ("year(day)", "integer: 2024, null"),
        ("month(t) * 100 + day(n)", "integer: 229, null"),
        ("quarter(day)", "integer: 1, null"),
        ("hour(t)", "integer: 13, null"),
        ("minute(n)", "integer: 45, null"),
        ("second(t)", "integer: 7, null"),
        ("year('2020-05-01')", "integer: 2020, 2020"),
        ("dayofweek(day)", "integer: 5, null"),
        ("weekday(day)", "integer: 3, null"),
        ("dayofyear(day)", "integer: 60, null"),
        ("weekofyear(date '2021-01-03')", "integer: 53, 53"),
        ("extract(hour FROM t)", "integer: 13, null"),
        ("date_trunc('HOUR', t)", "timestamp: Timestamp(1709211600000000), null"),
        ("date_trunc('week', n)", "timestamp_ntz: TimestampNtz(1708905600000000), null"),
        ("trunc(day, 'MM')", "date: Date(19754), null"),
        ("trunc(day, 'quarter')", "date: Date(19723), null"),
        ("to_date(t)", "date: Date(19782), null"),
        ("to_date('2024-02')", "date: Date(19754), Date(19754)"),
        ("to_date('nonsense')", "date: null, null"),
        ("date_add(day, 1)", "date: Date(19783), null"),
        ("date_sub('2024-03-01', 1)", "date: Date(19782), Date(19782)"),
        ("datediff(day, '2024-02-01')", "integer: 28, null"),
        ("date_format(t, 'yyyy-MM-dd')", "string: '2024-02-29', null"),
        ("date_format(t, \"yyyy/M/d'T'HH:mm:ss.SSS\")", "string: '2024/2/29T13:45:07.250', null"),
        ("date_format(day, 'yyyyMM')", "string: '202402', null"),
    ]);
    assert!(refused("date_format(t, 'E')").starts_with("date_format takes the letters y, M, d"));
    assert!(refused("date_trunc('fortnight', t)").starts_with("date_trunc has no unit \"fortnight\""));
    assert!(refused("trunc(day, 'hour')").starts_with("trunc has no unit"));
}

#[test]
fn casts() {
    check(&[
        ("CAST('12' AS INT)", "integer: 12, 12"),
        ("CAST(' 12.9 ' AS INT)", "integer: 12, 12"),
        ("CAST('twelve' AS INT)", "integer: null, null"),
        ("CAST('99999999999' AS INT)", "integer: null, null"),
        ("CAST(-2.9 AS INT)", "integer: -2, -2"),
        ("CAST(d AS BIGINT)", "long: -2, null"),
        ("CAST('NaN' AS DOUBLE)", "double: NaN, NaN"),
        ("CAST('1e3' AS DOUBLE)", "double: 1000.0, 1000.0"),
        ("CAST('1.5x' AS DOUBLE)", "double: null, null"),
        ("CAST(0.1D AS FLOAT)", "float: 0.10000000149011612, 0.10000000149011612"),
        ("CAST('12.345' AS DECIMAL(5,2))", "decimal(5,2): 12.35, 12.35"),
        ("CAST(-12.345 AS DECIMAL(5,2))", "decimal(5,2): -12.35, -12.35"),
        ("CAST(1234.5 AS DECIMAL(5,2))", "decimal(5,2): null, null"),
        ("CAST(f AS DECIMAL(5,3))", "decimal(5,3): 0.100, null"),
        ("CAST(i AS DECIMAL(3,1))", "decimal(3,1): 7.0, null"),
        ("CAST(i AS STRING)", "string: '7', null"),
        ("CAST(d AS STRING) || CAST(f AS STRING)", "string: '-2.50.1', null"),
        ("CAST(1e20 AS STRING)", "string: '1.0E20', '1.0E20'"),
        ("CAST(m AS STRING)", "string: '12.50', null"),
        ("CAST(ok AS STRING)", "string: 'true', null"),
        ("CAST(day AS STRING)", "string: '2024-02-29', null"),
        ("CAST(t AS STRING)", "string: '2024-02-29 13:45:07.25', null"),
        ("CAST(date_trunc('day', t) AS STRING)", "string: '2024-02-29 00:00:00', null"),
        ("CAST(t AS DATE)", "date: Date(19782), null"),
        ("CAST('2024-2-9' AS DATE)", "date: Date(19762), Date(19762)"),
        ("CAST('2024-02-29 10:00' AS DATE)", "date: Date(19782), Date(19782)"),
        ("CAST('2024-02-30' AS DATE)", "date: null, null"),
        ("CAST(day AS TIMESTAMP)", "timestamp: Timestamp(1709164800000000), null"),
        ("CAST('1970-01-01 01:00:00+01:00' AS TIMESTAMP)", "timestamp: Timestamp(0), Timestamp(0)"),
        ("CAST(1 AS TIMESTAMP)", "timestamp: Timestamp(1000000), Timestamp(1000000)"),
        ("CAST(t AS BIGINT)", "long: 1709214307, null"),
        ("CAST(t AS TIMESTAMP_NTZ) = n", "boolean: true, null"),
        ("CAST('yes' AS BOOLEAN)", "boolean: true, true"),
        ("CAST('perhaps' AS BOOLEAN)", "boolean: null, null"),
        ("CAST(0 AS BOOLEAN)", "boolean: false, false"),
        ("CAST(ok AS INT)", "integer: 1, null"),
        ("CAST('a' AS BINARY) = X'61'", "boolean: true, true"),
        ("CAST(X'61' AS STRING)", "string: 'a', 'a'"),
        ("CAST(NULL AS INT)", "integer: null, null"),
        ("TRY_CAST(300 AS TINYINT)", "byte: null, null"),
        ("int('5') + bigint(i)", "long: 12, null"),
    ]);
    assert_eq!(refused("CAST(day AS INT)"), "a value of type date is not cast to integer (line 1, column 1)");
    assert_eq!(refused("CAST(ok AS DATE)"), "a value of type boolean is not cast to date (line 1, column 1)");
}

#[test]
fn choices_and_other_functions() {
    check(&[
        ("CASE WHEN i > 5 THEN 'many' WHEN i > 1 THEN 'some' ELSE 'none' END", "string: 'many', 'none'"),
        ("CASE i WHEN 7 THEN 1 WHEN 8 THEN 2.5 END", "decimal(11,1): 1.0, null"),
        ("CASE WHEN NULL THEN 1 ELSE 2 END", "integer: 2, 2"),
        ("coalesce(i, 0)", "integer: 7, 0"),
        ("coalesce(NULL, i, 'x')", "string: '7', 'x'"),
        ("nvl(day, date '2000-01-01')", "date: Date(19782), Date(10957)"),
        ("nullif(i, 7)", "integer: null, null"),
        ("nullif(i, 8)", "integer: 7, null"),
        ("if(i = 7, 1, 2)", "integer: 1, 2"),
        ("isnull(i) OR isnotnull(i)", "boolean: true, true"),
        ("isnan(d)", "boolean: false, false"),
        ("greatest(i, 3, NULL)", "integer: 7, 3"),
        ("least(i, m)", "decimal(12,2): 7.00, null"),
        ("abs(-i)", "integer: 7, null"),
        ("abs(d)", "double: 2.5, null"),
        ("floor(d)", "long: -3, null"),
        ("ceil(d)", "long: -2, null"),
        ("floor(m)", "decimal(9,0): 12, null"),
        ("ceil(-m)", "decimal(9,0): -12, null"),
        ("round(d)", "double: -3.0, null"),
        ("round(2.675D, 2)", "double: 2.68, 2.68"),
        ("round(m, 1)", "decimal(10,1): 12.5, null"),
        ("round(m, 0)", "decimal(9,0): 13, null"),
        ("round(m, -1)", "decimal(9,0): 10, null"),
        ("round(15, -1)", "integer: 20, 20"),
        ("mod(i, 4)", "integer: 3, null"),
        ("power(2, 10)", "double: 1024.0, 1024.0"),
        ("sqrt(16)", "double: 4.0, 4.0"),
        ("sign(d)", "double: -1.0, null"),
        ("size(tags)", "integer: 2, -1"),
        ("cardinality(tags) > 1", "boolean: true, false"),
    ]);
    for (text, expected) in [
        ("frobnicate(i)", "the function frobnicate is not supported (line 1, column 1)"),
        ("i > 1 AND sum(i) > 2", "sum over many rows is not possible in a condition on one (line 1, column 11)"),
        (
            "t < now()",
            "now is not the same each time, so that it cannot be in a condition: pass its value (line 1, column 5)",
        ),
        ("upper()", "upper takes 1 arguments, got 0 (line 1, column 1)"),
        ("nullif(1)", "nullif takes 2 arguments, got 1 (line 1, column 1)"),
        ("size(i)", "size takes an array or a map, not integer (line 1, column 1)"),
        (
            "coalesce(ok, 1)",
            "coalesce has values of types boolean and integer, which go into no common one (line 1, column 1)",
        ),
        ("interval 1 day", "an interval is only added to a day or a time, or subtracted from one (line 1, column 1)"),
        ("date_format(t, s)", "date_format takes a pattern that is written out in quotes (line 1, column 1)"),
    ] {
        assert_eq!(refused(text), expected);
    }
}

#[test]
fn what_would_grow_without_end_is_an_error() {
    let (schema, batch) = table();
    let nested = (0..40).fold("'aaaa'".to_owned(), |inner, _| format!("replace({inner}, 'a', 'aaaa')"));
    let text = format!("{nested} = s");
    let outcome = Expr::parse(&text).and_then(|e| e.bind(&schema)).and_then(|e| e.evaluate(&batch));
    assert!(outcome.unwrap_err().message().contains("256 MB"));
}
