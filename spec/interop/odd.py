"""Makes tables whose Parquet files are unusual, by pyarrow and a log by hand: odd.py SCENARIO FOLDER.

Prints each table with the rows that were put in."""

import decimal
import itertools
import json
import os
import struct
import sys
import uuid
from datetime import date, datetime, timezone
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

import canonical


def field(name, kind, **metadata):
    return {"name": name, "type": kind, "nullable": True, "metadata": metadata}


def struct_of(*fields):
    return {"type": "struct", "fields": list(fields)}


def array_of(kind):
    return {"type": "array", "elementType": kind, "containsNull": True}


def map_of(key, value):
    return {"type": "map", "keyType": key, "valueType": value, "valueContainsNull": True}


def make(table, schema, files, reader=1, features=None, partition_columns=(), configuration=None):
    """`files`: (Arrow table, options of its writer, more of its add)."""
    os.makedirs(os.path.join(table, "_delta_log"))
    protocol = {"minReaderVersion": reader, "minWriterVersion": 7 if reader == 3 else 5}
    if features:
        protocol |= {"readerFeatures": features, "writerFeatures": features}
    metadata = {"id": str(uuid.uuid4()), "format": {"provider": "parquet", "options": {}}, "schemaString": json.dumps(schema),
                "partitionColumns": list(partition_columns), "configuration": configuration or {}}
    actions = [{"protocol": protocol}, {"metaData": metadata}]
    for number, (data, options, more) in enumerate(files):
        name = f"{number}.parquet"
        pq.write_table(data, os.path.join(table, name), **options)
        size = os.path.getsize(os.path.join(table, name))
        actions.append({"add": {"path": name, "partitionValues": {}, "size": size, "modificationTime": 0, "dataChange": True} | more})
    with open(os.path.join(table, "_delta_log", f"{0:020}.json"), "w") as log:
        log.write("\n".join(json.dumps(action) for action in actions))


def tell(table, lines):
    print(json.dumps({"table": table, "rows": {0: sorted(lines, key=str.encode)}}))


POINT = pa.struct([("x", pa.int32()), ("at", pa.list_(pa.timestamp("us", "UTC")))])
PLAIN = struct_of(
    field("id", "long"), field("i", "short"), field("d", "decimal(12,2)"), field("s", "string"), field("b", "binary"),
    field("day", "date"), field("t", "timestamp"), field("n", "timestamp_ntz"), field("tags", array_of("string")),
    field("m", map_of("string", "long")), field("p", struct_of(field("x", "integer"), field("at", array_of("timestamp")))),
)


def plain(rows=300):
    def at(i):
        return datetime(2000 + i % 20, 1, 1 + i % 28, i % 24, 0, 0, 1000 * (i % 1000), tzinfo=timezone.utc)

    def some(values):
        return [None if i % 7 == 3 else value for i, value in enumerate(values)]

    span = range(rows)
    return pa.table({
        "id": pa.array(span, pa.int64()),
        "i": pa.array(some((i % 9 for i in span)), pa.int16()),
        "d": pa.array(some((Decimal(i - 150) / 4 for i in span)), pa.decimal128(12, 2)),
        "s": pa.array(some((f"ü{i % 5}" for i in span))),
        "b": pa.array(some((bytes([i % 256, 0]) for i in span))),
        "day": pa.array(some((date(1 + 33 * (i % 300), 1, 1) for i in span))),
        "t": pa.array(some((at(i) for i in span)), pa.timestamp("us", "UTC")),
        "n": pa.array(some((at(i).replace(tzinfo=None) for i in span)), pa.timestamp("us")),
        "tags": pa.array(some((["x", None, f"y{i % 3}"][: i % 4] for i in span)), pa.list_(pa.string())),
        "m": pa.array(some(([("a", i), ("b", None)][: i % 3] for i in span)), pa.map_(pa.string(), pa.int64())),
        "p": pa.array(some(({"x": None if i % 2 else i, "at": [at(i), None][: i % 3]} for i in span)), POINT),
    })


def forms(folder):
    """Every way in which pyarrow can be asked to write the same rows."""
    data = plain()
    lines = canonical.lines(data, PLAIN)
    ways = {
        "compression": ["NONE", "SNAPPY", "GZIP", "BROTLI", "LZ4", "ZSTD"],
        "version": ["1.0", "2.4", "2.6"],
        "data_page_version": ["1.0", "2.0"],
        "use_dictionary": [True, False, ["s", "d"]],
        "use_deprecated_int96_timestamps": [True, False],
        "use_compliant_nested_type": [True, False],
        "store_schema": [True, False],
        "write_page_index": [True, False],
        "write_page_checksum": [True, False],
        "row_group_size": [1, 7, 1000],
        "data_page_size": [64, 1 << 20],
        "coerce_timestamps": ["ms", "us"],
        "store_decimal_as_integer": [True, False],
    }
    plain_way = {name: values[-1] for name, values in ways.items()}
    each = [plain_way | {name: value} for name, values in ways.items() for value in values]
    pages = itertools.product(ways["compression"], ways["data_page_version"], [True, False])
    crossed = [plain_way | dict(zip(("compression", "data_page_version", "use_dictionary"), way)) for way in pages]
    for number, way in enumerate(each + crossed):
        table = os.path.join(folder, str(number))
        options = way if not way["use_deprecated_int96_timestamps"] else way | {"coerce_timestamps": None}
        make(table, PLAIN, [(data, options, {})])
        tell(table, lines)
    encodings = {"id": "DELTA_BINARY_PACKED", "s": "DELTA_BYTE_ARRAY", "b": "DELTA_LENGTH_BYTE_ARRAY", "i": "BYTE_STREAM_SPLIT"}
    table = os.path.join(folder, "encodings")
    make(table, PLAIN, [(data, {"use_dictionary": False, "column_encoding": encodings}, {})])
    tell(table, lines)


