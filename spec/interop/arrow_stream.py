"""Reads our Arrow streams where they are made, in a Python process that has Ruby in it:

    arrow_stream.py LIBRUBY LIB TABLE [RUBY_EXPRESSION_OF_A_SCAN]

Prints the rows that pyarrow, Polars and DuckDB find, one JSON object each.
"""

import ctypes
import json
import sys

import duckdb
import polars
import pyarrow as pa

import canonical
import embedded
from leave import leave

libruby, lib, table, *scan = sys.argv[1:]
evaluate = embedded.start(libruby, lib)
evaluate(f"$table = DeltaLake.open({json.dumps(table)}); 0")
evaluate(f"$scan = {scan[0] if scan else '$table.scan'}; $streams = []; 0")


def address(expression="$scan"):
    """Where a new stream is; Ruby keeps its object."""
    return evaluate(f"$streams << {expression}.arrow_c_stream; $streams.last.to_i")


class Stream:
    """What Python's consumers ask for; as a capsule, which they take the stream from."""

    def __arrow_c_stream__(self, requested_schema=None):
        new = ctypes.pythonapi.PyCapsule_New
        new.restype = ctypes.py_object
        new.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        return new(address(), b"arrow_array_stream", None)


schema = json.loads(ctypes.string_at(evaluate("$json = $scan.schema.to_json + \"\\0\"; require 'fiddle'; Fiddle::Pointer[$json].to_i")))
flat = {"fields": [f for f in schema["fields"] if "map" not in json.dumps(f["type"])]}


def show(name, rows, columns):
    print(json.dumps({"by": name, "columns": [f["name"] for f in columns["fields"]], "rows": rows}))


show("pyarrow", canonical.lines(pa.RecordBatchReader._import_from_c(address()).read_all(), schema), schema)
show("pyarrow, as a capsule", canonical.lines(pa.table(Stream()), schema), schema)
# It has no maps.
show("polars", canonical.lines(polars.DataFrame(Stream()).to_arrow(), flat), flat)
duck = duckdb.connect()
stream = pa.RecordBatchReader._import_from_c(address())
names = ", ".join(f'"{f["name"]}"' for f in flat["fields"])
duck.execute("SET TimeZone = 'UTC'")
show("duckdb", canonical.lines(duck.sql(f"SELECT {names} FROM stream").to_arrow_table(), flat), flat)
released = evaluate("$streams.all?(&:released?) ? 1 : 0")
print(json.dumps({"by": "released", "rows": [], "columns": [released]}))
leave()
