"""Appends what Python's producers of Arrow streams make, in a Python process that has Ruby in it:

    append_arrow.py LIBRUBY LIB FOLDER

Makes a table a producer in FOLDER, each of the same rows, and prints their names.
"""

import ctypes
import json
import sys
from datetime import datetime, timezone
from decimal import Decimal

import duckdb
import polars
import pyarrow as pa

import embedded
from leave import leave

libruby, lib, folder = sys.argv[1:]
evaluate = embedded.start(libruby, lib)

AT = [datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc), None, datetime(1969, 12, 31, 23, 59, 59, tzinfo=timezone.utc)]
plain = pa.table({
    "id": pa.array([1, 2, 3], pa.int64()),
    "name": pa.array(["\u00fc", None, "a longer text than a view holds"]),
    "price": pa.array([Decimal("1.25"), None, Decimal("-3.50")], pa.decimal128(10, 2)),
    "at": pa.array(AT, pa.timestamp("us", "UTC")),
    "tags": pa.array([["a", None], None, []], pa.list_(pa.string())),
    "point": pa.array([{"x": 1, "y": "q"}, None, {"x": 3, "y": None}], pa.struct([("x", pa.int32()), ("y", pa.string())])),
})
point = pa.struct([("x", pa.uint8()), ("y", pa.large_string())])
other = plain.cast(pa.schema([
    ("id", pa.uint16()), ("name", pa.string_view()), ("price", pa.decimal256(60, 4)), ("at", pa.timestamp("ns", "Europe/Paris")),
    ("tags", pa.large_list(pa.large_string())), ("point", point),
]))
folded = other.set_column(1, "name", plain["name"].combine_chunks().dictionary_encode())
frame = polars.from_arrow(plain)

DUCK = 'SELECT id, name, price, "at", tags, point FROM plain'


def address(source):
    """The address of a stream that Ruby is to take; the capsule stays here, empty then."""
    capsule = source.__arrow_c_stream__()
    pointer = ctypes.pythonapi.PyCapsule_GetPointer
    pointer.restype = ctypes.c_void_p
    pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    kept.append(capsule)
    return pointer(capsule, b"arrow_array_stream")


kept = []
duck = duckdb.connect()
duck.execute("SET TimeZone = 'UTC'")
producers = {
    "pyarrow": plain,
    "pyarrow's other types": other,
    "pyarrow's dictionaries": folded,
    "pyarrow, sliced": pa.concat_tables([plain, plain, plain]).slice(3, 3),
    "polars": frame,
    "polars, lazily in many chunks": polars.concat([frame[:1], frame[1:]], rechunk=False),
    "duckdb": duck.sql(DUCK),
}
evaluate(
    "$schema = { id: :long, name: :string, price: 'decimal(12,3)', at: :timestamp, tags: [:string], point: { x: :long, y: :string } }; "
    "Stream = Struct.new(:arrow_c_stream); 0"
)
for number, (name, source) in enumerate(producers.items()):
    path = json.dumps(f"{folder}/{number}")
    rows = evaluate(
        f"DeltaLake.create({path}, schema: $schema).append(Stream.new({address(source)})).rows"
    )
    print(json.dumps({"name": name, "rows": rows}), flush=True)
leave()
