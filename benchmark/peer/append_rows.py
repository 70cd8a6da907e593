"""Appends dicts to an empty table: append_rows.py TABLE COUNT dicts|arrow. With `arrow` they are made an Arrow table before."""

import sys

import pyarrow as pa
from deltalake import write_deltalake

import common

path, count, form = sys.argv[1:]
schema = common.arrow_schema()
rows = common.rows(int(count))
if form == "arrow":
    rows = pa.Table.from_pylist(rows, schema=schema)


def work():
    write_deltalake(path, rows if form == "arrow" else pa.Table.from_pylist(rows, schema=schema), mode="append")


common.report(**common.measure(work))
