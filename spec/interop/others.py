"""Prints what three engines find in tables of id, part and name: others.py TABLE... Rows are sorted, as the text of their values."""

import glob
import json
import os
import sys

import duckdb
import duckdb_extension_delta
import polars
import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder

from leave import leave


def lines(table):
    return sorted(json.dumps([str(value) for value in row.values()]) for row in table.to_pylist())


def by_deltalake(path):
    reader = QueryBuilder().register("t", DeltaTable(path)).execute("SELECT id, part, name FROM t")
    return lines(pa.table(reader.read_all()))


def by_polars(path):
    return lines(polars.read_delta(path).select("id", "part", "name").to_arrow())


def by_duckdb(path):
    return lines(connection.sql(f"SELECT id, part, name FROM delta_scan('{path}')").to_arrow_table())


def changes(table):
    columns = ["id", "part", "name", "_change_type", "_commit_version"]
    return lines(pa.table(table.load_cdf(starting_version=0).read_all()).select(columns))


LACKS = {"deltalake": {"typeWidening"}, "polars": {"columnMapping", "typeWidening", "v2Checkpoint"}}
connection = duckdb.connect()
folder = duckdb_extension_delta.__path__[0]
[extension] = glob.glob(os.path.join(folder, "extensions", "*", "delta.duckdb_extension"))
connection.execute(f"LOAD '{extension}'")
engines = {"deltalake": by_deltalake, "polars": by_polars, "duckdb": by_duckdb}
for path in sys.argv[1:]:
    table = DeltaTable(path)
    protocol = table.protocol()
    features = set(protocol.reader_features or (["columnMapping"] if protocol.min_reader_version == 2 else []))
    # As far as they have the features.
    without = {name for name, lacks in LACKS.items() if lacks & features}
    # It finds null in partition columns that are mapped, of Spark's tables too.
    if "columnMapping" in features and table.metadata().partition_columns:
        without.add("duckdb")
    found = {name: engine(path) for name, engine in engines.items() if name not in without}
    feed = table.metadata().configuration.get("delta.enableChangeDataFeed") == "true"
    print(json.dumps({"version": table.version(), "files": len(table.file_uris()), "rows": found,
                      "changes": changes(table) if feed else None}))
leave()
