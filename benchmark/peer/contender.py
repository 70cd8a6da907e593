"""One of many that append 3 rows, so many times: contender.py TABLE TIMES NUMBER. Prints how many appends raised nothing."""

import sys

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

import common

path, times, number = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
schema = pa.schema([("id", pa.int64()), ("part", pa.string()), ("name", pa.string())])
table = DeltaTable(path)
landed = 0
for n in range(times):
    rows = [{"id": (number * times + n) * 3 + i, "part": "p000", "name": "x"} for i in range(3)]
    try:
        write_deltalake(table, pa.Table.from_pylist(rows, schema=schema), mode="append")
        landed += 1
    except Exception as error:
        print(error, file=sys.stderr)
        table = DeltaTable(path)
common.report(result=landed)
