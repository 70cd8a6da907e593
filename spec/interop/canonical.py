"""Rows as text, one JSON text a row: the form of spec/support/canonical_rows.rb, made from what pyarrow reads."""

import json
import math


def lines(table, schema):
    """The rows of an Arrow table in that form, in the order of their bytes. `schema` is a parsed schemaString."""
    columns = [table.column(field["name"]).to_pylist() for field in schema["fields"]]
    types = [field["type"] for field in schema["fields"]]
    names = [field["name"] for field in schema["fields"]]
    rows = ({n: _value(v, t) for n, v, t in zip(names, row, types)} for row in zip(*columns))
    return sorted((_dumps(row) for row in rows), key=str.encode)


def _dumps(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _value(value, kind):
    if value is None:
        return None
    if isinstance(kind, dict):
        return _nested(value, kind)
    if kind in ("float", "double"):
        return _float(value)
    if kind == "binary":
        return value.hex()
    if kind == "date":
        return value.isoformat()
    if kind == "timestamp":
        assert value.utcoffset().total_seconds() == 0, value
        return value.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    if kind == "timestamp_ntz":
        assert value.tzinfo is None, value
        return value.isoformat(timespec="microseconds")
    if kind.startswith("decimal"):
        return format(abs(value) if value == 0 else value, "f")
    return value


def _nested(value, kind):
    if kind["type"] == "struct":
        return {f["name"]: _value(value[f["name"]], f["type"]) for f in kind["fields"]}
    if kind["type"] == "array":
        return [_value(element, kind["elementType"]) for element in value]
    pairs = ([_value(k, kind["keyType"]), _value(v, kind["valueType"])] for k, v in value)
    return sorted(pairs, key=lambda pair: _dumps(pair[0]))


def _float(value):
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value
