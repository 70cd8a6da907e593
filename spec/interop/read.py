"""Prints what Python deltalake finds in a table: read.py TABLE [VERSION]. Both of its engines must find the same."""

import json
import sys

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder

import canonical

table = DeltaTable(sys.argv[1], version=int(sys.argv[2]) if len(sys.argv) > 2 else None)
schema = json.loads(table.schema().to_json())
by_dataset = canonical.lines(table.to_pyarrow_table(), schema)
reader = QueryBuilder().register("t", table).execute("SELECT * FROM t")
by_query = canonical.lines(pa.table(reader.read_all()), schema)
if by_dataset != by_query:
    sys.exit(f"its engines differ: {set(by_dataset) ^ set(by_query)}")

print(json.dumps({
    "version": table.version(),
    "schema": schema,
    "partition_by": table.metadata().partition_columns,
    "files": len(table.file_uris()),
    "rows": by_query,
}))
