"""Prints the rows that other engines find in a table, one JSON object for each: engines.py TABLE COLUMNS PHYSICAL.

Polars reads the table, where it can. DuckDB, which has no reader of Delta tables without the net, reads the data files by the names that
columns have in them; both lists are JSON.
"""

import json
import sys

import duckdb
import polars as pl
import pyarrow as pa
from deltalake import DeltaTable

import canonical
from leave import leave

uri, columns, physical = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
table = DeltaTable(uri)
schema = json.loads(table.schema().to_json())
by_name = {field["name"]: field for field in schema["fields"]}
chosen = {"type": "struct", "fields": [by_name[name] for name in columns]}

# It says itself that it has no column mapping.
if "columnMapping" not in (table.protocol().reader_features or []):
    frame = pl.scan_delta(uri).select(columns).collect().to_arrow(compat_level=pl.CompatLevel.oldest())
    print(json.dumps({"by": "polars", "rows": canonical.lines(frame, chosen)}))

in_files = [(name, file) for name, file in zip(columns, physical) if name not in table.metadata().partition_columns]
listed = ", ".join(f'"{file}" AS "{name}"' for name, file in in_files)
duckdb.execute("SET TimeZone = 'UTC'")
files = duckdb.execute(f"SELECT {listed} FROM read_parquet(?, hive_partitioning = false)", [table.file_uris()])
rows = pa.table(files.to_arrow_table())
fields = {"type": "struct", "fields": [by_name[name] for name, _ in in_files]}
print(json.dumps({"by": "duckdb", "rows": canonical.lines(rows, fields)}))
leave()
