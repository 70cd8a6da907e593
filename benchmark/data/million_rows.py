"""Makes a table of so many rows, in files of 250,000: million_rows.py TABLE ROWS."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "peer"))

import pyarrow as pa
from deltalake import write_deltalake

import common

rows = pa.Table.from_pylist(common.rows(int(sys.argv[2])), schema=common.arrow_schema())
for start in range(0, rows.num_rows, 250_000):
    write_deltalake(sys.argv[1], rows.slice(start, 250_000), mode="append")
