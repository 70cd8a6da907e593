"""Appends a row of id 0 to a table: break_constraint.py TABLE."""

import sys

import pyarrow as pa
from deltalake import write_deltalake

row = {"id": 0, "s": "b", "n": {"x": 1}}
fields = [("id", pa.int32()), ("s", pa.string()), ("n", pa.struct([("x", pa.int64())]))]
write_deltalake(sys.argv[1], pa.Table.from_pylist([row], schema=pa.schema(fields)), mode="append")