def arrow(folder):
    """Arrow's own types, which leave their mark in the file and in its footer."""
    columns = {
        "string": [pa.array(["a", None]).cast(t) for t in (pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string()))],
        "binary": [pa.array([b"ab", None], t) for t in (pa.large_binary(), pa.binary(2), pa.binary_view())],
        "integer": [pa.array([7, None], t) for t in (pa.uint8(), pa.uint16(), pa.int8(), pa.int16())],
        "long": [pa.array([7, None], t) for t in (pa.uint32(), pa.uint64(), pa.int32())],
        "double": [pa.array([0.5, None], pa.float32())],
        "decimal(20,3)": [pa.array([Decimal("1.5"), None], t) for t in (pa.decimal128(5, 1), pa.decimal128(20, 3))],
        "timestamp": [pa.array([datetime(2020, 1, 1), None], pa.timestamp(u, "America/New_York")) for u in ("s", "ms", "us", "ns")],
        "timestamp_ntz": [pa.array([datetime(2020, 1, 1), None], pa.timestamp(u)) for u in ("s", "ms", "us", "ns")],
    }
    lists = [pa.array([["a", None], None], t) for t in (pa.large_list(pa.string()), pa.list_(pa.large_string()))]
    columns["array"] = lists + [pa.array([["a", None], None], pa.list_(pa.string(), 2))]
    for kind, arrays in columns.items():
        schema = struct_of(field("c", array_of("string") if kind == "array" else kind))
        for number, column in enumerate(arrays):
            table = os.path.join(folder, f"{kind}-{number}")
            make(table, schema, [(pa.table({"c": column}), {}, {})])
            values = column.to_pylist()
            if kind.startswith("decimal"):
                values = [value and value.quantize(Decimal("0.001")) for value in values]
            if kind == "timestamp":
                values = [value and value.astimezone(timezone.utc) for value in values]
            tell(table, canonical.lines(pa.table({"c": pa.array(values)}), schema) if kind != "array" else
                 ['{"c":["a",null]}', '{"c":null}'])


def mapped(kind, name, number):
    return field(name, kind, **{"delta.columnMapping.physicalName": f"col-{number}", "delta.columnMapping.id": number})


def ids(folder):
    """Columns by field id at every level: names in the file are of no use, or another column's."""
    def child(name, kind, number):
        return pa.field(name, kind, metadata={b"PARQUET:field_id": str(number).encode()})

    inner = struct_of(mapped("x", "x", 11), mapped("long", "y", 12))
    schema = struct_of(mapped("long", "id", 1), mapped(array_of(inner), "list", 2), mapped(map_of("string", inner), "map", 3), mapped("string", "p", 4))
    schema["fields"][1]["type"]["elementType"] = struct_of(mapped("integer", "x", 11), mapped("long", "y", 12))
    schema["fields"][2]["type"]["valueType"] = struct_of(mapped("integer", "x", 21), mapped("long", "y", 22))
    pair = [pa.struct([child("y", pa.int32(), n + 1), child("x", pa.int64(), n + 2)]) for n in (10, 20)]
    arrow_schema = pa.schema([
        child("map", pa.map_(pa.string(), pair[1]), 3), child("p", pa.list_(pair[0]), 2), child("list", pa.int64(), 1), child("id", pa.int64(), 9),
    ])
    data = pa.table([
        pa.array([[("k", {"y": 1, "x": 2})], None], arrow_schema.field(0).type),
        pa.array([[{"y": 3, "x": 4}, None], []], arrow_schema.field(1).type),
        pa.array([5, 6], pa.int64()), pa.array([0, 0], pa.int64()),
    ], schema=arrow_schema)
    stats = json.dumps({"numRecords": 2, "minValues": {"col-1": 5}, "maxValues": {"col-1": 6}, "nullCount": {"col-1": 0}})
    make(folder, schema, [(data, {}, {"partitionValues": {"col-4": "é"}, "stats": stats})], reader=2, partition_columns=["p"],
         configuration={"delta.columnMapping.mode": "id"})
    tell(folder, [
        '{"id":5,"list":[{"x":3,"y":4},null],"map":[["k",{"x":1,"y":2}]],"p":"é"}',
        '{"id":6,"list":[],"map":null,"p":"é"}',
    ])


# Variants, by the text of the specification.
def primitive(kind, form="", *values):
    return bytes([kind << 2]) + struct.pack("<" + form, *values)


