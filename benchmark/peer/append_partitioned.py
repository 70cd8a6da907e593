"""Appends dicts to an empty table of so many partitions, the rows of all of them mixed: append_partitioned.py TABLE COUNT PARTITIONS."""

import sys

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

import common

path, count, partitions = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
schema = common.arrow_schema().append(pa.field("bucket", pa.int64()))
rows = common.rows(count)
for row in rows:
    row["bucket"] = row["id"] % partitions


def work():
    write_deltalake(path, pa.Table.from_pylist(rows, schema=schema), mode="append", partition_by=["bucket"])
    return count


figures = common.measure(work)
common.report(**figures, files=len(DeltaTable(path).file_uris()))
