"""Prints what Python deltalake finds in a table: read.py TABLE [--version N] [--query].

Both of its engines must find the same. With --query only the second is asked.
"""

import argparse
import json
import sys

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder

import canonical
from leave import leave

parser = argparse.ArgumentParser()
parser.add_argument("table")
parser.add_argument("--version", type=int)
parser.add_argument("--query", action="store_true")
arguments = parser.parse_args()

table = DeltaTable(arguments.table, version=arguments.version)
schema = json.loads(table.schema().to_json())
reader = QueryBuilder().register("t", table).execute("SELECT * FROM t")
by_query = canonical.lines(pa.table(reader.read_all()), schema)
if not arguments.query:
    by_dataset = canonical.lines(table.to_pyarrow_table(), schema)
    if by_dataset != by_query:
        sys.exit(f"its engines differ: {set(by_dataset) ^ set(by_query)}")

print(json.dumps({
    "version": table.version(),
    "schema": schema,
    "partition_by": table.metadata().partition_columns,
    "files": len(table.file_uris()),
    "rows": by_query,
}))
leave()