def short(text):
    return bytes([len(text.encode()) << 2 | 1]) + text.encode()


def array(*elements):
    ends = list(itertools.accumulate((len(e) for e in elements), initial=0))
    return bytes([3 | 1 << 2, len(elements)]) + struct.pack(f"<{len(ends)}H", *ends) + b"".join(elements)


NAMES = ["z", "a", "ü", ""]
METADATA = bytes([1, 4, 0, 1, 2, 4, 4]) + "zaü".encode()


def object_of(**fields):
    """Values in another order than the sorted names."""
    fields = list(fields.items())
    places = dict(zip((n for n, _ in fields), itertools.accumulate((len(v) for _, v in fields), initial=0)))
    names = sorted(places, key=str.encode)
    ends = [places[n] for n in names] + [sum(len(v) for _, v in fields)]
    return bytes([2, len(names)]) + bytes(NAMES.index(n) for n in names) + bytes(ends) + b"".join(v for _, v in fields)


VALUES = [
    (primitive(0), None), (primitive(1), True), (primitive(2), False), (primitive(3, "b", -128), -128), (primitive(4, "h", -300), -300),
    (primitive(5, "i", -70000), -70000), (primitive(6, "q", -(2**63)), -(2**63)), (primitive(7, "d", 0.1), 0.1), (primitive(14, "f", 0.5), 0.5),
    (primitive(8, "Bi", 2, -125), {"$decimal": "-1.25"}), (primitive(9, "Bq", 0, 10**17), {"$decimal": "1" + "0" * 17}),
    (primitive(10) + bytes([38]) + (-1).to_bytes(16, "little", signed=True), {"$decimal": "-0." + "0" * 37 + "1"}),
    (primitive(11, "i", -719162), {"$date": "0001-01-01"}), (primitive(12, "q", -1), {"$timestamp": "1969-12-31T23:59:59.999999Z"}),
    (primitive(13, "q", 1), {"$timestamp": "1970-01-01T00:00:00.000001Z"}), (primitive(18, "q", 1000), {"$timestamp": "1970-01-01T00:00:00.000001Z"}),
    (primitive(15, "i", 2) + b"\x00\xff", {"$binary": "00ff"}), (primitive(16, "i", 3) + "aü".encode(), "aü"), (short("ü"), "ü"),
    (primitive(17, "q", 86_399_000_001), "23:59:59.000001"),
    (primitive(20) + uuid.UUID("f24f9b64-81fa-49d1-b74e-8c09a6e31c56").bytes, "f24f9b64-81fa-49d1-b74e-8c09a6e31c56"),
    (array(), []), (array(primitive(3, "b", 1), array(short("x"))), [1, ["x"]]),
    (object_of(**{"z": primitive(1), "": primitive(0), "ü": object_of(a=short("y")), "a": array()}), {"": None, "a": [], "z": True, "ü": {"a": "y"}}),
]


def line(value):
    return json.dumps({"v": None if value is None else {"$variant": value}}, ensure_ascii=False, separators=(",", ":"))


def variants(folder):
    columns = [pa.array([v for v, _ in VALUES] + [None], pa.binary()), pa.array([METADATA] * len(VALUES) + [None], pa.binary())]
    nulls = pa.array([False] * len(VALUES) + [True])
    whole = pa.StructArray.from_arrays(columns, ["value", "metadata"], mask=nulls)
    features = ["variantType", "variantShredding-preview"]
    schema = struct_of(field("v", "variant"))
    table = os.path.join(folder, "whole")
    make(table, schema, [(pa.table({"v": whole}), {}, {})], reader=3, features=features)
    tell(table, [line(expected) for _, expected in VALUES] + [line(None)])

    binary = pa.binary()
    shred = pa.struct([
        ("metadata", binary), ("value", binary),
        ("typed_value", pa.struct([
            ("a", pa.struct([("value", binary), ("typed_value", pa.int64())])),
            ("z", pa.struct([("typed_value", pa.list_(pa.struct([("value", binary), ("typed_value", pa.string())])))])),
        ])),
    ])
    rows = [
        ({"a": {"value": None, "typed_value": 1}, "z": {"typed_value": [{"value": None, "typed_value": "x"}, {"value": primitive(1), "typed_value": None}]}},
         None, {"a": 1, "z": ["x", True]}),
        ({"a": {"value": short("no"), "typed_value": None}, "z": {"typed_value": None}}, object_of(**{"ü": primitive(1)}), {"a": "no", "ü": True}),
        ({"a": {"value": None, "typed_value": None}, "z": {"typed_value": []}}, None, {"z": []}),
        (None, short("text"), "text"),
        (None, None, None),
    ]
    data = [{"metadata": METADATA, "value": rest, "typed_value": typed} for typed, rest, _ in rows] + [None]
    table = os.path.join(folder, "shredded")
    make(table, schema, [(pa.table({"v": pa.array(data, shred)}), {}, {})], reader=3, features=features)
    tell(table, [line(expected) for _, _, expected in rows] + [line(None)])


decimal.getcontext().prec = 60
globals()[sys.argv[1]](sys.argv[2])
