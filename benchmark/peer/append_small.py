"""Appends 3 rows, so many times, through one handle: append_small.py TABLE TIMES."""

import sys

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

import common

table = DeltaTable(sys.argv[1], storage_options=common.storage())
schema = pa.schema([("id", pa.int64()), ("part", pa.string()), ("name", pa.string())])


def append(n):
    rows = [{"id": n * 3 + i, "part": "p000", "name": f"row {i}"} for i in range(3)]
    write_deltalake(table, pa.Table.from_pylist(rows, schema=schema), mode="append")


common.report(**common.median_of(int(sys.argv[2]), append))
